"""The loop of one partition: a step is committed whole or decided again; nothing given to it is lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import orjson
import pytest

from streams.codec.poison import RegistryUnavailable
from streams.deadline import since_boot
from streams.engine import partition as module
from streams.engine.decided import Decided, Loss
from streams.engine.errors import StepFailed
from streams.engine.flow import Input, Swept
from streams.engine.partition import Partition
from streams.engine.positions import Positions
from streams.engine.producer import Aborted
from streams.engine.settings import EngineSettings
from streams.engine.store import POSITIONS
from tests.engine.flows import alarm_flow, ledger_flow, value_of
from tests.engine.partitions import FLOWS, Bench


class Producer:
    """Transactions kept in lists; commits fail as often as told."""

    def __init__(self) -> None:
        self.open: list[tuple[str, Any, Any]] = []
        self.committed: list[list[tuple[str, Any, Any]]] = []
        self.failing = 0
        self.commit_takes_s = 0.0
        self.full = 0
        self.relieved = 0
        self.aborts = 0

    def begin(self) -> None:
        self.open = []

    def produce(self, topic: str, value: Any, key: Any, partition: int, **more: Any) -> None:
        if self.full:
            self.full -= 1
            raise BufferError("queue full")
        self.open.append((topic, key, value))

    def produce_position(self, topic: str, partition: int, key: bytes, value: bytes) -> None:
        self.open.append((topic, key, value))

    def commit(self) -> int:
        time.sleep(self.commit_takes_s)
        if self.failing:
            self.failing -= 1
            raise Aborted("not this time")
        self.committed.append(self.open)
        return len(self.committed)

    def abort(self) -> None:
        self.aborts += 1

    def relieve(self) -> None:
        self.relieved += 1

    def close(self) -> None:
        """Nothing is open."""


class Registry:
    """Away as often as told when an event is made."""

    def __init__(self) -> None:
        self.away = 0

    def event(self, key: str, value: Any, when: int) -> Any:
        if self.away:
            self.away -= 1
            raise RegistryUnavailable("schema registry answers 503")
        return value_of(key, value, when)


class Trial:
    def __init__(self, folder: Path) -> None:
        self.now = 1_000
        self.registry = Registry()
        flows = (replace(ledger_flow(), inputs=(Input("items", self.registry.event),)), alarm_flow(), FLOWS[2])
        self.bench = Bench(folder, flows)
        self.producer = Producer()
        self.steps: list[Decided] = []
        self.began: list[float] = []
        self.asked: list[tuple[str, int]] = []
        self.settings = EngineSettings("group", "changelog", "id", folder, pacing_ms=0, job_ms=500)
        self.partition = self.opened()
        self.executor = ThreadPoolExecutor(1)
        self.task: asyncio.Task[None] | None = None

    def opened(self) -> Partition:
        return Partition(
            0,
            self.bench.store,
            cast(Any, self.producer),
            self.bench.stepper,
            Positions.decode(self.bench.store.positions()),
            "topic",
            self.settings,
            lambda: self.now,
        )

    def offer(self, *numbers: int) -> None:
        self.partition.offer(self.bench.batch("items", *((b"k", {"n": number}) for number in numbers)))

    def run(self) -> None:
        self.task = asyncio.get_running_loop().create_task(
            self.partition.run(
                1,
                self.executor,
                self._committed,
                lambda topic, offset: self.asked.append((topic, offset)),
            )
        )

    def _committed(self, _: Partition, decided: Decided, began: float) -> None:
        self.steps.append(decided)
        self.began.append(began)

    async def stop(self) -> None:
        assert self.task is not None
        self.partition.stop()
        await self.task

    def count(self) -> int:
        row = self.bench.row(self.bench.stepper.flows[0], b"k")
        return 0 if row is None else int(row["count"])


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trial]:
    monkeypatch.setattr(module, "_OUTAGE_PAUSE_S", 0.01)
    found = Trial(tmp_path)
    yield found
    found.executor.shutdown()
    found.bench.close()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 - several conditions, no event for each
            await asyncio.sleep(0.001)


async def test_outputs_rows_and_positions_are_one_transaction(trial: Trial) -> None:
    trial.offer(1, 2)
    trial.run()
    await until(lambda: bool(trial.steps))
    await trial.stop()
    [records] = trial.producer.committed
    assert {topic for topic, _, _ in records} == {"totals", "changelog"}
    assert records[-1][1] == POSITIONS and orjson.loads(records[-1][2])["inputs"] == {"items": 2}
    assert trial.partition.position("items") == 2


async def test_a_step_began_before_it_was_decided_however_long_its_commit_took(trial: Trial) -> None:
    """Calls have their time from then on, also when the commit before them had to wait for the broker."""
    trial.producer.commit_takes_s = 0.2
    trial.offer(1)
    trial.run()
    await until(lambda: bool(trial.steps))
    committed_at = since_boot()
    await trial.stop()
    assert committed_at - trial.began[0] >= 0.2


async def test_an_aborted_step_is_decided_again_from_what_was_committed(trial: Trial) -> None:
    trial.producer.failing = 2
    trial.offer(1, 2, 3)
    trial.run()
    await until(lambda: bool(trial.steps))
    await trial.stop()
    assert trial.count() == 3 and trial.bench.stepper.counts["ledger:received"] == 3


async def test_a_step_that_is_always_aborted_stops_the_worker(trial: Trial) -> None:
    trial.producer.failing = 100
    trial.offer(1)
    trial.run()
    assert trial.task is not None
    with pytest.raises(StepFailed, match="aborted 5 times"):
        await trial.task
    assert trial.count() == 0 and trial.partition.position("items") is None


async def test_an_outage_of_the_registry_is_waited_for(trial: Trial) -> None:
    trial.registry.away = 3
    trial.offer(1)
    trial.run()
    await until(lambda: bool(trial.steps))
    await trial.stop()
    assert trial.count() == 1 and trial.producer.aborts == 3


async def test_a_stop_in_an_outage_gives_the_step_up_and_keeps_its_events(trial: Trial) -> None:
    trial.registry.away = 1_000_000
    trial.offer(1)
    trial.partition.post("ledger", b"k", Swept())
    trial.run()
    await until(lambda: trial.producer.aborts > 0)
    await trial.stop()
    assert list(trial.partition.inbox.events) == [("ledger", b"k", Swept())]
    assert trial.steps == [] and trial.partition.position("items") is None
    assert not any(trial.bench.stepper.counts.values())


async def test_a_full_queue_is_relieved(trial: Trial) -> None:
    trial.producer.full = 2_000
    trial.offer(1)
    trial.run()
    await until(lambda: bool(trial.steps))
    await trial.stop()
    assert trial.producer.relieved == 2_000 and trial.count() == 1


async def test_offsets_without_records_make_no_step_of_their_own(trial: Trial) -> None:
    """They are committed with the next one; until then they are no lag."""
    trial.offer(1)
    batch = trial.bench.batch("items", (b"k", {"n": 2}))
    trial.run()
    await until(lambda: bool(trial.steps))
    trial.partition.offer(batch._replace(records=[]))
    await until(lambda: trial.partition.reached("items") == 2)
    assert len(trial.steps) == 1 and trial.partition.position("items") == 1
    trial.partition.offer(trial.bench.batch("alarm-requests", (b"a", {"at": 9_000})))
    await until(lambda: len(trial.steps) == 2)
    await trial.stop()
    assert trial.partition.position("items") == 2 and trial.partition.inbox.ahead == {}


async def test_a_loss_is_told_once(trial: Trial) -> None:
    trial.partition.lost(Loss("items", 0, 7))
    trial.run()
    await until(lambda: bool(trial.steps))
    await trial.stop()
    assert [topic for topic, _, _ in trial.producer.committed[0]] == ["sync-dead-letters", "changelog"]
    assert trial.partition.position("items") == 7 and trial.partition.inbox.losses == []


async def test_timers_ring_when_their_time_comes(trial: Trial) -> None:
    trial.partition.offer(trial.bench.batch("alarm-requests", (b"a", {"at": 5_000})))
    trial.run()
    await until(lambda: len(trial.steps) == 1)
    assert trial.partition.next_due == 5_000
    trial.now = 5_000
    await until(lambda: len(trial.steps) == 2)
    await trial.stop()
    topics = [[topic for topic, _, _ in records] for records in trial.producer.committed]
    assert [records.count("alarms-rung") for records in topics] == [0, 1]
    assert trial.partition.next_due is None


async def test_jobs_span_the_time_between_them_without_a_gap(trial: Trial) -> None:
    """An aborted step does not publish its job twice, nor forget it."""
    trial.offer(1)
    trial.run()
    await until(lambda: len(trial.steps) == 1)
    trial.producer.failing = 1
    trial.now = 2_000
    trial.offer(2)
    await until(lambda: len(trial.steps) == 2)
    await trial.stop()
    jobs = [record for step in trial.producer.committed for record in step if record[0] == "sync-jobs"]
    assert len(jobs) == 1
    assert trial.partition.positions.counted_from == 2_000 and not any(trial.bench.stepper.counts.values())


async def test_counts_survive_a_restart(trial: Trial) -> None:
    trial.offer(1, 2)
    trial.run()
    await until(lambda: len(trial.steps) == 1)
    await trial.stop()
    trial.bench.stepper.counts = {}
    again = trial.opened()
    assert again.stepper.counts["ledger:received"] == 2 and again.positions == trial.partition.positions
