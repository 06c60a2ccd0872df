"""The Kafka that tests run against: always a real broker, one per run."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

SECONDS = 20.0


@dataclass(frozen=True)
class Cluster:
    """A cluster and how a client reaches it."""

    bootstrap: str
    client: Mapping[str, str | int | float | bool]
    """Settings of a librdkafka client, ``bootstrap.servers`` and security included."""

    def admin(self) -> AdminClient:
        return AdminClient(dict(self.client))

    def create(self, partitions: Mapping[str, int], config: Mapping[str, str] | None = None) -> None:
        """Creates topics, each with its number of partitions, and waits until they can be used."""
        new = [NewTopic(name, count, 1, config=dict(config or {})) for name, count in partitions.items()]
        admin = self.admin()
        for future in admin.create_topics(new, operation_timeout=SECONDS).values():
            future.result(SECONDS)
        deadline = time.monotonic() + SECONDS
        while not partitions.keys() <= admin.list_topics(timeout=SECONDS).topics.keys():
            assert time.monotonic() < deadline, "the broker does not know the topics it has created"
            time.sleep(0.02)

    def delete(self, prefix: str) -> None:
        """Deletes every topic whose name begins so."""
        admin = self.admin()
        names = [name for name in admin.list_topics(timeout=SECONDS).topics if name.startswith(prefix)]
        if names:
            for future in admin.delete_topics(names, operation_timeout=SECONDS).values():
                future.result(SECONDS)

    def producer(self, **settings: Any) -> Producer:
        """Idempotent: without it a record that is sent again (a new topic's leader is not known yet) changes places."""
        return Producer({**self.client, "enable.idempotence": True, **_named(settings)})

    def read(self, topic: str, *, isolation: str = "read_committed") -> list[Any]:
        """All records of a topic as they stand now: by partition, then offset."""
        consumer = Consumer(
            {
                **self.client,
                "group.id": "reader",
                "enable.auto.commit": False,
                "isolation.level": isolation,
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 10,  # the end of a partition is told when a fetch comes back empty
                "auto.offset.reset": "earliest",
            }
        )
        try:
            known = consumer.list_topics(topic, timeout=SECONDS).topics[topic].partitions
            return [record for number in sorted(known) for record in _partition(consumer, topic, number)]
        finally:
            consumer.close()


def _partition(consumer: Consumer, topic: str, number: int) -> list[Any]:
    first, end = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=SECONDS)
    records: list[Any] = []
    if first == end:
        return records
    consumer.assign([TopicPartition(topic, number, first)])
    while True:
        record = consumer.poll(SECONDS)
        if record is None:
            raise TimeoutError(f"{topic}[{number}] did not end within {SECONDS} s")
        problem = record.error()
        if problem is None:
            records.append(record)
        elif problem.name() == "_PARTITION_EOF":
            return records
        else:
            raise RuntimeError(str(problem))


def _named(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name.replace("_", "."): value for name, value in settings.items()}
