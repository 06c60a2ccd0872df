"""One partition of a group: its rows, its producer and its serial loop of steps.

At most one step is in hand.  While its commit waits in a thread, other partitions decide theirs.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from streams.codec.poison import RegistryUnavailable
from streams.deadline import since_boot
from streams.engine.decided import Decided, Inputs, Loss
from streams.engine.errors import StepFailed
from streams.engine.fetch import Batch
from streams.engine.inbox import Inbox
from streams.engine.measures import Measures
from streams.engine.outputs import patient
from streams.engine.positions import Positions
from streams.engine.producer import Aborted, TransactionalProducer
from streams.engine.step import Stepper
from streams.engine.store import POSITIONS, Store
from streams.engine.sweep import begin_sweeps, next_portion

if TYPE_CHECKING:
    from streams.engine.settings import EngineSettings

log = logging.getLogger(__name__)
_TRIES = 5
_TIMERS_PER_STEP = 2000
_OUTAGE_PAUSE_S = 1.0

Committed = Callable[["Partition", Decided, float], None]
"""Partition, what was decided, and when deciding it began, since boot."""


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
        """As committed; a step in hand has its own."""
        self.measures = Measures()
        self.inbox = Inbox(settings.queue_records, settings.queue_bytes)
        self.running = False
        self.next_due: int | None = 0
        self._topic_id = topic_id
        self._settings = settings
        self._clock = clock
        self._wanted = asyncio.Event()
        self._produce = patient(producer.produce, producer.relieve)
        self._stopping = False
        stepper.counts = dict(positions.counts)
        begin_sweeps(positions, stepper.flows, clock())

    # -- what arrives ---------------------------------------------------------------------------

    def offer(self, batch: Batch) -> None:
        """Records to decide."""
        self.inbox.offer(batch)
        self._wanted.set()

    def post(self, flow: str, entity: bytes, event: Any) -> None:
        """A completion, a turn, or another event that is not a record."""
        self.inbox.events.append((flow, entity, event))
        self._wanted.set()

    def lost(self, loss: Loss) -> None:
        """Records are gone for ever: leave a trace with the next step."""
        self.inbox.lost(loss)
        self._wanted.set()

    def position(self, topic: str) -> int | None:
        """Offset of the next record to read by the last committed step; None: nothing read yet."""
        return self.positions.inputs.get(topic)

    def reached(self, topic: str) -> int:
        """How far the topic is done, offsets without a record included; for lag."""
        return max(self.positions.inputs.get(topic, 0), self.inbox.ahead.get(topic, 0))

    def stop(self) -> None:
        """End the loop after the step in hand."""
        self._stopping = True
        self._wanted.set()

    # -- the loop -------------------------------------------------------------------------------

    async def run(
        self, epoch: int, executor: Executor, committed: Committed, fetch_again: Callable[[str, int], None]
    ) -> None:
        """Take steps until stopped.  Raises whatever must stop the worker."""
        self._stopping = False
        self.running = True
        settings = self._settings
        try:
            while not self._stopping:
                inputs = self._gather(epoch, fetch_again)
                if inputs is None:
                    await self._wait()
                    continue
                started = time.perf_counter()
                records = await self._step(inputs, executor, committed)
                if records < settings.small_batch and not self._stopping:
                    pause = settings.pacing_ms / 1000 - (time.perf_counter() - started) * 0.5
                    if pause > 0:
                        await asyncio.sleep(pause)
        finally:
            self.running = False

    async def _wait(self) -> None:
        """Until something arrives or a time comes."""
        self._wanted.clear()
        if self.inbox.holds_something() or self._stopping:
            return
        timeout = 1.0
        if self.next_due is not None:
            timeout = min(timeout, max(0.001, (self.next_due - self._clock()) / 1000))
        try:
            await asyncio.wait_for(self._wanted.wait(), timeout)
        except TimeoutError:
            return

    def _gather(self, epoch: int, fetch_again: Callable[[str, int], None]) -> Inputs | None:
        now = self._clock()
        settings, inbox = self._settings, self.inbox
        batches = inbox.take(epoch, settings.batch_records, settings.batch_bytes, fetch_again)
        timers: list[tuple[int, bytes]] = []
        if self.next_due is not None and self.next_due <= now:
            timers, self.next_due = self.store.due(now, _TIMERS_PER_STEP)
        events = list(inbox.events)
        inbox.events.clear()
        if sum(len(batch.records) for batch in batches) < settings.small_batch:
            events += next_portion(self.positions, self.stepper.flows, self.store, self.stepper, now, settings)
        if not (batches or timers or events or inbox.losses or self._job_due(now)):
            return None
        return Inputs(batches, events, timers, dict(inbox.ahead), list(inbox.losses))

    def _job_due(self, now: int) -> bool:
        since = self.positions.counted_from
        return since > 0 and now - since >= self._settings.job_ms and any(self.stepper.counts.values())

    async def _step(self, inputs: Inputs, executor: Executor, committed: Committed) -> int:
        """Decide and commit; how many records the step had."""
        loop = asyncio.get_running_loop()
        counts = dict(self.stepper.counts)
        aborted = 0
        while True:
            started, began = time.perf_counter(), since_boot()
            self.producer.begin()
            try:
                decided, positions = self._decide(inputs)
                record = positions.encode()
                decided_at = time.perf_counter()
                await loop.run_in_executor(executor, self._commit, decided, record)
                break
            except Aborted as problem:
                aborted += 1
                log.warning("partition %d: step aborted, deciding it again: %s", self.number, problem)
                if aborted == _TRIES:
                    raise StepFailed(f"partition {self.number}: step aborted {_TRIES} times: {problem}") from problem
            except RegistryUnavailable as outage:
                log.warning("partition %d: waiting: %s", self.number, outage)
                await loop.run_in_executor(executor, self.producer.abort)
                if not await self._outage_over():
                    self._put_back(inputs)
                    self.stepper.counts = counts
                    return 0
            self.stepper.counts = dict(counts)
        self._remember(decided, positions, inputs)
        ended = time.perf_counter()
        self.measures.stepped(decided, decided_at - started, ended - decided_at, ended)
        committed(self, decided, began)
        return decided.records

    def _decide(self, inputs: Inputs) -> tuple[Decided, Positions]:
        now = self._clock()
        stepper, positions = self.stepper, self.positions
        decided = stepper.decide(inputs, now, self._produce)
        counted_from = positions.counted_from or now
        if self._job_due(now):
            stepper.publish_jobs(positions.counted_from, now, self._produce)
            counted_from = now
        reached = {**positions.inputs, **decided.positions}
        return decided, replace(positions, inputs=reached, counts=dict(stepper.counts), counted_from=counted_from)

    def _commit(self, decided: Decided, record: bytes) -> None:
        """In a thread: the transaction, then the local copy.  Never the other way round."""
        self.producer.produce_position(self._settings.changelog, self.number, POSITIONS, record)
        offset = self.producer.commit()
        decided.batch.put(POSITIONS, record)
        self.store.write(decided.batch, self._topic_id, offset + 1, self._clock())

    def _remember(self, decided: Decided, positions: Positions, inputs: Inputs) -> None:
        self.stepper.remember(decided)
        self.positions = positions
        inbox = self.inbox
        inbox.ahead = {topic: at for topic, at in inbox.ahead.items() if at > positions.inputs.get(topic, 0)}
        inbox.losses = [loss for loss in inbox.losses if loss not in inputs.losses]
        if decided.next_due is not None and (self.next_due is None or decided.next_due < self.next_due):
            self.next_due = decided.next_due

    async def _outage_over(self) -> bool:
        """Wait before the next try; False: the loop is to stop."""
        self._wanted.clear()
        if not self._stopping:
            try:
                await asyncio.wait_for(self._wait_for_stop(), _OUTAGE_PAUSE_S)
            except TimeoutError:
                return True
        return False

    async def _wait_for_stop(self) -> None:
        while not self._stopping:
            self._wanted.clear()
            await self._wanted.wait()

    def _put_back(self, inputs: Inputs) -> None:
        """A step given up: its records are fetched again, its events stay."""
        self.inbox.events.extendleft(reversed(inputs.events))
        self.next_due = 0

    def close(self) -> None:
        """Blocks shortly when a transaction is open."""
        self.producer.close()
        self.store.close()
