"""The engine of one worker: partitions opened and closed as Kafka assigns them, their loops, their calls.

Faust calls in through ``link.EngineLink``; nothing here knows Faust.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from streams.engine.decided import Decided, Loss
from streams.engine.dispatcher import Dispatcher
from streams.engine.errors import Misassigned, StepFailed, TopicReplaced
from streams.engine.fetch import Batch
from streams.engine.flow import Due, Flow, Group, Inherited
from streams.engine.link import OutOfRange
from streams.engine.opening import Opened, Opener
from streams.engine.partition import Partition
from streams.engine.settings import EngineSettings
from streams.engine.store import block_cache
from streams.engine.sweep import request_sweep

if TYPE_CHECKING:
    from streams.topics.catalog import Catalog

log = logging.getLogger(__name__)


def wall_clock() -> int:
    """Milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


class Engine:
    """Implements ``link.EngineLink``."""

    poll_timeout = 0.25

    def __init__(
        self,
        group: Group,
        catalog: Catalog,
        settings: EngineSettings,
        topic_ids: Mapping[str, str],
        failed: Callable[[BaseException], None],
        fetch_from: Callable[[str, int, int], None],
        clock: Callable[[], int] = wall_clock,
    ) -> None:
        self.group = group
        self.settings = settings
        self.epoch = 0
        self.poll_limit = settings.batch_records
        self.fetch_max_wait_ms = settings.fetch_max_wait_ms
        self.fetch_max_bytes = settings.fetch_max_bytes
        self.client_id = settings.client_id
        self.partitions: dict[int, Partition] = {}
        self.restoring: dict[int, tuple[int, int]] = {}
        self.assigned_at = 0.0
        self.lost = 0
        self.clock = clock
        self._catalog = catalog
        self._failed = failed
        self._fetch_from = fetch_from
        self._flows = {flow.name: flow for flow in group.flows}
        self._calling = [flow for flow in group.flows if flow.ready is not None]
        self._topics = {catalog[read.topic].full_name for flow in group.flows for read in flow.inputs}
        self._opener = Opener(
            group, catalog, settings, topic_ids, clock, self._progress, block_cache(settings.block_cache_mb)
        )
        self._openers = ThreadPoolExecutor(settings.restore_threads, thread_name_prefix="open")
        self._committers = ThreadPoolExecutor(max(4, group.partitions), thread_name_prefix="commit")
        self._loops: dict[int, asyncio.Task[None]] = {}
        self._waiting: dict[int, Opened] = {}
        """Opened and not yet run: their rows' wishes are still to be heard."""
        self._generation = -1
        self._room = asyncio.Event()
        self._opening = asyncio.Lock()
        self.dispatcher = Dispatcher(
            self._flows, group.callers, self.partitions, settings.calls_per_queue, clock, failed
        )
        self._dispatching: asyncio.Task[None] | None = None

    # -- EngineLink -----------------------------------------------------------------------------

    def has_room(self, topic: str, partition: int) -> bool:
        found = self.partitions.get(partition)
        return found is not None and found.running and found.inbox.has_room()

    async def wait_for_room(self, wait_s: float) -> None:
        self._room.clear()
        try:
            await asyncio.wait_for(self._room.wait(), wait_s)
        except TimeoutError:
            return

    def deliver(self, batch: Batch) -> None:
        partition = self.partitions.get(batch.partition)
        if partition is not None and batch.epoch == self.epoch:
            partition.offer(batch)

    def position(self, topic: str, partition: int) -> int | None:
        found = self.partitions.get(partition)
        return None if found is None else found.position(topic)

    def positions(self, partitions: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int | None]:
        return {(topic, number): self.position(topic, number) for topic, number in partitions}

    def sought(self, topic: str, partition: int, offset: int) -> None:
        found = self.partitions.get(partition)
        if found is not None:
            found.inbox.sought(topic, offset)

    def out_of_range(self, lost: OutOfRange) -> int:
        topic, number = lost.tp
        if lost.wanted > lost.end:
            raise TopicReplaced(
                f"{topic}/{number} ends at {lost.end}, but was read up to {lost.wanted} before: it was cut or created "
                "anew. Restart the worker when it was created anew; else restore the topic"
            )
        if lost.wanted >= lost.first:
            return lost.wanted
        log.critical(
            "%s/%d: records %d to %d were deleted by retention before they were read",
            topic,
            number,
            lost.wanted,
            lost.first - 1,
        )
        self.lost += lost.first - lost.wanted
        if number in self.partitions:
            self.partitions[number].lost(Loss(topic, lost.wanted, lost.first))
        return lost.first

    async def drain(self) -> None:
        self.epoch += 1
        await self._stop_loops()
        for partition in self.partitions.values():
            partition.inbox.forget()

    # -- life -----------------------------------------------------------------------------------

    async def open(self, assigned: Iterable[tuple[str, int]], generation: int) -> None:
        """Open what is assigned, close what is not, start the loops; abandoned when a newer assignment comes."""
        self.epoch += 1
        epoch = self.epoch
        async with self._opening:
            await self._stop_loops()
            wanted = self._checked(assigned)
            unbroken = generation - self._generation in (0, 1)
            for number in [number for number in self.partitions if number not in wanted or not unbroken]:
                await self._close(number)
            self._generation = generation
            started = time.monotonic()
            await self._open_new([number for number in sorted(wanted) if number not in self.partitions])
            if epoch != self.epoch:
                log.info("a newer assignment comes while opening; this one is abandoned")
                return
            for partition in self.partitions.values():
                partition.inbox.forget()
            for opened in self._waiting.values():
                self._hear(opened)
            self._waiting.clear()
            self.assigned_at = time.monotonic()
            log.info(
                "%s: %d partitions open after %.2f s", self.group.name, len(self.partitions), self.assigned_at - started
            )
            self._start_loops()

    async def _open_new(self, numbers: list[int]) -> None:
        loop = asyncio.get_running_loop()
        self.restoring.update({number: (0, 0) for number in numbers})
        try:
            found = await asyncio.gather(
                *(loop.run_in_executor(self._openers, self._opener.open, number) for number in numbers),
                return_exceptions=True,
            )
        finally:
            self.restoring.clear()
        for opened in found:
            if isinstance(opened, Opened):
                self.partitions[opened.partition.number] = opened.partition
                self._waiting[opened.partition.number] = opened
        if problems := [problem for problem in found if isinstance(problem, BaseException)]:
            raise problems[0]

    def _progress(self, number: int, done: int, total: int) -> None:
        self.restoring[number] = (done, total)

    def _checked(self, assigned: Iterable[tuple[str, int]]) -> set[int]:
        """Partition numbers assigned; every number must come with all topics of the group."""
        found: dict[int, set[str]] = {}
        for topic, number in assigned:
            found.setdefault(number, set()).add(topic)
        for number, topics in found.items():
            if topics != self._topics:
                raise Misassigned(
                    f"group {self.group.name}: partition {number} is assigned for {sorted(topics)} but the group reads "
                    f"{sorted(self._topics)}: all of them need the same number of partitions, and every member of "
                    f"the consumer group {self.settings.group_id} must run this program"
                )
        return set(found)

    def _hear(self, opened: Opened) -> None:
        """Rows of a partition just opened: calls of a former owner, wishes, entities that exist by configuration."""
        partition = opened.partition
        for flow, entity in opened.inherited:
            partition.post(flow, entity, Inherited())
        for flow, entity, wish in opened.wishes:
            self.dispatcher.wish((partition.number, flow, entity), wish)
        for flow, entity in opened.seeds:
            partition.post(flow, entity, Due())

    def _start_loops(self) -> None:
        loop = asyncio.get_running_loop()
        for number, partition in self.partitions.items():
            partition.running = True
            task = loop.create_task(
                partition.run(self.epoch, self._committers, self._committed, partial(self._fetch_again, number)),
                name=f"partition-{number}",
            )
            task.add_done_callback(self._loop_ended)
            self._loops[number] = task
        if self._dispatching is None and self._calling:
            self._dispatching = loop.create_task(self.dispatcher.run(), name="dispatcher")
            self._dispatching.add_done_callback(self._loop_ended)
        self._room.set()

    def _fetch_again(self, number: int, topic: str, offset: int) -> None:
        self._fetch_from(topic, number, offset)

    def _loop_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (problem := task.exception()) is not None:
            self._failed(problem)

    async def _stop_loops(self) -> None:
        loops, self._loops = self._loops, {}
        for number in loops:
            if number in self.partitions:
                self.partitions[number].stop()
        if loops:
            _, late = await asyncio.wait(loops.values(), timeout=self.settings.drain_timeout_s)
            if late:
                raise StepFailed(f"{len(late)} steps did not end within {self.settings.drain_timeout_s} s")

    def _committed(self, partition: Partition, decided: Decided, began: float) -> None:
        if partition.inbox.has_room():
            self._room.set()
        if self._calling:
            self.dispatcher.committed(partition, decided, began)

    def lag(self) -> dict[tuple[str, int], int]:
        """Records between the last committed step and the end, by topic and partition, as last asked."""
        return {
            (topic, number): max(0, end - partition.reached(topic))
            for number, partition in self.partitions.items()
            for topic, end in partition.measures.ends.items()
        }

    def saw_ends(self, ends: Mapping[tuple[str, int], int]) -> None:
        """Where the topics end now."""
        for (topic, number), end in ends.items():
            if number in self.partitions:
                self.partitions[number].measures.ends[topic] = end

    def post(self, flow: str, entity: str, event: object) -> None:
        """Give an entity an event from outside the log; nothing happens when its partition is not ours."""
        key = entity.encode()
        number = self._catalog[self._flows[flow].inputs[0].topic].partition_of(key)
        partition = self.partitions.get(number)
        if partition is not None:
            partition.post(flow, key, event)

    def sweep(self, flow: Flow) -> None:
        """Look at every row of a flow again, on demand."""
        for partition in self.partitions.values():
            request_sweep(partition.positions, flow)

    async def _close(self, number: int) -> None:
        partition = self.partitions.pop(number)
        self._waiting.pop(number, None)
        self.dispatcher.forget(number)
        await asyncio.get_running_loop().run_in_executor(self._openers, partition.close)

    async def close(self) -> None:
        """Finish the steps in hand and release everything."""
        try:
            await self.drain()
        finally:
            if self._dispatching is not None:
                self._dispatching.cancel()
            await self.dispatcher.stop()
            for number in list(self.partitions):
                await self._close(number)
            self._committers.shutdown(wait=False)
            self._openers.shutdown(wait=False)
