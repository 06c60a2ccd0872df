"""A rule raises: the events to blame are found, the others are decided as if they had never been there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from streams.engine.blame import without_bad_events
from streams.engine.row_codec import RowCodec
from streams.engine.rows import TableRows
from streams.engine.store import Store, block_cache
from tests.engine.topics import json_record


def add(state: Any, wake: int | None, events: Sequence[Any]) -> tuple[Any, int | None]:
    """Adds numbers; cannot add words, nor a 7 to a 3."""
    total = state or 0
    for event in events:
        if event == 7 and total % 10 == 3:
            raise ValueError("seven upon three")
        total += event
    return total, wake


@pytest.mark.parametrize(
    ("events", "outcome", "good", "bad"),
    [
        (["x"], None, [], [0]),
        (["x", 1, 2], 3, [1, 2], [0]),
        ([1, "x", 2], 3, [0, 2], [1]),
        ([1, 2, "x"], 3, [0, 1], [2]),
        (["x", 1, "y", "z", 2, "x"], 3, [1, 4], [0, 2, 3, 5]),
        ([1, 2, 7, 4], 7, [0, 1, 3], [2]),
    ],
)
def test_wherever_they_stand(events: list[Any], outcome: int | None, good: list[int], bad: list[int]) -> None:
    found = without_bad_events(add, None, None, events, ())
    assert (found.outcome[0] if found.outcome else None) == outcome
    assert found.good == good
    assert [index for index, _ in found.bad] == bad


def test_many_bad_events_of_one_key_take_no_ages() -> None:
    calls = 0

    def counting(state: Any, wake: int | None, events: Sequence[Any]) -> tuple[Any, int | None]:
        nonlocal calls
        calls += 1
        return add(state, wake, events)

    found = without_bad_events(counting, None, None, ["x", 1] * 1_000, ())
    assert found.outcome[0] == 1_000 and len(found.bad) == 1_000
    assert calls <= 2_001


def test_events_that_raise_only_together() -> None:
    """Each passes alone; the last one of the shortest prefix that raises is to blame."""

    def not_three(state: Any, wake: int | None, events: Sequence[Any]) -> tuple[Any, int | None]:
        if len(events) >= 3:
            raise ValueError("three at once")
        return add(state, wake, events)

    found = without_bad_events(not_three, None, None, [1, 2, 3, 4], ())
    assert found.good == [0, 1] and [index for index, _ in found.bad] == [2, 3]


def test_what_a_bad_event_wrote_beside_is_forgotten(tmp_path: Path) -> None:
    store = Store(tmp_path / "0", block_cache(4))
    rows = TableRows(store, b"t\0", RowCodec(json_record))
    rows.begin()

    def writing(state: Any, wake: int | None, events: Sequence[Any]) -> tuple[Any, int | None]:
        for event in events:
            rows.put(str(event), {"seen": True})
        return add(state, wake, events)

    without_bad_events(writing, None, None, [1, "x", 2], (rows,))
    rows.accept()
    assert sorted(key for key, _ in rows.scan("")) == ["1", "2"]
    store.close()
