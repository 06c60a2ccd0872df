"""What the system publishes, as anybody sees it who reads committed records from the beginning."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, NamedTuple

from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, TopicPartition

from streams.topics.catalog import Catalog

TOPICS = (
    "sync-results",
    "sync-retries",
    "sync-jobs",
    "sync-dead-letters",
    "stock-updates",
    "order-holds",
    "shop-tokens",
)


class Letter(NamedTuple):
    """A dead letter."""

    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes | None]


class Heard(threading.Thread):
    """Keeps everything that was published, decoded, by topic."""

    def __init__(self, catalog: Catalog, client: Mapping[str, Any], left_out: str = "") -> None:
        """``left_out`` names a header: records that carry it are not meant to be read."""
        super().__init__(name="heard", daemon=True)
        self._left_out = left_out
        self.records: dict[str, list[tuple[str, Any]]] = {name: [] for name in TOPICS}
        """By topic: (key, value), in order within each key."""
        self.letters: list[Letter] = []
        self.problem: BaseException | None = None
        self._catalog = catalog
        self._ended = threading.Event()
        self._short = {catalog[name].full_name: name for name in TOPICS}
        self._consumer = Consumer(
            {
                **client,
                "group.id": "heard",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 50,
            }
        )
        self._consumer.assign(
            [
                TopicPartition(catalog[name].full_name, partition, OFFSET_BEGINNING)
                for name in TOPICS
                for partition in range(catalog[name].partitions)
            ]
        )

    def run(self) -> None:
        try:
            while not self._ended.is_set():
                for message in self._consumer.consume(2000, 0.05):
                    if message.error() is None:
                        self._take(message)
        except BaseException as problem:
            self.problem = problem
        finally:
            self._consumer.close()

    def _take(self, message: Message) -> None:
        name = self._short[message.topic() or ""]
        key, value = message.key(), message.value()
        if name == "sync-dead-letters":
            headers: Any = message.headers() or ()
            self.letters.append(Letter(key, value, dict(headers)))
            return
        if any(header == self._left_out for header, _ in message.headers() or ()):
            return
        decoded = None if value is None else self._catalog[name].codec.decode(value)
        self.records[name].append(((key or b"").decode(), decoded))

    def results(self, sku: str, *statuses: str) -> list[Any]:
        """Results about a SKU, oldest first."""
        return [
            one
            for _, one in list(self.records["sync-results"])
            if one.sku == sku and (not statuses or one.status in statuses)
        ]

    def of(self, topic: str, key: str) -> list[Any]:
        """Values of one key, oldest first."""
        return [value for name, value in list(self.records[topic]) if name == key]

    def updates(self, sku: str) -> list[Any]:
        return [value for _, value in list(self.records["stock-updates"]) if value.sku == sku]

    def stop(self) -> None:
        self._ended.set()
        self.join(10)
