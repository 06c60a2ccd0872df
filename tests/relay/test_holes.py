"""The record a relay has gone back to is no longer there: compaction and transaction markers leave holes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import TopicPartition

from streams.codec.poison import RegistryUnavailable
from streams.relay.exchange import Exchange
from streams.relay.settings import RelaySettings
from tests.cluster import Cluster
from tests.relay.site import SIMPLE, Site, until

SPOT = ("wms", 0)


class Message:
    def __init__(self, offset: int) -> None:
        self._offset = offset

    def error(self) -> None:
        return None

    def offset(self) -> int:
        return self._offset

    def topic(self) -> str:
        return SPOT[0]

    def partition(self) -> int:
        return SPOT[1]

    def timestamp(self) -> tuple[int, int]:
        return 1, 0

    def key(self) -> bytes | None:
        return None

    value = headers = key


class Log:
    """A consumer of one partition; ``late``: offsets fetched before the next seek, which still come after it."""

    def __init__(self, offsets: list[int], start: int = 0) -> None:
        self.offsets = offsets
        self.start = start
        self.at = 0
        self.late: list[int] = []

    def consume(self, most: int, _: float) -> list[Message]:
        late, self.late = self.late, []
        found = late or [offset for offset in self.offsets if offset >= self.at][:most]
        if not late and found:
            self.at = found[-1] + 1
        return [Message(offset) for offset in found]

    def seek(self, place: TopicPartition) -> None:
        self.at = place.offset

    def get_watermark_offsets(self, *_: Any) -> tuple[int, int]:
        return self.start, max(self.offsets) + 1

    def pause(self, _: Any) -> None: ...

    resume = pause


@pytest.fixture
def reading() -> Iterator[Callable[[Log], Exchange]]:
    closed = []

    def read(log: Log) -> Exchange:
        settings = RelaySettings("g", "t", {"bootstrap.servers": "127.0.0.1:1", "log_level": 0})
        exchange = Exchange(settings, [SPOT[0]], lambda: False)
        closed.append(exchange._consumer)
        exchange._consumer = log  # type: ignore[assignment]
        exchange.assigned = {SPOT}
        return exchange

    yield read
    for consumer in closed:
        consumer.close()


def taken(exchange: Exchange, times: int = 4) -> list[int]:
    return [one.offset for _ in range(times) for one in exchange.take()]


def test_the_next_record_is_taken_where_the_wanted_one_was_compacted_away(
    reading: Callable[[Log], Exchange],
) -> None:
    exchange = reading(Log([0, 7, 8, 9]))
    exchange.hold(SPOT, 3, 0)
    assert taken(exchange) == [7, 8, 9]
    exchange.go_back({SPOT: 4}, {SPOT})
    assert taken(exchange) == [7, 8, 9]


def test_what_was_fetched_before_is_not_taken_for_it(reading: Callable[[Log], Exchange]) -> None:
    log = Log([0, 3, 7, 8, 9])
    exchange = reading(log)
    exchange.hold(SPOT, 3, 0)
    log.late = [8]
    assert taken(exchange, 1) == []
    log.late = [9]
    assert taken(exchange) == [3, 7, 8, 9]


def test_a_hole_found_again_later_is_looked_at_twice_again(reading: Callable[[Log], Exchange]) -> None:
    log = Log([0, 7, 8])
    exchange = reading(log)
    exchange.hold(SPOT, 3, 0)
    assert taken(exchange, 1) == []
    exchange.hold(SPOT, 6, 0)
    log.late = [7]
    assert taken(exchange, 1) == []
    assert taken(exchange) == [7, 8]


def test_what_retention_deleted_is_passed_at_once(reading: Callable[[Log], Exchange]) -> None:
    exchange = reading(Log([7, 8], start=7))
    exchange.hold(SPOT, 3, 0)
    assert taken(exchange, 2) == [7, 8]


def test_a_marker_in_the_place_of_the_record_does_not_stop_the_relay(
    kafka: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    """Two transactions of one record: 0 and 2 are records, 1 and 3 are markers, as holes of compaction are."""
    site = Site(kafka, topic_prefix, tmp_path, {"wms": 1})
    site.adapter("wms", SIMPLE)
    producer = kafka.producer(transactional_id=f"{topic_prefix}hole")
    producer.init_transactions()
    for number in range(2):
        producer.begin_transaction()
        producer.produce(site.foreign("wms"), b'{"sku": "S", "n": %d, "site": "A", "qty": 1}' % number, b"k", 0)
        producer.commit_transaction()
    relay = site.loop()
    exchange, transforms = relay.loop.exchange, relay.loop._transforms
    topic, outages = site.foreign("wms"), iter(range(1))
    carry, hold = transforms[topic], exchange.hold

    def waiting(key: Any, value: Any, headers: Any, timestamp: int) -> Any:
        if b'"n": 1' in value and next(outages, None) is not None:
            raise RegistryUnavailable("away for a moment")
        return carry(key, value, headers, timestamp)

    transforms[topic] = waiting
    exchange.hold = lambda spot, offset, seconds: hold(spot, offset - 1, 0.1)  # type: ignore[method-assign]
    until(lambda: sum(relay.loop.measures.outcomes.values()) == 2)
    relay.stop()
    assert [change.version for _, change in site.changes()] == [0, 1]
