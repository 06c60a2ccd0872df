"""The control API's eyes: everything the sandbox knows, row by row.

Long lists are read in order from `after`, an id, at most `limit` rows at a time; `latest` reads that many from the end.
"""

# ruff: noqa: S608 - statements are put together from our own column names; every value is bound

from dataclasses import asdict

import orjson

from streams.sandbox import order_view
from streams.sandbox.control_conditions import clock
from streams.sandbox.wire import Json
from streams.sandbox.world import SHOP_COLUMNS, Shop, World

LIMIT = 5_000
TEXT_IDS = ("shop_id", "order_id", "sku_id", "product_id", "warehouse_id")
Query = dict[str, str]


def summary(world: World, query: Query) -> Json:
    """The totals, for a page or a table at the end."""
    totals = world.db.execute("SELECT total(available), total(committed), total(sold) FROM stock").fetchone()
    orders = world.db.execute(
        "SELECT status, count(*), total(oversold_units) FROM orders GROUP BY status ORDER BY status"
    ).fetchall()
    refused = world.db.execute("SELECT count(*), total(units) FROM history WHERE kind = 'refused'").fetchone()
    calls = world.db.execute("SELECT total(calls), total(refused), total(limited) FROM call_count").fetchone()
    return {
        "clock": clock(world),
        "shops": _count(world, "shop"),
        "products": _count(world, "product"),
        "skus": _count(world, "sku"),
        "available_units": int(totals[0]),
        "committed_units": int(totals[1]),
        "sold_units": int(totals[2]),
        "orders": {row[0]: row[1] for row in orders},
        "oversold_units": int(sum(row[2] for row in orders)),
        "short_units": _short(world),
        "refused_attempts": refused[0],
        "refused_units": int(refused[1]),
        "inventory_writes": _count(world, "inventory_write"),
        "calls": int(calls[0]),
        "calls_refused": int(calls[1]),
        "calls_limited": int(calls[2]),
        "webhooks": {row[0]: row[1] for row in world.db.execute("SELECT state, count(*) FROM webhook GROUP BY state")},
    }


def shops(world: World, query: Query) -> Json:
    rows = _rows(world, "SELECT * FROM shop ORDER BY id")
    for row in rows:
        row["warehouses"] = _rows(world, "SELECT * FROM warehouse WHERE shop_id = ? ORDER BY id", row["id"])
        row["id"] = str(row["id"])
        for warehouse in row["warehouses"]:
            warehouse["id"] = str(warehouse["id"])
    return {"shops": rows}


def stock(world: World, query: Query) -> Json:
    """Per SKU and warehouse: available, committed, sold; `limit` counts SKUs."""
    return {
        "stock": _rows(
            world,
            "SELECT sku.id AS sku_id, sku.product_id, sku.shop_id, sku.seller_sku, product.status AS product_status,"
            " stock.warehouse_id, stock.available, stock.committed, stock.sold, stock.campaign, sku.promotion"
            " FROM sku JOIN stock ON stock.sku_id = sku.id JOIN product ON product.id = sku.product_id"
            " WHERE sku.id IN (SELECT id FROM sku WHERE id > ? AND (? = '' OR shop_id = ?)"
            " AND (? = '' OR seller_sku = ?) ORDER BY id LIMIT ?) ORDER BY sku.id, stock.warehouse_id",
            *_after(query),
            *_twice(query, "shop_id"),
            *_twice(query, "seller_sku"),
            _limit(query),
        )
    }


def orders(world: World, query: Query) -> Json:
    """Orders in their own words, with what they oversold."""
    return {
        "orders": [
            dict(row, id=str(row["id"]))
            for row in _rows(
                world,
                "SELECT orders.*, (SELECT count(*) FROM order_line WHERE order_id = orders.id) AS units FROM orders"
                f" WHERE id > ? AND (? = '' OR shop_id = ?) AND (? = '' OR status = ?)"
                f" ORDER BY id {_way(query)} LIMIT ?",
                *_after(query),
                *_twice(query, "shop_id"),
                *_twice(query, "status"),
                _limit(query),
            )
        ]
    }


def order(world: World, query: Query) -> Json:
    """One order as the wire shows it."""
    row = world.db.execute("SELECT * FROM orders WHERE id = ?", (query.get("order_id", ""),)).fetchone()
    if row is None:
        return {"order": None}
    shop = world.db.execute(f"SELECT {SHOP_COLUMNS} FROM shop WHERE id = ?", (row["shop_id"],)).fetchone()
    return {"order": order_view.shown(world, Shop(*shop), [row])[0]}


def writes(world: World, query: Query) -> Json:
    """Every accepted inventory write, oldest first."""
    return {
        "writes": _rows(
            world,
            "SELECT * FROM inventory_write WHERE id > ? AND (? = '' OR shop_id = ?) AND (? = '' OR seller_sku = ?)"
            f" ORDER BY id {_way(query)} LIMIT ?",
            *_after(query),
            *_twice(query, "shop_id"),
            *_twice(query, "seller_sku"),
            _limit(query),
        )
    }


def history(world: World, query: Query) -> Json:
    return {
        "history": _rows(world, "SELECT * FROM history WHERE id > ? ORDER BY id LIMIT ?", *_after(query), _limit(query))
    }


def physical(world: World, query: Query) -> Json:
    """What the merchant has, what of it is sold and not shipped, and what was oversold."""
    return {
        "physical": _rows(
            world,
            "SELECT * FROM physical WHERE (? = '' OR seller_sku = ?) ORDER BY seller_sku, supply_channel",
            *_twice(query, "seller_sku"),
        )
    }


def oversold(world: World, query: Query) -> Json:
    """Orders that took units the merchant did not have."""
    rows = _rows(
        world,
        "SELECT id AS order_id, shop_id, create_time, status, oversold_units FROM orders"
        " WHERE oversold_units > 0 ORDER BY id",
    )
    return {"oversold_units": sum(row["oversold_units"] for row in rows), "short_units": _short(world), "orders": rows}


def calls(world: World, query: Query) -> Json:
    return {
        "calls": _rows(
            world,
            "SELECT app_key, shop_id, operation, calls, refused, limited FROM call_count ORDER BY shop_id, operation",
        )
    }


def webhooks(world: World, query: Query) -> Json:
    rows = _rows(world, "SELECT * FROM webhook WHERE id > ? ORDER BY id LIMIT ?", *_after(query), _limit(query))
    return {"webhooks": [dict(row, body=orjson.loads(row["body"])) for row in rows]}


def faults(world: World, query: Query) -> Json:
    return {"faults": [dict(row) for row in world.db.execute("SELECT * FROM fault ORDER BY id")]}


def limits(world: World, query: Query) -> Json:
    return {"limits": [dict(row) for row in world.db.execute("SELECT * FROM call_limit ORDER BY operation, shop_id")]}


def switches(world: World, query: Query) -> Json:
    return asdict(world.switches)


def apps(world: World, query: Query) -> Json:
    return {"apps": _rows(world, "SELECT app_key, app_secret, webhook_address, webhook_types FROM app")}


def show_clock(world: World, query: Query) -> Json:
    return clock(world)


def _rows(world: World, statement: str, *values: object) -> list[Json]:
    rows = [dict(row) for row in world.db.execute(statement, values)]
    for row in rows:
        for name in TEXT_IDS:
            if name in row:
                row[name] = str(row[name])
    return rows


def _after(query: Query) -> tuple[str]:
    return (query.get("after") or "0",)


def _twice(query: Query, name: str) -> tuple[str, str]:
    return (query.get(name, ""), query.get(name, ""))


def _limit(query: Query) -> int:
    given = query.get("latest") or query.get("limit") or str(LIMIT)
    return min(int(given), 100_000) if given.isascii() and given.isdigit() else LIMIT


def _way(query: Query) -> str:
    return "DESC" if "latest" in query else "ASC"


def _count(world: World, table: str) -> int:
    return int(world.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _short(world: World) -> int:
    row = world.db.execute("SELECT total(max(0, open_units - units)) FROM physical WHERE units IS NOT NULL").fetchone()
    return int(row[0])
