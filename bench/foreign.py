"""A foreign topic of 64 partitions through the relay to ours of 8: part of ``python -m bench.scale``.

The relay runs, has all partitions and has carried a record of each; then it is frozen while the records are written,
and the clock starts when it goes on.  It ends when the last of them can be read with ``read_committed``.  Afterwards
everything is read: each record exactly once, in its SKU's partition, and those of a SKU in the order they were sent.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from bench.process import used
from streams.app import catalog_of
from streams.demo.processes import Process, free_port, wait_until_ready
from streams.settings import Settings
from streams.topics.apply import apply_topics
from streams.topics.catalog import Topic
from streams.topics.murmur2 import murmur2

PARTITIONS, OURS = 64, 8
SKUS = 5_000
SECONDS = 300.0
FROZEN_S = "60"
"""Session time-out: longer than it takes to write the records."""
ADAPTER = """
topic = "{topic}"
format = "json"
complete = false
sku = {{ path = "article.number" }}
version = {{ path = "sequence", form = "number" }}
filters = [{{ path = "event", but = ["NOTE"] }}]

[[levels]]
channel = {{ path = "site", values = {{ LBA = "leeds", BRE = "bremen" }} }}
quantity = {{ path = "counts.free" }}
"""


class Sent(NamedTuple):
    """A foreign record."""

    partition: int
    sku: str
    sequence: int

    @property
    def value(self) -> bytes:
        counts = {"free": self.sequence % 97, "blocked": 1}
        found = {"event": "COUNTED", "article": {"number": self.sku}, "site": "LBA", "counts": counts}
        return orjson.dumps({**found, "sequence": self.sequence})


class Seen(NamedTuple):
    """One of our records."""

    partition: int
    key: bytes
    value: bytes


class Carried(NamedTuple):
    """What came of it."""

    records: int
    foreign_partitions: int
    partitions: int
    seconds: float
    records_per_second: int
    mb: int
    """Most memory of the relay that was seen."""


def records(number: int, first: int = 0) -> list[Sent]:
    """SKUs in turn; a SKU lies in one partition, as with any producer that has a key."""
    found = []
    for sequence in range(first, first + number):
        sku = f"SKU-{sequence % SKUS:05d}"
        found.append(Sent((murmur2(sku.encode()) & 0x7FFF_FFFF) % PARTITIONS, sku, sequence))
    return found


def wrong(sent: Iterable[Sent], seen: Iterable[Seen], topic: Topic) -> str | None:
    """What is not as it should be; None: nothing."""
    wanted: dict[str, list[int]] = {}
    for one in sent:
        wanted.setdefault(one.sku, []).append(one.sequence)
    found: dict[str, list[int]] = {}
    for partition, key, value in seen:
        if topic.partition_of(key) != partition:
            return f"{key.decode()} lies in partition {partition} instead of {topic.partition_of(key)}"
        found.setdefault(key.decode(), []).append(topic.decode(value).version)
    for sku in {**wanted, **found}:
        have, want = found.get(sku, []), wanted.get(sku, [])
        if have != want:
            at = next((place for place, pair in enumerate(zip(have, want, strict=False)) if pair[0] != pair[1]), None)
            return f"{sku}: {len(have)} records instead of {len(want)}; the first other one is number {at}"
    return None


class Site:
    """One relay, its foreign topic and a reader of what it writes."""

    def __init__(self, bootstrap: str, folder: Path, prefix: str) -> None:
        self.folder = folder
        (folder / "adapters").mkdir(parents=True)
        self.foreign = f"{prefix}wms.stock"
        (folder / "adapters" / "wms.toml").write_text(ADAPTER.format(topic=self.foreign))
        self.kafka: dict[str, Any] = {"bootstrap.servers": bootstrap, "log_level": 3}
        self.port = free_port()
        self.environment = {
            "TTS_KAFKA_BOOTSTRAP": bootstrap,
            "TTS_TOPIC_PREFIX": prefix,
            "TTS_GROUP_PREFIX": prefix,
            "TTS_TRANSACTIONAL_PREFIX": prefix,
            "TTS_ADAPTERS_DIR": str(folder / "adapters"),
            "TTS_SKU_PARTITIONS": str(OURS),
            "TTS_SESSION_TIMEOUT_S": FROZEN_S,
            "TTS_HEALTH_PORT": str(self.port),
            "TTS_WORKER_ID": "bench",
        }
        catalog = catalog_of(Settings(topic_prefix=prefix, sku_partitions=OURS))
        apply_topics(catalog, self.kafka)
        self.topic = catalog["stock-changes"]
        admin = AdminClient(self.kafka)
        admin.create_topics([NewTopic(self.foreign, PARTITIONS, 1)])[self.foreign].result(SECONDS)
        self._producer = Producer(
            {**self.kafka, "enable.idempotence": True, "linger.ms": 20, "compression.type": "lz4"}
        )
        self.seen: list[Seen] = []
        self._consumer = Consumer(
            {**self.kafka, "group.id": "bench", "enable.auto.commit": False, "isolation.level": "read_committed"}
        )
        self._consumer.assign([TopicPartition(self.topic.full_name, one, OFFSET_BEGINNING) for one in range(OURS)])

    def start(self) -> Process:
        process = Process("relay", ["worker", "relay"], self.environment, self.folder / "relay.log")
        wait_until_ready(process, f"http://127.0.0.1:{self.port}/ready", SECONDS)
        return process

    def send(self, some: Sequence[Sent]) -> None:
        for one in some:
            while True:
                try:
                    self._producer.produce(self.foreign, one.value, one.sku.encode(), one.partition)
                    break
                except BufferError:
                    self._producer.poll(0.05)
        if self._producer.flush(SECONDS):
            raise RuntimeError("the foreign records could not be written")

    def until(self, number: int, process: Process) -> None:
        """Until so many of ours have been read."""
        deadline = time.monotonic() + SECONDS
        while len(self.seen) < number:
            for message in self._consumer.consume(10_000, 0.02):
                if message.error() is None:
                    self.seen.append(Seen(message.partition() or 0, message.key() or b"", message.value() or b""))
            if process.code() is not None:
                raise RuntimeError(f"the relay ended with {process.code()}:\n{process.tail()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{len(self.seen):,} of {number:,} records came; log in {self.folder}")

    def close(self) -> None:
        self._consumer.close()


def measure(bootstrap: str, folder: Path, number: int) -> Carried:
    """Carry so many records; raises when one is lost, doubled or out of order."""
    site = Site(bootstrap, folder, f"foreign{int(time.time())}.")
    first = [Sent(partition, f"FIRST-{partition:02d}", partition) for partition in range(PARTITIONS)]
    rest = records(number, PARTITIONS)
    process = site.start()
    try:
        site.send(first)
        site.until(len(first), process)
        process.signal(signal.SIGSTOP)
        try:
            site.send(rest)
        finally:
            process.signal(signal.SIGCONT)
        began = time.monotonic()
        site.until(len(first) + number, process)
        seconds = time.monotonic() - began
        resident = used(process.pid).resident_mb
        time.sleep(1.0)  # what should not come would come now
        site.until(len(first) + number, process)
    finally:
        process.stop()
        site.close()
    problem = wrong([*first, *rest], site.seen, site.topic)
    if problem is not None:
        raise RuntimeError(f"the relay: {problem}")
    return Carried(number, PARTITIONS, OURS, round(seconds, 2), round(number / seconds), round(resident))


def told(found: Mapping[str, Any]) -> str:
    """One line for people."""
    return (
        f"{found['foreign_partitions']} foreign partitions to {found['partitions']} of ours: {found['records']:,} "
        f"records in {found['seconds']} s, {found['records_per_second']:,} records/s, each once and in order per SKU; "
        f"relay at {found['mb']} MB"
    )
