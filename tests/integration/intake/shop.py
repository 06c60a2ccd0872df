"""A commercetools project on the sandbox, the workers that read it, and what they publish: processes, real Kafka."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from streams.app import catalog_of
from streams.demo.processes import Process, free_port, wait_until_ready
from streams.sandbox.commercetools.control import CommercetoolsControl
from streams.settings import Settings
from streams.topics.apply import apply_topics
from tests.cluster import Cluster

T = TypeVar("T")
CLIENT, SECRET = "streams", "sample-secret"
SERVER = "pkc-sample.europe-west1.gcp.confluent.cloud:9092"
MARKET = """[shop]
region = "GB"
currency = "GBP"

[[warehouses]]
warehouse = "1"

[[warehouses.channels]]
channel = "main"
"""
FILE = {
    "commercetools": {
        "project": "pottery",
        "clients": [
            {
                "client_id": CLIENT,
                "client_secret": SECRET,
                "scopes": ["view_products", "view_orders", "manage_subscriptions"],
            }
        ],
        "channels": [{"key": "main"}, {"key": "other"}],
    }
}


class Shop:
    """``workers``: which to start, beside the sandbox."""

    def __init__(self, cluster: Cluster, prefix: str, folder: Path, partitions: int = 2, **settings: str) -> None:
        self.cluster = cluster
        self.folder = folder
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        (folder / "sandbox.json").write_text(json.dumps(FILE))
        (folder / "markets").mkdir()
        (folder / "markets" / "uk.toml").write_text(MARKET)
        words = ["sandbox", "--port", str(port), "--data", str(folder / "sandbox"), "--kafka", cluster.bootstrap]
        words += ["--config", str(folder / "sandbox.json")]
        self.sandbox = Process("sandbox", words, {}, folder / "sandbox.log")
        wait_until_ready(self.sandbox, f"{url}/_sandbox/summary")
        self._http = httpx.Client(base_url=url, timeout=30)
        self.control = CommercetoolsControl(self._http, "pottery")
        self.environment = {
            "TTS_KAFKA_BOOTSTRAP": cluster.bootstrap,
            "TTS_TOPIC_PREFIX": prefix,
            "TTS_GROUP_PREFIX": prefix,
            "TTS_TRANSACTIONAL_PREFIX": prefix,
            "TTS_MARKETS_DIR": str(folder / "markets"),
            "TTS_WORKER_ID": "one",
            "TTS_SESSION_TIMEOUT_S": "6",
            "TTS_SKU_PARTITIONS": str(partitions),
            "TTS_MARKET_PARTITIONS": "1",
            "TTS_COMMERCETOOLS_PROJECT": "pottery",
            "TTS_COMMERCETOOLS_API_URL": f"{url}/commercetools/api",
            "TTS_COMMERCETOOLS_AUTH_URL": f"{url}/commercetools/auth",
            "TTS_COMMERCETOOLS_CLIENT_ID": CLIENT,
            "TTS_COMMERCETOOLS_CLIENT_SECRET": SECRET,
            "TTS_COMMERCETOOLS_SWEEP_HOURS": "0",
            "TTS_COMMERCETOOLS_SETTLE_SECONDS": "1",
            "TTS_CONFLUENT_API_KEY": "sample-key",
            "TTS_CONFLUENT_API_SECRET": "sample-cloud-secret",
            **settings,
        }
        fields = {name.removeprefix("TTS_").lower(): value for name, value in self.environment.items()}
        self.settings = Settings.model_validate(
            {name: value for name, value in fields.items() if name in Settings.model_fields}
        )
        self.catalog = catalog_of(self.settings)
        apply_topics(self.catalog, dict(cluster.client))
        self.heard = Heard(self)
        self.workers: dict[str, Process] = {}

    # processes

    def start(self, *names: str) -> None:
        ports = {name: free_port() for name in names}
        for name in names:
            environment = {
                **self.environment,
                "TTS_HEALTH_PORT": str(ports[name]),
                "TTS_STATE_DIR": str(self.folder / "state" / name),
            }
            log = self.folder / f"{name}.log"
            self.workers[name] = Process(name, ["worker", name], environment, log)
        for name in names:
            wait_until_ready(self.workers[name], f"http://127.0.0.1:{ports[name]}/ready")

    def kill(self, name: str) -> None:
        self.workers[name].signal(signal.SIGKILL)
        self.workers.pop(name).wait()

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """One `streams` command, to its end."""
        return subprocess.run(
            [sys.executable, "-m", "streams.cli", *words],
            env={**_surroundings(), **self.environment},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    def subscribe(self) -> subprocess.CompletedProcess[str]:
        return self.command("setup", "subscription", "--create", "--server", SERVER, "--record-key", "pottery")

    def end(self) -> dict[str, int]:
        self.heard.stop()
        codes = {name: worker.stop() for name, worker in self.workers.items()}
        self._http.close()
        self.sandbox.stop()
        return codes

    def logs(self) -> str:
        return "\n".join(path.read_text("utf-8", "replace") for path in self.folder.glob("*.log"))

    # what happens, and what shows

    def hint(self, key: str, reason: Any = "REQUEST") -> None:
        from streams.records.fetch_hint import FetchHint

        self.publish([(key, FetchHint(reason, time.time_ns() // 1_000_000))])

    def publish(self, hints: list[tuple[str, Any]]) -> None:
        topic = self.catalog["fetch-hints"]
        producer = Producer({**self.cluster.client, "linger.ms": 5})
        for key, value in hints:
            producer.produce(topic.full_name, topic.encode(value), key.encode(), topic.partition_of(key.encode()))
        producer.flush(10)

    def requests(self) -> int:
        return sum(row["calls"] for row in self.control.see("calls")["calls"])

    def until(self, look: Callable[[], T], what: str, seconds: float = 20.0) -> T:
        deadline = time.monotonic() + seconds
        while True:
            found = look()
            if found:
                return found
            if self.heard.problem is not None:
                raise self.heard.problem
            for worker in self.workers.values():
                assert worker.code() is None, worker.tail(30)
            assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}; {self.heard.levels}"
            time.sleep(0.01)

    def until_published(self, wanted: Mapping[str, int], seconds: float = 20.0) -> None:
        """The last stock change of each SKU says so for channel ``main``."""
        what = f"{dict(list(wanted.items())[:5])} on stock-changes"
        self.until(lambda: all(self.heard.levels.get(sku) == units for sku, units in wanted.items()), what, seconds)


def _surroundings() -> dict[str, str]:
    import os

    return {name: value for name, value in os.environ.items() if not name.startswith("TTS_")}


class Heard(threading.Thread):
    """Committed stock changes, hints and results."""

    TOPICS = ("stock-changes", "fetch-hints", "sync-results")

    def __init__(self, shop: Shop) -> None:
        super().__init__(daemon=True)
        self.levels: dict[str, int] = {}
        self.changes: list[tuple[str, Any]] = []
        self.hints: list[tuple[str, Any]] = []
        self.results: list[Any] = []
        self.problem: BaseException | None = None
        self._catalog = shop.catalog
        self._ended = threading.Event()
        self._consumer = Consumer(
            {
                **shop.cluster.client,
                "group.id": "heard",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 10,
            }
        )
        self._names = {self._catalog[name].full_name: name for name in self.TOPICS}
        self._consumer.assign(
            [
                TopicPartition(self._catalog[name].full_name, partition, OFFSET_BEGINNING)
                for name in self.TOPICS
                for partition in range(self._catalog[name].partitions)
            ]
        )
        self.start()

    def run(self) -> None:
        try:
            while not self._ended.is_set():
                for message in self._consumer.consume(1_000, 0.02):
                    if message.error() is None:
                        self._take(self._names[message.topic() or ""], message.key() or b"", message.value() or b"")
        except BaseException as problem:
            self.problem = problem
        finally:
            self._consumer.close()

    def _take(self, name: str, key: bytes, value: bytes) -> None:
        record = self._catalog[name].decode(value)
        if name == "fetch-hints":
            self.hints.append((key.decode(), record))
        elif name == "sync-results":
            self.results.append(record)
        else:
            self.changes.append((key.decode(), record))
            self.levels[key.decode()] = next(level.quantity for level in record.levels if level.channel == "main")

    def stop(self) -> None:
        self._ended.set()
        self.join(10)
