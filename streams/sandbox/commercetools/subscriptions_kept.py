"""Subscriptions as they are kept, and their health: who listens, and what becomes of what they should be told."""

import sqlite3

import orjson

from streams.sandbox.commercetools.world import Watch, World
from streams.sandbox.wire import Json

HEALTHY, SUSPENDED = "Healthy", "ManuallySuspended"
TEMPORARY, MISCONFIGURED, STOPPED = "TemporaryError", "ConfigurationError", "ConfigurationErrorDeliveryStopped"
STATUSES = (HEALTHY, MISCONFIGURED, STOPPED, TEMPORARY, SUSPENDED)
DEAF = frozenset({STOPPED, SUSPENDED})
"""While in one of these, notifications are neither kept nor sent later."""
PROBES = {HEALTHY: 200, TEMPORARY: 503}
"""Answer of the health probe; every other status is 400."""


def watches(world: World, project: int) -> tuple[Watch, ...]:
    found = world.watches.get(project)
    if found is None:
        rows = world.db.execute("SELECT * FROM subscription WHERE project = ? ORDER BY created_at, id", (project,))
        found = world.watches[project] = tuple(_watch(row) for row in rows)
    return found


def forget(world: World) -> None:
    """Somebody changed a subscription."""
    world.watches.clear()


def put(world: World, subscription: str, status: str) -> None:
    """The health of one subscription from now on; what cannot be delivered any more is lost."""
    world.db.execute(
        "UPDATE subscription SET status = ?, status_since = ? WHERE id = ? AND status <> ?",
        (status, world.now(), subscription, status),
    )
    if status in DEAF:
        _open(world, subscription, "lost", None)
    forget(world)


def hold(world: World, subscription: str, status: str) -> None:
    """A health wanted from outside: errors keep notifications until the subscription is Healthy again."""
    held = status in (TEMPORARY, MISCONFIGURED)
    put(world, subscription, status)
    world.db.execute("UPDATE subscription SET held = ? WHERE id = ?", (held, subscription))
    if status not in DEAF:
        _open(world, subscription, "held" if held else "waiting", None if held else world.now())


def _open(world: World, subscription: str, state: str, due_at: int | None) -> None:
    world.db.execute(
        "UPDATE notification SET state = ?, due_at = ? WHERE subscription = ? AND state IN ('waiting', 'sent', 'held')",
        (state, due_at, subscription),
    )


def destination(row: sqlite3.Row) -> Json:
    found: Json = orjson.loads(row["body"])["destination"]
    return found


def _watch(row: sqlite3.Row) -> Watch:
    body = orjson.loads(row["body"])
    messages = {
        one["resourceTypeId"]: frozenset(one["types"]) if one.get("types") else None for one in body["messages"]
    }
    return Watch(
        row["id"],
        body["format"]["type"] == "CloudEvents",
        messages,
        frozenset(one["resourceTypeId"] for one in body["changes"]),
        row["effective_at"],
        row["status"] not in DEAF,
        bool(row["held"]),
    )
