"""`/{projectKey}`: the project's settings, above all whether Messages can be queried and for how long."""

import orjson

from streams.sandbox.commercetools.errors import Refused, conflict, invalid_field, invalid_input, invalid_json
from streams.sandbox.commercetools.world import Call, Project, World, date
from streams.sandbox.wire import Json

LONGEST_DAYS = 90


def named(world: World, key: str) -> Project | None:
    """The project with this key, read once."""
    if key not in world.projects:
        row = world.db.execute("SELECT * FROM project WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        world.projects[key] = Project(row["id"], key, bool(row["messages_enabled"]))
    return world.projects[key]


def get(world: World, call: Call) -> Json | Refused:
    row = world.db.execute("SELECT * FROM project WHERE id = ?", (call.project.id,)).fetchone()
    messages = {"enabled": bool(row["messages_enabled"]), "deleteDaysAfterCreation": row["message_days"]}
    body: Json = orjson.loads(row["body"])
    return {
        "key": row["key"],
        "version": row["version"],
        "createdAt": date(row["created_at"]),
        "messages": messages,
    } | body


def update(world: World, call: Call) -> Json | Refused:
    """`changeMessagesConfiguration` is the one action the fake knows."""
    body = call.body
    row = world.db.execute("SELECT * FROM project WHERE id = ?", (call.project.id,)).fetchone()
    if not isinstance(body.get("version"), int) or not isinstance(body.get("actions"), list):
        return invalid_json("version, actions: Missing required value")
    if body["version"] != row["version"]:
        return conflict("project", row["key"], body["version"], row["version"])
    for action in body["actions"]:
        if not isinstance(action, dict) or action.get("action") != "changeMessagesConfiguration":
            return invalid_input("Unknown update action; known: changeMessagesConfiguration.")
        wanted = action.get("messagesConfiguration") or {}
        enabled, days = wanted.get("enabled"), wanted.get("deleteDaysAfterCreation", 15)
        if not isinstance(enabled, bool):
            return invalid_json("messagesConfiguration.enabled: Missing required value")
        if not isinstance(days, int) or not 1 <= days <= LONGEST_DAYS:
            return invalid_field("messagesConfiguration.deleteDaysAfterCreation", days)
        world.db.execute(
            "UPDATE project SET messages_enabled = ?, message_days = ?, version = ? WHERE id = ?",
            (enabled, days, world.next_version(row["version"]), call.project.id),
        )
        world.projects.clear()
    return get(world, call)
