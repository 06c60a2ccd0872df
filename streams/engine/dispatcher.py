"""Grants turns and makes calls: the only place where HTTP meets the partitions, always between two steps.

A row that wants a call waits in its shop's queue.  When the caller's limits have room the row gets a
``Turn``; the step it causes says what to call, with the freshest values; the call is made after the commit;
its answer goes back as a ``Completion``.  A call that outlives its deadline is cut off by the caller.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from streams.engine.flow import Call, Caller, Completion, Flow, Ready, Turn
from streams.engine.queues import Entry, ReadyQueues

if TYPE_CHECKING:
    from streams.engine.partition import Partition

log = logging.getLogger(__name__)
_IDLE_S = 0.5


class Dispatcher:
    """One per worker."""

    def __init__(
        self,
        flows: Mapping[str, Flow],
        callers: Mapping[str, Caller],
        partitions: Mapping[int, Partition],
        calls_per_queue: int,
        clock: Callable[[], int],
        failed: Callable[[BaseException], None],
    ) -> None:
        self.queues = ReadyQueues()
        self.calls_made = 0
        self._flows = flows
        self._callers = callers
        self._partitions = partitions
        self._calls_per_queue = calls_per_queue
        self._clock = clock
        self._failed = failed
        self._changed = asyncio.Event()
        self._granted: dict[Entry, str] = {}
        """Turns granted whose step has not been committed yet, and their queue."""
        self._queue_of: dict[Entry, str] = {}
        """Queue a row was last given a turn in; a follow-up call belongs to the same."""
        self._under_way: dict[str, int] = {}
        """Calls made and not answered, by queue."""
        self._tasks: set[asyncio.Task[None]] = set()

    def look(self, partition: Partition, flow: Flow, entity: bytes, row_state: object) -> None:
        """A row was committed or restored: what does it want now?"""
        assert flow.ready is not None
        entry = (partition.number, flow.name, entity)
        context = partition.stepper.context
        context.now = self._clock()
        wish = None if row_state is None else flow.ready(entity.decode(), row_state, context)
        self.queues.put(entry, wish)
        self._changed.set()

    def settled(self, entry: Entry) -> None:
        """The step of a granted turn was committed."""
        if self._granted.pop(entry, None) is not None:
            self._changed.set()

    def forget(self, partition: int) -> None:
        """A partition was given up; its calls go on, their answers find nobody."""
        self.queues.drop_partition(partition)
        for entry in [entry for entry in self._granted if entry[0] == partition]:
            del self._granted[entry]

    def make(self, entry: Entry, call: Call) -> None:
        """Make a call; the transaction that decided it is committed."""
        partition, flow, entity = entry
        queue = self._queue_of[entry]
        self.calls_made += 1
        self._under_way[queue] = self._under_way.get(queue, 0) + 1
        task = asyncio.get_running_loop().create_task(self._call(partition, flow, entity, call, queue))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call(self, number: int, flow: str, entity: bytes, call: Call, queue: str) -> None:
        try:
            answer = await self._callers[flow].call(queue, call)
        except Exception as problem:
            log.exception("caller of %s raised; this is a bug", flow)
            self._failed(problem)
            return
        finally:
            self._under_way[queue] -= 1
            self._changed.set()
        partition = self._partitions.get(number)
        if partition is not None:
            partition.post(flow, entity, Completion(call.token, answer))

    async def run(self) -> None:
        """Grant turns for ever."""
        while True:
            self._changed.clear()
            wait_ms = self._grant()
            try:
                await asyncio.wait_for(self._changed.wait(), min(_IDLE_S, wait_ms / 1000))
            except TimeoutError:
                continue

    def _grant(self) -> int:
        """Grant what has room; milliseconds until it is worth looking again."""
        now = self._clock()
        for number, flow_name, entity in self.queues.overdue(now):
            partition = self._partitions.get(number)
            if partition is not None:
                flow = self._flows[flow_name]
                row = partition.stepper.row(flow, entity)
                self.look(partition, flow, entity, row[0] if row else None)
        wait = 500
        for line in self.queues.lines():
            queue = line[0]
            while self._busy(queue) < self._calls_per_queue:
                found = self.queues.first(line)
                if found is None:
                    break
                entry, wish = found
                partition = self._partitions.get(entry[0])
                if partition is None or entry in self._granted:
                    self.queues.remove(entry)
                    continue
                room = self._callers[entry[1]].room(wish, now)
                if room > 0:
                    wait = min(wait, room)
                    break
                self._give(partition, entry, wish, now)
        return max(1, wait)

    def _busy(self, queue: str) -> int:
        return self._under_way.get(queue, 0) + sum(1 for other in self._granted.values() if other == queue)

    def _give(self, partition: Partition, entry: Entry, wish: Ready, now: int) -> None:
        self._callers[entry[1]].take(wish, now)
        self.queues.remove(entry)
        self._granted[entry] = wish.queue
        self._queue_of[entry] = wish.queue
        partition.post(entry[1], entry[2], Turn())

    async def stop(self) -> None:
        """Cut off what is under way; its deadline is waited out by whoever owns the row next."""
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
