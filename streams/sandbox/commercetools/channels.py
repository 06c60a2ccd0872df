"""`/channels`: where goods lie and who sells them; referenced by id, named by key."""

import sqlite3
from dataclasses import dataclass
from typing import Any

import orjson

from streams.sandbox.commercetools import notices, queries
from streams.sandbox.commercetools.conditions import Column, Columns
from streams.sandbox.commercetools.errors import (
    Refused,
    duplicate_field,
    invalid_field,
    invalid_input,
    invalid_json,
    not_found,
)
from streams.sandbox.commercetools.notices import About
from streams.sandbox.commercetools.resources import KEY, actions_of, deletable, head, unknown
from streams.sandbox.commercetools.world import Call, Project, World
from streams.sandbox.wire import Json

TYPE = "channel"
ROLES = ("InventorySupply", "ProductDistribution", "OrderExport", "OrderImport", "Primary")
COLUMNS: Columns = {
    ("id",): Column("id"),
    ("key",): Column("key"),
    ("version",): Column("version", "number"),
    ("createdAt",): Column("created_at", "date"),
    ("lastModifiedAt",): Column("modified_at", "date"),
}
DRAFT = frozenset({"key", "roles", "name", "description", "address"})
ACTIONS: dict[str, tuple[str, str]] = {  # action → its field, the field of the channel
    "changeKey": ("key", "key"),
    "setRoles": ("roles", "roles"),
    "changeName": ("name", "name"),
    "changeDescription": ("description", "description"),
    "setAddress": ("address", "address"),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A channel's own fields, checked."""

    key: str
    roles: tuple[str, ...]
    body: Json


def query(world: World, call: Call) -> Json | Refused:
    found = queries.run(world, call, "channel", COLUMNS)
    return found if isinstance(found, Refused) else queries.body(found, [view(row) for row in found.rows])


def get(world: World, call: Call) -> Json | Refused:
    row = _row(world, call)
    return row if isinstance(row, Refused) else view(row)


def create(world: World, call: Call) -> Json | Refused:
    refused = unknown(call.body, DRAFT, "ChannelDraft")
    draft = checked(call.body) if refused is None else refused
    if isinstance(draft, Refused):
        return draft
    if _taken(world, call.project.id, draft.key):
        return duplicate_field("key", draft.key)
    return view(created(world, call.project, draft, call.author))


def created(world: World, project: Project, draft: Draft, author: str) -> sqlite3.Row:
    now, number = world.now(), world.new_id()
    world.db.execute(
        "INSERT INTO channel VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?)",
        (
            number,
            project.id,
            draft.key,
            now,
            now,
            author,
            author,
            orjson.dumps(draft.roles).decode(),
            orjson.dumps(draft.body).decode(),
        ),
    )
    notices.change(world, project, About(TYPE, number, 1, {"key": draft.key}, now), "ResourceCreated")
    return by_id(world, number)


def update(world: World, call: Call) -> Json | Refused:
    row = _row(world, call)
    if isinstance(row, Refused):
        return row
    actions = actions_of(call, TYPE, row)
    if isinstance(actions, Refused):
        return actions
    fields = orjson.loads(row["body"]) | {"key": row["key"], "roles": orjson.loads(row["roles"])}
    for action in actions:
        if action["action"] not in ACTIONS:
            return invalid_input(f"Unknown update action '{action['action']}'; known: {', '.join(ACTIONS)}.")
        given, name = ACTIONS[action["action"]]
        refused = unknown(action, frozenset({"action", given}), str(action["action"]))
        if refused is not None:
            return refused
        fields[name] = action.get(given)
    draft = checked({name: value for name, value in fields.items() if value is not None})
    if isinstance(draft, Refused):
        return draft
    if draft.key != row["key"] and _taken(world, call.project.id, draft.key):
        return duplicate_field("key", draft.key)
    version, now = world.next_version(row["version"]), world.now()
    world.db.execute(
        "UPDATE channel SET key = ?, roles = ?, body = ?, version = ?, modified_at = ?, modified_by = ? WHERE id = ?",
        (
            draft.key,
            orjson.dumps(draft.roles).decode(),
            orjson.dumps(draft.body).decode(),
            version,
            now,
            call.author,
            row["id"],
        ),
    )
    about = About(TYPE, row["id"], version, {"key": draft.key}, now)
    notices.change(world, call.project, about, "ResourceUpdated", row["version"])
    return view(by_id(world, row["id"]))


def delete(world: World, call: Call) -> Json | Refused:
    row = _row(world, call)
    if isinstance(row, Refused):
        return row
    refused = deletable(call, TYPE, row)
    if refused is not None:
        return refused
    if world.db.execute("SELECT 1 FROM entry WHERE channel = ? LIMIT 1", (row["id"],)).fetchone():
        text = "Can not delete a channel while it is referenced by at least one 'inventory-entry'."
        return Refused(400, "ReferenceExists", text, {"referencedBy": "inventory-entry"})
    world.db.execute("DELETE FROM channel WHERE id = ?", (row["id"],))
    about = About(TYPE, row["id"], row["version"] + 1, {"key": row["key"]}, world.now())
    notices.change(world, call.project, about, "ResourceDeleted")
    return view(row)


def view(row: sqlite3.Row) -> Json:
    body: Json = orjson.loads(row["body"])
    return head(row) | {"key": row["key"], "roles": orjson.loads(row["roles"])} | body


def by_id(world: World, channel: str) -> sqlite3.Row:
    row: sqlite3.Row = world.db.execute("SELECT * FROM channel WHERE id = ?", (channel,)).fetchone()
    return row


def expand(world: World, results: list[Json], name: str) -> None:
    """Put the channel itself into each reference to one."""
    known: dict[str, Json] = {}
    for one in results:
        if name in one:
            channel = one[name]["id"]
            known[channel] = known.get(channel) or view(by_id(world, channel))
            one[name] = one[name] | {"obj": known[channel]}


def checked(given: Any) -> Draft | Refused:
    """Key and roles as commercetools wants them; without roles, a channel supplies."""
    key, roles = given.get("key"), given.get("roles") or ["InventorySupply"]
    if not isinstance(key, str):
        return invalid_json("key: Missing required value")
    if not KEY.fullmatch(key):
        return invalid_field("key", key)
    if not isinstance(roles, list) or any(role not in ROLES for role in roles):
        return invalid_field("roles", roles)
    return Draft(key, tuple(roles), {name: given[name] for name in ("name", "description", "address") if name in given})


def _taken(world: World, project: int, key: str) -> bool:
    row = world.db.execute("SELECT 1 FROM channel WHERE project = ? AND key = ?", (project, key)).fetchone()
    return row is not None


def _row(world: World, call: Call) -> sqlite3.Row | Refused:
    if "key" in call.ids:
        statement, value, name = "SELECT * FROM channel WHERE project = ? AND key = ?", call.ids["key"], "key"
    else:
        statement, value, name = "SELECT * FROM channel WHERE project = ? AND id = ?", call.ids["id"], "ID"
    row: sqlite3.Row | None = world.db.execute(statement, (call.project.id, value)).fetchone()
    return not_found(TYPE, f"{name} '{value}'") if row is None else row
