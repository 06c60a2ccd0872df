"""What the merchant really has, against what was sold: the count of oversold units.

Physical units are registered per seller SKU and supply channel (where the goods lie; shops may share it). A unit is
oversold when it is ordered while the physical units less all units sold and not yet shipped leave nothing for it.
Shipping takes a unit off both sides. The history of all this can be replayed against another way of selling.
"""

import sqlite3
from typing import Literal

from streams.sandbox.world import World

Left = Literal["cancelled", "shipped"]


def channel_of(world: World, warehouse_id: int) -> str:
    row = world.db.execute("SELECT supply_channel FROM warehouse WHERE id = ?", (warehouse_id,)).fetchone()
    return str(row["supply_channel"])


def stock_moved(world: World, seller_sku: str, supply_channel: str, units: int) -> int:
    """Goods came in or went elsewhere; the physical units there are now."""
    row = world.db.execute(
        "INSERT INTO physical (seller_sku, supply_channel, units) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET"
        " units = coalesce(units, 0) + ?3 RETURNING units",
        (seller_sku, supply_channel, units),
    ).fetchone()
    _remember(world, "stock", 0, 0, seller_sku, supply_channel, units)
    return int(row["units"])


def stock_counted(world: World, seller_sku: str, supply_channel: str, units: int) -> int:
    """Somebody counted; the difference is what moved unseen."""
    row = world.db.execute(
        "SELECT units FROM physical WHERE seller_sku = ? AND supply_channel = ?", (seller_sku, supply_channel)
    ).fetchone()
    return stock_moved(world, seller_sku, supply_channel, units - (row["units"] or 0 if row else 0))


def bought(world: World, shop_id: int, order_id: int, seller_sku: str, supply_channel: str, units: int) -> int:
    """Units went into an order; how many of them the merchant does not have."""
    row = world.db.execute(
        "SELECT units, open_units FROM physical WHERE seller_sku = ? AND supply_channel = ?",
        (seller_sku, supply_channel),
    ).fetchone()
    known = row is not None and row["units"] is not None
    oversold = min(units, max(0, units - max(0, row["units"] - row["open_units"]))) if known else 0
    world.db.execute(
        "INSERT INTO physical VALUES (?1, ?2, NULL, ?3, ?4) ON CONFLICT DO UPDATE SET"
        " open_units = open_units + ?3, oversold_units = oversold_units + ?4",
        (seller_sku, supply_channel, units, oversold),
    )
    _remember(world, "bought", shop_id, order_id, seller_sku, supply_channel, units)
    return oversold


def turned_away(world: World, shop_id: int, seller_sku: str, supply_channel: str, units: int) -> None:
    """A buyer wanted units and the shop showed none: a lost sale."""
    _remember(world, "refused", shop_id, 0, seller_sku, supply_channel, units)


def left(world: World, order: sqlite3.Row, seller_sku: str, units: int, how: Left) -> None:
    """Units of an order are not open any more."""
    supply_channel = channel_of(world, order["warehouse_id"])
    gone = units if how == "shipped" else 0
    world.db.execute(
        "UPDATE physical SET open_units = open_units - ?, units = units - ?"
        " WHERE seller_sku = ? AND supply_channel = ?",
        (units, gone, seller_sku, supply_channel),
    )
    _remember(world, how, order["shop_id"], order["id"], seller_sku, supply_channel, units)


def _remember(
    world: World, kind: str, shop_id: int, order_id: int, seller_sku: str, supply_channel: str, units: int
) -> None:
    world.db.execute(
        "INSERT INTO history (at_ms, kind, shop_id, order_id, seller_sku, supply_channel, units)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (world.clock.milliseconds(), kind, shop_id, order_id, seller_sku, supply_channel, units),
    )
