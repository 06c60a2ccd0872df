"""Fetched records as plain tuples, with the span of offsets they cover.

aiokafka builds a ConsumerRecord of eleven fields for every record; a step needs five.  The filter of
aborted transactions is aiokafka's own and stays as it is.  Installed only after the self-check has seen
the versions these few lines were written for.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from aiokafka.consumer import fetcher as aiokafka_fetcher

RawRecord = tuple[int, int, bytes | None, bytes | None, list[tuple[str, bytes | None]]]
"""offset, Kafka's time in ms, key, value, headers"""


class Batch(NamedTuple):
    """Records of one partition of one topic, as fetched in one poll."""

    topic: str
    partition: int
    start: int
    """Offset the fetch began at: equals ``following`` of the batch before, or the position sought."""
    following: int
    """Offset of the next record to read."""
    epoch: int
    """Assignment epoch of the engine when the batch was fetched; an older one is dropped."""
    records: list[RawRecord]


class RawPartitionRecords(aiokafka_fetcher.PartitionRecords):  # type: ignore[misc]
    """Unpacks whole record batches into lists of tuples."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._spare: list[RawRecord] = []
        self._exhausted = False
        self._following: int = self.next_fetch_offset

    def _unpack_records(self) -> Any:
        """Yields lists (one per record batch) instead of records; aborted and control batches are skipped."""
        records = self._records
        while records.has_next():
            next_batch = records.next_batch()
            if self._check_crcs and not next_batch.validate_crc():
                raise aiokafka_fetcher.Errors.CorruptRecordException(f"Invalid CRC - {self._tp}")
            if self._isolation_level == aiokafka_fetcher.READ_COMMITTED and next_batch.producer_id is not None:
                self._consume_aborted_up_to(next_batch.base_offset)
                if next_batch.is_control_batch and self._contains_abort_marker(next_batch):
                    self._aborted_producers.discard(next_batch.producer_id)
                if next_batch.is_transactional and next_batch.producer_id in self._aborted_producers:
                    self.next_fetch_offset = next_batch.next_offset
                    continue
            if next_batch.is_control_batch:
                self.next_fetch_offset = next_batch.next_offset
                continue
            unpacked = [(r.offset, r.timestamp, r.key, r.value, r.headers) for r in next_batch]
            first_wanted = self.next_fetch_offset
            if unpacked and unpacked[0][0] < first_wanted:
                unpacked = [record for record in unpacked if record[0] >= first_wanted]
            following = next_batch.next_offset
            if unpacked:
                yield unpacked, following
            self.next_fetch_offset = following

    def take(self, limit: int | None) -> list[RawRecord]:
        """Up to ``limit`` records; ``next_fetch_offset`` follows what was handed out."""
        taken = self._spare
        self._spare = []
        while not self._exhausted and (limit is None or len(taken) < limit):
            found = next(self._records_iterator, None)
            if found is None:
                self._exhausted = True
                self._following = self.next_fetch_offset
                break
            unpacked, self._following = found
            if taken:
                taken.extend(unpacked)
            else:
                taken = unpacked
        if limit is not None and len(taken) > limit:
            self._spare = taken[limit:]
            taken = taken[:limit]
            self.next_fetch_offset = taken[-1][0] + 1
        else:
            self.next_fetch_offset = self._following
        return taken

    @property
    def finished(self) -> bool:
        return self._exhausted and not self._spare


class Taken(list[RawRecord]):
    """Fetched records that remember where the fetch began and ended."""

    start: int
    following: int

    @classmethod
    def of(cls, records: list[RawRecord], start: int, following: int) -> Taken:
        taken = cls(records)
        taken.start, taken.following = start, following
        return taken


class Passed(NamedTuple):
    """Offsets without a record, passed since the last record or seek: markers, aborted and compacted records."""

    start: int
    following: int


class RawFetchResult(aiokafka_fetcher.FetchResult):  # type: ignore[misc]
    """Hands out raw tuples; position keeping and assignment checks are aiokafka's."""

    def getall(self, max_records: int | None = None) -> list[RawRecord]:
        if not self.check_assignment(self._topic_partition) or not self.has_more():
            return []
        records: RawPartitionRecords = self._partition_records  # type: ignore[has-type]
        start = records.next_fetch_offset
        taken = Taken.of(records.take(max_records), start, records.next_fetch_offset)
        self._update_position()
        self._note_passed(taken)
        if records.finished:
            self._partition_records = None
        return taken

    def _note_passed(self, taken: Taken) -> None:
        """aiokafka does not tell of fetches without records; the partition's state remembers them for us."""
        state = self._assignment.state_value(self._topic_partition)
        before: Passed | None = getattr(state, "passed", None)
        if taken:
            state.passed = None
        elif before is not None and before.following == taken.start:
            state.passed = Passed(before.start, taken.following)
        else:
            state.passed = Passed(taken.start, taken.following)


def install() -> None:
    """Let this process's aiokafka consumers hand out raw tuples.  Worker processes only."""
    aiokafka_fetcher.PartitionRecords = RawPartitionRecords
    aiokafka_fetcher.FetchResult = RawFetchResult
