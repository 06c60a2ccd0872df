"""What waits for a partition's next step: record batches in order, and events.

Batches of a topic must follow each other without a hole.  Records read twice are cut off; a hole means that
a fetch was lost in a rebalance, so what came behind it is dropped and the topic is fetched again from where
the partition stands.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from streams.engine.decided import Loss
from streams.engine.fetch import Batch

Posted = tuple[str, bytes, Any]
"""flow, entity, event"""


class Inbox:
    """Filled by the engine, emptied by the partition's loop."""

    def __init__(self, most_records: int, most_bytes: int) -> None:
        self.queued = 0
        self.queued_bytes = 0
        self.expected: dict[str, int] = {}
        """Topic to the offset the next batch must start at."""
        self.ahead: dict[str, int] = {}
        """Topic to the position behind offsets that hold no record, not committed yet."""
        self.losses: list[Loss] = []
        self.events: deque[Posted] = deque()
        self._batches: deque[tuple[Batch, int]] = deque()
        self._most_records = most_records
        self._most_bytes = most_bytes

    def has_room(self) -> bool:
        return self.queued < self._most_records and self.queued_bytes < self._most_bytes

    def holds_something(self) -> bool:
        return bool(self._batches or self.events or self.losses)

    def offer(self, batch: Batch) -> None:
        weight = sum([len(record[3]) for record in batch.records if record[3] is not None])
        self._batches.append((batch, weight))
        self.queued += len(batch.records)
        self.queued_bytes += weight

    def sought(self, topic: str, offset: int) -> None:
        """The topic is fetched from here on."""
        self._drop(topic)
        self.expected[topic] = offset

    def lost(self, loss: Loss) -> None:
        """The topic deleted records before they were read: the partition goes on behind them."""
        self.losses.append(loss)
        self.sought(loss.topic, loss.following)

    def forget(self) -> None:
        """Records not decided come again after the next seek; events of kept calls and turns stay."""
        self._batches.clear()
        self.queued = self.queued_bytes = 0
        self.expected.clear()
        self.ahead.clear()
        self.losses.clear()

    def take(
        self, epoch: int, most_records: int, most_bytes: int, fetch_again: Callable[[str, int], None]
    ) -> list[Batch]:
        """Batches of the present assignment for one step."""
        taken: list[Batch] = []
        records = weight = 0
        while self._batches and records < most_records and weight < most_bytes:
            batch, size = self._batches.popleft()
            self.queued -= len(batch.records)
            self.queued_bytes -= size
            fitting = self._fitting(batch, fetch_again) if batch.epoch == epoch else None
            if fitting is None:
                continue
            if fitting.records:
                self.ahead.pop(batch.topic, None)
                taken.append(fitting)
                records += len(fitting.records)
                weight += size
            else:
                self.ahead[batch.topic] = fitting.following
        return taken

    def _fitting(self, batch: Batch, fetch_again: Callable[[str, int], None]) -> Batch | None:
        """The batch, if it continues where the last one ended."""
        expected = self.expected.get(batch.topic)
        if expected is None or batch.start == expected:
            self.expected[batch.topic] = batch.following
            return batch
        if batch.start < expected:
            if batch.following <= expected:
                return None
            self.expected[batch.topic] = batch.following
            return batch._replace(start=expected, records=[r for r in batch.records if r[0] >= expected])
        self._drop(batch.topic)
        fetch_again(batch.topic, expected)
        return None

    def _drop(self, topic: str) -> None:
        self._batches = deque(waiting for waiting in self._batches if waiting[0].topic != topic)
        self.queued = sum(len(batch.records) for batch, _ in self._batches)
        self.queued_bytes = sum(size for _, size in self._batches)
