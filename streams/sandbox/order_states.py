"""Order statuses and their transitions, as a table, and what each arrival does to stock, lines and times.

Cancelling before shipping gives units back to sale; shipping takes them out of the committed ones. Some steps happen by
themselves: a paid order leaves its hold, an unpaid one is given up, a delivered one is completed.
"""

# ruff: noqa: S608 - statements are put together from our own column names; every value is bound

import sqlite3
from collections import Counter

from streams.sandbox import events, ids, stock, truth
from streams.sandbox.world import World

NEXT: dict[str, frozenset[str]] = {
    "UNPAID": frozenset({"ON_HOLD", "AWAITING_SHIPMENT", "CANCELLED"}),
    "ON_HOLD": frozenset({"AWAITING_SHIPMENT", "CANCELLED"}),
    "AWAITING_SHIPMENT": frozenset({"PARTIALLY_SHIPPING", "AWAITING_COLLECTION", "CANCELLED"}),
    "PARTIALLY_SHIPPING": frozenset({"AWAITING_COLLECTION", "CANCELLED"}),
    "AWAITING_COLLECTION": frozenset({"IN_TRANSIT", "CANCELLED", "COMPLETED"}),
    "IN_TRANSIT": frozenset({"DELIVERED", "CANCELLED", "COMPLETED"}),
    "DELIVERED": frozenset({"COMPLETED"}),
    "COMPLETED": frozenset(),
    "CANCELLED": frozenset(),
}
TIME_OF = {
    "ON_HOLD": "paid_time",
    "AWAITING_COLLECTION": "rts_time",
    "IN_TRANSIT": "collection_time",
    "DELIVERED": "delivery_time",
    "CANCELLED": "cancel_time",
}
SHIPPED_LINES = {"AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED", "COMPLETED"}


def pay(world: World, order: sqlite3.Row, at: int) -> None:
    """Payment starts the hold, except in a shop whose market knows none."""
    remorse = world.db.execute("SELECT remorse FROM shop WHERE id = ?", (order["shop_id"],)).fetchone()["remorse"]
    world.db.execute("UPDATE orders SET paid_time = ? WHERE id = ?", (at, order["id"]))
    move(world, order, "ON_HOLD" if remorse == "held" else "AWAITING_SHIPMENT", at)


def move(world: World, order: sqlite3.Row, to: str, at: int) -> None:
    """Into the next status, with the times, what follows by itself, and the event."""
    due_at, due_status = _what_follows(world, to, at)
    column = TIME_OF.get(to)
    also = f", {column} = {int(at)}" if column else ""
    world.db.execute(
        f"UPDATE orders SET status = ?, update_time = ?, due_at = ?, due_status = ?{also} WHERE id = ?",
        (to, at, due_at, due_status, order["id"]),
    )
    if to in ("IN_TRANSIT", "DELIVERED", "COMPLETED"):
        world.db.execute(
            "UPDATE order_line SET state = ? WHERE order_id = ? AND state <> 'CANCELLED'", (to, order["id"])
        )
    if to != "PARTIALLY_SHIPPING":
        tell(world, order["shop_id"], order["id"], to, at)


def tell(world: World, shop_id: int, order_id: int, status: str, at: int) -> None:
    """The event says CANCEL where the order says CANCELLED."""
    if not events.wanted(world, shop_id, events.ORDER_STATUS_CHANGE):
        return
    said = "CANCEL" if status == "CANCELLED" else status
    held = world.db.execute("SELECT remorse FROM shop WHERE id = ?", (shop_id,)).fetchone()["remorse"] == "held"
    data = {"order_id": str(order_id), "order_status": said, "is_on_hold_order": held, "update_time": at}
    events.emit(world, shop_id, events.ORDER_STATUS_CHANGE, data)


def cancel(world: World, order: sqlite3.Row, role: str, reason: str, at: int) -> None:
    """Every unit that has not left the house goes back on sale."""
    lines = world.db.execute("SELECT * FROM order_line WHERE order_id = ?", (order["id"],)).fetchall()
    _units_moved(world, order, [line for line in lines if line["state"] not in SHIPPED_LINES], "cancelled")
    world.db.execute("UPDATE order_line SET state = 'CANCELLED' WHERE order_id = ?", (order["id"],))
    world.db.execute("UPDATE orders SET cancel_user = ?, cancel_reason = ? WHERE id = ?", (role, reason, order["id"]))
    data = {
        "order_id": str(order["id"]),
        "cancellations_role": role,
        "cancel_status": "CANCELLATION_REQUEST_SUCCESS",
        "cancel_id": str(ids.take(world.db, "cancel")),
        "create_time": at,
    }
    events.emit(world, order["shop_id"], events.CANCELLATION_STATUS_CHANGE, data)
    move(world, order, "CANCELLED", at)


def ship(world: World, order: sqlite3.Row, line_ids: list[str], at: int) -> int:
    """Pack the named lines (none named: all that are left) into one package; the package's id."""
    open_lines = world.db.execute(
        "SELECT * FROM order_line WHERE order_id = ? AND state = 'AWAITING_SHIPMENT'", (order["id"],)
    ).fetchall()
    packed = [line for line in open_lines if not line_ids or str(line["id"]) in line_ids]
    package_id = ids.take(world.db, "package")
    for line in packed:
        world.db.execute(
            "UPDATE order_line SET state = 'AWAITING_COLLECTION', package_id = ?, tracking_number = ? WHERE id = ?",
            (package_id, f"SB{package_id % 10**9:09d}", line["id"]),
        )
    _units_moved(world, order, packed, "shipped")
    if len(packed) < len(open_lines):
        data = {
            "sc_type": "SPLIT",
            "role_type": "ROLE_SELLER",
            "update_time": at,
            "package_list": [{"package_id": str(package_id), "order_id_list": [str(order["id"])]}],
        }
        events.emit(world, order["shop_id"], events.PACKAGE_UPDATE, data)
    move(world, order, "PARTIALLY_SHIPPING" if len(packed) < len(open_lines) else "AWAITING_COLLECTION", at)
    return package_id


def move_due(world: World, now: int) -> None:
    """Steps that happen by themselves up to now, in the order of their time."""
    while rows := world.db.execute(
        "SELECT * FROM orders WHERE due_at <= ? ORDER BY due_at LIMIT 500", (now,)
    ).fetchall():
        for order in rows:
            if order["due_status"] == "CANCELLED":
                cancel(world, order, "SYSTEM", "system_cancel_unpaid_time_out", order["due_at"])
            else:
                move(world, order, order["due_status"], order["due_at"])


def _what_follows(world: World, status: str, at: int) -> tuple[int | None, str | None]:
    match status:
        case "UNPAID":
            return at + world.switches.payment_seconds, "CANCELLED"
        case "ON_HOLD":
            return at + world.switches.hold_seconds, "AWAITING_SHIPMENT"
        case "DELIVERED":
            return at + world.switches.completion_seconds, "COMPLETED"
        case _:
            return None, None


def _units_moved(world: World, order: sqlite3.Row, lines: list[sqlite3.Row], how: truth.Left) -> None:
    units = Counter((line["sku_id"], line["seller_sku"]) for line in lines)
    for (sku_id, seller_sku), count in units.items():
        if how == "cancelled":
            stock.give_back(world, sku_id, order["warehouse_id"], count)
        else:
            stock.ship(world, sku_id, order["warehouse_id"], count)
        truth.left(world, order, seller_sku, count, how)
        sku = world.db.execute("SELECT * FROM sku WHERE id = ?", (sku_id,)).fetchone()
        source = "ORDER_CANCELLED" if how == "cancelled" else "ORDER_SHIPPED"
        back = count if how == "cancelled" else 0
        events.stock_changed(world, order["shop_id"], sku, source, back, -count)
