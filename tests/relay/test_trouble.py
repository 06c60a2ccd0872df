"""What goes wrong around a relay: rebalances, outages of registry and broker, topics and records that do not fit."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fastavro
import pytest

from streams.engine.errors import Fenced, SetupError
from streams.local_kafka import LocalKafka, ports
from streams.relay.preflight import check_cluster
from streams.relay.setup import feeds_of, relay_settings
from tests.cluster import Cluster
from tests.codec.registry_server import RegistryServer
from tests.relay.site import OURS, SIMPLE, Site, catalog_of, until

SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "Stock",
    "fields": [
        {"name": "sku", "type": "string"},
        {"name": "n", "type": "long"},
        {"name": "site", "type": "string"},
        {"name": "qty", "type": "long"},
    ],
}


def stock(sku: str, number: int, **more: object) -> dict[str, object]:
    return {"sku": sku, "n": number, "site": "A", "qty": number, **more}


def framed(datum: dict[str, object], number: int) -> bytes:
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, fastavro.parse_schema(SCHEMA, {}), datum)
    return b"\x00" + number.to_bytes(4, "big") + stream.getvalue()


@pytest.fixture
def registry() -> Iterator[RegistryServer]:
    one = RegistryServer()
    yield one
    one.stop()


def carried(*relays: Any) -> int:
    return sum(sum(relay.loop.measures.outcomes.values()) for relay in relays)


def test_records_wait_for_a_registry_that_is_away_and_other_partitions_go_on(
    kafka: Cluster, topic_prefix: str, tmp_path: Path, registry: RegistryServer
) -> None:
    site = Site(kafka, topic_prefix, tmp_path, {"erp": 2, "wms": 1}, registry_url=registry.url)
    site.adapter("wms", SIMPLE)
    site.adapter("erp", SIMPLE.replace('"json"', '"avro"'))
    registry.stop()
    registry.add(7, SCHEMA)
    erp = [(number % 2, framed(stock(f"E{number % 2}", number), 7)) for number in range(40)]
    erp.insert(21, (1, framed(stock("E1", 0), 9)))  # an id the registry does not know
    site.send("erp", erp)
    site.send("wms", [(0, stock("W", number)) for number in range(10)])
    relay = site.loop(outage_s=0.2)
    until(lambda: carried(relay) == 10 and relay.loop.measures.holding == 2)
    assert {sku for sku, _ in site.changes()} == {"W"}
    registry.start()
    until(lambda: carried(relay) == 51)
    relay.stop()
    for sku in ("E0", "E1"):
        numbers = [change.version for key, change in site.changes() if key == sku]
        assert numbers == [number for number in range(40) if f"E{number % 2}" == sku]
    (dead,) = site.dead()
    assert dict(dead.headers())["tts.code"] == b"schema-unknown" and dead.value() == erp[21][1]
    assert registry.asked.count("GET /schemas/ids/7") == registry.asked.count("GET /schemas/ids/9") == 1


@pytest.mark.parametrize("assignment", ["cooperative-sticky", "range"])
def test_relays_come_and_go_and_every_record_is_carried_once(
    kafka: Cluster, topic_prefix: str, tmp_path: Path, assignment: str
) -> None:
    site = Site(kafka, topic_prefix, tmp_path, {"wms": 8})
    site.adapter("wms", SIMPLE)
    first = site.loop("one", assignment=assignment, batch_records=50)
    sent = 0

    def send(number: int) -> None:
        nonlocal sent
        site.send("wms", [(one % 8, stock(f"P{one % 8}", one)) for one in range(sent, sent + number)])
        sent += number

    send(800)
    until(lambda: carried(first) > 100)
    second = site.loop("two", assignment=assignment, batch_records=50)
    until(lambda: len(second.loop.exchange.assigned) == 4)
    send(800)
    until(lambda: carried(first, second) == 1600)
    first.stop()
    send(400)
    until(lambda: len(second.loop.exchange.assigned) == 8)
    until(lambda: carried(first, second) == 2000)
    until(lambda: sum(site.counted().values()) == 2000)
    second.stop()
    shown: dict[str, list[int | None]] = {}
    for sku, change in site.changes():
        shown.setdefault(sku, []).append(change.version)
    assert shown == {f"P{number}": list(range(number, 2000, 8)) for number in range(8)}


def test_an_aborted_transaction_is_read_again(
    kafka: Cluster, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from streams.engine.producer import Aborted
    from streams.relay.exchange import Exchange

    site = Site(kafka, topic_prefix, tmp_path, {"wms": 2})
    site.adapter("wms", SIMPLE)
    commit, tries = Exchange.commit, iter(range(100))

    def torn(self: Exchange, positions: Any) -> None:
        if next(tries) in (0, 1, 3):
            raise Aborted("as a broker may say")
        commit(self, positions)

    monkeypatch.setattr(Exchange, "commit", torn)
    site.send("wms", [(number % 2, stock(f"P{number % 2}", number)) for number in range(100)])
    relay = site.loop(batch_records=30)
    until(lambda: carried(relay) == 100)
    relay.stop()
    assert relay.loop.measures.aborted >= 3
    for number in range(2):
        assert [one.version for sku, one in site.changes() if sku == f"P{number}"] == list(range(number, 100, 2))


def test_a_long_batch_is_committed_in_portions(kafka: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    site = Site(kafka, topic_prefix, tmp_path, {"wms": 1})
    site.adapter("wms", SIMPLE)
    site.send("wms", [(0, stock("P", number)) for number in range(300)])
    relay = site.loop(portion_s=0.0, wait_s=2.0, batch_records=300)
    until(lambda: carried(relay) == 300)
    relay.stop()
    assert relay.loop.measures.transactions >= 4
    assert [one.version for _, one in site.changes()] == list(range(300))


def test_a_record_that_would_make_one_too_large_is_refused_whole(
    kafka: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    site = Site(kafka, topic_prefix, tmp_path, {"wms": 1})
    site.adapter("wms", SIMPLE + '[acknowledged_orders]\neach = "orders[*]"\n')
    site.send("wms", [(0, stock("P", 1, orders=["9" * 900] * 900)), (0, stock("P", 2))])
    relay = site.loop(max_record_bytes=500_000)
    until(lambda: carried(relay) == 2)
    relay.stop()
    (dead,) = site.dead()
    assert dict(dead.headers())["tts.code"] == b"oversize"
    assert [one.version for _, one in site.changes()] == [2]


def test_a_second_relay_of_the_same_name_fences_the_first(kafka: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    site = Site(kafka, topic_prefix, tmp_path, {"wms": 2})
    site.adapter("wms", SIMPLE)
    first = site.loop("same")
    until(lambda: len(first.loop.exchange.assigned) == 2)
    second = site.loop("same")
    until(lambda: len(first.loop.exchange.assigned) == len(second.loop.exchange.assigned) == 1)
    site.send("wms", [(0, stock("P", 1)), (1, stock("P", 2))])
    problem = first.ended()
    assert isinstance(problem, Fenced) and "TTS_WORKER_ID" in str(problem)
    until(lambda: carried(second) == 2)
    second.stop()
    assert len(site.changes()) == 2


def test_an_adapter_that_raises_is_our_bug_and_not_the_end(
    kafka: Cluster, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(kafka, topic_prefix, tmp_path, {"wms": 1})
    site.adapter("wms", SIMPLE)
    relay = site.loop()
    relay.loop._transforms[site.foreign("wms")] = lambda *_: 1 // 0  # type: ignore[assignment,return-value]
    site.send("wms", [(0, stock("P", 1))])
    until(lambda: carried(relay) == 1)
    relay.stop()
    assert dict(site.dead()[0].headers())["tts.code"] == b"rule-failed"


def test_a_broker_that_is_away_for_a_while_is_waited_for(own_kafka: Callable[..., LocalKafka], tmp_path: Path) -> None:
    broker = own_kafka()
    cluster = Cluster(broker.bootstrap, broker.client)
    site = Site(cluster, "t.", tmp_path, {"wms": 4})
    site.adapter("wms", SIMPLE)
    relay = site.loop(outage_s=0.2, hung_s=4.0)
    site.send("wms", [(number % 4, stock(f"P{number % 4}", number)) for number in range(400)])
    until(lambda: carried(relay) == 400)
    broker.kill()
    until(lambda: all(ports.is_free(port) for port in broker.ports))
    broker.restart()
    site.send("wms", [(number % 4, stock(f"P{number % 4}", number)) for number in range(400, 800)])
    until(lambda: carried(relay) == 800, 60)
    relay.stop()
    for number in range(4):
        assert [one.version for sku, one in site.changes() if sku == f"P{number}"] == list(range(number, 800, 4))


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("nowhere", "Correct topic in the adapter's file"),
        (None, "streams topics apply"),
    ],
)
def test_topics_that_are_missing_are_told_with_the_remedy(
    kafka: Cluster, topic_prefix: str, tmp_path: Path, topic: str | None, said: str
) -> None:
    site = Site(kafka, topic_prefix, tmp_path, {"wms": 1})
    site.adapter("wms", SIMPLE, topic)
    settings = site.settings(topic_prefix=topic_prefix if topic else "missing.")
    catalog = catalog_of(settings)
    with pytest.raises(SetupError, match=said):
        check_cluster(
            feeds_of(settings, catalog, None), OURS, catalog, relay_settings(settings).group_id, dict(kafka.client)
        )


def test_a_relay_without_anything_to_relay_says_so(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "streams.cli", "worker", "relay"],
        env={"PATH": "/usr/bin:/bin", "TTS_ADAPTERS_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2 and "nothing to relay" in ended.stderr
    assert "Traceback" not in ended.stderr
