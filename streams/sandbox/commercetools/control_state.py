"""The control API's eyes: everything the fake knows, row by row.

Long lists are read in order from `after` (the last row's cursor), at most `limit` rows at a time; `latest` reads that
many from the end.
"""

# ruff: noqa: S608 - statements are put together from our own words; every value is bound

from dataclasses import asdict

import orjson

from streams.sandbox.commercetools import subscriptions
from streams.sandbox.commercetools.control_conditions import clock
from streams.sandbox.commercetools.operations import NAMES
from streams.sandbox.commercetools.world import World
from streams.sandbox.unusable import Unusable
from streams.sandbox.wire import Json

LIMIT = 5_000
Query = dict[str, str]


def summary(world: World, query: Query) -> Json:
    """The totals, for a page or a table at the end."""

    def counts(statement: str) -> Json:
        return {row[0]: row[1] for row in world.db.execute(statement)}

    units = world.db.execute("SELECT count(*), total(on_stock), total(reserved) FROM entry").fetchone()
    pending = world.db.execute("SELECT count(*), total(quantity) FROM stock_effect").fetchone()
    return {
        "clock": clock(world),
        "projects": [row["key"] for row in world.db.execute("SELECT key FROM project ORDER BY id")],
        "channels": _one(world, "SELECT count(*) FROM channel"),
        "entries": units[0],
        "units_on_stock": int(units[1]),
        "units_reserved": int(units[2]),
        "units_to_be_taken": int(pending[1]),
        "orders": _one(world, "SELECT count(*) FROM orders"),
        "messages": _one(world, "SELECT count(*) FROM message"),
        "notifications": counts("SELECT state, count(*) FROM notification GROUP BY state"),
        "subscriptions": counts("SELECT status, count(*) FROM subscription GROUP BY status"),
        "calls": _one(world, "SELECT coalesce(sum(calls), 0) FROM call_count"),
    }


def inventory(world: World, query: Query) -> Json:
    """Per entry the units as the API shows them, and as they truly are once every order has taken its own."""
    rows = world.db.execute(
        "SELECT entry.*, channel.key AS channel_key, project.key AS project_key, (SELECT coalesce(sum(quantity), 0)"
        " FROM stock_effect WHERE stock_effect.entry = entry.id) AS pending FROM entry"
        " JOIN project ON project.id = entry.project LEFT JOIN channel ON channel.id = entry.channel"
        " WHERE entry.id > ? AND (? = '' OR project.key = ?) AND (? = '' OR entry.sku = ?) ORDER BY entry.id LIMIT ?",
        (query.get("after", ""), *_twice(query, "project"), *_twice(query, "sku"), _limit(query)),
    )
    return {
        "inventory": [
            {
                "id": row["id"],
                "project": row["project_key"],
                "sku": row["sku"],
                "supply_channel": row["channel_key"] or "",
                "version": row["version"],
                "quantity_on_stock": row["on_stock"],
                "available_quantity": row["on_stock"] - row["reserved"],
                "to_be_taken": row["pending"],
                "true_quantity": row["on_stock"] - row["reserved"] - row["pending"],
            }
            for row in rows
        ]
    }


def channels(world: World, query: Query) -> Json:
    rows = world.db.execute(
        "SELECT channel.id, channel.key, channel.roles, project.key AS project, (SELECT count(*) FROM entry"
        " WHERE entry.channel = channel.id) AS entries FROM channel JOIN project ON project.id = channel.project"
        " ORDER BY project.id, channel.key"
    )
    return {"channels": [dict(row) | {"roles": orjson.loads(row["roles"])} for row in rows]}


def seen_subscriptions(world: World, query: Query) -> Json:
    """Each with the notifications it has in each state."""
    found = []
    for row in world.db.execute("SELECT * FROM subscription ORDER BY created_at, id").fetchall():
        states = world.db.execute(
            "SELECT state, count(*) FROM notification WHERE subscription = ? GROUP BY state", (row["id"],)
        )
        found.append(subscriptions.view(row) | {"notifications": {state[0]: state[1] for state in states}})
    return {"subscriptions": found}


def notifications(world: World, query: Query) -> Json:
    """What subscriptions are told, in the bytes they get it."""
    order = "DESC" if "latest" in query else "ASC"
    rows = world.db.execute(
        "SELECT * FROM notification WHERE id > ? AND (? = '' OR subscription = ?) AND (? = '' OR state = ?)"
        f" ORDER BY id {order} LIMIT ?",
        (_number(query, "after", 0), *_twice(query, "subscription"), *_twice(query, "state"), _limit(query)),
    )
    return {
        "notifications": [
            {
                "id": row["id"],
                "subscription": row["subscription"],
                "state": row["state"],
                "attempts": row["attempts"],
                "created_at": row["created_at"],
                "due_at": row["due_at"],
                "body": orjson.loads(row["body"]),
            }
            for row in rows
        ]
    }


def seen_orders(world: World, query: Query) -> Json:
    order = "created_at DESC, id" if "latest" in query else "id"
    rows = world.db.execute(
        f"SELECT id, number, version, created_at, body FROM orders WHERE id > ? ORDER BY {order} LIMIT ?",
        (query.get("after", ""), _limit(query)),
    )
    return {
        "orders": [
            {
                "id": row["id"],
                "order_number": row["number"],
                "version": row["version"],
                "created_at": row["created_at"],
                "order_state": (body := orjson.loads(row["body"])).get("orderState"),
                "lines": [{"sku": line["variant"]["sku"], "quantity": line["quantity"]} for line in body["lineItems"]],
            }
            for row in rows
        ]
    }


def calls(world: World, query: Query) -> Json:
    """Status 0 stands for an answer that was lost."""
    return {"calls": [dict(row) for row in world.db.execute("SELECT * FROM call_count ORDER BY operation, status")]}


def faults(world: World, query: Query) -> Json:
    return {
        "faults": [dict(row) for row in world.db.execute("SELECT * FROM fault ORDER BY id")],
        "operations": list(NAMES),
    }


def switches(world: World, query: Query) -> Json:
    return asdict(world.switches)


def show_clock(world: World, query: Query) -> Json:
    return clock(world)


def _one(world: World, statement: str) -> int:
    return int(world.db.execute(statement).fetchone()[0])


def _twice(query: Query, name: str) -> tuple[str, str]:
    return query.get(name, ""), query.get(name, "")


def _limit(query: Query) -> int:
    return min(_number(query, "latest", _number(query, "limit", LIMIT)), LIMIT)


def _number(query: Query, name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise Unusable(f"{name} = {text!r} is not a number")
    return int(text)
