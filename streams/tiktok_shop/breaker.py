"""Whether a shop may be called at all.

Two things open the breaker: the shop as a whole refuses (consent revoked, shop disabled, wrong
secret), or several calls in a row got no answer.  While it is open the shop's entities wait and
lose no attempt; other shops do not notice.  One call at a time probes whether it may close.
A stopped shop is probed every five minutes, and at once when it was authorized anew.

Times are milliseconds of our clock.
"""

from typing import NamedTuple

from streams.outcome import ShopStopped
from streams.tiktok_shop.answer import Answer

LOST_IN_A_ROW = 5
"""Calls without an answer that make an outage; one alone is an ordinary accident."""
WAIT_MS = 1_000
LONGEST_WAIT_MS = 60_000
STOPPED_WAIT_MS = 300_000
"""Between probes of a stopped shop: somebody has to act first."""
PROBE_MS = 60_000
"""A probe that has not come back after this long died with its worker."""
OUTAGE_CODES = frozenset({36009003, 36009007})
"""Internal error and time-out of the gateway: when nothing else comes, it is an outage."""


class Breaker(NamedTuple):
    """One shop's breaker; plain values, kept in the shop's row."""

    lost: int = 0
    """Calls in a row without an answer."""
    waits: int = 0
    """Times it has opened in a row for an outage."""
    open_until: int = 0
    """0: closed.  After this time one probe may go."""
    probed_at: int = 0
    """When the probe under way was sent; 0: none."""
    code: str = ""
    reason: str = ""
    remedy: str = ""
    """Of a stopped shop; empty for an outage."""


CLOSED = Breaker()


def is_open(breaker: Breaker) -> bool:
    """Whether anything but a probe has to wait."""
    return breaker.open_until > 0


def may_call(breaker: Breaker, now: int) -> bool:
    """Whether a call may be made now; when open, only one probe at a time."""
    return not is_open(breaker) or now >= next_at(breaker)


def next_at(breaker: Breaker) -> int:
    """The first time at which a call may be made; 0 when closed."""
    if breaker.probed_at:
        return max(breaker.open_until, breaker.probed_at + PROBE_MS)
    return breaker.open_until


def called(breaker: Breaker, now: int) -> Breaker:
    """A call is being made; while open, it is the probe."""
    return breaker._replace(probed_at=now) if is_open(breaker) else breaker


def not_called(breaker: Breaker) -> Breaker:
    """The call was not made after all: another may be the probe."""
    return breaker._replace(probed_at=0)


def after(breaker: Breaker, answer: Answer, now: int, jitter_ms: int = 0) -> Breaker:
    """What an answer does to the breaker; any usable answer of a willing shop closes it."""
    stopped = next(
        (o for o in (answer.outcome, *(e.outcome for e in answer.errors)) if isinstance(o, ShopStopped)), None
    )
    if stopped is not None:
        return stop(stopped, now)
    if answer.cure is not None or answer.pressure == "throttled":
        return breaker._replace(lost=0, probed_at=0)
    if answer.code is not None and answer.code not in OUTAGE_CODES:
        return CLOSED
    return _without_answer(breaker, answer, now, jitter_ms)


def stop(outcome: ShopStopped, now: int) -> Breaker:
    """Open until the shop is authorized anew, or a rare probe finds it willing again."""
    return Breaker(open_until=now + STOPPED_WAIT_MS, code=outcome.code, reason=outcome.reason, remedy=outcome.remedy)


def resume() -> Breaker:
    """The cause is gone: the shop was authorized anew."""
    return CLOSED


def _without_answer(breaker: Breaker, answer: Answer, now: int, jitter_ms: int) -> Breaker:
    if breaker.remedy:
        return breaker._replace(open_until=now + STOPPED_WAIT_MS, probed_at=0)
    lost = breaker.lost + 1
    if lost < LOST_IN_A_ROW:
        return breaker._replace(lost=lost)
    if is_open(breaker) and not breaker.probed_at:
        return breaker._replace(lost=lost)
    wait = min(WAIT_MS << min(breaker.waits, 10), LONGEST_WAIT_MS) + jitter_ms
    return Breaker(lost, breaker.waits + 1, now + wait, 0, "outage", f"no answers: {answer.message or 'none usable'}")
