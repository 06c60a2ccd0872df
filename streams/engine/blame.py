"""A rule raised: which events are to blame, and what does the step decide without them?

Each event is tried alone, one after the other, on the state the ones before it left.  Should the rest raise
together although each passed alone, the last event of the shortest prefix that raises is to blame.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from streams.engine.rows import TableRows

Attempt = Callable[[Any, int | None, Sequence[Any]], Any]
"""(state, wake, events) to an outcome whose first two fields are the new state and wake; raises like the rule."""


class Acquitted(NamedTuple):
    """What is left of an entity's events."""

    outcome: Any
    """Of the attempt with all good events; None when there is none."""
    good: list[int]
    bad: list[tuple[int, Exception]]


def without_bad_events(
    attempt: Attempt, state: Any, wake: int | None, events: Sequence[Any], side: Sequence[TableRows]
) -> Acquitted:
    """Tell good events from bad ones; what the good ones write to side tables stays as the step's current writes."""
    _reject(side)
    good, bad = _each_alone(attempt, state, wake, events, side)
    _reject(side)
    while good:
        try:
            return Acquitted(attempt(state, wake, [events[index] for index in good]), good, bad)
        except Exception as problem:
            _reject(side)
            length = _shortest_raising(attempt, state, wake, [events[index] for index in good], side)
            bad.append((good.pop(length - 1), problem))
    return Acquitted(None, good, bad)


def _each_alone(
    attempt: Attempt, state: Any, wake: int | None, events: Sequence[Any], side: Sequence[TableRows]
) -> tuple[list[int], list[tuple[int, Exception]]]:
    good: list[int] = []
    bad: list[tuple[int, Exception]] = []
    for index, event in enumerate(events):
        marks = [table.mark() for table in side]
        try:
            state, wake, *_ = attempt(state, wake, [event])
        except Exception as problem:
            for table, mark in zip(side, marks, strict=True):
                table.back_to(mark)
            bad.append((index, problem))
        else:
            good.append(index)
    return good, bad


def _shortest_raising(
    attempt: Attempt, state: Any, wake: int | None, events: Sequence[Any], side: Sequence[TableRows]
) -> int:
    for length in range(1, len(events)):
        try:
            attempt(state, wake, events[:length])
        except Exception:
            return length
        finally:
            _reject(side)
    return len(events)


def _reject(side: Sequence[TableRows]) -> None:
    for table in side:
        table.reject()
