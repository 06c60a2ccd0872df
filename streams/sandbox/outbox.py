"""Events on their way: what is due, and what an answer means for the next try.

At least once: an event counts as delivered only after a 200, and is tried again 2 minutes, 30 minutes, 3 hours and
12 hours later, in the sandbox's time, before it is dropped.
"""

from dataclasses import dataclass

from streams.sandbox import signature
from streams.sandbox.world import World

RETRY_AFTER = (120, 1_800, 10_800, 43_200)
ACCEPTED = 200


@dataclass(frozen=True, slots=True)
class Post:
    """One event ready to be posted."""

    id: int
    address: str
    body: bytes
    headers: dict[str, str]


def due(world: World, limit: int = 200) -> list[Post]:
    rows = world.db.execute(
        "SELECT webhook.*, app.app_secret FROM webhook JOIN app ON app.app_key = webhook.app_key"
        " WHERE due_at <= ? ORDER BY due_at LIMIT ?",
        (world.clock.exact(), limit),
    )
    return [
        Post(
            row["id"],
            row["address"],
            row["body"],
            {
                "content-type": "application/json",
                "authorization": signature.of_webhook(row["app_key"], row["app_secret"], row["body"]),
            },
        )
        for row in rows
    ]


def answered(world: World, post: Post, status: int | None) -> None:
    """What came back; None when nothing did."""
    attempts = world.db.execute("SELECT attempts FROM webhook WHERE id = ?", (post.id,)).fetchone()["attempts"]
    due_at, state = None, "delivered"
    if status != ACCEPTED:
        state = "waiting" if attempts < len(RETRY_AFTER) else "dropped"
        due_at = world.clock.exact() + RETRY_AFTER[attempts] if attempts < len(RETRY_AFTER) else None
    world.db.execute(
        "UPDATE webhook SET attempts = attempts + 1, due_at = ?, state = ? WHERE id = ?", (due_at, state, post.id)
    )
