"""Asks for a pass over the whole source, and follows it to its end, by topics alone: no worker is spoken to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from streams.kafka_trouble import trouble
from streams.records.fetch_hint import FetchHint
from streams.records.sync_job import SyncJob
from streams.records.sync_result import SyncResult
from streams.source.sweep import KEY
from streams.topics.catalog import Catalog

TIMEOUT_S = 10.0


@dataclass(slots=True)
class Seen:
    """How far it is."""

    entries: int = 0
    """Inventory entries read."""
    total: int = 0
    """Inventory entries there are; 0: not known yet."""
    compared: dict[int, int] = field(default_factory=dict)
    """SKUs done, by partition."""
    owed: dict[int, int] = field(default_factory=dict)
    """SKUs still to be read again, by partition."""
    waiting_for: str | None = None
    """Why it does not go on."""

    def take(self, job: SyncJob) -> None:
        """A line of progress."""
        self.waiting_for = None
        waiting = job.counts.get("waiting", 0)
        if job.partition < 0:
            self.entries, self.total = job.received - waiting, job.received
        else:
            self.compared[job.partition] = job.received - waiting
            self.owed[job.partition] = waiting


class Silence(Exception):
    """Nothing was heard of a pass for too long."""


def full_pass(
    catalog: Catalog, kafka: Mapping[str, Any], seen: Callable[[Seen], None], patience_s: float, group_id: str
) -> SyncResult:
    """The result of a pass that began after this call; ``Silence`` when nothing is heard for ``patience_s`` seconds."""
    consumer = _at_the_end(catalog, kafka, group_id)
    try:
        asked_at = _ask(catalog, kafka)
        progress = Seen()
        heard_at = time.monotonic()
        while True:
            for name, value in _news(consumer, catalog):
                heard_at = time.monotonic()
                if isinstance(value, SyncJob):
                    progress.take(value)
                elif name == "sync-results" and value.status == "RETRYING":
                    progress.waiting_for = f"{value.code}: {value.explanation}"
                elif name == "sync-results" and value.changed_at >= asked_at:
                    seen(progress)
                    result: SyncResult = value
                    return result
                else:
                    progress = Seen()
                seen(progress)
            if time.monotonic() - heard_at > patience_s:
                raise Silence(
                    f"nothing was heard of the pass for {patience_s:.0f} s; does worker intake run, and does it read "
                    f"{catalog['fetch-hints'].full_name}? The pass is asked for all the same"
                )
    finally:
        consumer.close()


def _ask(catalog: Catalog, kafka: Mapping[str, Any]) -> int:
    """Publish the request; Kafka's time of it."""
    topic = catalog["fetch-hints"]
    told: list[tuple[Any, Message]] = []
    producer = Producer({**kafka, "enable.idempotence": True, "client.id": "tts-sync", "log_level": 0})
    value = topic.encode(FetchHint("REQUEST", time.time_ns() // 1_000_000))
    producer.produce(
        topic.full_name,
        value,
        KEY.encode(),
        topic.partition_of(KEY.encode()),
        on_delivery=lambda error, message: told.append((error, message)),
    )
    producer.flush(TIMEOUT_S)
    if not told or told[0][0] is not None:
        error = told[0][0] if told else KafkaError(KafkaError._TIMED_OUT)
        raise trouble(error, topic.full_name, kafka["bootstrap.servers"])
    return int(told[0][1].timestamp()[1])


def _at_the_end(catalog: Catalog, kafka: Mapping[str, Any], group_id: str) -> Consumer:
    """Reads what comes from now on; its group commits nothing."""
    consumer = Consumer(
        {
            **kafka,
            "group.id": group_id,
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "log_level": 0,
        }
    )
    places = [
        TopicPartition(catalog[name].full_name, partition)
        for name in ("sync-jobs", "sync-results")
        for partition in range(catalog[name].partitions)
    ]
    try:
        for place in places:
            place.offset = consumer.get_watermark_offsets(place, timeout=TIMEOUT_S)[1]
    except KafkaException as problem:
        consumer.close()
        raise trouble(problem.args[0], place.topic, kafka["bootstrap.servers"]) from problem
    consumer.assign(places)
    return consumer


def _news(consumer: Consumer, catalog: Catalog) -> Iterator[tuple[str, Any]]:
    """What was published about passes."""
    names = {catalog[name].full_name: name for name in ("sync-jobs", "sync-results")}
    for message in consumer.consume(500, 0.2):
        key, value = message.key(), message.value()
        if message.error() is not None or key is None or value is None:
            continue
        name = names[message.topic() or ""]
        if key == KEY.encode() if name == "sync-results" else key.startswith(b"sweep/"):
            yield name, catalog[name].decode(value)
