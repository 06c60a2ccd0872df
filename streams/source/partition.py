"""What one partition does when a pass has seen everything: SKUs it knows and the pass did not see are read again.

They were deleted, or the pass missed them; a reading tells.  The partition reports when all it owed is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from streams.records.fetch import Fetch
from streams.records.fetch_hint import FetchHint
from streams.records.source_sweep import SourceSweep
from streams.records.sweep import Sweep
from streams.records.sweep_count import SweepCount
from streams.records.sync_job import SyncJob
from streams.source.fetch import AMBIGUOUS_MS

PORTION: Final = 500
"""Rows looked at in one step."""
LOOK_AGAIN_MS: Final = 500
"""While readings are owed."""


class Closed(NamedTuple):
    """What follows."""

    state: Sweep | None
    """None: reported, nothing is left to do."""
    hints: tuple[tuple[str, FetchHint], ...] = ()
    report: SourceSweep | None = None
    job: SyncJob | None = None
    wake: int | None = None


def opened(seen: SourceSweep, now: int) -> Sweep:
    """A pass has seen everything; an older one that is not done yet is given up."""
    return Sweep(began=seen.began, running=True, started_at=now)


def looked(row: Sweep, rows: Iterator[tuple[str, Fetch]], count: SweepCount | None, partition: int, now: int) -> Closed:
    """Look at the next rows of the partition (those behind the cursor), or at what is still owed."""
    count = count or SweepCount()
    hints: tuple[tuple[str, FetchHint], ...] = ()
    if not row.read:
        portion = [one for _, one in zip(range(PORTION), rows, strict=False)]
        hints = tuple((key, FetchHint("SWEEP", row.began)) for key in unseen(portion, row.began))
        row = row._replace(
            cursor=portion[-1][0] if portion else row.cursor,
            read=len(portion) < PORTION,
            asked=row.asked + len(hints),
        )
    job, row = _progress(row, count, partition, now)
    if row.read and count.asked >= row.asked and count.pending == 0 and not hints:
        return Closed(None, report=_report(row, count, partition, now), job=job)
    return Closed(row, hints, job=job, wake=now + LOOK_AGAIN_MS if row.read else now)


def unseen(rows: Iterable[tuple[str, Fetch]], began: int) -> Iterator[str]:
    """Keys of SKUs that had entries, and that neither the pass nor a reading surely later than its beginning saw."""
    for key, row in rows:
        known = row.digest is not None and row.entries > 0
        if known and row.swept_at < began and row.read_at < began + AMBIGUOUS_MS:
            yield key


def counted(count: SweepCount | None, names: Iterable[str]) -> SweepCount:
    """One more of each; ``done``: one less is pending."""
    found = (count or SweepCount())._asdict()
    for name in names:
        if name == "done":
            found["pending"] -= 1
        else:
            found[name] += 1
    return SweepCount(**found)


def _progress(row: Sweep, count: SweepCount, partition: int, now: int) -> tuple[SyncJob | None, Sweep]:
    """Told when it is something else than before."""
    counts = {
        "unchanged": count.unchanged,
        "applied": count.first + count.repaired,
        "rejected": count.rejected,
        "waiting": count.pending + max(0, row.asked - count.asked),
    }
    told = " ".join(str(number) for number in counts.values())
    if told == row.told:
        return None, row
    job = f"sweep/{row.began}/{partition}"
    return SyncJob(job, "intake", partition, row.started_at, now, sum(counts.values()), counts), row._replace(told=told)


def _report(row: Sweep, count: SweepCount, partition: int, now: int) -> SourceSweep:
    return SourceSweep(
        "REPORT",
        now,
        row.began,
        partition,
        count.seen,
        count.asked,
        count.unchanged,
        count.first,
        count.repaired,
        count.rejected,
    )
