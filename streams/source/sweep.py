"""A pass over the whole source, by its pager: when it begins, page after page, and what it came to.

Every page becomes hints of reason SWEEP with what it saw; who keeps the SKU compares.  Behind the last one, each
partition is told (``partition.py``), and reports.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from streams.outcome import Delivered, Rejected, RetryLater, ShopStopped
from streams.records.fetch_hint import FetchHint
from streams.records.source_sweep import SourceSweep
from streams.records.sweep import Sweep, SweepReport
from streams.records.sync_job import SyncJob
from streams.records.sync_result import SyncResult
from streams.source.answers import PageRead

KEY: Final = "sweep:stock"
STALE_MS: Final = 6 * 3_600_000
"""Reports that have not come so long after the pass began do not come any more."""
MISSED_MS: Final = 900_000
"""A pass because of an entry that nobody knew begins so long after the one before: a rush of deletions asks for few."""
_FIRST_RETRY_MS: Final = 1_000
_LONGEST_RETRY_MS: Final = 15_000


class Paged(NamedTuple):
    """What follows."""

    state: Sweep
    hints: tuple[tuple[str, FetchHint], ...] = ()
    result: SyncResult | None = None
    job: SyncJob | None = None


def starts_at(row: Sweep, interval_ms: int) -> int | None:
    """When the next pass begins; None: never by itself."""
    if row.wanted_at is not None:
        return 0
    times = [row.started_at + interval_ms] if interval_ms else []
    times += [row.started_at + MISSED_MS if row.started_at else 0] if row.missed_at is not None else []
    return min(times, default=None)


def ready_at(row: Sweep, now: int, interval_ms: int) -> int | None:
    """When the pager wants a turn; None: it waits for somebody."""
    if not row.running:
        return starts_at(row, interval_ms)
    if row.read:
        return row.started_at + STALE_MS
    if row.token and now < row.deadline:
        return row.deadline
    return row.next_at if now < row.next_at <= now + _LONGEST_RETRY_MS else 0


def requested(row: Sweep, at: int) -> Sweep:
    """Somebody asks for a pass: at once, or after the one under way, which may have gone past what is meant."""
    return row._replace(wanted_at=max(at, row.wanted_at or 0))


def missed(row: Sweep, at: int) -> Sweep:
    """An entry is gone whose SKU nobody knows: only a pass finds what is left of it."""
    return row._replace(missed_at=max(at, row.missed_at or 0))


def begin(row: Sweep, now: int, deadline_ms: int, interval_ms: int) -> Sweep | None:
    """A turn: the next page is asked for, of a new pass if none is under way; None: nothing is wanted."""
    at = ready_at(row, now, interval_ms)
    if at is None or now < at:
        return None
    if not row.running or row.read:
        calls, last, asked_at = row.calls, max(row.began, row.last), row.wanted_at or 0
        row = Sweep(
            running=True, started_at=now, finished_at=row.finished_at, last=last, asked_at=asked_at, calls=calls
        )
    return next_page(row, now, deadline_ms)


def next_page(row: Sweep, now: int, deadline_ms: int) -> Sweep:
    """The next page is asked for."""
    calls = row.calls + 1
    return row._replace(token=f"{now:x}-{calls}", deadline=now + deadline_ms, calls=calls)


def inherited(row: Sweep) -> Sweep:
    """A page that a former owner asked for is asked for again."""
    return row._replace(token="")


def page(row: Sweep, token: str, answer: PageRead, now: int, ends: tuple[str, ...]) -> Paged:
    """A page came; ``ends``: a key of every partition, to be told when all was seen."""
    if not row.running or row.token != token:
        return Paged(row)
    row = row._replace(token="")
    if not isinstance(answer.outcome, Delivered):
        return _failed(row, answer.outcome, now)
    if answer.more and (answer.last is None or answer.last == row.cursor):
        return _given_up(row, now, "sweep-stands-still", "the page behind a SKU ends with the same SKU", None)
    began = row.began or max(answer.read_at, row.last + 1)
    read_at = max(answer.read_at, began)
    hints = [(f"sku:{sku}", FetchHint("SWEEP", began, digest=digest, read_at=read_at)) for sku, digest in answer.skus]
    row = row._replace(
        began=began,
        cursor=answer.last if answer.more else row.cursor,
        read=not answer.more,
        pages=row.pages + 1,
        entries=row.entries + answer.entries,
        total=row.total if row.total is not None else answer.total,
        skus=row.skus + len(answer.skus),
        failures=0,
        next_at=0,
        told="",
    )
    if row.read:
        hints += [(key, FetchHint("SWEEP", began, read_at=began)) for key in ends]
    return Paged(row, tuple(hints), job=_progress(row, now))


def reported(row: Sweep, report: SourceSweep, now: int, partitions: int) -> Paged:
    """A partition is done; with the last one the pass is complete."""
    if not row.running or report.began != row.began or not row.read:
        return Paged(row)
    if any(one.partition == report.partition for one in row.reports):
        return Paged(row)
    told = SweepReport(
        report.partition,
        report.seen,
        report.missing,
        report.unchanged,
        report.first,
        report.repaired,
        report.rejected,
    )
    row = row._replace(reports=(*row.reports, told))
    if len(row.reports) < partitions:
        return Paged(row)
    result = _result(now, "APPLIED", "sweep-finished", summary(row), None, row)
    return Paged(row._replace(running=False, finished_at=now), result=result)


def total(row: Sweep) -> dict[str, int]:
    """What all partitions reported, by name."""
    names = ("seen", "missing", "unchanged", "first", "repaired", "rejected")
    return {name: sum(getattr(one, name) for one in row.reports) for name in names}


def summary(row: Sweep) -> str:
    """One line for people."""
    found = total(row)
    return (
        f"{row.entries} inventory entries in {row.pages} pages; {found['seen']} SKUs seen, {found['missing']} known "
        f"ones were not; {found['unchanged']} unchanged, {found['first']} read for the first time, {found['repaired']} "
        f"differences found and repaired, {found['rejected']} refused"
    )


def _progress(row: Sweep, now: int) -> SyncJob:
    """Entries there are and entries seen; a job of its own, so that it adds up by itself."""
    counts = {"applied": row.entries, "waiting": max(0, (row.total or 0) - row.entries) if not row.read else 0}
    received = sum(counts.values())
    return SyncJob(f"sweep/{row.began}", "intake", -1, row.started_at, now, received, counts)


def _failed(row: Sweep, outcome: RetryLater | Rejected | ShopStopped | object, now: int) -> Paged:
    code, reason = str(getattr(outcome, "code", "unknown")), str(getattr(outcome, "reason", "no usable answer"))
    if isinstance(outcome, Rejected):
        return _given_up(row, now, code, reason, outcome.remedy)
    asked = outcome.not_before_ms if isinstance(outcome, RetryLater) else 0
    wait = min(max(asked, _FIRST_RETRY_MS << min(row.failures, 10)), _LONGEST_RETRY_MS)
    result = None
    if row.told != code and (row.failures > 0 or isinstance(outcome, ShopStopped)):
        result = _result(now, "RETRYING", code, reason, getattr(outcome, "remedy", None), row)
        row = row._replace(told=code)
    return Paged(row._replace(failures=row.failures + 1, next_at=now + wait), result=result)


def _given_up(row: Sweep, now: int, code: str, reason: str, remedy: str | None) -> Paged:
    """The pass ends here; what it saw counts, what it did not see is not taken for deleted."""
    remedy = remedy or "report it; single resources are read upon notifications all the same"
    return Paged(row._replace(running=False), result=_result(now, "REJECTED", code, reason, remedy, row))


def _result(
    now: int, status: Literal["APPLIED", "RETRYING", "REJECTED"], code: str, reason: str, remedy: str | None, row: Sweep
) -> SyncResult:
    return SyncResult(
        entity=KEY,
        kind="sweep",
        status=status,
        finished_at=now,
        code=code,
        remedy=remedy,
        sequence=row.began,
        changed_at=row.asked_at,
        explanation=reason,
    )
