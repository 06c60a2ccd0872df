"""A foreign topic is deleted and created anew under its name: it is read from its beginning, by whoever reads it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

import orjson
import pytest
from confluent_kafka import Consumer, TopicPartition

from streams.relay.counts import Counts, counts_of
from tests.cluster import Cluster
from tests.relay.site import SIMPLE, Site, until

SAID = "was created anew: it is read from its beginning"


def stock(sku: str, number: int) -> dict[str, object]:
    return {"sku": sku, "n": number, "site": "A", "qty": number}


def a_site(kafka: Cluster, prefix: str, folder: Path, partitions: int = 1) -> Site:
    site = Site(kafka, prefix, folder, {"wms": partitions})
    site.adapter("wms", SIMPLE)
    return site


def arrived(site: Site, sku: str) -> list[int | None]:
    return [change.version for key, change in site.changes() if key == sku]


def create_anew(site: Site, partitions: int = 1) -> None:
    site.cluster.delete(site.foreign("wms"))
    site.cluster.create({site.foreign("wms"): partitions})


def group(site: Site) -> Consumer:
    return Consumer({**site.cluster.client, "group.id": site.settings().group_prefix + "relay"})


def commit(site: Site, offset: int, metadata: str) -> None:
    consumer = group(site)
    consumer.commit(offsets=[TopicPartition(site.foreign("wms"), 0, offset, metadata)], asynchronous=False)
    consumer.close()


def committed(site: Site) -> tuple[int, Counts]:
    consumer = group(site)
    (found,) = consumer.committed([TopicPartition(site.foreign("wms"), 0)], 20)
    consumer.close()
    return found.offset, counts_of(found.metadata)


def test_under_a_running_relay(
    kafka: Cluster, topic_prefix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    site = a_site(kafka, topic_prefix, tmp_path, partitions=2)
    site.send("wms", [(number % 2, stock(f"B{number % 2}", number)) for number in range(6)])
    relay = site.loop(topics_s=0.5)
    until(lambda: len(site.changes()) == 6)
    spots = [TopicPartition(site.foreign("wms"), number) for number in range(2)]
    relay.loop.exchange._consumer.pause(spots)  # else it may meet the new topic while it is empty
    create_anew(site, partitions=2)
    site.send("wms", [(number % 2, stock(f"C{number % 2}", number)) for number in range(16)])
    relay.loop.exchange._consumer.resume(spots)
    until(lambda: all({*range(one, 16, 2)} <= {*arrived(site, f"C{one}")} for one in range(2)), seconds=60)
    site.send("wms", [(number % 2, stock("D", number)) for number in range(2)])
    until(lambda: {*arrived(site, "D")} == {0, 1})
    relay.stop()
    for one in range(2):
        told = arrived(site, f"C{one}")
        assert told[-8:] == list(range(one, 16, 2)), "in order, whatever was read before it was noticed"
    assert not site.dead()


@pytest.mark.parametrize("counted", [{}, {"applied": 3}])
def test_between_two_relays(
    kafka: Cluster, topic_prefix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, counted: dict[str, int]
) -> None:
    site = a_site(kafka, topic_prefix, tmp_path)
    site.send("wms", [(0, stock("C", number)) for number in range(8)])
    commit(site, 3, Counts(1, counted, "the topic before").metadata())
    with caplog.at_level(logging.WARNING):
        relay = site.loop()
        until(lambda: len(arrived(site, "C")) == 8)
        until(lambda: site.counted() == {"applied": 8 + len(counted) * 3})
        relay.stop()
    assert arrived(site, "C") == list(range(8))
    assert [one.message for one in caplog.records if SAID in one.message] == [f"{site.foreign('wms')}/0 {SAID}"]
    assert committed(site) == (8, Counts(topic_id=committed(site)[1].topic_id)) and committed(site)[1].topic_id
    caplog.clear()
    again = site.loop()
    site.send("wms", [(0, stock("C", 8))])
    until(lambda: arrived(site, "C") == list(range(9)))
    again.stop()
    assert SAID not in caplog.text


def test_an_aborted_transaction_does_not_go_back_to_the_topic_before(
    kafka: Cluster, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from streams.engine.producer import Aborted
    from streams.relay.exchange import Exchange

    site = a_site(kafka, topic_prefix, tmp_path)
    site.send("wms", [(0, stock("C", number)) for number in range(8)])
    commit(site, 3, Counts(1, {"applied": 3}, "the topic before").metadata())
    good, tries = Exchange.commit, iter(range(100))

    def torn(self: Exchange, positions: object) -> None:
        if next(tries) < 2:
            raise Aborted("as a broker may say")
        good(self, positions)  # type: ignore[arg-type]

    monkeypatch.setattr(Exchange, "commit", torn)
    relay = site.loop()
    until(lambda: len(arrived(site, "C")) == 8)
    relay.stop()
    assert arrived(site, "C") == list(range(8)) and relay.loop.measures.aborted == 2


@pytest.mark.parametrize("metadata", ["", "[5,{}]", '[5,{"applied":3}]', "somebody else's"])
def test_offsets_without_an_id_go_on_and_get_one(
    kafka: Cluster, topic_prefix: str, tmp_path: Path, metadata: str
) -> None:
    site = a_site(kafka, topic_prefix, tmp_path)
    site.send("wms", [(0, stock("C", number)) for number in range(8)])
    commit(site, 3, metadata)
    relay = site.loop()
    until(lambda: len(arrived(site, "C")) == 5)
    relay.stop()
    assert arrived(site, "C") == list(range(3, 8))
    offset, counts = committed(site)
    assert offset == 8 and counts.topic_id


def test_counts_and_id_are_read_as_they_were_written() -> None:
    samples: Iterable[Counts] = (Counts(), Counts(5, {"applied": 1}), Counts(5, {"a": 1}, "id"), Counts(topic_id="id"))
    for counts in samples:
        assert counts_of(counts.metadata()) == counts
    for strange in ("[1]", "[1,2,3]", "[1,{},2]", '[1,{},"a","b"]', "{", orjson.dumps([1, {"a": "b"}, "c"]).decode()):
        assert counts_of(strange) == Counts()
