"""Plan and apply on a real broker: idempotent, honest about rights, and the partitioner is librdkafka's."""

import time
from typing import Any

import pytest
from confluent_kafka.admin import AclBinding, AclOperation, AclPermissionType, ResourcePatternType, ResourceType
from typer.testing import CliRunner

from streams.cli import topics as cli
from streams.engine.errors import BrokerAway
from streams.topics import apply as applying
from streams.topics.apply import Done, Failed, apply, apply_topics, connect, read_topics
from streams.topics.catalog import Catalog, TopicProblem, load
from streams.topics.plan import Configure, Create, differences
from tests.cluster import Cluster

pytestmark = pytest.mark.kafka


def found_in(cluster: Cluster, catalog: Catalog) -> list[Any]:
    return differences(catalog, read_topics(connect(cluster.client), catalog))


def test_applying_creates_everything_and_then_nothing(kafka: Cluster, topic_prefix: str) -> None:
    catalog = load(prefix=topic_prefix)
    assert len(apply_topics(catalog, kafka.client)) == len(catalog)
    assert apply_topics(catalog, kafka.client) == []
    assert found_in(kafka, catalog) == []


def test_settings_are_corrected(kafka: Cluster, topic_prefix: str) -> None:
    catalog = load(prefix=topic_prefix)
    kafka.create({catalog["stock-changes"].full_name: 8}, {"retention.ms": "1000"})
    assert Configure(catalog["stock-changes"], {"retention.ms": ("1000", "604800000")}) in found_in(kafka, catalog)
    apply_topics(catalog, kafka.client)
    assert found_in(kafka, catalog) == []


def test_counts_of_topics_with_state_are_refused_and_the_rest_is_done(kafka: Cluster, topic_prefix: str) -> None:
    catalog = load(prefix=topic_prefix)
    kafka.create({catalog["sku-links"].full_name: 3}, {"cleanup.policy": "compact"})
    with pytest.raises(TopicProblem, match="set TTS_SKU_PARTITIONS=3 to keep what is there"):
        apply_topics(catalog, kafka.client)
    assert [one.topic.name for one in found_in(kafka, catalog)] == ["sku-links"]


def test_topics_without_state_grow(kafka: Cluster, topic_prefix: str) -> None:
    apply_topics(load(prefix=topic_prefix), kafka.client)
    larger = load(prefix=topic_prefix, partitions={"sync-results": 12})
    assert len(apply_topics(larger, kafka.client)) == 1
    assert found_in(kafka, larger) == []


def test_a_broker_that_does_not_answer_is_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "TIMEOUT_S", 1.0)
    with pytest.raises(BrokerAway, match=r"at '127.0.0.1:1' .* TTS_KAFKA_BOOTSTRAP"):
        read_topics(connect({"bootstrap.servers": "127.0.0.1:1"}), load(), "127.0.0.1:1")


def test_wrong_connection_settings_are_told() -> None:
    with pytest.raises(TopicProblem, match="TTS_KAFKA_"):
        connect({"bootstrap.servers": "localhost:9092", "security.protocol": "nonsense"})


def test_without_rights_it_says_exactly_which_are_missing(secure_kafka: Any) -> None:
    catalog = load(prefix="rights.")
    admin = connect(secure_kafka.as_user("worker"))
    results = list(apply(admin, differences(catalog, read_topics(admin, catalog)), None))
    assert {type(result) for result in results} == {Failed}
    assert {result.missing_right for result in results if isinstance(result, Failed)} == {
        "Create on the topic (or on the cluster)"
    }


def test_what_is_hidden_or_unreadable_is_told_apart(secure_kafka: Any) -> None:
    """Topics exist; the user may describe and create, but neither read nor change settings."""
    catalog = load(prefix="seen.")
    apply_topics(catalog, secure_kafka.client)
    admin = connect(secure_kafka.as_user("worker"))
    hidden = list(apply(admin, [Create(catalog["sku-links"])], None))
    assert isinstance(hidden[0], Failed) and hidden[0].missing_right == "Create on the topic (or on the cluster)"
    grant(secure_kafka, AclOperation.DESCRIBE, AclOperation.CREATE)
    deadline = time.monotonic() + 20
    while len(read_topics(admin, catalog)) < len(catalog):  # access lists, too, take a moment to be known
        assert time.monotonic() < deadline
    found = differences(catalog, read_topics(admin, catalog))
    unread = list(apply(admin, found, None))
    assert {result.missing_right for result in unread if isinstance(result, Failed)} == {"DescribeConfigs on the topic"}
    change = Configure(catalog["sku-links"], {"segment.ms": ("unset", "3600000")})
    (refused,) = apply(admin, [change], None)
    assert isinstance(refused, Failed) and refused.missing_right == "AlterConfigs on the topic"
    assert isinstance(next(apply(connect(secure_kafka.client), [change], None)), Done)


def grant(broker: Any, *operations: AclOperation) -> None:
    allowed = AclPermissionType.ALLOW
    bindings = [
        AclBinding(ResourceType.TOPIC, "seen.", ResourcePatternType.PREFIXED, "User:worker", "*", one, allowed)
        for one in operations
    ]
    admin = connect(broker.client)
    for future in admin.create_acls(bindings).values():
        future.result(20)


def test_librdkafka_puts_keys_where_the_catalog_says(kafka: Cluster, topic_prefix: str) -> None:
    topic = load(prefix=topic_prefix)["stock-changes"]
    kafka.create({topic.full_name: topic.partitions})
    producer = kafka.producer(partitioner="murmur2_random")
    keys = [f"SKU-{number}-ü".encode() for number in range(200)]
    chosen: dict[bytes, int] = {}
    for key in keys:
        producer.produce(
            topic.full_name, key=key, on_delivery=lambda _, record: chosen.update({record.key(): record.partition()})
        )
    assert producer.flush(20) == 0
    assert chosen == {key: topic.partition_of(key) for key in keys}


def test_the_commands_on_a_real_cluster(kafka: Cluster, topic_prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTS_KAFKA_BOOTSTRAP", kafka.bootstrap)
    monkeypatch.setenv("TTS_TOPIC_PREFIX", topic_prefix)
    run = CliRunner().invoke
    missing = run(cli.app, ["plan"])
    assert (missing.exit_code, f"--create --topic {topic_prefix}stock-changes" in missing.output) == (1, True)
    assert run(cli.app, ["apply"]).exit_code == 0
    for word in ("plan", "apply"):
        again = run(cli.app, [word])
        assert (again.exit_code, "as they should be" in again.output) == (0, True)
    monkeypatch.setenv("TTS_SKU_PARTITIONS", "16")
    changed = run(cli.app, ["apply"])
    assert changed.exit_code == 1 and "TTS_SKU_PARTITIONS=8" in changed.output


def test_the_access_list_needs_no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTS_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    shown = CliRunner().invoke(cli.app, ["acls"])
    assert shown.exit_code == 0 and "--transactional-id tts-decide-" in shown.output
