"""A merchant's Kafka with foreign topics, adapter files and relays, for tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from streams.demo.processes import Process, free_port, wait_until_ready
from streams.records.stock_change import StockChange
from streams.relay.loop import Loop
from streams.relay.setup import feeds_of, relay_settings
from streams.schema_registry import registry_of
from streams.settings import Settings
from streams.topics.catalog import Catalog, load
from tests.cluster import Cluster

OURS = ("stock-changes", "fetch-hints", "sync-dead-letters", "sync-jobs")
SECONDS = 30.0

SIMPLE = """
topic = "{topic}"
format = "json"
complete = false
sku = {{ path = "sku" }}
version = {{ path = "n", form = "number" }}
filters = [{{ path = "kind", but = ["noise"] }}]
[[levels]]
channel = {{ path = "site", values = {{ A = "uk-main", B = "de-main" }} }}
quantity = {{ path = "qty" }}
"""


class Site:
    """One test's topics under a prefix of their own."""

    def __init__(self, cluster: Cluster, prefix: str, folder: Path, foreign: Mapping[str, int], **more: Any) -> None:
        self.cluster = cluster
        self.prefix = prefix
        self.folder = folder
        self.adapters = folder / "adapters"
        self.adapters.mkdir()
        self.environment = {
            "TTS_KAFKA_BOOTSTRAP": cluster.bootstrap,
            "TTS_TOPIC_PREFIX": prefix,
            "TTS_GROUP_PREFIX": prefix,
            "TTS_TRANSACTIONAL_PREFIX": prefix,
            "TTS_ADAPTERS_DIR": str(self.adapters),
            "TTS_SESSION_TIMEOUT_S": "6",
            "TTS_JOB_SECONDS": "1",
            "TTS_SKU_PARTITIONS": "4",
            **{f"TTS_{name.upper()}": str(value) for name, value in more.items()},
        }
        self.catalog = catalog_of(self.settings())
        ours = {self.catalog[name].full_name: self.catalog[name].partitions for name in OURS}
        cluster.create({**ours, **{self.foreign(name): size for name, size in foreign.items()}})

    def settings(self, **more: Any) -> Settings:
        values = {name.removeprefix("TTS_").lower(): value for name, value in self.environment.items()}
        return Settings.model_validate({**values, **more})

    def foreign(self, name: str) -> str:
        """Full name of a foreign topic."""
        return f"{self.prefix}erp.{name}"

    def adapter(self, name: str, text: str, topic: str | None = None) -> None:
        """Write an adapter file."""
        (self.adapters / f"{name}.toml").write_text(text.format(topic=self.foreign(topic or name)), "utf-8")

    # relays

    def loop(self, worker_id: str = "one", **changes: Any) -> Running:
        """A relay in this process, running."""
        settings = self.settings(worker_id=worker_id)
        feeds = feeds_of(settings, self.catalog, registry_of(settings))
        return Running(Loop(feeds, self.catalog, replace(relay_settings(settings), **changes), now_ms))

    def process(self, worker_id: str) -> Process:
        """A relay as a process, ready."""
        port = free_port()
        environment = {**self.environment, "TTS_WORKER_ID": worker_id, "TTS_HEALTH_PORT": str(port)}
        process = Process(f"relay-{worker_id}", ["worker", "relay"], environment, self.folder / f"{worker_id}.log")
        wait_until_ready(process, f"http://127.0.0.1:{port}/ready")
        return process

    # records

    def send(self, name: str, records: Iterable[tuple[int, Any]], key: bytes | None = b"k", **options: Any) -> None:
        """Write values (bytes as they are, else as JSON) to partitions of a foreign topic."""
        producer = self.cluster.producer()
        for partition, value in records:
            data = value if isinstance(value, bytes | None) else orjson.dumps(value)
            while True:
                try:
                    producer.produce(self.foreign(name), data, key, partition, **options)
                    break
                except BufferError:
                    producer.poll(0.1)
        assert producer.flush(SECONDS) == 0

    def changes(self) -> list[tuple[str, StockChange]]:
        """All stock changes, by partition and offset."""
        topic = self.catalog["stock-changes"]
        return [(one.key().decode(), topic.decode(one.value())) for one in self.cluster.read(topic.full_name)]

    def dead(self) -> list[Any]:
        return self.cluster.read(self.catalog["sync-dead-letters"].full_name)

    def counted(self) -> dict[str, int]:
        """All jobs added up; each of them adds up in itself."""
        topic = self.catalog["sync-jobs"]
        sums: dict[str, int] = {}
        for one in self.cluster.read(topic.full_name):
            job = topic.decode(one.value())
            assert job.received == sum(job.counts.values())
            for name, number in job.counts.items():
                sums[name] = sums.get(name, 0) + number
        return sums


class Running:
    """A relay's loop in a thread."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.problem: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.loop.run()
        except BaseException as problem:
            self.problem = problem

    def stop(self) -> None:
        self.loop.stop()
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()
        if self.problem is not None:
            raise self.problem

    def ended(self) -> BaseException | None:
        """Wait until it has ended by itself."""
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()
        return self.problem


def catalog_of(settings: Settings) -> Catalog:
    return load(
        prefix=settings.topic_prefix,
        names=settings.topic_names,
        partitions={"sku": settings.sku_partitions, "market": settings.market_partitions},
    )


def until(condition: Callable[[], bool], seconds: float = SECONDS, every: float = 0.05) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(every)


def now_ms() -> int:
    return time.time_ns() // 1_000_000
