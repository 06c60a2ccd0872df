"""Fixtures every test may ask for.  Rules need none of them; what needs Kafka gets a real broker or fails.

``kafka``         one broker for the whole run: KAFKA_BOOTSTRAP's, or one started now in a temporary folder
``topic_prefix``  a prefix nobody used before, for topics, groups and transactional ids of one test
``own_kafka``     starts brokers that the test may stop, kill and restart
``secure_kafka``  one broker with TLS, passwords (SCRAM) and access lists for the whole run
"""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from streams import compiled, logs
from tests.cluster import Cluster


def pytest_sessionstart() -> None:
    """Tests run what is in the sources: compiled modules older than them are an error."""
    compiled.refuse_stale()


def pytest_report_header() -> str:
    return f"hot path: {compiled.state()}"


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """A command that sets up logging in this process must not write to a stream that is gone."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in logs.QUIET}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One broker for the run; an error, never a skip, when there is none to be had."""
    given = os.environ.get("KAFKA_BOOTSTRAP")
    if given:
        from streams.local_kafka import reach

        client: reach.Client = {"bootstrap.servers": given}
        if reach.cluster_id(client, seconds=15) is None:
            pytest.fail(f"KAFKA_BOOTSTRAP={given}: no broker answers there")
        yield Cluster(given, client)
        return
    from streams.local_kafka import LocalKafka

    broker = LocalKafka.start(tmp_path_factory.mktemp("kafka"))
    yield Cluster(broker.bootstrap, broker.client)
    broker.kill()


@pytest.fixture
def topic_prefix(kafka: Cluster) -> Iterator[str]:
    """Fresh for each test; on a cluster that is not ours its topics are deleted afterwards."""
    prefix = f"t{uuid.uuid4().hex[:10]}."
    yield prefix
    if os.environ.get("KAFKA_BOOTSTRAP"):
        kafka.delete(prefix)


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Starts a broker for this test alone (arguments of ``LocalKafka.start`` after the folder)."""
    from streams.local_kafka import LocalKafka

    started: list[LocalKafka] = []

    def start(**arguments: Any) -> LocalKafka:
        started.append(LocalKafka.start(tmp_path / f"kafka-{len(started)}", **arguments))
        return started[-1]

    yield start
    for broker in started:
        broker.kill()


@pytest.fixture(scope="session")
def secure_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A ``LocalKafka`` with ``TlsScram``: users "admin" (may do all) and "worker" (nothing yet)."""
    from streams.local_kafka import LocalKafka, TlsScram

    broker = LocalKafka.start(tmp_path_factory.mktemp("secure"), security=TlsScram(users=("admin", "worker")))
    yield broker
    broker.kill()


KAFKA_FIXTURES = {"kafka", "own_kafka", "secure_kafka"}

settings.register_profile("ours", deadline=None, print_blob=True)
settings.register_profile("gate", settings.get_profile("ours"), derandomize=True)
settings.load_profile("gate" if os.environ.get("CI") else "ours")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What uses a broker is marked ``kafka``; rules run first, chaos last."""
    for item in items:
        if KAFKA_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.kafka)
    items.sort(
        key=lambda item: (item.get_closest_marker("chaos") is not None, item.get_closest_marker("kafka") is not None)
    )
