"""One running set for all stories that leave it running; stories that kill or restart begin their own."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import Cluster
from tests.integration.end_to_end.running import WORKERS, Running


def begun(cluster: Cluster, folder: Path, **arguments: object) -> Running:
    return Running(cluster, f"t{uuid.uuid4().hex[:10]}.", folder, **arguments)  # type: ignore[arg-type]


def ended(running: Running) -> None:
    """Every worker must leave in peace."""
    codes = running.stop()
    if os.environ.get("KAFKA_BOOTSTRAP"):
        running.cluster.delete(running.prefix)
    failed = {name: running.processes[name].tail(20) for name, code in codes.items() if code != 0}
    assert running.secrets_in_logs() == []
    assert not failed, "\n".join(f"{name}: {text}" for name, text in failed.items())


@pytest.fixture(scope="package")
def running(kafka: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Tokens live six seconds at first, so that every story begins with shops whose tokens were refreshed."""
    one = begun(kafka, tmp_path_factory.mktemp("running"), access_token_seconds=6)
    try:
        one.start(*WORKERS)
        yield one
    finally:
        ended(one)


@pytest.fixture(autouse=True)
def _fair_weather(request: pytest.FixtureRequest) -> Iterator[None]:
    """Faults of a story end with it."""
    yield
    if "running" in request.fixturenames:
        request.getfixturevalue("running").control.clear_faults()
