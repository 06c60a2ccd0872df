"""Inventory update: absolute quantities of units that can be sold now, committed units not among them.

A SKU with something wrong in it is left as it was while the other SKUs are applied; what is wrong is told under code 0,
per SKU and warehouse. What concerns the product or the form of the call refuses the whole call.
"""

import sqlite3
from dataclasses import dataclass
from typing import Any

import orjson

from streams.sandbox import codes, events, faults, stock
from streams.sandbox.codes import Refused
from streams.sandbox.product_read import found
from streams.sandbox.wire import ExtraError, ItemError, Json
from streams.sandbox.world import Call, World

ACCEPTING = {
    "wide": frozenset({"DRAFT", "PENDING", "FAILED", "ACTIVATE", "SELLER_DEACTIVATED"}),
    "live_only": frozenset({"ACTIVATE"}),
}
MOST_SKUS = 300
FOR_THE_WHOLE_CALL = frozenset({codes.PROMOTION_FLOOR, codes.STOCK_NUMBER_WRONG})
"""Wrong with one SKU, yet nothing of the call is applied."""


@dataclass(frozen=True, slots=True)
class Held:
    """A SKU of the product, and its stock by warehouse."""

    sku: sqlite3.Row
    stocks: dict[str, sqlite3.Row]


@dataclass(frozen=True, slots=True)
class Write:
    """One quantity that passed every check."""

    sku: sqlite3.Row
    held: sqlite3.Row
    quantity: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """A SKU that cannot be written, and the warehouses that are to blame, if any."""

    code: int
    warehouses: tuple[tuple[str, int], ...] = ()


def update(world: World, call: Call) -> Json | Refused:
    product = found(world, call.shop.id, call.ids["product_id"])
    if isinstance(product, Refused):
        return product
    if product["status"] not in ACCEPTING[world.switches.inventory_states]:
        return Refused(codes.STATE_FORBIDS)
    problem = _malformed(call.body)
    if problem:
        return problem
    writes: list[Write] = []
    errors: list[ItemError] = []
    known = _held(world, product["id"], [given["id"] for given in call.body["skus"]])
    for given in call.body["skus"]:
        checked = _checked(world, call, known.get(given["id"]), given)
        if isinstance(checked, Wrong):
            whole = _of_the_whole_call(world, checked)
            if whole:
                return whole
            errors.append(_error(given["id"], checked))
        else:
            writes += checked
    _remember(world, call, writes)
    for write in writes:
        _apply(world, call, write)
    return {"errors": errors}


def _held(world: World, product_id: int, sku_ids: list[str]) -> dict[str, Held]:
    rows = world.db.execute(
        "SELECT * FROM sku WHERE product_id = ? AND id IN (SELECT value FROM json_each(?))",
        (product_id, orjson.dumps(sku_ids).decode()),
    ).fetchall()
    stocks = stock.of_skus(world, [sku["id"] for sku in rows])
    return {str(sku["id"]): Held(sku, {str(row["warehouse_id"]): row for row in stocks[sku["id"]]}) for sku in rows}


def _malformed(body: dict[str, Any]) -> Refused | None:
    skus = body.get("skus")
    if not isinstance(skus, list) or not skus:
        return Refused(codes.SKUS_EMPTY)
    if len(skus) > MOST_SKUS:
        return Refused(codes.TOO_MANY_SKUS_IN_PRODUCT)
    ids = [one.get("id") if isinstance(one, dict) else None for one in skus]
    if not all(isinstance(one, str) and one for one in ids):
        return Refused(codes.SKU_ID_MISSING)
    if len(set(ids)) < len(ids):
        return Refused(codes.SKU_TWICE)
    for one in skus:
        rows = one.get("inventory")
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            return Refused(codes.STOCK_NUMBER_WRONG)
    return None


def _checked(world: World, call: Call, known: Held | None, given: Json) -> list[Write] | Wrong:
    if known is None:
        return Wrong(codes.SKU_UNKNOWN)
    sku, held = known.sku, known.stocks
    struck = faults.drawn(world, frozenset({"partial_failure"}), call.operation, call.shop.id, sku["seller_sku"])
    rows: list[tuple[str, Any]] = []
    for row in given["inventory"]:
        warehouse_id = row.get("warehouse_id") or (next(iter(held)) if len(held) == 1 else "")
        rows.append((str(warehouse_id), row.get("quantity")))
    if struck:
        return Wrong(codes.CHECK_FAILED, tuple((one, struck.code or codes.WAREHOUSE_DISABLED) for one, _ in rows))
    if any(not isinstance(quantity, int) or isinstance(quantity, bool) for _, quantity in rows):
        return Wrong(codes.STOCK_NUMBER_WRONG)
    named = {one for one, _ in rows}
    if "" in named or (set(held) - named and len(held) > 1 and named <= set(held)) or len(named) < len(rows):
        return Wrong(codes.ALL_WAREHOUSES_NEEDED)
    bad = tuple((one, code) for one, quantity in rows if (code := _wrong_with(world, call, held, one, quantity)))
    if bad:
        return Wrong(codes.CHECK_FAILED, bad)
    writes = [Write(sku, held[one], quantity) for one, quantity in rows]
    return _decrease_forbidden(world, call, writes) or writes


def _wrong_with(world: World, call: Call, held: dict[str, sqlite3.Row], warehouse_id: str, quantity: int) -> int:
    if warehouse_id not in held:
        return _stranger(world, call, warehouse_id)
    if held[warehouse_id]["effect_status"] == "DISABLED":
        return codes.WAREHOUSE_DISABLED
    lowest = 0 if world.switches.zero_quantity == "accepted" else 1
    if not lowest <= quantity <= world.switches.maximum_quantity:
        return codes.QUANTITY_OUT_OF_RANGE
    return codes.BELOW_LOCKED if quantity < held[warehouse_id]["campaign"] else 0


def _stranger(world: World, call: Call, warehouse_id: str) -> int:
    row = world.db.execute(
        "SELECT type FROM warehouse WHERE id = ? AND shop_id = ?", (warehouse_id, call.shop.id)
    ).fetchone()
    if row is None:
        return codes.WAREHOUSE_FOREIGN
    return codes.WAREHOUSE_NOT_OF_SKU if row["type"] == "SALES_WAREHOUSE" else codes.NOT_A_SALES_WAREHOUSE


def _decrease_forbidden(world: World, call: Call, writes: list[Write]) -> Wrong | None:
    lower = [write for write in writes if write.quantity < write.held["available"]]
    if not lower:
        return None
    sku = lower[0].sku
    if sku["promotion"]:
        return Wrong(codes.PROMOTION_FLOOR)
    struck = faults.drawn(world, frozenset({"refused_decrease"}), call.operation, call.shop.id, sku["seller_sku"])
    if struck is None:
        return None
    code = struck.code or codes.PROMOTION_FLOOR
    if code in FOR_THE_WHOLE_CALL:
        return Wrong(code)
    return Wrong(codes.CHECK_FAILED, tuple((str(one.held["warehouse_id"]), code) for one in lower))


def _of_the_whole_call(world: World, wrong: Wrong) -> Refused | None:
    if wrong.code in FOR_THE_WHOLE_CALL:
        return Refused(wrong.code)
    if world.switches.inventory_errors == "whole_call":
        return Refused(wrong.warehouses[0][1] if wrong.warehouses else wrong.code)
    return None


def _error(sku_id: str, wrong: Wrong) -> ItemError:
    extra: list[ExtraError] = [
        {"warehouse_id": one, "code": code, "message": codes.message_of(Refused(code))}
        for one, code in wrong.warehouses
    ]
    return {
        "code": wrong.code,
        "message": codes.message_of(Refused(wrong.code)),
        "detail": {"sku_id": sku_id, "extra_errors": extra},
    }


def _remember(world: World, call: Call, writes: list[Write]) -> None:
    at, real = world.clock.milliseconds(), int(world.clock.real() * 1000)
    world.db.executemany(
        "INSERT INTO inventory_write (at_ms, real_ms, shop_id, sku_id, seller_sku, warehouse_id, old_quantity,"
        " new_quantity, request_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                at,
                real,
                call.shop.id,
                write.sku["id"],
                write.sku["seller_sku"],
                write.held["warehouse_id"],
                write.held["available"],
                write.quantity,
                call.request_id,
            )
            for write in writes
        ],
    )


def _apply(world: World, call: Call, write: Write) -> None:
    old = write.held["available"]
    if old == write.quantity:
        return
    world.db.execute(
        "UPDATE stock SET available = ? WHERE sku_id = ? AND warehouse_id = ?",
        (write.quantity, write.sku["id"], write.held["warehouse_id"]),
    )
    events.stock_changed(world, call.shop.id, write.sku, "OPEN_API", write.quantity - old, 0)
