"""Faults on purpose: what can go wrong between a caller and the platform, by rule, with probability or count.

A fault at the door stops the request before it is applied. A fault of the answer lets it be applied and spoils what
the caller learns of it. A fault of an item lives inside an inventory update.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from streams.sandbox.limits import ANY
from streams.sandbox.world import World

DoorFault = Literal[
    "rate_limited", "internal_error", "bad_gateway", "unavailable", "gateway_timeout", "timeout_before", "late", "code"
]
AnswerFault = Literal["timeout_after", "delayed"]
ItemFault = Literal["partial_failure", "refused_decrease"]
Kind = DoorFault | AnswerFault | ItemFault

AT_THE_DOOR: frozenset[str] = frozenset(get_args(DoorFault))
OF_THE_ANSWER: frozenset[str] = frozenset(get_args(AnswerFault))


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that happens now."""

    kind: str
    seconds: float | None
    code: int | None


def add(
    world: World,
    *,
    kind: Kind,
    operation: str = ANY,
    shop_id: str = ANY,
    seller_sku: str = ANY,
    probability: float = 1.0,
    count: int | None = None,
    seconds: float | None = None,
    code: int | None = None,
) -> int:
    """A new rule; `count` ends it after so many faults, and rules are tried oldest first."""
    world.faults = "some"
    cursor = world.db.execute(
        "INSERT INTO fault (operation, shop_id, seller_sku, kind, probability, remaining, seconds, code)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (operation, shop_id, seller_sku, kind, probability, count, seconds, code),
    )
    return int(cursor.lastrowid or 0)


def clear(world: World) -> None:
    """No rule is left."""
    world.db.execute("DELETE FROM fault")
    world.faults = "none"


def drawn(world: World, kinds: frozenset[str], operation: str, shop_id: int, seller_sku: str = "") -> Fault | None:
    """The fault that strikes now, if any."""
    if world.faults == "unread":
        world.faults = "some" if world.db.execute("SELECT 1 FROM fault LIMIT 1").fetchone() else "none"
    if world.faults == "none":
        return None
    rows = world.db.execute(
        "SELECT * FROM fault WHERE operation IN (?, '*') AND shop_id IN (?, '*') AND seller_sku IN (?, '*')"
        " AND (remaining IS NULL OR remaining > 0) ORDER BY id",
        (operation, str(shop_id), seller_sku),
    ).fetchall()
    for row in rows:
        if row["kind"] in kinds and (row["probability"] >= 1 or world.chance.random() < row["probability"]):
            world.db.execute("UPDATE fault SET fired = fired + 1, remaining = remaining - 1 WHERE id = ?", (row["id"],))
            return Fault(row["kind"], row["seconds"], row["code"])
    return None
