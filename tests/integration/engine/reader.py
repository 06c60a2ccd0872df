"""Follows a topic as a reader of committed records sees it, from its beginning on, without reading anything twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from tests.cluster import Cluster


def as_json(message: Any) -> tuple[str, Any]:
    """Key and value of a record of ours."""
    return message.key().decode(), json.loads(message.value())


class Reader:
    """All records of one topic so far, as ``take`` sees them; ``more`` reads on."""

    def __init__(self, cluster: Cluster, topic: str, partitions: int, take: Callable[[Any], Any] = as_json) -> None:
        self.seen: list[Any] = []
        """In order within each partition."""
        self._take = take
        self._topic = topic
        self._partitions = partitions
        self._consumer = Consumer(
            {
                **cluster.client,
                "group.id": "follower",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 50,
            }
        )
        self._consumer.assign([TopicPartition(topic, number, 0) for number in range(partitions)])

    def more(self) -> list[Any]:
        """What came since the last time; waits a moment."""
        found = []
        for message in self._consumer.consume(10_000, 0.1):
            if message.error() is not None:
                if message.error().retriable():
                    continue
                raise AssertionError(f"{self._topic}: {message.error()}")
            found.append(self._take(message))
        self.seen += found
        return found

    def to_the_end(self) -> list[Any]:
        """Everything committed up to now."""
        ends = [
            self._consumer.get_watermark_offsets(TopicPartition(self._topic, number), timeout=20)[1]
            for number in range(self._partitions)
        ]
        while True:
            self.more()
            standing = self._consumer.position([TopicPartition(self._topic, number) for number in range(len(ends))])
            if all(place.offset >= end or end == 0 for place, end in zip(standing, ends, strict=True)):
                return self.seen

    def close(self) -> None:
        self._consumer.close()
