"""What every resource shares: the fields above its own, references, keys, and the check of a version."""

import re
import sqlite3
from typing import Any

import orjson

from streams.sandbox.commercetools.errors import Refused, conflict, invalid_field, invalid_json, reference_not_found
from streams.sandbox.commercetools.world import Call, World, date
from streams.sandbox.wire import Json

KEY = re.compile(r"[A-Za-z0-9_-]{2,256}")
MOST_ACTIONS = 500


def head(row: sqlite3.Row) -> Json:
    """id, version, and who wrote it when."""
    return {
        "id": row["id"],
        "version": row["version"],
        "createdAt": date(row["created_at"]),
        "lastModifiedAt": date(row["modified_at"]),
        "lastModifiedBy": orjson.Fragment(row["modified_by"]),
        "createdBy": orjson.Fragment(row["created_by"]),
    }


def reference(type_id: str, resource: str) -> Json:
    return {"typeId": type_id, "id": resource}


def channel_of(world: World, project: int, given: Any, field: str) -> sqlite3.Row | Refused:
    """The channel that a resource identifier names by id or key."""
    if not isinstance(given, dict) or given.get("typeId", "channel") != "channel":
        return invalid_json(f"{field}: a channel's resource identifier is wanted")
    named = {name: given[name] for name in ("id", "key") if name in given}
    if len(named) != 1 or not isinstance(next(iter(named.values())), str):
        return invalid_json(f"{field}: either id or key is wanted")
    column, value = next(iter(named.items()))
    statement = {
        "id": "SELECT * FROM channel WHERE project = ? AND id = ?",
        "key": "SELECT * FROM channel WHERE project = ? AND key = ?",
    }[column]
    row: sqlite3.Row | None = world.db.execute(statement, (project, value)).fetchone()
    return reference_not_found("channel", named) if row is None else row


def key_of(draft: Json) -> str | Refused | None:
    """The key of a draft or action, if there is one."""
    key = draft.get("key")
    if key is None:
        return None
    return key if isinstance(key, str) and KEY.fullmatch(key) else invalid_field("key", key)


def unknown(given: Json, known: frozenset[str], what: str) -> Refused | None:
    """A fake is stricter than the API here: a field nobody knows is a misspelt one."""
    strange = sorted(set(given) - known)
    return invalid_json(f"{what}: unknown field {strange[0]}") if strange else None


def actions_of(call: Call, type_id: str, row: sqlite3.Row) -> list[Json] | Refused:
    """The update actions of a body whose version is the resource's."""
    body = call.body
    if not isinstance(body, dict) or not isinstance(body.get("version"), int) or isinstance(body["version"], bool):
        return invalid_json("version: Missing required value")
    actions = body.get("actions")
    if not isinstance(actions, list) or any(not isinstance(one, dict) or "action" not in one for one in actions):
        return invalid_json("actions: Missing required value")
    if len(actions) > MOST_ACTIONS:
        return invalid_json(f"actions: more than {MOST_ACTIONS}")
    refused = unknown(body, frozenset({"version", "actions"}), type_id)
    if refused is not None:
        return refused
    if body["version"] != row["version"]:
        return conflict(type_id, row["id"], body["version"], row["version"])
    return actions


def deletable(call: Call, type_id: str, row: sqlite3.Row) -> Refused | None:
    """`DELETE …?version=n` of the right version."""
    version = dict(call.query).get("version", "")
    if not version.isascii() or not version.isdigit():
        return Refused(400, "InvalidInput", "Malformed parameter: version: a number is wanted")
    return None if int(version) == row["version"] else conflict(type_id, row["id"], int(version), row["version"])
