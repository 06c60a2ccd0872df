"""Webhook events: who wants them, what they say, and how chance treats them on the way.

An event is written in the transaction of what it tells, so it cannot be forgotten. Events are hints: they can be late,
twice, out of order or lost.
"""

import sqlite3
from datetime import UTC, datetime

import orjson

from streams.sandbox import ids, stock
from streams.sandbox.wire import Json
from streams.sandbox.world import Target, World

ORDER_STATUS_CHANGE = 1
PACKAGE_UPDATE = 4
PRODUCT_STATUS_CHANGE = 5
SELLER_DEAUTHORIZATION = 6
CANCELLATION_STATUS_CHANGE = 11
PRODUCT_CREATION = 16
INVENTORY_STATUS_CHANGE = 27
PRODUCT_AUDIT_STATUS_CHANGE = 37
SKU_STATUS_CHANGE = 50
INVENTORY_CHANGED_BY_SHOP = 71

CONFIGURABLE: dict[str, int] = {
    "ORDER_STATUS_CHANGE": 1,
    "REVERSE_STATUS_UPDATE": 2,
    "RECIPIENT_ADDRESS_UPDATE": 3,
    "PACKAGE_UPDATE": 4,
    "PRODUCT_STATUS_CHANGE": 5,
    "SELLER_DEAUTHORIZATION": 6,
    "UPCOMING_AUTHORIZATION_EXPIRATION": 7,
    "CANCELLATION_STATUS_CHANGE": 11,
    "RETURN_STATUS_CHANGE": 12,
    "NEW_CONVERSATION": 13,
    "NEW_MESSAGE": 14,
    "PRODUCT_INFORMATION_CHANGE": 15,
    "PRODUCT_CREATION": 16,
    "PRODUCT_CATEGORY_CHANGE": 18,
    "NEW_MESSAGE_LISTENER": 33,
    "INVOICE_STATUS_CHANGE": 36,
    "PRODUCT_AUDIT_STATUS_CHANGE": 37,
}
"""What a shop can order by call; an app as a whole can ask for every type."""


def emit(world: World, shop_id: int, kind: int, data: Json) -> None:
    """Write the event down for everyone who wants it."""
    targets = world.targets.get((shop_id, kind))
    if targets is None:
        targets = world.targets[shop_id, kind] = _targets(world, shop_id, kind)
    for target in targets:
        _write(world, shop_id, kind, target, data)


def stock_changed(world: World, shop_id: int, sku: sqlite3.Row, source: str, available: int, committed: int) -> None:
    """Both inventory events, by what changed; levels are read only when somebody listens."""
    if not wanted(world, shop_id, INVENTORY_STATUS_CHANGE) and not wanted(world, shop_id, INVENTORY_CHANGED_BY_SHOP):
        return
    left, held, campaign = stock.totals(world, sku["id"])
    before, after = _level(world, left - available), _level(world, left)
    if before != after:
        emit(
            world,
            shop_id,
            INVENTORY_STATUS_CHANGE,
            {
                "product_id": str(sku["product_id"]),
                "sku_id": str(sku["id"]),
                "trigger_reason": {"alert_type": "REALTIME", "low_stock_threshold": world.switches.low_stock_threshold},
                "current_inventory_status": after,
                "inventory_distribution": {
                    "total_quantity": left + held,
                    "available_quantity": left,
                    "creator_reserved_quantity": 0,
                    "campaign_reserved_quantity": campaign,
                    "committed_quantity": held,
                },
                "update_time": world.now(),
            },
        )
    moment = datetime.fromtimestamp(world.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    key = f"evt-{ids.number(world.db, 'inventory event')}"
    emit(
        world,
        shop_id,
        INVENTORY_CHANGED_BY_SHOP,
        {
            "event_id": key,
            "occurred_at": moment,
            "shop_id": shop_id,
            "product_id": sku["product_id"],
            "sku_id": sku["id"],
            "quantity_snapshot_after_change": {
                "total_quantity": left + held,
                "total_available_quantity": left,
                "total_committed_quantity": held,
                "in_shop_quantity": left - campaign,
                "campaign_locked_quantity": campaign,
                "creator_locked_quantity": 0,
            },
            "change_detail": [
                {
                    "idempotency_key": f"{key}-1",
                    "trigger_source": source,
                    "occurred_at": moment,
                    "total_quantity_delta": available + committed,
                    "available_quantity_delta": available,
                    "committed_quantity_delta": committed,
                    "in_shop_quantity_delta": available,
                    "campaign_locked_quantity_delta": 0,
                    "creator_locked_quantity_delta": 0,
                }
            ],
        },
    )


def wanted(world: World, shop_id: int, kind: int) -> bool:
    """Whether anybody listens to this type for this shop."""
    targets = world.targets.get((shop_id, kind))
    if targets is None:
        targets = world.targets[shop_id, kind] = _targets(world, shop_id, kind)
    return bool(targets)


def _level(world: World, available: int) -> str:
    if available <= 0:
        return "OUT_OF_STOCK"
    return "LOW_STOCK" if available <= world.switches.low_stock_threshold else "SUFFICIENT_STOCK"


def _targets(world: World, shop_id: int, kind: int) -> tuple[Target, ...]:
    found = [
        Target(row["app_key"], row["webhook_address"])
        for row in world.db.execute("SELECT * FROM app WHERE webhook_address <> ''")
        if not (types := orjson.loads(row["webhook_types"])) or kind in types
    ]
    name = next((name for name, number in CONFIGURABLE.items() if number == kind), "")
    rows = world.db.execute(
        "SELECT app_key, address FROM webhook_subscription WHERE shop_id = ? AND event_type = ?", (shop_id, name)
    )
    return tuple(dict.fromkeys([*found, *(Target(row["app_key"], row["address"]) for row in rows)]))


def _write(world: World, shop_id: int, kind: int, target: Target, data: Json) -> None:
    body = {
        "type": kind,
        "tts_notification_id": str(ids.take(world.db, "notification")),
        "shop_id": str(shop_id),
        "timestamp": world.now(),
        "data": data,
    }
    switches, chance = world.switches, world.chance
    copies = 2 if chance.random() < switches.webhook_duplicates else 1
    state = "lost" if chance.random() < switches.webhook_loss else "waiting"
    for _ in range(copies):
        wait = switches.webhook_delay_seconds + chance.random() * switches.webhook_jitter_seconds
        due = None if state == "lost" else world.clock.exact() + wait
        world.db.execute(
            "INSERT INTO webhook (app_key, shop_id, type, address, body, due_at, state) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (target.app_key, shop_id, kind, target.address, orjson.dumps(body), due, state),
        )
