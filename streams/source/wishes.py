"""Which readings a resource owes, and when the next one may begin.

A hint is answered by a reading that begins after it came (and, for orders, after stock has settled).  Hints that one
reading answers are one wish.  A hint that comes while a reading is under way leads to another.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from streams.records.fetch import Fetch, FetchCall
from streams.records.fetch_hint import FetchHint

LATEST_MS: Final = 3_600_000
"""Nothing is put off for longer, whatever a hint says."""
_SECOND: Final = 1_000
URGENT, CALM = 0, 1
"""Lanes: hints of single resources before passes."""
_FIRST_RETRY_MS: Final = 500
_LONGEST_RETRY_MS: Final = 5_000
"""Not longer: an outage is everybody's, and its pauses are kept by who calls; nobody waits on when it is over."""


class Wish(NamedTuple):
    """A reading that may begin now."""

    lane: int
    since: int


def hinted(row: Fetch, hint: FetchHint, now: int) -> tuple[Fetch, bool]:
    """Remember what the hint asks for; False: a wish that is there already covers it.

    Waits are rounded up to whole seconds, so that a rush of orders of one SKU asks for one reading a second.  A wait
    of more than an hour cannot be ours: the clock was set back, or the hint is nonsense.
    """
    row = row._replace(trace=hint.trace or row.trace)
    wait = 0 if hint.not_before is None else min(hint.not_before - now, LATEST_MS)
    if wait > 0:
        at = -(-(now + wait) // _SECOND) * _SECOND
        return (row, False) if at in row.due else (row._replace(due=tuple(sorted((*row.due, at)))), True)
    return (row, False) if row.asked else (row._replace(asked=True, since=now), True)


def wish(row: Fetch, now: int) -> Wish | int | None:
    """What the row wants: a turn, to be looked at again at a time, or nothing."""
    if row.call is not None:
        if now < row.call.deadline:
            return row.call.deadline
        row, _ = restored(row, row.call, now)
    ripe = bool(row.due) and not now < row.due[0] <= now + LATEST_MS + _SECOND
    urgent = row.asked or ripe
    if not urgent and not row.sweep and not row.look:
        return row.due[0] if row.due else None
    if now < row.next_at <= now + _LONGEST_RETRY_MS:
        return row.next_at
    since = [row.since] if row.asked else []
    since += [row.due[0]] if ripe else []
    return Wish(URGENT, min(since)) if urgent else Wish(CALM, row.sweep or row.since)


def begun(row: Fetch, token: str, now: int, deadline_ms: int) -> Fetch:
    """A reading begins: it answers everything that is owed by now."""
    ripe = tuple(at for at in row.due if not now < at <= now + LATEST_MS + _SECOND)
    answers = len(ripe) + (1 if row.asked else 0) + (1 if row.sweep else 0)
    urgent = row.asked or bool(ripe)
    call = FetchCall(token, now + deadline_ms, answers, urgent, row.sweep, row.look)
    return row._replace(asked=False, due=tuple(at for at in row.due if at not in ripe), sweep=0, look=False, call=call)


def failed(row: Fetch, call: FetchCall, now: int, not_before_ms: int) -> tuple[Fetch, int]:
    """The reading brought nothing: what it was to answer is owed again.  Also: hints that are now one wish less."""
    wait = min(max(not_before_ms, _FIRST_RETRY_MS << min(row.failures, 10)), _LONGEST_RETRY_MS)
    again, merged = restored(row, call, now)
    return again._replace(failures=row.failures + 1, next_at=now + wait), merged


def restored(row: Fetch, call: FetchCall, now: int) -> tuple[Fetch, int]:
    """As before the reading.  Its hints are one wish again, or join one that came meanwhile: how many that saves."""
    wishes = (1 if call.urgent and not row.asked else 0) + (1 if call.sweep and not row.sweep else 0)
    row = row._replace(
        call=None,
        asked=row.asked or call.urgent,
        since=row.since if row.asked or not call.urgent else now,
        sweep=row.sweep or call.sweep,
        look=row.look or call.look,
    )
    return row, call.answers - wishes


def owes(row: Fetch) -> bool:
    """A reading is under way or wanted."""
    return bool(row.call or row.asked or row.due or row.sweep or row.look)
