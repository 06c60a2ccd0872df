"""Sweep: passes over the whole source, group ``intake``.  One row pages (``sweep:stock``), one per partition closes.

What a page saw goes to ``fetch-hints``, to the keeper of each SKU; so does the mark behind the last page, which the
fetch flow hands on to ``source-sweeps``: it comes to a partition after all hints of the pass did.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from streams.engine.flow import (
    Call,
    Completion,
    Context,
    Emit,
    Flow,
    Inherited,
    Input,
    Ready,
    Step,
    Swept,
    Table,
    Turn,
)
from streams.flows.fetch import FETCH, QUEUE, SWEEP_COUNT
from streams.records import sweep as sweep_record
from streams.records.source_sweep import SourceSweep
from streams.records.sweep import Sweep
from streams.source import partition, sweep
from streams.source.answers import PageRequest
from streams.source.wishes import CALM
from streams.topics.catalog import Topic

SWEEP = Table("sweep", sweep_record)
PAGE = "pages"
"""Name of the operation, for its own place in the queue."""


def ends_of(topic: Topic) -> tuple[str, ...]:
    """One key in each partition, to reach who closes a pass there."""
    found: dict[int, str] = {}
    for number in count():
        for wanted in range(topic.partitions):
            if wanted not in found:
                key = f"{sweep.KEY}:{wanted}:{number}"
                if topic.partition_of(key.encode()) == wanted:
                    found[wanted] = key
        if len(found) == topic.partitions:
            break
    return tuple(found[wanted] for wanted in range(topic.partitions))


def sweep_flow(topic: Topic, interval_ms: int, deadline_ms: int, fingerprint: str = "") -> Flow:
    """``topic``: fetch-hints.  ``interval_ms``: between the beginnings of passes; 0: only on demand.

    ``fingerprint``: of the configured channels.  When it changes, a pass is asked for: SKUs that lie only in channels
    that were not configured have no row that could be looked at again.
    """
    ends = ends_of(topic)

    def keep(key: str, state: Sweep | None, events: Sequence[Any], context: Context) -> Step:
        return (_page if key == sweep.KEY else _close)(key, state, events, context)

    def _page(key: str, state: Sweep | None, events: Sequence[Any], context: Context) -> Step:
        """The pager: requests, turns, pages, reports."""
        row, now = state or Sweep(), context.now
        emits: list[Emit] = []
        call: Call | None = None
        for event in events:
            paged = sweep.Paged(row)
            match event:
                case SourceSweep(kind="REQUEST", at=at, missing=missing):
                    paged = sweep.Paged((sweep.missed if missing else sweep.requested)(row, at))
                case SourceSweep(kind="REPORT"):
                    paged = sweep.reported(row, event, now, len(ends))
                case Turn():
                    begun = sweep.begin(row, now, deadline_ms, interval_ms)
                    if begun is not None:
                        paged = sweep.Paged(begun)
                        call = Call(begun.token, PageRequest(begun.cursor), deadline_ms)
                case Completion(token=token, answer=answer):
                    paged = sweep.page(row, token, answer, now, ends)
                case Swept():
                    paged = sweep.Paged(sweep.requested(row, now))
                case Inherited():
                    paged = sweep.Paged(sweep.inherited(row))
                case _:
                    pass
            row = paged.state
            emits += [Emit("fetch-hints", name, hint) for name, hint in paged.hints]
            if paged.result is not None:
                emits.append(Emit("sync-results", paged.result.entity, paged.result))
            if paged.job is not None:
                emits.append(Emit("sync-jobs", paged.job.job, paged.job))
            if isinstance(event, Completion) and row.running and not (row.read or row.token or row.failures):
                row = sweep.next_page(row, now, deadline_ms)  # without waiting for a turn: a pass is one call at a time
                call = Call(row.token, PageRequest(row.cursor), deadline_ms)
        return Step(row, emits, None, call)

    def _close(key: str, state: Sweep | None, events: Sequence[Any], context: Context) -> Step:
        """A partition: the mark behind the last page, then a portion of rows at each wake-up."""
        now = context.now
        for event in events:
            if isinstance(event, SourceSweep) and event.kind == "SEEN":
                state = partition.opened(event, now)
        if state is None:
            return Step(None)
        rows = context.rows(FETCH).scan("sku:", state.cursor or "sku:")
        count = context.rows(SWEEP_COUNT).get(str(state.began))
        closed = partition.looked(state, iter(rows), count, context.partition, now)
        emits = [Emit("fetch-hints", name, hint) for name, hint in closed.hints]
        if closed.job is not None:
            emits.append(Emit("sync-jobs", closed.job.job, closed.job))
        if closed.report is not None:
            emits.append(Emit("source-sweeps", sweep.KEY, closed.report))
        return Step(closed.state, emits, closed.wake)

    def ready(key: str, state: Sweep, context: Context) -> Ready | int | None:
        if key != sweep.KEY:
            return None
        at = sweep.ready_at(state, context.now, interval_ms)
        if at is None or at > context.now:
            return at
        return Ready(QUEUE, CALM, at, (PAGE,))

    def seeds(number: int) -> Sequence[str]:
        mine = topic.partition_of(sweep.KEY.encode()) == number
        return (sweep.KEY,) if mine else ()

    return Flow(
        name="sweep",
        inputs=(Input("source-sweeps", lambda _, event, __: event),),
        table=SWEEP,
        outputs=("fetch-hints", "source-sweeps", "sync-results", "sync-jobs"),
        step=keep,
        ready=ready,
        open_call=lambda state: bool(state.token),
        seeds=seeds,
        fingerprint=fingerprint,
    )
