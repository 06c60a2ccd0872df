"""Orders as a caller reads them: searched by status and time, page by page, or looked up by id."""

# ruff: noqa: S608 - statements are put together from our own column names; every value is bound

from typing import Any

from streams.sandbox import codes, order_view, paging
from streams.sandbox.codes import Refused
from streams.sandbox.order_states import NEXT
from streams.sandbox.wire import Json
from streams.sandbox.world import Call, World

MOST_IDS = 50
SORTS = ("create_time", "update_time")
TIMES = {
    "create_time_ge": "create_time >= ?",
    "create_time_lt": "create_time < ?",
    "update_time_ge": "update_time >= ?",
    "update_time_lt": "update_time < ?",
}


def search(world: World, call: Call) -> Json | Refused:
    size = paging.size_of(call.query.get("page_size", ""), default=20, most=100)
    if size is None:
        return Refused(codes.INVALID, "Invalid page_size")
    field, direction = call.query.get("sort_field") or "create_time", call.query.get("sort_order") or "DESC"
    if field not in SORTS or direction not in ("ASC", "DESC"):
        return Refused(codes.INVALID, "Invalid sort_field or sort_order")
    filters = _filters(world, call.body)
    if isinstance(filters, Refused):
        return filters
    conditions, values = filters
    asked = {"operation": call.operation, "shop": call.shop.id, "filters": call.body, "sort": [field, direction]}
    offset = paging.offset_of(call.query.get("page_token", ""), asked)
    if isinstance(offset, Refused):
        return offset
    where = " AND ".join(["shop_id = ?", *conditions])
    total = world.db.execute(f"SELECT count(*) FROM orders WHERE {where}", (call.shop.id, *values)).fetchone()[0]
    rows = world.db.execute(
        f"SELECT * FROM orders WHERE {where} ORDER BY {field} {direction}, id {direction} LIMIT ? OFFSET ?",
        (call.shop.id, *values, size, offset),
    ).fetchall()
    return {
        "orders": order_view.shown(world, call.shop, rows),
        "total_count": total,
        "next_page_token": paging.token(offset + size, asked) if offset + size < total else "",
    }


def detail(world: World, call: Call) -> Json | Refused:
    ids = [one for one in call.query.get("ids", "").split(",") if one]
    if not ids or len(ids) > MOST_IDS or not all(one.isascii() and one.isdigit() for one in ids):
        return Refused(codes.ORDER_PARAMETER)
    marks = ", ".join("?" for _ in ids)
    rows = world.db.execute(
        f"SELECT * FROM orders WHERE shop_id = ? AND id IN ({marks}) ORDER BY id", (call.shop.id, *ids)
    ).fetchall()
    if len(rows) < len(set(ids)) and world.switches.foreign_order_in_detail == "refused":
        return Refused(codes.ORDER_FOREIGN)
    return {"orders": order_view.shown(world, call.shop, rows)}


def _filters(world: World, body: dict[str, Any]) -> tuple[list[str], list[object]] | Refused:
    conditions: list[str] = []
    values: list[object] = []
    status = body.get("order_status")
    if status:
        if status not in NEXT:
            return Refused(codes.ORDER_PARAMETER)
        conditions.append("status = ?")
        values.append(status)
    warehouses = body.get("warehouse_ids")
    if warehouses:
        conditions.append(f"warehouse_id IN ({', '.join('?' for _ in warehouses)})")
        values += warehouses
    for name, condition in TIMES.items():
        if body.get(name) is None:
            continue
        if not isinstance(body[name], int) or isinstance(body[name], bool):
            return Refused(codes.ORDER_PARAMETER)
        conditions.append(condition)
        values.append(body[name])
    if world.switches.order_search_lag_seconds:
        conditions.append("update_time <= ?")
        values.append(world.now() - world.switches.order_search_lag_seconds)
    return conditions, values
