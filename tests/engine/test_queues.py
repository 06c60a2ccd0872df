"""Rows that want a call: the most urgent first, what is no longer true is never granted."""

from __future__ import annotations

from streams.engine.flow import Ready
from streams.engine.queues import Entry, ReadyQueues

LINE = ("uk", ("stock",))


def entry(number: int, partition: int = 0) -> Entry:
    return partition, "listing", str(number).encode()


def wish(lane: int, since: int, operations: tuple[str, ...] = ("stock",), queue: str = "uk") -> Ready:
    return Ready(queue, lane, since, operations)


def granted(queues: ReadyQueues) -> list[Entry]:
    """All wishes of the line, in the order they are granted."""
    found = []
    while (first := queues.first(LINE)) is not None:
        found.append(first[0])
        queues.remove(first[0])
    return found


def test_by_lane_then_by_age() -> None:
    queues = ReadyQueues()
    for number, (lane, since) in enumerate([(1, 5), (0, 9), (1, 3), (0, 8)]):
        queues.put(entry(number), wish(lane, since))
    assert granted(queues) == [entry(3), entry(1), entry(2), entry(0)]


def test_a_new_wish_replaces_the_former() -> None:
    queues = ReadyQueues()
    queues.put(entry(1), wish(0, 1))
    queues.put(entry(2), wish(0, 2))
    queues.put(entry(1), wish(1, 1))
    assert granted(queues) == [entry(2), entry(1)]


def test_a_row_without_a_wish_is_not_granted() -> None:
    queues = ReadyQueues()
    queues.put(entry(1), wish(0, 1))
    queues.put(entry(1), None)
    assert granted(queues) == []


def test_a_wish_spent_and_made_again_is_granted_once() -> None:
    queues = ReadyQueues()
    queues.put(entry(1), wish(0, 1))
    queues.remove(entry(1))
    queues.put(entry(1), wish(0, 1))
    assert granted(queues) == [entry(1)]


def test_later_wishes_are_looked_at_when_their_time_has_come() -> None:
    queues = ReadyQueues()
    queues.put(entry(1), 100)
    queues.put(entry(2), 200)
    assert queues.next_look() == 100
    assert queues.overdue(150) == [entry(1)]
    assert queues.overdue(150) == []
    assert queues.overdue(200) == [entry(2)]


def test_a_postponed_look_comes_once() -> None:
    queues = ReadyQueues()
    queues.put(entry(1), 100)
    queues.put(entry(1), 300)
    assert queues.overdue(200) == []
    assert queues.overdue(300) == [entry(1)]


def test_a_wish_now_cancels_the_later_look() -> None:
    queues = ReadyQueues()
    queues.put(entry(1), 100)
    queues.put(entry(1), wish(0, 1))
    assert queues.overdue(1_000) == []


def test_a_partition_given_up_leaves_nothing() -> None:
    queues = ReadyQueues()
    queues.put(entry(1, partition=0), wish(0, 1))
    queues.put(entry(2, partition=1), wish(0, 2))
    queues.put(entry(3, partition=0), 100)
    queues.drop_partition(0)
    assert granted(queues) == [entry(2, partition=1)]
    assert queues.overdue(1_000) == []


def test_lines_the_most_urgent_first() -> None:
    queues = ReadyQueues()
    queues.put(entry(1), wish(2, 1))
    queues.put(entry(2), wish(0, 9, ("price",)))
    queues.put(entry(3), wish(1, 1, queue="de"))
    assert queues.lines() == [("uk", ("price",)), ("de", ("stock",)), LINE]
    assert queues.depth() == {("uk", 2): 1, ("uk", 0): 1, ("de", 1): 1}


def test_memory_is_bounded_by_the_rows_not_by_their_changes() -> None:
    queues = ReadyQueues()
    for change in range(50_000):
        queues.put(entry(change % 10), wish(1, change))
        queues.put(entry(100 + change % 10), change)
    assert len(queues._heaps[LINE]) < 2_000
    assert len(queues._later) < 2_000
    assert len(granted(queues)) == 10
    assert len(queues.overdue(100_000)) == 10
