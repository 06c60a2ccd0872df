"""A buyer orders: all units from one warehouse at once, or nothing.

Units are taken from what the shop shows, not from what the merchant has; the difference is counted as oversold.
"""

import sqlite3
from dataclasses import dataclass

from streams.sandbox import events, ids, order_states, stock, truth
from streams.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Item:
    """Units of one SKU, with the discounts per unit in smallest units of the shop's currency."""

    sku: sqlite3.Row
    units: int
    seller_discount: int = 0
    platform_discount: int = 0


@dataclass(frozen=True, slots=True)
class Basket:
    """What one buyer wants of one shop."""

    shop_id: int
    items: tuple[Item, ...]
    shipping_fee: int = 0


@dataclass(frozen=True, slots=True)
class Placed:
    """An order, and how many of its units the merchant does not have."""

    order_id: int
    oversold_units: int


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """No order: the shop does not show enough."""

    reason: str


def place(world: World, basket: Basket) -> Placed | TurnedAway:
    """An UNPAID order with its stock committed, or a lost sale."""
    closed = _closed(world, basket)
    if closed:
        return closed
    held = {item.sku["id"]: stock.of_sku(world, item.sku["id"]) for item in basket.items}
    warehouse = _warehouse(basket, held)
    if warehouse is None:
        for item in basket.items:
            first = held[item.sku["id"]]
            truth.turned_away(
                world, basket.shop_id, item.sku["seller_sku"], first[0]["supply_channel"] if first else "", item.units
            )
        return TurnedAway("not enough units available")
    return _written(world, basket, warehouse["warehouse_id"], warehouse["supply_channel"])


def _closed(world: World, basket: Basket) -> TurnedAway | None:
    for item in basket.items:
        if item.units < 1:
            return TurnedAway("units must be 1 or more")
        if item.sku["shop_id"] != basket.shop_id:
            return TurnedAway(f"SKU {item.sku['seller_sku']} is not in this shop")
        product = world.db.execute("SELECT status FROM product WHERE id = ?", (item.sku["product_id"],)).fetchone()
        if product["status"] != "ACTIVATE" or item.sku["status"] != "NORMAL":
            return TurnedAway(f"SKU {item.sku['seller_sku']} is not on sale")
    return None


def _warehouse(basket: Basket, held: dict[int, list[sqlite3.Row]]) -> sqlite3.Row | None:
    able: dict[int, sqlite3.Row] = {}
    for position, item in enumerate(basket.items):
        enough = {
            row["warehouse_id"]: row
            for row in held[item.sku["id"]]
            if row["available"] >= item.units and row["effect_status"] == "ENABLED"
        }
        able = enough if position == 0 else {one: row for one, row in able.items() if one in enough}
    return next(iter(able.values()), None)


def _written(world: World, basket: Basket, warehouse_id: int, supply_channel: str) -> Placed:
    now, order_id, number = world.now(), ids.take(world.db, "order"), ids.number(world.db, "order number")
    oversold = 0
    for item in basket.items:
        stock.commit(world, item.sku["id"], warehouse_id, item.units)
        oversold += truth.bought(world, basket.shop_id, order_id, item.sku["seller_sku"], supply_channel, item.units)
        product = world.db.execute("SELECT title FROM product WHERE id = ?", (item.sku["product_id"],)).fetchone()
        for _ in range(item.units):
            world.db.execute(
                "INSERT INTO order_line (id, order_id, sku_id, product_id, seller_sku, product_name, sku_name,"
                " original_price, seller_discount, platform_discount, state)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'AWAITING_SHIPMENT')",
                (
                    ids.take(world.db, "line"),
                    order_id,
                    item.sku["id"],
                    item.sku["product_id"],
                    item.sku["seller_sku"],
                    product["title"],
                    item.sku["name"],
                    item.sku["price"],
                    item.seller_discount,
                    item.platform_discount,
                ),
            )
        events.stock_changed(world, basket.shop_id, item.sku, "ORDER_CREATED", -item.units, item.units)
    world.db.execute(
        "INSERT INTO orders (id, shop_id, number, status, warehouse_id, shipping_fee, create_time, update_time,"
        " oversold_units, due_at, due_status) VALUES (?, ?, ?, 'UNPAID', ?, ?, ?, ?, ?, ?, 'CANCELLED')",
        (
            order_id,
            basket.shop_id,
            number,
            warehouse_id,
            basket.shipping_fee,
            now,
            now,
            oversold,
            now + world.switches.payment_seconds,
        ),
    )
    order_states.tell(world, basket.shop_id, order_id, "UNPAID", now)
    return Placed(order_id, oversold)
