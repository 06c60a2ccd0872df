"""`/messages`: what subscriptions are told as Messages can be read here too, while the project keeps them."""

import orjson

from streams.sandbox.commercetools import queries
from streams.sandbox.commercetools.conditions import Column, Columns
from streams.sandbox.commercetools.errors import Refused, not_found
from streams.sandbox.commercetools.world import Call, World
from streams.sandbox.wire import Json

TYPE = "message"
DAY = 86_400_000
COLUMNS: Columns = {
    ("id",): Column("id"),
    ("type",): Column("type"),
    ("createdAt",): Column("created_at", "date"),
    ("sequenceNumber",): Column("sequence", "number"),
    ("resource", "typeId"): Column("resource_type"),
    ("resource", "id"): Column("resource_id"),
}


def query(world: World, call: Call) -> Json | Refused:
    forget_old(world, call)
    found = queries.run(world, call, "message", COLUMNS)
    if isinstance(found, Refused):
        return found
    return queries.body(found, [orjson.Fragment(row["body"]) for row in found.rows])  # type: ignore[misc]  # JSON


def get(world: World, call: Call) -> Json | Refused:
    forget_old(world, call)
    row = world.db.execute(
        "SELECT body FROM message WHERE project = ? AND id = ?", (call.project.id, call.ids["id"])
    ).fetchone()
    if row is None:
        return not_found(TYPE, f"ID '{call.ids['id']}'")
    body: Json = orjson.loads(row["body"])
    return body


def forget_old(world: World, call: Call) -> None:
    """Retention; a project that keeps no Messages shows none."""
    row = world.db.execute(
        "SELECT messages_enabled, message_days FROM project WHERE id = ?", (call.project.id,)
    ).fetchone()
    before = world.now() - row["message_days"] * DAY if row["messages_enabled"] else world.now() + 1
    world.db.execute("DELETE FROM message WHERE project = ? AND created_at < ?", (call.project.id, before))
