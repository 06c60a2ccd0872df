"""Fills the input topics before anything is measured, and works out what every system must end with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from bench.job import CHANNEL, MAGIC, MARKET, SOURCE, product_of, sku_name
from bench.workload import Change
from streams.records import sku_link, stock_change
from streams.records.sku_link import SkuLink
from streams.records.stock_change import StockChange, StockLevel

Expected = dict[str, int]
"""SKU to its last quantity."""


def create_topics(bootstrap: str, topics: dict[str, int], compacted: bool = False) -> None:
    """Topics by name and number of partitions."""
    config = {"cleanup.policy": "compact"} if compacted else {}
    new = [NewTopic(name, partitions, 1, config=config) for name, partitions in topics.items()]
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 3})
    for future in admin.create_topics(new).values():
        future.result()


def delete_topics(bootstrap: str, names: Iterable[str]) -> None:
    """Makes room on the disk; topics of a run are read once."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 3})
    for future in admin.delete_topics(list(names)).values():
        future.result()


def topic_names(bootstrap: str) -> set[str]:
    return set(AdminClient({"bootstrap.servers": bootstrap, "log_level": 3}).list_topics(timeout=10).topics)


def _producer(bootstrap: str) -> Producer:
    return Producer(
        {
            "bootstrap.servers": bootstrap,
            "partitioner": "murmur2",
            "enable.idempotence": True,  # or a retry may change the order of the records
            "compression.type": "lz4",
            "linger.ms": 50,
            "log_level": 3,
            "batch.size": 131_072,
            "queue.buffering.max.messages": 1_000_000,
        }
    )


def _send(producer: Producer, topic: str, key: bytes, value: bytes) -> None:
    while True:
        try:
            producer.produce(topic, value, key)
            return
        except BufferError:
            producer.poll(0.1)


def load_changes(bootstrap: str, topic: str, changes: Iterable[Change]) -> Expected:
    """Write the changes, in order; gives what each SKU must end with."""
    producer = _producer(bootstrap)
    framing = MAGIC + stock_change.FINGERPRINT
    expected: Expected = {}
    for change in changes:
        sku = sku_name(change.sku)
        value = StockChange(SOURCE, change.read_at, (StockLevel(CHANNEL, change.quantity),))
        _send(producer, topic, sku.encode(), framing + stock_change.encode(value))
        expected[sku] = change.quantity
    _flushed(producer)
    return expected


def load_links(bootstrap: str, topic: str, skus: int) -> None:
    """A claim for each SKU: the engine asks whether and where a SKU is sold, its peers do not."""
    producer = _producer(bootstrap)
    framing = MAGIC + sku_link.FINGERPRINT
    for number in range(skus):
        sku = sku_name(number)
        value = SkuLink(product_of(sku), 1, (MARKET,))
        _send(producer, topic, sku.encode(), framing + sku_link.encode(value))
    _flushed(producer)


def _flushed(producer: Any) -> None:
    if producer.flush(120):
        raise RuntimeError("the broker did not take the input")
