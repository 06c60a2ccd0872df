"""The whole worker on a real broker: what is answered with 200 is on the topic."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp.test_utils import unused_port

from streams.kafka_security import librdkafka_config
from streams.settings import Settings, SettingsProblem
from streams.topics.catalog import Catalog, load
from streams.webhooks.publisher import NotPublished, Publisher
from streams.webhooks.receive import Outgoing, received
from streams.webhooks.server import BROKEN, TOPICS, serve
from tests.cluster import Cluster
from tests.webhooks.builders import APP, NOW, RECEIVER, SHOP, body, signature

pytestmark = pytest.mark.kafka

MARKET = """
[shop]
region = "GB"
currency = "GBP"
shop_id = "%s"

[[warehouses]]
warehouse = "7001"

[[warehouses.channels]]
channel = "leeds"
"""


def catalog_of(prefix: str) -> Catalog:
    return load(prefix=prefix)


def settings_for(bootstrap: str, prefix: str, folder: Path) -> Settings:
    (folder / "uk.toml").write_text(MARKET % SHOP)
    return Settings(
        kafka_bootstrap=bootstrap,
        topic_prefix=prefix,
        markets_dir=folder,
        tiktok_app_key=APP.app_key,
        webhook_port=unused_port(),
        health_port=unused_port(),
    )


@pytest.fixture
def settings(kafka: Cluster, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("TTS_TIKTOK_APP_SECRET", APP.app_secret)
    return settings_for(kafka.bootstrap, topic_prefix, tmp_path)


def create_topics(kafka: Cluster, prefix: str) -> None:
    catalog = catalog_of(prefix)
    kafka.create({catalog[name].full_name: catalog[name].partitions for name in TOPICS})


@asynccontextmanager
async def worker(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The worker, ready; on leaving it is told to stop and must end well."""
    stop = asyncio.Event()
    running = asyncio.create_task(serve(settings, stop))
    async with httpx.AsyncClient() as http:
        while not running.done():
            try:
                if (await http.get(f"http://127.0.0.1:{settings.health_port}/ready")).status_code == 200:
                    break
            except httpx.TransportError:
                await asyncio.sleep(0.02)
        if not running.done():
            yield http
    stop.set()
    assert await running == 0


async def test_an_event_answered_with_200_is_on_the_topic_in_the_partition_of_its_market(
    kafka: Cluster, topic_prefix: str, settings: Settings
) -> None:
    create_topics(kafka, topic_prefix)
    raw = body(timestamp=int(time.time()))
    async with worker(settings) as http:
        url = f"http://127.0.0.1:{settings.webhook_port}/"
        answer = await http.post(url, content=raw, headers={"Authorization": signature(raw)})
        assert (answer.status_code, answer.content) == (200, b"")
        metrics = await http.get(f"http://127.0.0.1:{settings.health_port}/metrics")
        assert "tts_webhook_ready 1.0" in metrics.text
    topic = catalog_of(topic_prefix)["order-events"]
    (record,) = kafka.read(topic.full_name)
    assert record.key() == b"uk:579000000000000001"
    assert record.partition() == topic.partition_of(b"uk:anything")
    assert topic.decode(record.value()).order_id == "579000000000000001"


async def test_missing_topics_end_the_worker_with_the_remedy(settings: Settings) -> None:
    with pytest.raises(SettingsProblem, match="streams topics apply"):
        await serve(settings, asyncio.Event())


async def test_brokers_away_at_the_start_are_an_outage_and_no_fault_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A supervisor starts it again; exit code 2 would have stopped all workers."""
    monkeypatch.setenv("TTS_TIKTOK_APP_SECRET", APP.app_secret)
    monkeypatch.setattr("streams.webhooks.server.START_S", 0.5)
    assert await serve(settings_for(f"127.0.0.1:{unused_port()}", "w.", tmp_path), asyncio.Event()) == BROKEN


async def test_a_taken_port_ends_the_worker_with_the_setting(
    kafka: Cluster, topic_prefix: str, settings: Settings
) -> None:
    create_topics(kafka, topic_prefix)
    async with worker(settings):
        with pytest.raises(SettingsProblem, match="TTS_WEBHOOK_PORT"):
            await serve(settings, asyncio.Event())


async def published(publisher: Publisher, records: Sequence[Outgoing]) -> None:
    """As the caller does: again, while a broker that has just started is not ready."""
    for _ in range(30):
        try:
            return await publisher.publish(records)
        except NotPublished:
            continue
    raise AssertionError("never published")


async def test_a_broker_that_stops_is_503_and_one_that_returns_is_200(
    own_kafka: Callable[..., Any], tmp_path: Path
) -> None:
    broker = own_kafka()
    cluster = Cluster(broker.bootstrap, broker.client)
    create_topics(cluster, "w.")
    catalog = catalog_of("w.")
    kafka = librdkafka_config(settings_for(broker.bootstrap, "w.", tmp_path))
    publisher = Publisher(kafka, {name: catalog[name] for name in TOPICS}, 1_000)
    raw = body()
    records: tuple[Outgoing, ...] = received(RECEIVER, signature(raw), raw, NOW).records
    try:
        await published(publisher, records)
        broker.kill()
        with pytest.raises(NotPublished):
            await publisher.publish(records)
        states = [publisher.takes_records]
        broker.restart()
        publisher.look_again(20.0)
        states.append(publisher.takes_records)
        assert states == [False, True]
        await published(publisher, records)
        assert publisher.broken is None
    finally:
        publisher.close(1.0)
    assert len(cluster.read(catalog["order-events"].full_name)) >= 2
