"""Notifications on their way: what is due, what came of it, and what that says about a subscription's health.

At least once: a notification counts as delivered only when the destination said so; what was under way when the
sandbox was killed is sent again.
"""

from dataclasses import dataclass
from typing import Literal

import orjson

from streams.sandbox.commercetools import subscriptions_kept
from streams.sandbox.commercetools.subscription_draft import CONFLUENT
from streams.sandbox.commercetools.world import World
from streams.sandbox.wire import Json

MOST_AT_ONCE = 2_000
RETRY_SECONDS = (1, 2, 5, 10, 30)
Problem = Literal["temporary", "configuration"]


@dataclass(frozen=True, slots=True)
class Post:
    """One notification for the destination; `number` is its own and comes back with the outcome."""

    number: int
    destination: Json
    body: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the destination made of it; without a problem it has it."""

    number: int
    problem: Problem | None = None


def due(world: World, limit: int = MOST_AT_ONCE) -> list[Post]:
    """The oldest that are due, from now on under way; what no Kafka can take is only kept to be read here."""
    rows = world.db.execute(
        "SELECT notification.id, notification.body, subscription.body AS about FROM notification"
        " JOIN subscription ON subscription.id = notification.subscription"
        " WHERE due_at <= ? ORDER BY due_at, notification.id LIMIT ?",
        (world.now(), limit),
    ).fetchall()
    if not rows:
        return []
    known: dict[str, Json] = {}
    posts = []
    for row in rows:
        if row["about"] not in known:
            known[row["about"]] = orjson.loads(row["about"])["destination"]
        posts.append(Post(row["id"], known[row["about"]], row["body"]))
    world.db.execute(
        "UPDATE notification SET state = 'sent', due_at = NULL, attempts = attempts + 1"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (_json([post.number for post in posts]),),
    )
    return posts


def taken(world: World, outcomes: list[Outcome]) -> None:
    """What came of those that were under way."""
    if not outcomes:
        return
    arrived = [one.number for one in outcomes if one.problem is None]
    world.db.execute(
        "UPDATE notification SET state = 'delivered', due_at = NULL"
        " WHERE id IN (SELECT value FROM json_each(?)) AND state <> 'lost'",
        (_json(arrived),),
    )
    for one in outcomes:
        if one.problem is not None:
            _again(world, one.number)
    healths: dict[str, Problem | None] = {}
    rows = world.db.execute(
        "SELECT id, subscription FROM notification WHERE id IN (SELECT value FROM json_each(?))",
        (_json([one.number for one in outcomes]),),
    )
    told = {row["id"]: row["subscription"] for row in rows}
    for one in outcomes:
        if one.number in told:
            healths[told[one.number]] = one.problem
    for subscription, problem in healths.items():
        _health(world, subscription, problem)


def move_on(world: World) -> None:
    """An error that lasts stops the delivery, and old notifications are forgotten."""
    waited = int(world.switches.configuration_error_seconds * 1000)
    for row in world.db.execute(
        "SELECT id FROM subscription WHERE status = ? AND status_since <= ?",
        (subscriptions_kept.MISCONFIGURED, world.now() - waited),
    ).fetchall():
        subscriptions_kept.put(world, row["id"], subscriptions_kept.STOPPED)


def forget_old(world: World) -> None:
    """Only the latest that are done with stay."""
    last = world.db.execute("SELECT max(id) FROM notification").fetchone()[0] or 0
    world.db.execute(
        "DELETE FROM notification WHERE id <= ? AND state IN ('delivered', 'lost')",
        (last - world.switches.notifications_kept,),
    )


def is_confluent(destination: Json) -> bool:
    return bool(destination["type"] == CONFLUENT)


def _json(numbers: list[int]) -> str:
    return orjson.dumps(numbers).decode()


def _again(world: World, number: int) -> None:
    row = world.db.execute("SELECT attempts FROM notification WHERE id = ? AND state = 'sent'", (number,)).fetchone()
    if row is not None:
        wait = RETRY_SECONDS[min(row["attempts"], len(RETRY_SECONDS)) - 1]
        world.db.execute(
            "UPDATE notification SET state = 'waiting', due_at = ? WHERE id = ?", (world.now() + wait * 1000, number)
        )


def _health(world: World, subscription: str, problem: Problem | None) -> None:
    row = world.db.execute("SELECT status, held FROM subscription WHERE id = ?", (subscription,)).fetchone()
    if row is None or row["held"] or row["status"] in subscriptions_kept.DEAF:
        return
    status = {
        None: subscriptions_kept.HEALTHY,
        "temporary": subscriptions_kept.TEMPORARY,
        "configuration": subscriptions_kept.MISCONFIGURED,
    }[problem]
    if row["status"] != status:
        subscriptions_kept.put(world, subscription, status)
