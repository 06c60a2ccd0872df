"""The broker is killed and comes back: the worker rides it out, or ends with 1 and is started again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from streams.local_kafka import ports
from tests.cluster import Cluster
from tests.integration.engine.conftest import SOAK
from tests.integration.engine.trial import Trial, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.chaos]


def test_a_broker_killed_and_restarted(own_kafka: Callable[..., Any], begin: Callable[..., Trial]) -> None:
    broker = own_kafka()
    trial = begin(Cluster(broker.bootstrap, broker.client))
    trial.start("w1")
    trial.ready("w1")
    for _ in range(2 * SOAK):
        trial.feed(3_000)
        before = trial.workers["w1"].metrics()["tts_records_total"]
        trial.feed(3_000)
        wait_until(lambda start=before: _records(trial) > start, "records flow")
        broker.kill()
        wait_until(lambda: all(ports.is_free(port) for port in broker.ports), "the ports are given back")
        broker.resume()
        _supervised(trial)
        trial.feed(1_000)
        trial.exact(90)


def _records(trial: Trial) -> float:
    return trial.workers["w1"].metrics()["tts_records_total"]


def _supervised(trial: Trial) -> None:
    """Start the worker again should it have ended, until it is ready."""

    def ready() -> bool:
        worker = trial.workers["w1"]
        if worker.process.poll() is not None:
            assert worker.process.returncode == 1, worker.tail()
            trial.start("w1")
            return False
        return worker.is_ready()

    wait_until(ready, "the worker is back", 90)
