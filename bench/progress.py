"""How far a topic has become visible: its last stable offsets, asked every few milliseconds.

Asking costs the broker next to nothing, unlike reading; so the measured system has the machine to itself, and the
moment at which the last output became readable with ``read_committed`` is known to a few milliseconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaException, TopicPartition

EVERY_S = 0.01


PATIENCE_S = 20.0


def end_of(consumer: Consumer, part: TopicPartition) -> int:
    """The partition's last stable offset; a topic just created may have no leader for a moment."""
    until = time.time() + PATIENCE_S
    while True:
        try:
            return int(consumer.get_watermark_offsets(part, timeout=10)[1])
        except KafkaException as problem:
            if time.time() > until:
                raise RuntimeError(f"{part.topic}/{part.partition}: {problem}") from problem
            time.sleep(0.1)


class Seen(NamedTuple):
    """The topic's visible length at one moment."""

    at: float
    end: int


class Progress:
    """Follows one topic."""

    def __init__(self, bootstrap: str, topic: str, partitions: int) -> None:
        self._consumer = Consumer(
            {
                "log_level": 2,
                "bootstrap.servers": bootstrap,
                "group.id": "bench-progress",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
            }
        )
        self._parts = [TopicPartition(topic, number) for number in range(partitions)]
        self.seen = [Seen(time.time(), self.end())]

    def end(self) -> int:
        """Records and transaction markers that are visible now."""
        return sum(end_of(self._consumer, part) for part in self._parts)

    def until_more(self, longest: float, check: Callable[[], None]) -> None:
        """Waits until more is visible than before; an error when nothing comes."""
        begun = time.time()
        while not self._look():
            check()
            if time.time() - begun > longest:
                raise RuntimeError(f"nothing became visible for {longest:.0f} s")
            time.sleep(EVERY_S)

    def until_quiet(self, quiet: float, check: Callable[[], None]) -> None:
        """Follows until nothing has come for ``quiet`` seconds."""
        begun = time.time()
        while time.time() - max(begun, self.seen[-1].at) < quiet:
            check()
            self._look()
            time.sleep(EVERY_S)

    def _look(self) -> bool:
        end = self.end()
        more = end != self.seen[-1].end
        if more:
            self.seen.append(Seen(time.time(), end))
        return more

    def half_at(self) -> float:
        """When half of what is visible now had become so."""
        half = (self.seen[0].end + self.seen[-1].end) / 2
        return next(seen.at for seen in self.seen if seen.end >= half)

    def close(self) -> None:
        self._consumer.close()
