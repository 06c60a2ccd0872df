"""Units of a SKU per warehouse: available to buyers, committed to open orders, sold in all.

An order takes units from available to committed when it is placed; shipping takes them out of committed; cancelling
gives them back.
"""

import sqlite3
from collections.abc import Iterable

import orjson

from streams.sandbox.world import World


def of_sku(world: World, sku_id: int) -> list[sqlite3.Row]:
    """Every warehouse of the SKU, the shop's default one first."""
    return of_skus(world, [sku_id])[sku_id]


def of_skus(world: World, sku_ids: Iterable[int]) -> dict[int, list[sqlite3.Row]]:
    """The same for many SKUs at once."""
    found: dict[int, list[sqlite3.Row]] = {sku_id: [] for sku_id in sku_ids}
    rows = world.db.execute(
        "SELECT stock.*, warehouse.effect_status, warehouse.supply_channel, warehouse.is_default FROM stock"
        " JOIN warehouse ON warehouse.id = stock.warehouse_id WHERE stock.sku_id IN (SELECT value FROM json_each(?))"
        " ORDER BY warehouse.is_default DESC, stock.warehouse_id",
        (orjson.dumps(list(found)).decode(),),
    )
    for row in rows:
        found[row["sku_id"]].append(row)
    return found


def commit(world: World, sku_id: int, warehouse_id: int, units: int) -> None:
    """An order was placed."""
    world.db.execute(
        "UPDATE stock SET available = available - ?1, committed = committed + ?1, sold = sold + ?1"
        " WHERE sku_id = ?2 AND warehouse_id = ?3",
        (units, sku_id, warehouse_id),
    )


def give_back(world: World, sku_id: int, warehouse_id: int, units: int) -> None:
    """Units that were committed and are not wanted any more."""
    world.db.execute(
        "UPDATE stock SET available = available + ?1, committed = committed - ?1, sold = sold - ?1"
        " WHERE sku_id = ?2 AND warehouse_id = ?3",
        (units, sku_id, warehouse_id),
    )


def ship(world: World, sku_id: int, warehouse_id: int, units: int) -> None:
    """Units that left the house."""
    world.db.execute(
        "UPDATE stock SET committed = committed - ?1 WHERE sku_id = ?2 AND warehouse_id = ?3",
        (units, sku_id, warehouse_id),
    )


def totals(world: World, sku_id: int) -> tuple[int, int, int]:
    """Available, committed and campaign units over all warehouses."""
    row = world.db.execute(
        "SELECT total(available), total(committed), total(campaign) FROM stock WHERE sku_id = ?", (sku_id,)
    ).fetchone()
    return int(row[0]), int(row[1]), int(row[2])
