"""TLS and passwords: the rights that ``streams topics acls`` prints are enough for a worker, and none is too many."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin._acl import AclBinding, AclBindingFilter, AclOperation, AclPermissionType
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType

from streams.app import catalog_of
from streams.demo.processes import Process, free_port, wait_until_ready
from streams.local_kafka import LocalKafka
from streams.records.sku_link import SkuLink
from streams.records.stock_change import StockChange, StockLevel
from streams.settings import Settings
from streams.topics.apply import apply_topics
from streams.topics.catalog import Catalog
from tests.cluster import Cluster

MARKET = """
[shop]
region = "GB"
currency = "GBP"

[[warehouses]]
warehouse = "7001"

[[warehouses.channels]]
channel = "leeds"
"""
KINDS = {"topic": ResourceType.TOPIC, "group": ResourceType.GROUP, "transactional-id": ResourceType.TRANSACTIONAL_ID}
OPERATIONS = {"Read": AclOperation.READ, "Write": AclOperation.WRITE, "Describe": AclOperation.DESCRIBE}
LINE = re.compile(
    r"--allow-principal User:(?P<group>\S+)(?P<operations>( --operation \S+)+) "
    r"--(?P<kind>topic|group|transactional-id) (?P<name>\S+)(?P<prefixed> --resource-pattern-type prefixed)?$"
)


class Secured:
    """A prefix on the secure broker, and how user "worker" runs commands there."""

    def __init__(self, broker: LocalKafka, folder: Path) -> None:
        self.prefix = f"s{uuid.uuid4().hex[:8]}."
        self.folder = folder
        self.admin = Cluster(broker.bootstrap, broker.client)
        self._rights = self.admin.admin()
        user = broker.as_user("worker")
        (folder / "markets").mkdir()
        (folder / "markets" / "uk.toml").write_text(MARKET)
        self.environment = {
            "TTS_KAFKA_BOOTSTRAP": broker.bootstrap,
            "TTS_KAFKA_SECURITY": "SASL_SSL",
            "TTS_KAFKA_CA": str(user["ssl.ca.location"]),
            "TTS_KAFKA_SASL": str(user["sasl.mechanism"]),
            "TTS_KAFKA_USERNAME": "worker",
            "TTS_KAFKA_PASSWORD": str(user["sasl.password"]),
            "TTS_TOPIC_PREFIX": self.prefix,
            "TTS_GROUP_PREFIX": self.prefix,
            "TTS_TRANSACTIONAL_PREFIX": self.prefix,
            "TTS_SKU_PARTITIONS": "1",
            "TTS_MARKET_PARTITIONS": "1",
            "TTS_MARKETS_DIR": str(folder / "markets"),
            "TTS_STATE_DIR": str(folder / "state"),
            "TTS_WORKER_ID": "secured",
        }
        self.port = free_port()
        self.catalog: Catalog = catalog_of(Settings(topic_prefix=self.prefix, sku_partitions=1, market_partitions=1))

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "streams.cli", *words],
            env={"PATH": "/usr/bin:/bin", "COLUMNS": "200", **self.environment},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    def printed(self, group: str) -> list[AclBinding]:
        """The rights a group needs by `streams topics acls`, for user "worker"."""
        shown = self.run("topics", "acls")
        assert shown.returncode == 0, shown.stderr
        found = [match for line in shown.stdout.splitlines() if (match := LINE.search(line))]
        assert len(found) == len(shown.stdout.splitlines())
        return [
            AclBinding(
                KINDS[match["kind"]],
                match["name"],
                ResourcePatternType.PREFIXED if match["prefixed"] else ResourcePatternType.LITERAL,
                "User:worker",
                "*",
                OPERATIONS[operation],
                AclPermissionType.ALLOW,
            )
            for match in found
            if match["group"] == group
            for operation in re.findall(r"--operation (\S+)", match["operations"])
        ]

    def grant(self, bindings: list[AclBinding]) -> None:
        for future in self._rights.create_acls(bindings).values():
            future.result(20)

    def take_away_all(self) -> None:
        anything: Any = (ResourceType.ANY, None, ResourcePatternType.ANY)
        by_worker: Any = ("User:worker", None, AclOperation.ANY, AclPermissionType.ANY)
        everything = AclBindingFilter(*anything, *by_worker)
        for future in self._rights.delete_acls([everything]).values():
            future.result(20)

    def worker(self, environment: Mapping[str, str]) -> Process:
        return Process("decide", ["worker", "decide"], environment, self.folder / "decide.log")


@pytest.fixture
def secured(secure_kafka: LocalKafka, tmp_path: Path) -> Iterator[Secured]:
    one = Secured(secure_kafka, tmp_path)
    yield one
    one.take_away_all()
    one.admin.delete(one.prefix)


def test_the_printed_rights_are_enough_for_a_worker(secured: Secured) -> None:
    apply_topics(secured.catalog, dict(secured.admin.client))
    secured.grant(secured.printed("decide"))
    process = secured.worker({**secured.environment, "TTS_HEALTH_PORT": str(secured.port)})
    try:
        wait_until_ready(process, f"http://127.0.0.1:{secured.port}/ready")
        producer = secured.admin.producer()
        change = StockChange(source="commercetools", read_at=1, levels=(StockLevel("leeds", 7),))
        for topic, value in (("sku-links", SkuLink("p", 1, ("uk",))), ("stock-changes", change)):
            to = secured.catalog[topic]
            producer.produce(to.full_name, to.encode(value), b"SECRET-SKU", 0)
        producer.flush(20)
        deadline = time.monotonic() + 30
        while not (seen := secured.admin.read(secured.catalog["stock-updates"].full_name)):
            assert process.code() is None and time.monotonic() < deadline, process.tail(20)
        update = secured.catalog["stock-updates"].codec.decode(seen[-1].value())
        assert (update.sku, update.levels[0].sellable) == ("SECRET-SKU", 7)
    finally:
        code = process.stop()
    assert code == 0, process.tail(20)


@pytest.mark.parametrize(
    ("lacking", "named"),
    [
        ("stock-updates", "Write on {prefix}stock-updates"),
        ("stock-changes", "{prefix}stock-changes"),
        ("decide", "{prefix}decide"),
    ],
)
def test_a_missing_right_is_named_with_its_remedy(secured: Secured, lacking: str, named: str) -> None:
    apply_topics(secured.catalog, dict(secured.admin.client))
    spared = AclOperation.DESCRIBE if lacking == "stock-updates" else None
    secured.grant(
        [
            one
            for one in secured.printed("decide")
            if one.name != f"{secured.prefix}{lacking}" or one.operation == spared
        ]
    )
    ended = secured.run("worker", "decide")
    assert ended.returncode == 2, ended.stderr
    error = ended.stderr.strip().splitlines()[-1]
    assert named.format(prefix=secured.prefix) in error and "streams topics acls" in error
    assert "Traceback" not in ended.stderr


def test_the_printed_rights_are_enough_to_ask_for_a_pass(secured: Secured) -> None:
    apply_topics(secured.catalog, dict(secured.admin.client))
    refused = secured.run("sync", "stock", "--patience", "1")
    assert refused.returncode == 2 and "streams topics acls" in refused.stderr, refused.stderr
    secured.grant(secured.printed("sync"))
    asked = secured.run("sync", "stock", "--patience", "1")
    assert asked.returncode == 1 and "nothing was heard of the pass" in asked.stderr, asked.stderr
    assert len(secured.admin.read(secured.catalog["fetch-hints"].full_name)) == 1


def test_a_missing_right_to_the_transactional_id_is_named(secured: Secured) -> None:
    apply_topics(secured.catalog, dict(secured.admin.client))
    secured.grant([one for one in secured.printed("decide") if one.restype != ResourceType.TRANSACTIONAL_ID])
    ended = secured.run("worker", "decide")
    assert ended.returncode == 2, ended.stderr
    assert f"{secured.prefix}decide-" in ended.stderr and "streams topics acls" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_topics_are_planned_without_rights_and_applied_with_them(secured: Secured) -> None:
    planned = secured.run("topics", "plan")
    assert planned.returncode == 1, planned.stderr
    assert f"{secured.prefix}stock-changes" in planned.stdout and "kafka-topics.sh" in planned.stdout
    refused = secured.run("topics", "apply")
    assert refused.returncode == 1 and "Somebody with these rights" in refused.stdout, refused.stdout
    assert "Traceback" not in refused.stderr + refused.stdout
    secured.grant(
        [
            AclBinding(
                ResourceType.TOPIC,
                secured.prefix,
                ResourcePatternType.PREFIXED,
                "User:worker",
                "*",
                operation,
                AclPermissionType.ALLOW,
            )
            for operation in (
                AclOperation.CREATE,
                AclOperation.DESCRIBE,
                AclOperation.DESCRIBE_CONFIGS,
                AclOperation.ALTER_CONFIGS,
            )
        ]
    )
    applied = secured.run("topics", "apply")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    again = secured.run("topics", "plan")
    assert again.returncode == 0 and "as they should be" in again.stdout, again.stdout


def test_a_wrong_password_is_told_and_never_shown(secured: Secured) -> None:
    secured.environment["TTS_KAFKA_PASSWORD"] = "not-the-password"
    ended = secured.run("worker", "decide")
    assert ended.returncode in (1, 2), ended.stderr
    assert "SASL" in ended.stderr and "not-the-password" not in ended.stderr + ended.stdout
    assert "Traceback" not in ended.stderr
