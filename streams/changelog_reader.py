"""Reads rows of a group's state from its changelog, without touching any worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from streams.kafka_trouble import trouble

_PORTION = 10_000
TIMEOUT_S = 10.0


def last_values(
    kafka: Mapping[str, Any],
    topic: str,
    partition: int,
    wanted: Callable[[bytes], bool],
    progress: Callable[[int, int], None],
) -> dict[bytes, bytes]:
    """The committed values of the wanted keys at this moment; deleted rows are missing.

    ``progress`` is told (records read, records in all).
    """
    consumer = Consumer(
        {
            **kafka,
            "group.id": "tts-inspect",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            "log_level": 0,
        }
    )
    found: dict[bytes, bytes] = {}
    try:
        try:
            low, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=TIMEOUT_S)
        except KafkaException as problem:
            raise trouble(problem.args[0], topic, kafka["bootstrap.servers"]) from problem
        consumer.assign([TopicPartition(topic, partition, low)])
        position = low
        while position < end:
            for message in consumer.consume(_PORTION, 0.2):
                if message.error() is not None:
                    position = end
                    break
                position = (message.offset() or 0) + 1
                key, value = message.key(), message.value()
                if key is None or not wanted(key):
                    continue
                if value is None:
                    found.pop(key, None)
                else:
                    found[key] = value
            progress(position - low, end - low)
    finally:
        consumer.close()
    return found
