"""The control API's hand that buys, pays, ships and counts the merchant's shelves."""

# ruff: noqa: S608 - statements are put together from our own column names; every value is bound

import sqlite3

from streams.sandbox import checkout, money, order_states, truth
from streams.sandbox import control_requests as wanted
from streams.sandbox.unusable import Unusable
from streams.sandbox.wire import Json
from streams.sandbox.world import World


def place(world: World, given: wanted.Orders) -> Json:
    """One result per order asked for, in order: its id and oversold units, or why the buyer left without."""
    return {"orders": [_placed(world, one) for one in given.orders]}


def pay(world: World, given: wanted.OrderStep) -> Json:
    return _each(world, given, "ON_HOLD")


def cancel(world: World, given: wanted.OrderStep) -> Json:
    return _each(world, given, "CANCELLED")


def ship(world: World, given: wanted.OrderStep) -> Json:
    return _each(world, given, "AWAITING_COLLECTION")


def collect(world: World, given: wanted.OrderStep) -> Json:
    return _each(world, given, "IN_TRANSIT")


def deliver(world: World, given: wanted.OrderStep) -> Json:
    return _each(world, given, "DELIVERED")


def complete(world: World, given: wanted.OrderStep) -> Json:
    return _each(world, given, "COMPLETED")


def stock_moves(world: World, given: wanted.StockMoves) -> Json:
    units = []
    for move in given.moves:
        if (move.add is None) == (move.counted is None):
            raise Unusable(f"{move.seller_sku}: give either add or counted")
        if move.counted is not None:
            units.append(truth.stock_counted(world, move.seller_sku, move.supply_channel, move.counted))
        else:
            units.append(truth.stock_moved(world, move.seller_sku, move.supply_channel, move.add or 0))
    return {"units": units}


def _placed(world: World, order: wanted.Order) -> Json:
    shop = world.db.execute("SELECT id, currency FROM shop WHERE id = ?", (order.shop_id,)).fetchone()
    if shop is None:
        raise Unusable(f"there is no shop {order.shop_id}")
    merged: dict[int, checkout.Item] = {}
    for one in order.items:
        item = _item(world, shop, one)
        same = merged.get(item.sku["id"])
        units = item.units + (same.units if same else 0)
        merged[item.sku["id"]] = checkout.Item(item.sku, units, item.seller_discount, item.platform_discount)
    fee = money.amount(order.shipping_fee, shop["currency"])
    result = checkout.place(world, checkout.Basket(shop["id"], tuple(merged.values()), fee))
    if isinstance(result, checkout.TurnedAway):
        return {"order_id": None, "refused": result.reason, "oversold_units": 0}
    if order.paid:
        order_states.pay(world, _order(world, str(result.order_id)), world.now())
    return {"order_id": str(result.order_id), "refused": None, "oversold_units": result.oversold_units}


def _item(world: World, shop: sqlite3.Row, one: wanted.OrderItem) -> checkout.Item:
    column, value = ("id", one.sku_id) if one.sku_id else ("seller_sku", one.seller_sku)
    sku = world.db.execute(f"SELECT * FROM sku WHERE shop_id = ? AND {column} = ?", (shop["id"], value)).fetchone()
    if sku is None:
        raise Unusable(f"shop {shop['id']} has no SKU {value!r}")
    return checkout.Item(
        sku,
        one.units,
        money.amount(one.seller_discount, shop["currency"]),
        money.amount(one.platform_discount, shop["currency"]),
    )


def _each(world: World, given: wanted.OrderStep, to: str) -> Json:
    packages = []
    for order_id in given.order_ids:
        order, now = _order(world, order_id), world.now()
        allowed = order_states.NEXT[order["status"]]
        if to not in allowed and not (to == "ON_HOLD" and order["status"] == "UNPAID"):
            raise Unusable(f"order {order_id} is {order['status']}: it cannot become {to}")
        match to:
            case "ON_HOLD":
                order_states.pay(world, order, now)
            case "CANCELLED":
                order_states.cancel(world, order, given.role, given.reason, now)
            case "AWAITING_COLLECTION":
                packages.append(str(order_states.ship(world, order, list(given.line_ids), now)))
            case _:
                order_states.move(world, order, to, now)
    return {"package_ids": packages}


def _order(world: World, order_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = world.db.execute("SELECT * FROM orders WHERE id = ?", (order_id,)).fetchone()
    if row is None:
        raise Unusable(f"there is no order {order_id}")
    return row
