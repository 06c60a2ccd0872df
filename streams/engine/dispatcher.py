"""Grants turns and makes calls: the only place where HTTP meets the partitions, always between two steps.

A row that wants a call waits in its shop's queue.  When the caller's limits have room the row gets a
``Turn``; the step it causes says what to call, with the freshest values; the call is made after the commit;
its answer goes back as a ``Completion``.  A call that outlives its deadline is cut off by the caller.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from streams.deadline import Deadline
from streams.engine.decided import Decided
from streams.engine.flow import Call, Caller, Completion, Flow, Held, Ready, Turn
from streams.engine.queues import Entry, ReadyQueues

if TYPE_CHECKING:
    from streams.engine.partition import Partition

log = logging.getLogger(__name__)
_IDLE_MS = 500


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
        self._granted: dict[Entry, Ready] = {}
        """Turns granted whose step has not been committed yet."""
        self._turn_of: dict[Entry, Ready] = {}
        """A row's last turn: its queue is that of the calls that follow from it."""
        self._open: dict[Entry, int] = {}
        """Calls of a row whose answers have not been heard."""
        self._under_way: dict[str, int] = {}
        """Calls made and not answered, by queue."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._freeing = [flow for flow in flows.values() if flow.frees is not None]
        self._last: dict[Entry, Any] = {}
        """Rows of freeing flows as last committed: few, one per queue."""

    def wish(self, entry: Entry, wish: Ready | Held | int | None) -> None:
        """What a row wants now."""
        self.queues.put(entry, wish)
        self._changed.set()

    def look(self, partition: Partition, name: str, entity: bytes) -> None:
        """A row may want something else than before, since time has passed."""
        row = partition.stepper.row(self._flows[name], entity)
        self._look_at(partition, name, entity, None if row is None else row[0])

    def _look_at(self, partition: Partition, name: str, entity: bytes, state: Any) -> None:
        flow = self._flows[name]
        assert flow.ready is not None
        looking = partition.stepper.looking
        looking.now = self._clock()
        wish = None if state is None else flow.ready(entity.decode(), state, looking)
        self.wish((partition.number, name, entity), wish)

    def committed(self, partition: Partition, decided: Decided, began: float) -> None:
        """A step was committed: make its calls, hear its rows.  ``began``: when its deciding did, since boot."""
        number = partition.number
        calling = {(name, entity) for name, entity, _ in decided.calls}
        for name, entity in decided.turns:
            granted = self._granted.pop((number, name, entity), None)
            if granted is not None and (name, entity) not in calling:
                self._callers[name].give_back(granted, self._clock())
        for name, entity in decided.completions:
            entry = (number, name, entity)
            if entry in self._open:
                self._open[entry] -= 1
        for name, entity, call in decided.calls:
            self._make(partition, name, entity, call, Deadline.after(call.deadline_ms, began))
        for name, entity in (*decided.turns, *decided.completions):
            self._tidy((number, name, entity))
        for name, rows in decided.touched.items():
            for entity, state in rows.items():
                self._look_at(partition, name, entity, state)
        for flow in self._freeing:
            for entity, state in decided.touched.get(flow.name, {}).items():
                self._free(partition, flow, entity, state)
        self._changed.set()

    def _free(self, partition: Partition, flow: Flow, entity: bytes, state: Any) -> None:
        """Let the rows of an entity's queue go on when its row says so."""
        assert flow.frees is not None
        if state is None:
            return
        entry = (partition.number, flow.name, entity)
        queue, now, before = entity.decode(), self._clock(), self._last.get(entry)
        self._last[entry] = state
        if flow.frees(queue, before, state, now):
            self.queues.free(partition.number, queue, now)

    def _tidy(self, entry: Entry) -> None:
        """Forget a row's queue when no turn and no call of it is open."""
        if not self._open.get(entry) and entry not in self._granted:
            self._open.pop(entry, None)
            self._turn_of.pop(entry, None)

    def forget(self, partition: int) -> None:
        """A partition was given up; its calls go on, their answers find nobody."""
        self.queues.drop_partition(partition)
        self._granted = {entry: wish for entry, wish in self._granted.items() if entry[0] != partition}
        self._turn_of = {entry: wish for entry, wish in self._turn_of.items() if entry[0] != partition}
        self._open = {entry: calls for entry, calls in self._open.items() if entry[0] != partition}
        self._last = {entry: row for entry, row in self._last.items() if entry[0] != partition}

    def _make(self, partition: Partition, flow: str, entity: bytes, call: Call, deadline: Deadline) -> None:
        entry = (partition.number, flow, entity)
        queue = self._turn_of[entry].queue
        self.calls_made += 1
        self._open[entry] = self._open.get(entry, 0) + 1
        self._under_way[queue] = self._under_way.get(queue, 0) + 1
        task = asyncio.get_running_loop().create_task(self._call(partition, flow, entity, call, queue, deadline))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call(
        self, partition: Partition, flow: str, entity: bytes, call: Call, queue: str, deadline: Deadline
    ) -> None:
        try:
            answer = await self._callers[flow].call(queue, call, deadline)
        except Exception as problem:
            log.exception("caller of %s raised; this is a bug", flow)
            self._failed(problem)
            return
        finally:
            self._under_way[queue] -= 1
            self._changed.set()
        if self._partitions.get(partition.number) is partition:
            partition.post(flow, entity, Completion(call.token, answer))
            self._follow_up(partition, (partition.number, flow, entity))

    def _is_busy(self, entry: Entry) -> bool:
        """Whether a row has to wait for its turn or its answer: the step of that looks at it again."""
        return entry in self._granted or self._open.get(entry, 0) >= self._flows[entry[1]].calls_at_once

    def _follow_up(self, partition: Partition, entry: Entry) -> None:
        """Let an answer bring the next turn with it: one step instead of two, where nobody waits for the room.

        Only the answer of a turn for the same operations: any other may lead to a call of its own.
        """
        former, operations = self._turn_of.get(entry), self._flows[entry[1]].follow_up
        if former is None or former.operations != operations:
            return
        queue, now = former.queue, self._clock()
        if self._busy().get(queue, 0) >= self._calls_per_queue or self.queues.waits(queue):
            return
        wish = former._replace(lane=0, since=now)
        if self._callers[entry[1]].room(wish, now) <= 0:
            self._give(partition, entry, wish, now)

    def _busy(self) -> dict[str, int]:
        """Calls and turns under way, by queue."""
        busy = dict(self._under_way)
        for wish in self._granted.values():
            busy[wish.queue] = busy.get(wish.queue, 0) + 1
        return busy

    async def run(self) -> None:
        """Grant turns for ever."""
        while True:
            self._changed.clear()
            wait_ms = self._grant()
            try:
                await asyncio.wait_for(self._changed.wait(), wait_ms / 1000)
            except TimeoutError:
                continue

    def _grant(self) -> int:
        """Grant what has room; milliseconds until it is worth looking again."""
        now = self._clock()
        for number, name, entity in self.queues.overdue(now):
            partition = self._partitions.get(number)
            if partition is not None:
                self.look(partition, name, entity)
        later = self.queues.next_look()
        wait = _IDLE_MS if later is None else min(_IDLE_MS, later - now)
        busy = self._busy()
        for line in self.queues.lines():
            queue = line[0]
            while busy.get(queue, 0) < self._calls_per_queue:
                found = self.queues.first(line)
                if found is None:
                    break
                entry, wish = found
                partition = self._partitions.get(entry[0])
                if partition is None or self._is_busy(entry):
                    self.queues.remove(entry)
                    continue
                room = self._callers[entry[1]].room(wish, now)
                if room > 0:
                    wait = min(wait, room)
                    break
                self._give(partition, entry, wish, now)
                busy[queue] = busy.get(queue, 0) + 1
        return max(1, wait)

    def _give(self, partition: Partition, entry: Entry, wish: Ready, now: int) -> None:
        self._callers[entry[1]].take(wish, now)
        self.queues.remove(entry)
        self._granted[entry] = wish
        self._turn_of[entry] = wish
        partition.post(entry[1], entry[2], Turn(wish.operations))

    async def stop(self) -> None:
        """Cut off what is under way; its deadline is waited out by whoever owns the row next."""
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
