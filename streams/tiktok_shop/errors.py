"""What an answer means: every answer becomes one outcome, by a literal table of codes.

The body's code decides, never the status alone: a refusal can come with status 200.  An unlisted
code is never success.  Where nobody can say whether a write was applied, it is unknown.
"""

import re
from typing import Literal, NamedTuple, assert_never

from streams.outcome import Delivered, Outcome, Rejected, RetryLater, ShopStopped, Unknown
from streams.tiktok_shop.codes import BY_MESSAGE, CODES, OTHER_MESSAGE, Row
from streams.tiktok_shop.operation import Effect

Cure = Literal["refresh-token", "refetch-shops"]
"""What helps at once; after it the same call is tried one more time, not more."""

Pressure = Literal["throttled", "overloaded"]
"""What the limiter has to hear."""

Loss = Literal["not-sent", "too-late", "no-answer"]
"""not-sent: provably never reached them.  no-answer: sent, and then nothing usable."""

SEVERITY = (ShopStopped, Unknown, Rejected, RetryLater, Delivered)
"""Which outcome speaks for a call whose items differ: the first of these that occurs."""


class Verdict(NamedTuple):
    """An outcome and what else the answer asks for."""

    outcome: Outcome
    cure: Cure | None = None
    pressure: Pressure | None = None


def row_of(code: int, message: str) -> Row | None:
    """The row of a code; the one code with many causes is told apart by its message."""
    row = CODES.get(code)
    if row is None or row.reaction != "by-message":
        return row
    text = message.lower()
    return next((cause for pattern, cause in BY_MESSAGE if re.search(pattern, text)), OTHER_MESSAGE)


def by_code(code: int, message: str, effect: Effect, retry_after_ms: int = 0) -> Verdict:
    """The verdict on a code other than 0."""
    name, row = str(code), row_of(code, message)
    if row is None:
        reason = f"unlisted code {code}: {message}" if message else f"unlisted code {code}"
        return Verdict(Rejected(name, reason, remedy="see the message; the code is not in our table"))
    reason = f"{row.meaning}: {message}" if message else row.meaning
    match row.reaction:
        case "again":
            if effect == "write":
                return Verdict(Unknown(name, reason))
            return Verdict(RetryLater(name, reason, not_before_ms=retry_after_ms))
        case "limit":
            return Verdict(RetryLater(name, reason, False, retry_after_ms), pressure="throttled")
        case "wait":
            return Verdict(RetryLater(name, reason, False, retry_after_ms))
        case "look":
            return Verdict(Unknown(name, reason))
        case "refuse" | "inside" | "by-message":
            return Verdict(Rejected(name, reason, field=row.field, remedy=row.remedy))
        case "stop":
            return Verdict(ShopStopped(name, reason, row.remedy))
        case "refresh-token" | "refetch-shops":
            return Verdict(RetryLater(name, reason, False), cure=row.reaction)
        case _:
            assert_never(row.reaction)


def by_answer(status: int, code: int | None, message: str, effect: Effect, retry_after_ms: int = 0) -> Verdict:
    """The verdict on a whole answer; ``code`` is None when the body was no envelope."""
    overloaded: Pressure | None = "overloaded" if status == 503 else None
    if code == 0 and status < 400:
        return Verdict(Delivered())
    if code is not None and code != 0 and (code in CODES or status != 429):
        verdict = by_code(code, message, effect, retry_after_ms)
        if status == 429:
            return verdict._replace(pressure="throttled")
        return verdict._replace(pressure=verdict.pressure or overloaded)
    if status == 429:
        return Verdict(RetryLater("429", "too many requests", False, retry_after_ms), pressure="throttled")
    name, reason = f"http-{status}", f"no usable answer, status {status}"
    if effect == "write":
        return Verdict(Unknown(name, reason), pressure=overloaded)
    return Verdict(RetryLater(name, reason, status != 503, retry_after_ms), pressure=overloaded)


def by_loss(loss: Loss, reason: str, effect: Effect) -> Verdict:
    """The verdict when no answer came: whether it was sent decides."""
    if loss != "no-answer":
        return Verdict(RetryLater(loss, reason, costs_attempt=False))
    if effect == "write":
        return Verdict(Unknown("no-answer", reason))
    return Verdict(RetryLater("no-answer", reason))


def worst(outcomes: list[Outcome]) -> Outcome:
    """The outcome that speaks for all: what must be acted on first."""
    return min(outcomes, key=lambda outcome: SEVERITY.index(type(outcome)), default=Delivered())
