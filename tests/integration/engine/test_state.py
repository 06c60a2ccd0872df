"""The local copy is only a cache: lost, stale, foreign or damaged, the committed changelog decides."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from tests.integration.engine.trial import Trial, wait_until

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def running(trial: Trial) -> Trial:
    trial.feed(4_000)
    trial.start("w1")
    trial.ready("w1")
    trial.exact()
    return trial


def test_a_wiped_copy_is_restored(running: Trial) -> None:
    running.workers["w1"].kill()
    shutil.rmtree(running.folder / "w1" / "trial")
    running.feed(500)
    running.start("w1")
    running.ready("w1")
    assert running.workers["w1"].metrics()["tts_restored_records"] > 40
    running.exact()


def test_a_stale_copy_is_caught_up(running: Trial) -> None:
    """The copy of before is put back under a worker that has gone on since."""
    assert running.workers["w1"].terminate() == 0
    shutil.copytree(running.folder / "w1" / "trial", running.folder / "old")
    running.start("w1")
    running.feed(1_000)
    running.exact()
    assert running.workers["w1"].terminate() == 0
    shutil.rmtree(running.folder / "w1" / "trial")
    shutil.copytree(running.folder / "old", running.folder / "w1" / "trial")
    running.feed(500)
    running.start("w1")
    running.exact()


def test_a_damaged_copy_is_built_anew(running: Trial) -> None:
    assert running.workers["w1"].terminate() == 0
    for current in (running.folder / "w1" / "trial").glob("*/CURRENT"):
        current.write_text("nonsense")
    running.feed(500)
    running.start("w1")
    running.exact()
    assert "is damaged and built anew" in running.workers["w1"].tail(100_000)


def test_a_copy_of_another_topic_is_thrown_away(running: Trial, begin: Callable[..., Trial]) -> None:
    """Other topics under other ids: what the folder holds is not theirs."""
    assert running.workers["w1"].terminate() == 0
    other = begin()
    shutil.copytree(running.folder / "w1" / "trial", other.folder / "w1" / "trial")
    other.feed(300)
    other.start("w1")
    assert other.exact() == 300
    assert "foreign" in other.workers["w1"].tail(100_000)


def test_a_folder_in_use_is_a_clear_error(running: Trial) -> None:
    running.workers["w1"].kill()
    running.start("w1")
    running.ready("w1")
    second = running.start("w2", state=str(running.folder / "w1"))
    assert second.ended() == 2
    assert "is in use by another live process" in second.tail()
    running.ready("w1")
    running.exact()


def test_an_input_created_anew_is_read_from_its_beginning(begin: Callable[..., Trial]) -> None:
    """Positions belong to a topic, not to its name."""
    trial = begin()
    trial.feed(800)
    trial.start("w1")
    trial.exact()
    assert trial.workers["w1"].terminate() == 0
    trial.drop("items")
    trial.cluster.create({f"{trial.prefix}items": trial.partitions})
    trial.feed(200)
    trial.start("w1")
    trial.exact()
    assert "was created anew" in trial.workers["w1"].tail(100_000)


def test_records_lost_to_retention_leave_a_trace(begin: Callable[..., Trial]) -> None:
    """Deleted before they were read: counted, told as a dead letter, and the flow goes on behind them."""
    from confluent_kafka import TopicPartition

    trial = begin(partitions=1)
    trial.feed(100)
    trial.start("w1")
    trial.exact()
    assert trial.workers["w1"].terminate() == 0
    trial.feed(50)
    record = trial.cluster.read(f"{trial.prefix}items")[-1]
    gone = TopicPartition(f"{trial.prefix}items", 0, record.offset() - 9)
    admin = trial.cluster.admin()
    for future in admin.delete_records([gone]).values():
        future.result(20)
    trial.start("w1")
    [(_, told)] = wait_until(trial.dead, "the trace")
    assert told["tts.code"] == "lost-to-retention" and told["tts.topic"] == f"{trial.prefix}items"
    wait_until(lambda: trial.workers["w1"].metrics().get("tts_lag_records") == 0, "it goes on")
    assert trial.workers["w1"].metrics()["tts_lost_to_retention_total"] == float(told["tts.value"])
    wait_until(lambda: trial.workers["w1"].metrics()["tts_records_total"] > 0, "and decides what is left")
