"""The engine of one worker: partitions opened and closed as Kafka assigns them, their loops, their calls.

Faust calls in through ``link.EngineLink``; nothing here knows Faust.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from streams.engine.dispatcher import Dispatcher
from streams.engine.errors import Misassigned
from streams.engine.fetch import Batch
from streams.engine.flow import Due, Flow, Group, Inherited
from streams.engine.opening import connect_producer, open_partition, table_tags
from streams.engine.partition import Partition
from streams.engine.producer import TransactionalProducer
from streams.engine.settings import EngineSettings
from streams.engine.step import Decided
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
        topic_id: str,
        failed: Callable[[BaseException], None],
        reseek: Callable[[str, int, int], None],
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
        self._catalog = catalog
        self._topic_id = topic_id
        self._failed = failed
        self._reseek = reseek
        self._clock = clock
        self._cache = block_cache(settings.block_cache_mb)
        self._tags = table_tags(group)
        self._flows = {flow.name: flow for flow in group.flows}
        self._calling = [flow for flow in group.flows if flow.ready is not None]
        self._topics = {catalog[read.topic].full_name for flow in group.flows for read in flow.inputs}
        self._executor = ThreadPoolExecutor(max(4, group.partitions), thread_name_prefix="commit")
        self._loops: dict[int, asyncio.Task[None]] = {}
        self._spare: list[tuple[int, TransactionalProducer]] = []
        self._room = asyncio.Event()
        self._opening = asyncio.Lock()
        self.dispatcher = Dispatcher(
            self._flows, group.callers, self.partitions, settings.calls_per_queue, clock, failed
        )
        self._dispatching: asyncio.Task[None] | None = None

    # -- EngineLink -----------------------------------------------------------------------------

    def has_room(self, topic: str, partition: int) -> bool:
        found = self.partitions.get(partition)
        return found is not None and found.has_room()

    async def wait_for_room(self, timeout: float) -> None:
        self._room.clear()
        try:
            await asyncio.wait_for(self._room.wait(), timeout)
        except TimeoutError:
            return

    def deliver(self, batch: Batch) -> None:
        partition = self.partitions.get(batch.partition)
        if partition is not None and batch.epoch == self.epoch:
            partition.offer(batch)

    def position(self, topic: str, partition: int) -> int | None:
        found = self.partitions.get(partition)
        return None if found is None else found.positions.inputs.get(topic)

    def positions(self, partitions: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int | None]:
        return {(topic, number): self.position(topic, number) for topic, number in partitions}

    def saw_end(self, topic: str, partition: int, end: int) -> None:
        found = self.partitions.get(partition)
        if found is not None:
            found.measures.ends[topic] = end

    def sought(self, topic: str, partition: int, offset: int) -> None:
        found = self.partitions.get(partition)
        if found is not None:
            found.expected[topic] = offset

    async def drain(self) -> None:
        self.epoch += 1
        await self._stop_loops()
        for partition in self.partitions.values():
            partition.forget_queued()

    # -- life -----------------------------------------------------------------------------------

    async def open(self, assigned: Iterable[tuple[str, int]], still_ours: Callable[[], bool]) -> None:
        """Open what is assigned, close what is not, start the loops; abandoned when a newer assignment came."""
        async with self._opening:
            await self._stop_loops()
            wanted = self._checked(assigned)
            for number in [number for number in self.partitions if number not in wanted]:
                self._close(number)
            new = [number for number in sorted(wanted) if number not in self.partitions]
            started = time.monotonic()
            opened = await asyncio.gather(
                *(asyncio.to_thread(self._open, number) for number in new), return_exceptions=True
            )
            problems = [found for found in opened if isinstance(found, BaseException)]
            for found in opened:
                if isinstance(found, Partition):
                    self.partitions[found.number] = found
            if problems:
                raise problems[0]
            self.restoring.clear()
            if not still_ours():
                log.info("a newer assignment came while opening; this one is abandoned")
                return
            for number in new:
                self._adopt(self.partitions[number])
            self.assigned_at = time.monotonic()
            log.info(
                "%s: %d partitions open after %.2f s", self.group.name, len(self.partitions), self.assigned_at - started
            )
            self._start_loops()

    def _open(self, number: int) -> Partition:
        return open_partition(
            number,
            self.group,
            self._catalog,
            self.settings,
            self._cache,
            self._topic_id,
            connect_producer(self.settings, number),
            self._clock,
            self._progress,
            self._tags,
        )

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

    def _adopt(self, partition: Partition) -> None:
        """Rows of a partition just opened: calls of a former owner, wishes, entities that exist by configuration."""
        for flow in self._calling:
            tag = partition.stepper.tag(flow)
            for key, value in partition.store.scan(tag):
                state, _ = partition.stepper.unpack(flow, value)
                entity = key[len(tag) :]
                if flow.open_call is not None and flow.open_call(state):
                    partition.post(flow.name, entity, Inherited())
                else:
                    self.dispatcher.look(partition, flow, entity, state)
        for flow in self.group.flows:
            for name in flow.seeds(partition.number) if flow.seeds is not None else ():
                if partition.stepper.row(flow, name.encode()) is None:
                    partition.post(flow.name, name.encode(), Due())

    def _start_loops(self) -> None:
        loop = asyncio.get_running_loop()
        for number, partition in self.partitions.items():
            task = loop.create_task(
                partition.run(
                    self.epoch, self._executor, self._committed, lambda t, o, n=number: self._reseek(t, n, o)
                ),
                name=f"partition-{number}",
            )
            task.add_done_callback(self._loop_ended)
            self._loops[number] = task
        if self._dispatching is None and self._calling:
            self._dispatching = loop.create_task(self.dispatcher.run(), name="dispatcher")
            self._dispatching.add_done_callback(self._loop_ended)
        self._room.set()

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
                raise TimeoutError(f"{len(late)} steps did not end within {self.settings.drain_timeout_s} s")

    def _committed(self, partition: Partition, decided: Decided) -> None:
        if partition.has_room():
            self._room.set()
        if not self._calling:
            return
        number = partition.number
        for name, entity in decided.turns:
            self.dispatcher.settled((number, name, entity))
        for name, entity, call in decided.calls:
            self.dispatcher.make((number, name, entity), call)
        for flow in self._calling:
            for entity in decided.touched[flow.name]:
                row = partition.stepper.row(flow, entity)
                self.dispatcher.look(partition, flow, entity, row[0] if row else None)

    def lost_to_retention(self, topic: str, partition: int, first: int, earliest: int) -> None:
        """Records a topic deleted before they were read: counted, and the partition goes on behind them."""
        self.lost += earliest - first

    def lag(self) -> dict[tuple[str, int], int]:
        """Records between the last committed step and the end, by topic and partition, as last fetched."""
        return {
            (topic, number): max(0, end - partition.positions.inputs.get(topic, 0))
            for number, partition in self.partitions.items()
            for topic, end in partition.measures.ends.items()
        }

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

    def _close(self, number: int) -> None:
        partition = self.partitions.pop(number)
        self.dispatcher.forget(number)
        partition.close()

    async def close(self) -> None:
        """Finish the steps in hand and release everything."""
        await self.drain()
        if self._dispatching is not None:
            self._dispatching.cancel()
        await self.dispatcher.stop()
        for number in list(self.partitions):
            self._close(number)
        self._executor.shutdown(wait=True)
