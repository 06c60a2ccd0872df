"""How long to leave commercetools alone after it said that it cannot keep up, or nothing.

One for all requests of a worker: the limits are the project's.  Times are milliseconds of a clock that is never set.
"""

from __future__ import annotations

from typing import Final, NamedTuple

FIRST_MS: Final = 200
LONGEST_MS: Final = 8_000


class BackOff(NamedTuple):
    """Requests wait until ``until``; each further failure doubles the wait."""

    failures: int = 0
    until: int = 0


def failed(state: BackOff, sent_at: int, now: int, retry_after_ms: int, jitter: float) -> BackOff:
    """A request failed.  Those that were under way when the last one failed say nothing new.

    ``jitter``: 0 to 1; the wait is at least half of what it may be, so that workers do not come back together.
    """
    if sent_at < state.until:
        return state._replace(until=max(state.until, now + retry_after_ms))
    longest = min(FIRST_MS << min(state.failures, 10), LONGEST_MS)
    wait = max(retry_after_ms, int(longest * (0.5 + jitter / 2)))
    return BackOff(state.failures + 1, now + wait)


def succeeded(state: BackOff, sent_at: int) -> BackOff:
    """A request that began after the last failure was answered."""
    return BackOff() if state.failures and sent_at >= state.until else state
