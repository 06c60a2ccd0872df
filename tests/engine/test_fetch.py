"""Fetched records as tuples: none missing, none twice, none of an aborted transaction, whatever the limits."""

from __future__ import annotations

import random
import struct
from typing import Any

import pytest
from aiokafka.consumer.fetcher import READ_COMMITTED
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import TopicPartition

from streams.engine.fetch import RawFetchResult, RawPartitionRecords

TP = TopicPartition("items", 0)
CONTROL, COMMIT, ABORT = 0x20, b"\x00\x00\x00\x01", b"\x00\x00\x00\x00"
_ATTRIBUTES = struct.Struct(">h")
_ATTRIBUTES_AT, _LAST_DELTA_AT = 21, 23


def batch(base: int, offsets: list[int], producer: int = -1, control: bytes | None = None, last: int = -1) -> bytes:
    """A record batch; ``offsets`` missing between are compacted away, ``last`` is the last offset it ever had."""
    builder = DefaultRecordBatchBuilder(2, 0, 1 if producer >= 0 else 0, producer, 0, 0, 1_000_000)
    for offset in offsets:
        key, value = (control, b"") if control is not None else (b"k%d" % offset, b"v%d" % offset)
        assert builder.append(offset - base, 1_000 + offset, key, value, [("h", b"1")])
    data = bytearray(builder.build())
    struct.pack_into(">q", data, 0, base)
    if control is not None:
        struct.pack_into(">h", data, _ATTRIBUTES_AT, _ATTRIBUTES.unpack_from(data, _ATTRIBUTES_AT)[0] | CONTROL)
    if last >= 0:
        struct.pack_into(">i", data, _LAST_DELTA_AT, last - base)
    return bytes(data)


def records(*batches: bytes, position: int = 0, aborted: list[tuple[int, int]] | None = None) -> RawPartitionRecords:
    """What aiokafka makes of a fetch; ``aborted``: (producer, first offset)."""
    return RawPartitionRecords(
        TP, MemoryRecords(b"".join(batches)), aborted or [], position, None, None, False, READ_COMMITTED
    )


def offsets_of(taken: list[Any]) -> list[int]:
    return [record[0] for record in taken]


def test_a_record_is_offset_time_key_value_headers() -> None:
    [record] = records(batch(5, [5]), position=5).take(None)
    assert record[:4] == (5, 1_005, b"k5", b"v5") and list(record[4]) == [("h", b"1")]


def test_all_at_once() -> None:
    found = records(batch(0, [0, 1, 2]), batch(3, [3, 4]))
    assert offsets_of(found.take(None)) == [0, 1, 2, 3, 4]
    assert found.next_fetch_offset == 5 and found.finished


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 7])
def test_limits_split_anywhere(limit: int) -> None:
    found = records(batch(0, [0, 1, 2]), batch(3, [3, 4]), batch(5, [5]), batch(6, [6, 7, 8]))
    seen: list[int] = []
    while not found.finished:
        assert found.next_fetch_offset == len(seen)
        taken = offsets_of(found.take(limit))
        assert len(taken) <= limit
        seen += taken
    assert seen == list(range(9)) and found.next_fetch_offset == 9


def test_records_before_the_position_are_not_ours() -> None:
    """The broker sends whole batches."""
    found = records(batch(0, [0, 1, 2, 3]), position=2)
    assert offsets_of(found.take(None)) == [2, 3]


def test_aborted_transactions_are_skipped() -> None:
    found = records(
        batch(0, [0, 1], producer=7),
        batch(2, [2], producer=8),
        batch(3, [3], producer=7, control=ABORT),
        batch(4, [4], producer=8, control=COMMIT),
        batch(5, [5], producer=7),
        batch(6, [6], producer=7, control=COMMIT),
        aborted=[(7, 0)],
    )
    assert offsets_of(found.take(None)) == [2, 5]
    assert found.next_fetch_offset == 7


def test_markers_alone_move_the_position() -> None:
    found = records(batch(4, [4], producer=8, control=COMMIT), position=4)
    assert found.take(None) == [] and found.next_fetch_offset == 5 and found.finished


def test_compacted_offsets_are_passed() -> None:
    found = records(batch(0, [0, 3], last=9), batch(10, [12], last=14))
    assert offsets_of(found.take(1)) == [0]
    assert found.next_fetch_offset == 1
    assert offsets_of(found.take(None)) == [3, 12]
    assert found.next_fetch_offset == 15


def test_random_logs_with_random_limits() -> None:
    chance = random.Random(5)
    for _ in range(200):
        log, wanted, offset, aborted = [], [], 0, []
        for producer in range(chance.randrange(1, 8)):
            own = [offset + place for place in range(chance.randrange(1, 6))]
            keeps = chance.random() < 0.6
            log.append(batch(offset, own, producer=producer))
            log.append(batch(own[-1] + 1, [own[-1] + 1], producer=producer, control=COMMIT if keeps else ABORT))
            if keeps:
                wanted += own
            else:
                aborted.append((producer, offset))
            offset = own[-1] + 2
        found, seen = records(*log, aborted=aborted), []
        while not found.finished:
            seen += offsets_of(found.take(chance.randrange(1, 5)))
        assert seen == wanted and found.next_fetch_offset == offset


class Assignment:
    """What a fetch result knows of its partition."""

    class State:
        paused = False

        def __init__(self, position: int) -> None:
            self.position = position
            self.passed: Any = None

        def consumed_to(self, position: int) -> None:
            self.position = position

    def __init__(self, position: int) -> None:
        self.active = True
        self.state = self.State(position)

    def state_value(self, tp: Any) -> State:
        return self.state


def fetched(assignment: Assignment, found: RawPartitionRecords) -> RawFetchResult:
    return RawFetchResult(TP, assignment=assignment, partition_records=found, backoff=0)


def test_what_was_taken_says_where_it_began_and_ended() -> None:
    assignment = Assignment(2)
    result = fetched(assignment, records(batch(0, [0, 1, 2, 3]), position=2))
    taken = result.getall(1)
    assert (offsets_of(taken), taken.start, taken.following) == ([2], 2, 3)  # type: ignore[attr-defined]
    assert assignment.state.position == 3
    assert result.has_more()


def test_offsets_passed_without_a_record_are_remembered_over_fetches() -> None:
    assignment = Assignment(4)
    fetched(assignment, records(batch(4, [4], producer=8, control=COMMIT), position=4)).getall(10)
    assert assignment.state.passed == (4, 5)
    fetched(assignment, records(batch(5, [5], producer=9, control=COMMIT), position=5)).getall(10)
    assert assignment.state.passed == (4, 6)
    fetched(assignment, records(batch(6, [6]), position=6)).getall(10)
    assert assignment.state.passed is None


def test_a_result_for_another_position_is_dropped() -> None:
    assignment = Assignment(9)
    result = fetched(assignment, records(batch(0, [0, 1]), position=0))
    assert result.getall(10) == [] and not result.has_more()
    assert assignment.state.position == 9 and assignment.state.passed is None
