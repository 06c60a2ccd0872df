"""What does not fit is told at start, with its remedy, and ends the worker with 2."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from tests.cluster import Cluster
from tests.integration.engine.trial import Trial, free_port

pytestmark = pytest.mark.kafka


def test_missing_topics(begin: Callable[..., Trial]) -> None:
    trial = begin()
    trial.drop("totals")
    worker = trial.start("w1")
    assert worker.ended() == 2
    assert f"topics missing or not visible to this user: {trial.prefix}totals" in worker.tail()
    assert "streams topics apply" in worker.tail()


def test_unequal_partition_counts(begin: Callable[..., Trial]) -> None:
    trial = begin()
    trial.drop("items")
    trial.cluster.create({f"{trial.prefix}items": trial.partitions + 1})
    worker = trial.start("w1")
    assert worker.ended() == 2
    assert "co-partitioned topics have different partition counts" in worker.tail()


def test_a_changelog_that_deletes_by_age(begin: Callable[..., Trial]) -> None:
    trial = begin()
    trial.drop("trial-state")
    trial.cluster.create({f"{trial.prefix}trial-state": trial.partitions}, {"cleanup.policy": "delete"})
    worker = trial.start("w1")
    assert worker.ended() == 2
    assert "cleanup.policy=delete: state would be lost" in worker.tail()


def test_no_broker(tmp_path: Path) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    trial = Trial(Cluster(nowhere, {"bootstrap.servers": nowhere}), "t.", tmp_path, Random(1))
    worker = trial.start("w1")
    assert worker.ended() == 1, "an outage, as far as anybody can tell: to be started again"
    assert f"no broker answers at '{nowhere}'" in worker.tail()
    assert "TTS_KAFKA_BOOTSTRAP" in worker.tail()


# -- rights -------------------------------------------------------------------------------------


class Rights:
    """Grants rights to the user "worker" on a broker with access lists."""

    def __init__(self, broker: Any) -> None:
        self._admin = AdminClient(broker.as_user("admin"))

    def grant(self, kind: ResourceType, name: str, pattern: ResourcePatternType, *operations: AclOperation) -> None:
        rules = [
            AclBinding(kind, name, pattern, "User:worker", "*", operation, AclPermissionType.ALLOW)
            for operation in operations
        ]
        for future in self._admin.create_acls(rules).values():
            future.result(20)


@pytest.fixture
def limited(secure_kafka: Any, tmp_path: Path) -> Iterator[tuple[Trial, Rights]]:
    """A trial whose worker may do nothing yet, and who grants it rights."""
    admin = secure_kafka.as_user("admin")
    trial = Trial(Cluster(secure_kafka.bootstrap, admin), f"t{uuid.uuid4().hex[:8]}.", tmp_path, Random(1))
    trial.create_topics()
    yield trial, Rights(secure_kafka)
    trial.stop_all()


def test_every_missing_right_is_named(limited: tuple[Trial, Rights], secure_kafka: Any) -> None:
    """One right after the other is granted; with the last one the worker runs."""
    trial, rights = limited
    worker_client = secure_kafka.as_user("worker")
    prefix = trial.prefix
    topics, group = ResourceType.TOPIC, ResourceType.GROUP
    prefixed = ResourcePatternType.PREFIXED

    def refused() -> str:
        worker = trial.start("w1", client=worker_client)
        assert worker.ended() == 2, worker.tail()
        text = worker.tail(1500)
        worker.log.write_text("")
        return text

    assert "not visible to this user" in refused()
    rights.grant(topics, prefix, prefixed, AclOperation.DESCRIBE)
    told = refused()
    assert f"Read on {prefix}items" in told and f"Write on {prefix}totals" in told
    rights.grant(topics, prefix, prefixed, AclOperation.READ, AclOperation.WRITE)
    told = refused()
    assert f"consumer group {prefix}trial" in told and "streams topics acls" in told
    rights.grant(group, prefix, prefixed, AclOperation.READ)
    told = refused()
    assert f"transactional id {prefix}trial-" in told
    rights.grant(ResourceType.TRANSACTIONAL_ID, prefix, prefixed, AclOperation.WRITE, AclOperation.DESCRIBE)
    trial.feed(200)
    trial.start("w1", client=worker_client)
    trial.ready("w1")
    assert trial.exact() == 200
