"""`/subscriptions`: who is told what, where to, and how well that goes.

Creating one, or changing its destination, sends a test notification first, and is refused when that cannot be
delivered; `prepare` says what has to be sent.
"""

import sqlite3
from dataclasses import dataclass
from typing import Any

import orjson

from streams.sandbox.commercetools import notices, queries, subscription_draft, subscriptions_kept
from streams.sandbox.commercetools.conditions import Column, Columns
from streams.sandbox.commercetools.errors import Refused, duplicate_field, invalid_input, not_found
from streams.sandbox.commercetools.notices import About
from streams.sandbox.commercetools.resources import actions_of, deletable, head, key_of, unknown
from streams.sandbox.commercetools.world import Call, World
from streams.sandbox.wire import Json

TYPE = "subscription"
MOST = 50
COLUMNS: Columns = {
    ("id",): Column("id"),
    ("key",): Column("key"),
    ("version",): Column("version", "number"),
    ("createdAt",): Column("created_at", "date"),
    ("lastModifiedAt",): Column("modified_at", "date"),
}
ACTIONS = {
    "setKey": "key",
    "setMessages": "messages",
    "setChanges": "changes",
    "setEvents": "events",
    "changeDestination": "destination",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A subscription as it is to be, and the test notification that has to reach its destination first."""

    number: str
    version: int
    body: Json
    test: bytes | None


def query(world: World, call: Call) -> Json | Refused:
    found = queries.run(world, call, "subscription", COLUMNS)
    return found if isinstance(found, Refused) else queries.body(found, [view(row) for row in found.rows])


def get(world: World, call: Call) -> Json | Refused:
    row = _row(world, call)
    return row if isinstance(row, Refused) else view(row)


def prepare(world: World, call: Call) -> Wanted | Refused:
    """What a create or update would make; nothing is written."""
    return _changed(world, call) if call.ids else _created(world, call)


def carry_out(world: World, call: Call, wanted: Wanted) -> Json | Refused:
    """Write what was prepared, unless the world has moved on meanwhile."""
    again = prepare(world, call)
    if isinstance(again, Refused):
        return again
    now, body = world.now(), orjson.dumps(wanted.body).decode()
    effective = now + int(world.switches.subscription_effect_seconds * 1000)
    if not call.ids:
        world.db.execute(
            "INSERT INTO subscription VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)",
            (
                wanted.number,
                call.project.id,
                wanted.body["key"],
                wanted.version,
                now,
                now,
                call.author,
                call.author,
                subscriptions_kept.HEALTHY,
                now,
                effective,
                body,
            ),
        )
    else:
        world.db.execute(
            "UPDATE subscription SET key = ?, version = ?, modified_at = ?, modified_by = ?, effective_at = ?,"
            " body = ? WHERE id = ?",
            (wanted.body["key"], wanted.version, now, call.author, effective, body, wanted.number),
        )
    if wanted.test is not None:
        world.db.execute(
            "INSERT INTO notification (subscription, created_at, due_at, state, body)"
            " VALUES (?, ?, NULL, 'delivered', ?)",
            (wanted.number, now, wanted.test),
        )
        subscriptions_kept.hold(world, wanted.number, subscriptions_kept.HEALTHY)
    subscriptions_kept.forget(world)
    return view(_by_id(world, wanted.number))


def delete(world: World, call: Call) -> Json | Refused:
    row = _row(world, call)
    if isinstance(row, Refused):
        return row
    refused = deletable(call, TYPE, row)
    if refused is not None:
        return refused
    world.db.execute("DELETE FROM subscription WHERE id = ?", (row["id"],))
    world.db.execute(
        "DELETE FROM notification WHERE subscription = ? AND state IN ('waiting', 'sent', 'held')", (row["id"],)
    )
    subscriptions_kept.forget(world)
    return view(row)


def health(world: World, call: Call) -> Refused | Json:
    """The probe: its status code is all there is to it."""
    row = _row(world, call)
    if isinstance(row, Refused):
        return row
    status = subscriptions_kept.PROBES.get(row["status"], 400)
    text = f"The subscription is in status {row['status']}."
    return {} if status == 200 else Refused(status, "OverCapacity" if status == 503 else "InvalidOperation", text)


def view(row: sqlite3.Row) -> Json:
    body: Json = orjson.loads(row["body"])
    shown = head(row) | {name: value for name, value in body.items() if value is not None}
    return shown | {"destination": subscription_draft.masked(body["destination"]), "status": row["status"]}


def _created(world: World, call: Call) -> Wanted | Refused:
    body = subscription_draft.checked(call.body)
    if isinstance(body, Refused):
        return body
    if _taken(world, call, body["key"], ""):
        return duplicate_field("key", body["key"])
    count = world.db.execute("SELECT count(*) FROM subscription WHERE project = ?", (call.project.id,)).fetchone()[0]
    if count >= MOST:
        return Refused(
            400, "MaxResourceLimitExceeded", f"A project has at most {MOST} subscriptions.", {"exceededResource": TYPE}
        )
    number = world.new_id()
    return Wanted(number, 1, body, _test(world, call, number, 1, body))


def _changed(world: World, call: Call) -> Wanted | Refused:
    row = _row(world, call)
    if isinstance(row, Refused):
        return row
    actions = actions_of(call, TYPE, row)
    if isinstance(actions, Refused):
        return actions
    before: Json = orjson.loads(row["body"])
    body = dict(before)
    for action in actions:
        refused = _applied(body, action)
        if refused is not None:
            return refused
    refused = subscription_draft.whole(body)
    if refused is not None:
        return refused
    if _taken(world, call, body["key"], row["id"]):
        return duplicate_field("key", body["key"])
    if body == before:
        return Wanted(row["id"], row["version"], body, None)
    version = world.next_version(row["version"])
    moved = body["destination"] != before["destination"]
    return Wanted(row["id"], version, body, _test(world, call, row["id"], version, body) if moved else None)


def _applied(body: Json, action: Json) -> Refused | None:
    name = action["action"]
    if name not in ACTIONS:
        return invalid_input(f"Unknown update action '{name}'; known: {', '.join(ACTIONS)}.")
    refused = unknown(action, frozenset({"action", ACTIONS[name]}), str(name))
    if refused is not None:
        return refused
    value: Any = action.get(ACTIONS[name])
    if name == "setKey":
        key = key_of(action)
        if isinstance(key, Refused):
            return key
    elif name != "changeDestination":
        value = value or []
    body[ACTIONS[name]] = value
    return None


def _test(world: World, call: Call, number: str, version: int, body: Json) -> bytes:
    about = About(TYPE, number, version, {"key": body["key"]} if body["key"] else {}, world.now())
    plain = notices.changed(world, call.project.key, about, "ResourceCreated")
    if body["format"]["type"] == "CloudEvents":
        plain = notices.cloud_change(world, call.project.key, about, "ResourceCreated", plain)
    return orjson.dumps(plain)


def _taken(world: World, call: Call, key: str | None, but: str) -> bool:
    return (
        key is not None
        and world.db.execute(
            "SELECT 1 FROM subscription WHERE project = ? AND key = ? AND id <> ?", (call.project.id, key, but)
        ).fetchone()
        is not None
    )


def _by_id(world: World, number: str) -> sqlite3.Row:
    row: sqlite3.Row = world.db.execute("SELECT * FROM subscription WHERE id = ?", (number,)).fetchone()
    return row


def _row(world: World, call: Call) -> sqlite3.Row | Refused:
    if "key" in call.ids:
        statement, value, name = "SELECT * FROM subscription WHERE project = ? AND key = ?", call.ids["key"], "key"
    else:
        statement, value, name = "SELECT * FROM subscription WHERE project = ? AND id = ?", call.ids["id"], "ID"
    row: sqlite3.Row | None = world.db.execute(statement, (call.project.id, value)).fetchone()
    return not_found(TYPE, f"{name} '{value}'") if row is None else row
