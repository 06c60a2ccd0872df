"""Reads what the system publishes while the campaign runs: results per SKU, jobs, dead letters."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from streams.topics.catalog import Catalog


class Results(threading.Thread):
    """A read_committed reader of the result topics, which are new in every campaign."""

    def __init__(self, catalog: Catalog, kafka: Mapping[str, Any]) -> None:
        super().__init__(name="results", daemon=True)
        self.statuses: Counter[str] = Counter()
        self.freshness: list[int] = []
        """Milliseconds from the change on the topic to TikTok Shop's proof, per applied update."""
        self.recent: deque[int] = deque(maxlen=400)
        self.applied: dict[tuple[str, str], int] = {}
        """(market, SKU) to the newest sequence proven."""
        self.wanted: dict[tuple[str, str], int] = {}
        """(market, SKU) to the newest sequence decided."""
        self.changes: Counter[str] = Counter()
        """Stock changes on the topic, by source."""
        self.given: dict[tuple[str, str, str], int] = {}
        """(source, SKU, channel) to the last quantity the rule was given."""
        self.updates = 0
        self.jobs: list[Any] = []
        self.dead = 0
        self.explanations: deque[str] = deque(maxlen=6)
        self._catalog = catalog
        self._names = ("sync-results", "sync-jobs", "sync-dead-letters", "stock-updates", "stock-changes")
        self._by_name = {catalog[name].full_name: name for name in self._names}
        self._ended = threading.Event()
        self._consumer = Consumer(
            {
                **kafka,
                "group.id": "demo-results",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
            }
        )
        places = [
            TopicPartition(catalog[name].full_name, partition, OFFSET_BEGINNING)
            for name in self._names
            for partition in range(catalog[name].partitions)
        ]
        self._consumer.assign(places)

    def run(self) -> None:
        while not self._ended.is_set():
            for message in self._consumer.consume(2000, 0.2):
                key, value = message.key(), message.value()
                if message.error() is None and key is not None and value is not None:
                    self._take(self._by_name[message.topic() or ""], key, value)
        self._consumer.close()

    def _take(self, name: str, key: bytes, value: bytes) -> None:
        if name == "sync-dead-letters":
            self.dead += 1
            return
        record = self._catalog[name].codec.decode(value)
        if name == "stock-changes":
            self.changes[record.source] += 1
            for channel, quantity in record.levels:
                self.given[record.source, key.decode(), channel] = quantity
        elif name == "sync-jobs":
            self.jobs.append(record)
        elif name == "stock-updates":
            self.updates += 1
            place = (key.decode().partition(":")[0], record.sku)
            self.wanted[place] = max(record.sequence, self.wanted.get(place, 0))
        elif record.kind == "stock":
            self._result(record)

    def _result(self, record: Any) -> None:
        self.statuses[record.status] += 1
        if record.status not in ("APPLIED", "UNCHANGED"):
            return
        place = (record.market or "", record.sku or "")
        self.applied[place] = max(record.sequence, self.applied.get(place, 0))
        if record.status == "APPLIED" and record.changed_at:
            self.freshness.append(record.finished_at - record.changed_at)
            self.recent.append(record.finished_at - record.changed_at)
        if record.explanation:
            self.explanations.append(f"{record.market} {record.sku}: {record.explanation}")

    def unproven(self) -> list[tuple[str, str]]:
        """Listings whose newest decision has no result yet."""
        return [place for place, wanted in list(self.wanted.items()) if self.applied.get(place, 0) < wanted]

    def stop(self) -> None:
        self._ended.set()
        self.join(10)


def percentile(values: list[int], share: float) -> int:
    """Nearest rank; 0 without values."""
    if not values:
        return 0
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]
