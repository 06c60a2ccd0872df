"""Topics under this installation's names and sizes."""

from collections.abc import Iterator

import pytest

from streams.codec.registry import open_registry
from streams.codec.schema_files import text_of
from streams.records.stock_change import StockChange
from streams.records.sync_job import SyncJob
from streams.topics.catalog import Topic, TopicProblem, load
from streams.topics.murmur2 import murmur2
from tests.codec.registry_server import RegistryServer

CHANGE = StockChange("wms", 5, ())


@pytest.fixture
def server() -> Iterator[RegistryServer]:
    one = RegistryServer()
    yield one
    one.stop()


def registered(server: RegistryServer) -> Topic:
    return load(registry=open_registry(server.url, lambda: 0.0))["stock-changes"]


def partition(topic: Topic, routed_by: bytes) -> int:
    return (murmur2(routed_by) & 0x7FFF_FFFF) % topic.partitions


def test_names_and_sizes_come_from_the_settings() -> None:
    catalog = load(prefix="shop.", names={"stock-changes": "wms.stock"}, partitions={"sku": 12, "sync-jobs": 2})
    assert catalog["stock-changes"].full_name == "wms.stock"
    assert catalog["sku-links"].full_name == "shop.sku-links"
    sizes = {name: catalog[name].partitions for name in ("stock-changes", "decide-state", "stock-updates", "sync-jobs")}
    assert sizes == {"stock-changes": 12, "decide-state": 12, "stock-updates": 4, "sync-jobs": 2}


@pytest.mark.parametrize(
    ("topic", "key", "entity", "routed_by"),
    [
        ("stock-changes", b"RED|M:1", b"RED|M:1", b"RED|M:1"),
        ("order-holds", b"RED-M|uk|577", b"RED-M", b"RED-M"),
        ("stock-updates", b"uk:tshirt", b"uk:tshirt", b"uk"),
        ("order-events", b"uk:577", b"uk:577", b"uk"),
        ("sync-results", b"uk:577", b"uk:577", b"uk:577"),
        ("shop-tokens", b"uk", b"uk", b"uk"),
    ],
)
def test_entity_and_partition_of_a_key(topic: str, key: bytes, entity: bytes, routed_by: bytes) -> None:
    found = load()[topic]
    assert found.entity_of(key) == entity
    assert found.entity_is_key == (entity == key)
    assert found.partition_of(key) == partition(found, routed_by)


def test_all_topics_of_a_sku_meet_in_one_partition() -> None:
    catalog = load()
    keys = {"stock-changes": b"RED-M", "sku-links": b"RED-M", "order-holds": b"RED-M|uk|577"}
    assert len({catalog[name].partition_of(key) for name, key in keys.items()}) == 1


def test_a_topic_nobody_knows_is_told_with_those_there_are() -> None:
    with pytest.raises(KeyError, match="stock-changes"):
        load()["stock-change"]
    with pytest.raises(TopicProblem, match="TTS_TOPIC_NAMES: no topic 'stock-change'"):
        load(names={"stock-change": "x"})


def test_two_topics_never_share_a_name() -> None:
    with pytest.raises(TopicProblem, match="both called"):
        load(names={"stock-changes": "tts.sku-links"})


def test_results_are_json_when_the_settings_say_so() -> None:
    job = SyncJob("decide/3", "decide", 3, 1, 2, 0, {})
    catalog = load(result_format="json")
    assert catalog["sync-jobs"].encode(job).startswith(b'{"job":"decide/3"')
    assert catalog["sync-jobs"].decode(catalog["sync-jobs"].encode(job)) == job
    assert catalog["stock-changes"].encode(CHANGE)[:2] == b"\xc3\x01"


def test_with_a_registry_the_id_is_looked_up_at_first_use(server: RegistryServer) -> None:
    server.add(41, text_of("stock_change"))
    topic = registered(server)
    assert topic.encode(CHANGE)[:5] == b"\x00\x00\x00\x00\x29"
    assert topic.decode(topic.encode(CHANGE)) == CHANGE


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [(404, 40401, "streams schemas register"), (503, 50301, "check the address"), (401, 40101, "rights")],
)
def test_a_registry_that_does_not_help_is_told_with_the_remedy(
    server: RegistryServer, status: int, code: int, told: str
) -> None:
    server.answer = (status, b'{"error_code": %d, "message": "no"}' % code)
    with pytest.raises(TopicProblem, match=told):
        assert registered(server).codec


def test_the_registered_schema_is_the_whole_one_with_defaults(server: RegistryServer) -> None:
    server.add(1, text_of("stock_change"))
    assert registered(server).codec
    assert "default" in server.bodies[0]["schema"]
