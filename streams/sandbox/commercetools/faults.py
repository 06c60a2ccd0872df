"""Faults on purpose: what can go wrong between a caller and commercetools, by rule, with probability or count.

A fault at the door stops the request before it is applied. A fault of the answer lets it be applied and spoils what
the caller learns of it.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from streams.sandbox.commercetools import answers
from streams.sandbox.commercetools.errors import Refused, Unauthorized
from streams.sandbox.commercetools.world import World
from streams.sandbox.wire import Request, Response

DoorFault = Literal[
    "invalid_token", "rate_limited", "internal_error", "bad_gateway", "over_capacity", "gateway_timeout", "lost_request"
]
AnswerFault = Literal["lost_answer", "slow", "internal_error_after"]
Kind = DoorFault | AnswerFault

AT_THE_DOOR: frozenset[str] = frozenset(get_args(DoorFault))
OF_THE_ANSWER: frozenset[str] = frozenset(get_args(AnswerFault))
ANY = "*"
GENERAL = Refused(500, "General", "The server encountered an internal error.")
RETRY_AFTER_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that happens now."""

    kind: str
    seconds: float | None


def add(
    world: World,
    *,
    kind: Kind,
    operation: str = ANY,
    probability: float = 1.0,
    count: int | None = None,
    seconds: float | None = None,
) -> int:
    """A new rule; `count` ends it after so many faults, and rules are tried oldest first."""
    world.faults = "some"
    cursor = world.db.execute(
        "INSERT INTO fault (operation, kind, probability, remaining, seconds) VALUES (?, ?, ?, ?, ?)",
        (operation, kind, probability, count, seconds),
    )
    return int(cursor.lastrowid or 0)


def clear(world: World) -> None:
    """No rule is left."""
    world.db.execute("DELETE FROM fault")
    world.faults = "none"


def at_the_door(world: World, request: Request, operation: str) -> Response | None:
    """The answer of a fault that strikes before the request is applied."""
    fault = _drawn(world, AT_THE_DOOR, operation)
    if fault is None:
        return None
    match fault.kind:
        case "invalid_token":
            return answers.refusal(world, request, Unauthorized(401, "invalid_token", "invalid_token"))
        case "rate_limited":
            limited = Refused(429, "TooManyRequests", "Too many requests.")
            answer = answers.refusal(world, request, limited)
            wait = RETRY_AFTER_SECONDS if fault.seconds is None else fault.seconds
            return Response(429, answer.body, answer.headers | {"retry-after": str(max(0, round(wait)))})
        case "over_capacity":
            busy = Refused(503, "OverCapacity", "The service is currently over capacity. Please retry later.")
            return answers.refusal(world, request, busy)
        case "bad_gateway":
            return answers.page(world, request, 502, "Bad Gateway")
        case "gateway_timeout":
            return answers.page(world, request, 504, "Gateway Time-out")
        case "lost_request":
            return Response(0, lost=True, delay=_hang(world, fault))
        case _:
            return answers.refusal(world, request, GENERAL)


def of_the_answer(world: World, request: Request, operation: str, answer: Response) -> Response:
    """The answer as it reaches the caller."""
    fault = _drawn(world, OF_THE_ANSWER, operation)
    if fault is None:
        return answer
    match fault.kind:
        case "lost_answer":
            return Response(answer.status, answer.body, answer.headers, delay=_hang(world, fault), lost=True)
        case "slow":
            late = fault.seconds or 0.0
            dated = answer.headers | {"date": answers.headers(world, request, late=late)["date"]}
            return Response(answer.status, answer.body, dated, delay=late)
        case _:
            return answers.refusal(world, request, GENERAL)


def _hang(world: World, fault: Fault) -> float:
    return world.switches.lost_answer_seconds if fault.seconds is None else fault.seconds


def _drawn(world: World, kinds: frozenset[str], operation: str) -> Fault | None:
    if world.faults == "unread":
        world.faults = "some" if world.db.execute("SELECT 1 FROM fault LIMIT 1").fetchone() else "none"
    if world.faults == "none":
        return None
    rows = world.db.execute(
        "SELECT * FROM fault WHERE operation IN (?, '*') AND (remaining IS NULL OR remaining > 0) ORDER BY id",
        (operation,),
    ).fetchall()
    for row in rows:
        if row["kind"] in kinds and (row["probability"] >= 1 or world.chance.random() < row["probability"]):
            world.db.execute("UPDATE fault SET fired = fired + 1, remaining = remaining - 1 WHERE id = ?", (row["id"],))
            return Fault(row["kind"], row["seconds"])
    return None
