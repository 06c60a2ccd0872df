"""Fetch: hints come in, resources are read, stock changes go out.  One row per hint key, group ``intake``.

All rules are ``streams.source``'s.  A SKU has one reader, so what is published later was read later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from streams.engine.flow import (
    Call,
    Completion,
    Context,
    Due,
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
from streams.records import fetch as fetch_record
from streams.records import sweep_count
from streams.records.fetch import Fetch
from streams.records.fetch_hint import FetchHint
from streams.records.source_sweep import SourceSweep
from streams.source import fetch
from streams.source.entries import forgets_at, forgotten
from streams.source.partition import counted
from streams.source.wishes import Wish, wish

FETCH = Table("fetch", fetch_record)
SWEEP_COUNT = Table("sweep_count", sweep_count)
QUEUE = "commercetools"
KNOWS = "ids of entries"
"""What readings have learned to know since the first release: rows of before are read again."""


def _event(key: str, hint: FetchHint, at: int) -> FetchHint | SourceSweep:
    """A hint; of a pass as a whole what it says to those who make it."""
    kind, _ = fetch.kind_of(key)
    if kind != "sweep":
        return hint
    if hint.reason == "SWEEP":
        return SourceSweep("SEEN", at, hint.noticed_at)
    return SourceSweep("REQUEST", at, missing=int(hint.reason == "NOTIFICATION"))


def fetch_flow(deadline_ms: int, fingerprint: str) -> Flow:
    """``deadline_ms``: an answer is not waited for any longer.  ``fingerprint``: of the configured channels."""

    def keep(key: str, state: Fetch | None, events: Sequence[Any], context: Context) -> Step:
        """Hints, turns and answers of one resource."""
        now = context.now
        emits: list[Emit] = []
        counts: dict[str, int] = {}
        call: Call | None = None
        for event in events:
            match event:
                case FetchHint():
                    told = fetch.hint(key, state, event, now)
                case SourceSweep():
                    emits.append(Emit("source-sweeps", key, event))
                    counts["applied"] = counts.get("applied", 0) + 1
                    continue
                case Turn():
                    lane = _lane(state, now)
                    begun = fetch.begin(state, f"{now:x}", now, deadline_ms)
                    if begun is None or begun.state is None or begun.state.call is None:
                        continue
                    told = begun
                    made = begun.state.call
                    call = Call(made.token, fetch.request(key, lane, made.sweep), deadline_ms)
                case Completion(token=token, answer=answer):
                    told = fetch.read(key, state, token, answer, now)
                case Inherited():
                    told = fetch.inherited(state, now)
                case Swept():
                    told = fetch.looked_again(key, state)
                case Due():
                    told = fetch.Fetched(forgotten(state, now))
                case _:
                    raise TypeError(f"fetch flow: unexpected event {event!r}")
            state = told.state
            emits += [Emit("stock-changes", key.partition(":")[2], change) for change in told.changes]
            emits += [Emit("fetch-hints", name, hint) for name, hint in told.hints]
            emits += [Emit("sync-results", result.entity, result) for result in told.results]
            for name, number in told.counts:
                counts[name] = counts.get(name, 0) + number
            if told.swept:
                _count(context, told.swept)
        return Step(state, emits, forgets_at(state), call, counts)

    def ready(key: str, state: Fetch, context: Context) -> Ready | int | None:
        wanted = wish(state, context.now)
        if not isinstance(wanted, Wish):
            return wanted
        return Ready(QUEUE, wanted.lane, wanted.since, (fetch.OPERATIONS[fetch.kind_of(key)[0]],))

    return Flow(
        name="fetch",
        inputs=(Input("fetch-hints", _event),),
        table=FETCH,
        side=(SWEEP_COUNT,),
        outputs=("stock-changes", "fetch-hints", "source-sweeps", "sync-results"),
        step=keep,
        ready=ready,
        counts_outcomes=True,
        open_call=lambda state: state.call is not None,
        fingerprint=fingerprint,
    )


def _lane(state: Fetch | None, now: int) -> int:
    wanted = None if state is None else wish(state, now)
    return wanted.lane if isinstance(wanted, Wish) else 0


def _count(context: Context, swept: Sequence[tuple[int, str]]) -> None:
    """Add up what a pass comes to in this partition; the counts of the one before go."""
    rows = context.rows(SWEEP_COUNT)
    key = str(swept[0][0])
    known = rows.get(key)
    if known is None:
        for other, _ in list(rows.scan("")):
            if other < key:
                rows.drop(other)
    rows.put(key, counted(known, (name for _, name in swept)))


def fingerprint_of(supply: Mapping[str, str]) -> str:
    """Changes when other channels, or other figures of them, are to be published, or readings are to know more."""
    return sha256(repr((KNOWS, sorted(supply.items()))).encode()).hexdigest()
