"""Whether the Subscription delivers: asked for from time to time, told when it changes.

While it is stopped, notifications are neither kept nor sent later; when it delivers again, a pass over the source finds
what was lost.  So it does when a Subscription is seen for the first time: what happened between it and the one it
replaces was told to nobody.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from streams.records.fetch_hint import FetchHint
from streams.records.source_health import SourceHealth
from streams.records.sync_result import SyncResult
from streams.source.answers import HealthRead
from streams.source.sweep import KEY as SWEEP_KEY

REMEDY: Final = "see the Subscription in commercetools: its destination, credentials and topic; then set it going again"


class Healed(NamedTuple):
    """What follows."""

    state: SourceHealth
    result: SyncResult | None = None
    hints: tuple[tuple[str, FetchHint], ...] = ()


def ready_at(row: SourceHealth, now: int, interval_ms: int) -> int:
    """When to ask next."""
    if row.token and now < row.deadline:
        return row.deadline
    return row.asked_at + interval_ms if row.asked_at <= now else 0


def begin(row: SourceHealth, now: int, deadline_ms: int) -> SourceHealth:
    """A turn."""
    calls = row.calls + 1
    return row._replace(token=f"{now:x}-{calls}", deadline=now + deadline_ms, calls=calls)


def answered(row: SourceHealth, token: str, answer: HealthRead, now: int, key: str) -> Healed:
    """An answer came.  Nobody answering says nothing of a Subscription that is known to be stopped."""
    if row.token != token:
        return Healed(row)
    before = row.status
    row = row._replace(token="", asked_at=now)
    if answer.status == before or (answer.status == "unknown" and before == "stopped"):
        return Healed(row)
    hints: tuple[tuple[str, FetchHint], ...] = ()
    if before in ("", "stopped") and answer.status != "stopped":
        hints = ((SWEEP_KEY, FetchHint("REQUEST", now)),)
    row = row._replace(status=answer.status, since=now)
    if answer.status == "healthy" and before == "":
        return Healed(row, None, hints)
    return Healed(row, _result(key, answer, now), hints)


def _result(key: str, answer: HealthRead, now: int) -> SyncResult:
    well = answer.status == "healthy"
    return SyncResult(
        entity=key,
        kind="subscription",
        status="APPLIED" if well else "REJECTED" if answer.status == "stopped" else "WAITING",
        finished_at=now,
        code=f"subscription-{answer.status}",
        remedy=REMEDY if answer.status == "stopped" else None,
        explanation=answer.reason or ("delivers again" if well else "its health is not known"),
    )
