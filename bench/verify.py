"""Reads what a system wrote, and finds fault with it: a wrong result is no result.

What is visible last of each SKU must be what the rule says about its last quantity; every single delta must obey the
formula; the durable state, read from the changelog, must hold the last quantity; and a system that promises exactly
once must never give a SKU the same or a lower sequence number twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from confluent_kafka import Consumer, KafkaError, TopicPartition

from bench.job import BODY, MAGIC, MARKET, WAREHOUSE, held_back, product_of, sellable
from bench.load import Expected
from bench.progress import end_of
from streams.records import stock_update

FRAMING = MAGIC + stock_update.FINGERPRINT


class Wrong(RuntimeError):
    """The system did not do the job."""


class Reader:
    """Everything visible in a topic that was not read yet."""

    def __init__(self, bootstrap: str, topic: str, partitions: int) -> None:
        self._consumer = Consumer(
            {
                "log_level": 2,
                "bootstrap.servers": bootstrap,
                "group.id": "bench-verify",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,
            }
        )
        self._next = {number: 0 for number in range(partitions)}
        self._topic = topic

    def read(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Key and value, partition by partition in order."""
        for number in self._next:
            part = TopicPartition(self._topic, number)
            if self._next[number] >= end_of(self._consumer, part):
                continue
            self._consumer.assign([TopicPartition(self._topic, number, self._next[number])])
            at_end = False
            while not at_end:
                for message in self._consumer.consume(10_000, 0.1):
                    error = message.error()
                    if error is None:
                        yield message.key() or b"", message.value()
                        self._next[number] = (message.offset() or 0) + 1
                    elif error.code() == KafkaError._PARTITION_EOF:
                        at_end = True
                    else:
                        raise RuntimeError(f"{self._topic}/{number}: {error.str()}")
        self._consumer.unassign()

    def close(self) -> None:
        self._consumer.close()


class Outputs:
    """The deltas of one run."""

    def __init__(self, exactly_once: bool) -> None:
        self._exactly_once = exactly_once
        self._last: dict[str, tuple[int, int]] = {}
        self.count = 0
        self.repeated = 0

    def take(self, key: bytes, value: bytes | None) -> None:
        """One more delta, in order."""
        self.count += 1
        if value is None or not value.startswith(FRAMING):
            raise Wrong(f"output {key!r} is not framed as a stock update")
        update = stock_update.decode(value, BODY)
        (level,) = update.levels
        if key != f"{MARKET}:{product_of(update.sku)}".encode():
            raise Wrong(f"output of {update.sku} has the key {key!r}")
        back, term = held_back(level.source)
        right = (WAREHOUSE, sellable(level.source), sellable(level.source), back, term)
        if (level.warehouse, level.gross, level.sellable, level.buffer, level.buffer_term) != right:
            raise Wrong(f"output breaks the formula: {update}")
        sequence, _ = self._last.get(update.sku, (0, 0))
        if update.sequence <= sequence:
            self.repeated += 1
            if self._exactly_once:
                raise Wrong(f"{update.sku}: sequence {update.sequence} after {sequence}, said out twice")
        self._last[update.sku] = update.sequence, level.sellable

    def missing(self, expected: Expected) -> int:
        """SKUs whose last delta is not what their last quantity asks for."""
        if len(self._last) > len(expected):
            raise Wrong(f"{len(self._last) - len(expected)} SKUs were said out that nobody changed")
        return sum(self._last.get(sku, (0, -1))[1] != sellable(quantity) for sku, quantity in expected.items())


QuantityOf = Callable[[bytes, bytes], tuple[str, int] | None]
"""SKU and quantity of a changelog record; None: it is no row."""


def check_changelog(reader: Reader, quantity_of: QuantityOf, expected: Expected) -> None:
    """The durable state holds the last quantity of every SKU."""
    found: Expected = {}
    for key, value in reader.read():
        row = None if value is None else quantity_of(key, value)
        if row is not None:
            found[row[0]] = row[1]
    wrong = [sku for sku, quantity in expected.items() if found.get(sku) != quantity]
    if wrong:
        sku = wrong[0]
        raise Wrong(
            f"changelog: {len(wrong)} of {len(expected)} SKUs are not in their last state, such as {sku}: "
            f"{found.get(sku)} instead of {expected[sku]}"
        )
