"""One trial per module: workers are shared between the scenarios of a file, each judged at its end."""

from __future__ import annotations

import os
import random
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import Cluster
from tests.integration.engine.trial import Trial

SEED = int(os.environ.get("SEED", "20"))
SOAK = int(os.environ.get("SOAK", "1"))
"""Rounds of the random scenarios; 1 is the short form of every run."""

Begin = Callable[..., Trial]


def _begun(cluster: Cluster, folder: Path, started: list[Trial], arguments: dict[str, Any]) -> Trial:
    trial = Trial(cluster, f"t{uuid.uuid4().hex[:10]}.", folder, random.Random(SEED), **arguments)
    trial.create_topics()
    started.append(trial)
    return trial


@pytest.fixture
def begin(kafka: Cluster, tmp_path: Path) -> Iterator[Begin]:
    """Makes fresh topics and a fresh state folder; ends the workers afterwards."""
    started: list[Trial] = []

    def make(cluster: Cluster = kafka, **arguments: Any) -> Trial:
        folder = tmp_path / str(len(started))
        folder.mkdir()
        return _begun(cluster, folder, started, arguments)

    yield make
    for trial in started:
        trial.stop_all()
        if os.environ.get("KAFKA_BOOTSTRAP"):
            trial.cluster.delete(trial.prefix)


@pytest.fixture(scope="module")
def trial(kafka: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """One trial for all scenarios of a file."""
    started: list[Trial] = []
    yield _begun(kafka, tmp_path_factory.mktemp("trial"), started, {})
    for one in started:
        one.stop_all()
        if os.environ.get("KAFKA_BOOTSTRAP"):
            one.cluster.delete(one.prefix)
