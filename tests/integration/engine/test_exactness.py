"""Whatever happens to a worker, a reader of committed records sees the reference sequence of every key."""

from __future__ import annotations

import signal
import time

import pytest
from confluent_kafka import Consumer, TopicPartition

from tests.integration.engine.conftest import SOAK
from tests.integration.engine.trial import Trial, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.chaos]

PHASES = ("before-commit", "during-commit", "after-commit", "after-write")


def test_a_quiet_run_is_exact(trial: Trial) -> None:
    """Transactions of the producers, aborted ones too, leave neither holes nor doubles."""
    trial.feed(5_000)
    trial.start("w1")
    trial.ready("w1")
    assert trial.exact() == 5_000
    wait_until(lambda: sum(_offsets_of_group(trial)) >= 5_000, "lag tools see the positions")
    wait_until(lambda: trial.workers["w1"].metrics().get("tts_lag_records") == 0, "markers are no lag")


def _offsets_of_group(trial: Trial) -> list[int]:
    asked = Consumer({**trial.cluster.client, "group.id": f"{trial.prefix}trial"})
    places = [TopicPartition(f"{trial.prefix}items", number) for number in range(trial.partitions)]
    try:
        return [place.offset for place in asked.committed(places, timeout=20)]
    finally:
        asked.close()


def test_sigterm_under_load_drains_and_ends_with_zero(trial: Trial) -> None:
    with trial.feeding(per_second=3_000):
        trial.start("w1") if "w1" not in trial.workers else None
        trial.ready("w1")
        before = trial.workers["w1"].metrics()["tts_records_total"]
        wait_until(lambda: trial.workers["w1"].metrics()["tts_records_total"] > before + 500, "records flow")
        assert trial.workers["w1"].terminate() == 0
        trial.start("w1")
        trial.ready("w1")
    trial.exact()


@pytest.mark.parametrize("phase", PHASES * SOAK)
def test_a_kill_in_any_phase_of_a_step(trial: Trial, phase: str) -> None:
    trial.workers["w1"].kill()
    with trial.feeding(per_second=3_000):
        doomed = trial.start("w1", fail=(phase, trial.chance.randrange(2, 12)))
        assert doomed.ended() == -signal.SIGKILL
        trial.start("w1")
        trial.ready("w1")
    trial.exact()


def test_a_kill_while_restoring(trial: Trial) -> None:
    trial.workers["w1"].kill()
    doomed = trial.start("w1", fail=("restoring", 1), state=str(trial.folder / "fresh"))
    assert doomed.ended() == -signal.SIGKILL
    trial.feed(2_000)
    trial.start("w1", state=str(trial.folder / "fresh"))
    trial.ready("w1")
    trial.exact()


def test_kills_at_random_times_of_two_workers(trial: Trial) -> None:
    trial.start("w2")
    trial.ready("w1", "w2")
    with trial.feeding(per_second=3_000):
        for _ in range(4 * SOAK):
            name = trial.chance.choice(("w1", "w2"))
            time.sleep(trial.chance.uniform(0.0, 0.8))  # the moment of the kill, nothing is waited for
            trial.workers[name].kill()
            trial.start(name)
            wait_until(trial.workers[name].is_ready, f"{name} is back")
    trial.ready("w1", "w2")
    trial.exact()


def test_one_to_three_workers_and_back(trial: Trial) -> None:
    with trial.feeding(per_second=3_000):
        trial.start("w3")
        trial.ready("w1", "w2", "w3")
        trial.exact()
        for name in ("w2", "w3"):
            assert trial.workers[name].terminate() == 0
        trial.ready("w1")
    trial.exact()


def test_a_frozen_worker_is_fenced_and_has_written_nothing(trial: Trial) -> None:
    """It stands still between deciding and committing, longer than the session lasts; another one takes over."""
    assert trial.workers["w1"].terminate() == 0
    zombie = trial.start("zombie", fail=("before-commit", 6), fail_signal=signal.SIGSTOP)
    with trial.feeding(per_second=2_000):
        wait_until(lambda: _is_stopped(zombie.process.pid), "the worker has frozen")
        trial.start("w1")
        trial.ready("w1")
        zombie.send(signal.SIGCONT)
        code = zombie.ended()
    assert code == 1
    assert "another worker owns this partition now" in zombie.tail()
    trial.exact()


def _is_stopped(pid: int) -> bool:
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "T"
