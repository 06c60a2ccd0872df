"""One partition of a group: its rows, its producer and its serial loop of steps.

At most one step is in hand.  While its commit waits in a thread, other partitions decide theirs.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from streams.engine.errors import StepFailed
from streams.engine.fetch import Batch
from streams.engine.flow import Due, Swept
from streams.engine.positions import Positions
from streams.engine.producer import Aborted, TransactionalProducer
from streams.engine.step import Decided, Inputs, Stepper
from streams.engine.store import POSITIONS, Store
from streams.engine.sweep import begin_sweeps, next_portion

if TYPE_CHECKING:
    from streams.engine.settings import EngineSettings

_TRIES = 5
_TIMERS_PER_STEP = 2000


@dataclass(slots=True)
class Measures:
    """Running totals of a partition since it was opened, read at scrape time."""

    records: int = 0
    outputs: int = 0
    dead: int = 0
    steps: int = 0
    decide_seconds: float = 0.0
    commit_seconds: float = 0.0
    last_step_at: float = 0.0
    last_decide_seconds: float = 0.0
    last_commit_seconds: float = 0.0
    restored: int = 0
    ready: bool = False
    ends: dict[str, int] = field(default_factory=dict)
    """Topic to the end of its log when last fetched."""


class Partition:
    """Created by ``opening.open_partition``; its loop is run by the engine."""

    def __init__(
        self,
        number: int,
        store: Store,
        producer: TransactionalProducer,
        stepper: Stepper,
        positions: Positions,
        topic_id: str,
        settings: EngineSettings,
        clock: Callable[[], int],
    ) -> None:
        self.number = number
        self.store = store
        self.producer = producer
        self.stepper = stepper
        self.positions = positions
        self.measures = Measures()
        self.expected: dict[str, int] = {}
        """Topic to the offset the next batch must start at."""
        self.queued = 0
        self._topic_id = topic_id
        self._settings = settings
        self._clock = clock
        self._batches: deque[Batch] = deque()
        self._events: deque[tuple[str, bytes, Any]] = deque()
        self._wanted = asyncio.Event()
        self._stopping = False
        self.next_due: int | None = 0
        stepper.counts = positions.counts
        begin_sweeps(positions, stepper.flows, clock())

    # -- what arrives ---------------------------------------------------------------------------

    def offer(self, batch: Batch) -> None:
        self._batches.append(batch)
        self.queued += len(batch.records)
        self._wanted.set()

    def post(self, flow: str, entity: bytes, event: Any) -> None:
        """A completion, a turn, or another event of the engine."""
        self._events.append((flow, entity, event))
        self._wanted.set()

    def has_room(self) -> bool:
        return self.queued < self._settings.queue_records

    def forget_queued(self) -> None:
        """Records not decided come again after the next seek; completions of kept calls stay."""
        self._batches.clear()
        self.queued = 0
        self.expected.clear()

    def stop(self) -> None:
        self._stopping = True
        self._wanted.set()

    # -- the loop -------------------------------------------------------------------------------

    async def run(
        self,
        epoch: int,
        executor: Executor,
        committed: Callable[[Partition, Decided], None],
        reseek: Callable[[str, int], None],
    ) -> None:
        """Take steps until stopped.  Raises whatever must stop the worker."""
        self._stopping = False
        self.measures.ready = True
        loop = asyncio.get_running_loop()
        settings = self._settings
        while not self._stopping:
            inputs = self._gather(epoch, reseek)
            if inputs is None:
                await self._wait()
                continue
            started = loop.time()
            records = await self._step(inputs, executor, committed)
            if records < settings.small_batch and not self._stopping:
                pause = settings.pacing_ms / 1000 - (loop.time() - started) * 0.5
                if pause > 0:
                    await asyncio.sleep(pause)
        self.measures.ready = False

    async def _wait(self) -> None:
        """Until something arrives or a time comes."""
        self._wanted.clear()
        if self._batches or self._events or self._stopping:
            return
        timeout = 1.0
        if self.next_due is not None:
            timeout = min(timeout, max(0.0, (self.next_due - self._clock()) / 1000))
        if timeout <= 0.001:
            await asyncio.sleep(0.001)
            return
        try:
            await asyncio.wait_for(self._wanted.wait(), timeout)
        except TimeoutError:
            return

    def _gather(self, epoch: int, reseek: Callable[[str, int], None]) -> Inputs | None:
        now = self._clock()
        batches: list[Batch] = []
        records = 0
        while self._batches and records < self._settings.batch_records:
            batch = self._batches.popleft()
            self.queued -= len(batch.records)
            if batch.epoch != epoch:
                continue
            fitting = self._fitting(batch, reseek)
            if fitting is not None:
                batches.append(fitting)
                records += len(fitting.records)
        timers: list[tuple[int, bytes]] = []
        if self.next_due is not None and self.next_due <= now:
            timers, self.next_due = self.store.due(now, _TIMERS_PER_STEP)
        events = list(self._events)
        self._events.clear()
        if records < self._settings.small_batch:
            events += next_portion(self.positions, self.stepper.flows, self.store, self.stepper, now, self._settings)
        if not (batches or timers or events or self._job_due(now)):
            return None
        return Inputs(batches, events, timers)

    def _fitting(self, batch: Batch, reseek: Callable[[str, int], None]) -> Batch | None:
        """The batch, if it continues where the last one ended; records read twice are cut off."""
        expected = self.expected.get(batch.topic)
        if expected is None or batch.start == expected:
            self.expected[batch.topic] = batch.following
            return batch
        if batch.start < expected:
            if batch.following <= expected:
                return None
            self.expected[batch.topic] = batch.following
            return batch._replace(start=expected, records=[r for r in batch.records if r[0] >= expected])
        self._batches = deque(waiting for waiting in self._batches if waiting.topic != batch.topic)
        self.queued = sum(len(waiting.records) for waiting in self._batches)
        reseek(batch.topic, expected)
        return None

    def _job_due(self, now: int) -> bool:
        counts = self.positions.counts
        return any(counts.values()) and now - self.positions.counted_from >= self._settings.job_ms

    async def _step(self, inputs: Inputs, executor: Executor, committed: Callable[[Partition, Decided], None]) -> int:
        loop = asyncio.get_running_loop()
        counts_before = dict(self.stepper.counts)
        for attempt in range(_TRIES):
            started = loop.time()
            self.producer.begin()
            decided = self._decide(inputs)
            decided_at = loop.time()
            try:
                await loop.run_in_executor(executor, self._commit, decided)
            except Aborted as problem:
                if attempt + 1 == _TRIES:
                    raise StepFailed(f"partition {self.number}: step aborted {_TRIES} times: {problem}") from problem
                self.stepper.counts.clear()
                self.stepper.counts.update(counts_before)
                continue
            break
        self.stepper.remember(decided)
        measures = self.measures
        measures.steps += 1
        measures.records += decided.records
        measures.outputs += decided.outputs
        measures.dead += decided.dead
        measures.last_decide_seconds = decided_at - started
        measures.last_commit_seconds = loop.time() - decided_at
        measures.decide_seconds += measures.last_decide_seconds
        measures.commit_seconds += measures.last_commit_seconds
        measures.last_step_at = loop.time()
        if decided.next_due is not None and (self.next_due is None or decided.next_due < self.next_due):
            self.next_due = decided.next_due
        committed(self, decided)
        return decided.records

    def _decide(self, inputs: Inputs) -> Decided:
        now = self._clock()
        decided = self.stepper.decide(inputs, now, self._produce)
        self.positions.inputs.update(decided.positions)
        if self._job_due(now):
            self.stepper.publish_jobs(self.positions.counted_from, now, self._produce)
            self.positions.counted_from = now
        elif not self.positions.counted_from:
            self.positions.counted_from = now
        return decided

    def _produce(self, *args: Any, **options: Any) -> None:
        try:
            self.producer.produce(*args, **options)
        except BufferError:
            self.producer.relieve()
            self._produce(*args, **options)

    def _commit(self, decided: Decided) -> None:
        """In a thread: the transaction, then the local copy.  Never the other way round."""
        record = self.positions.encode()
        self.producer.produce_position(self._settings.changelog, self.number, POSITIONS, record)
        offset = self.producer.commit()
        decided.batch.put(POSITIONS, record)
        self.store.write(decided.batch, self._topic_id, offset + 1, self._clock())

    def close(self) -> None:
        self.producer.close()
        self.store.close()


__all__ = ["Due", "Measures", "Partition", "Swept"]
