"""The outputs of one step while it is decided: dead letters, calls, counts, rows for the local copy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from rocksdict import WriteBatch

from streams.codec.poison import Poison
from streams.engine.attempt import Outlet
from streams.engine.dead_letter import dead_letter, lost_letter
from streams.engine.decided import Decided, Inputs
from streams.engine.errors import BrokenRule
from streams.engine.fetch import Batch, RawRecord
from streams.engine.flow import Call, Completion, Flow, Turn
from streams.engine.left_out import tell_left_out
from streams.engine.routing import Reading
from streams.engine.rows import TableRows

Headers = Sequence[tuple[str, bytes | None]]
DEAD_LETTERS = "sync-dead-letters"
JOBS = "sync-jobs"
Produce = Callable[..., None]


def patient(produce: Produce, relieve: Callable[[], None]) -> Produce:
    """A producer's ``produce`` that waits while its queue is full."""

    def send(
        topic: str, value: bytes | None, key: bytes | None, partition: int, headers: Headers | None = None
    ) -> None:
        while True:
            try:
                if headers is None:
                    produce(topic, value, key, partition)
                else:
                    produce(topic, value, key, partition, headers=headers)
                return
            except BufferError:
                relieve()

    return send


class Target(NamedTuple):
    """Where the outputs of a partition's steps go."""

    readings: Mapping[str, Reading]
    """Full topic name to how it is read: whose records a refused one would have been."""
    outlets: Mapping[str, Outlet]
    changelog: str
    partition: int
    most_bytes: int


class StepOutputs:
    """The outputs of one step while it is decided."""

    __slots__ = (
        "_calls",
        "_counts",
        "_dead",
        "_target",
        "batch",
        "extra",
        "gone",
        "inputs",
        "left_out",
        "next_due",
        "outputs",
        "positions",
        "produce",
        "records",
        "refused",
        "rows",
        "touched",
    )

    def __init__(
        self, target: Target, counts: dict[str, int], batch: WriteBatch, inputs: Inputs, produce: Produce
    ) -> None:
        self._target = target
        self._counts = counts
        """Of the running jobs; added to."""
        self._calls: list[tuple[str, bytes, Call]] = []
        self._dead = 0
        self.inputs = inputs
        self.produce = produce
        self.batch = batch
        self.rows: dict[str, dict[bytes, bytes]] = {}
        self.gone: dict[str, list[bytes]] = {}
        self.touched: dict[str, dict[bytes, Any]] = {}
        self.positions: dict[str, int] = {}
        self.records = 0
        self.outputs = 0
        self.left_out: dict[str, int] = {}
        """``flow:why`` to the number of records that steps left out."""
        self.next_due: int | None = None
        self.refused: set[tuple[str, int]] = set()
        """(topic, offset) of records no flow was given."""
        self.extra: dict[tuple[str, bytes], int] = {}
        """(flow, entity) to the number of its events that are not records."""

    def add(self, group: dict[bytes, list[Any]], name: str, entity: bytes, event: Any) -> None:
        """An event that is not a record: behind the records."""
        group.setdefault(entity, []).append(event)
        self.extra[name, entity] = self.extra.get((name, entity), 0) + 1

    def refuse(self, batch: Batch, record: RawRecord, poison: Poison) -> None:
        """A record that no flow can be given."""
        self.refused.add((batch.topic, record[0]))
        flows = {route.flow.name: route.flow for route in self._target.readings[batch.topic].routes}
        self.refuse_for(tuple(flows.values()), batch, record, poison)

    def refuse_for(self, flows: Sequence[Flow], batch: Batch, record: RawRecord, poison: Poison) -> None:
        """Send a record to the dead letters: original bytes, headers and position, stable code."""
        topic, _, partition_of = self._target.outlets[DEAD_LETTERS]
        key, value, headers = dead_letter(batch, record, poison, self._target.most_bytes)
        self.produce(topic, value, key, partition_of(key or b""), headers=headers)
        self._dead += 1
        for flow in flows:
            self.count(flow, "received", 1)
            self.count(flow, "dead", 1)

    def lose(self, name: str, first: int, following: int) -> None:
        """Leave a trace of records that were deleted before they were read."""
        topic, _, partition_of = self._target.outlets[DEAD_LETTERS]
        key, value, headers = lost_letter(name, self._target.partition, first, following)
        self.produce(topic, value, key, partition_of(b""), headers=headers)
        self.positions[name] = following

    def call(self, flow: Flow, entity: bytes, call: Call) -> None:
        """A call to make after the commit; only a turn, or the answer of the call before, allows one."""
        if not any(
            name == flow.name and of == entity and type(event) in (Turn, Completion)
            for name, of, event in self.inputs.events
        ):
            raise BrokenRule(f"flow {flow.name}, entity {entity!r}: a call was asked for without a turn")
        self._calls.append((flow.name, entity, call))

    def count(self, flow: Flow, what: str, number: int) -> None:
        """Add to the running counts of the flow's job."""
        name = f"{flow.name}:{what}"
        self._counts[name] = self._counts.get(name, 0) + number

    def leave_out(self, flow: Flow, entity: bytes, counts: Mapping[str, int]) -> int:
        """A step left records of the entity out; how many."""
        total = 0
        for why, number in counts.items():
            name = f"{flow.name}:{why}"
            self.left_out[name] = self.left_out.get(name, 0) + number
            self.count(flow, why, number)
            tell_left_out(flow.name, why, entity)
            total += number
        return total

    def write_side(self, table: TableRows) -> None:
        """Rows of a side table that the step changed."""
        for row_key, value in table.changes():
            self.produce(self._target.changelog, value, row_key, self._target.partition)
            if value is None:
                self.batch.delete(row_key)
            else:
                self.batch.put(row_key, value)

    def decided(self) -> Decided:
        events = self.inputs.events
        return Decided(
            self.batch,
            self.rows,
            self._calls,
            self.touched,
            [(name, entity) for name, entity, event in events if type(event) is Turn],
            [(name, entity) for name, entity, event in events if type(event) is Completion],
            self.positions,
            self.records,
            self.outputs,
            self._dead,
            self.next_due,
            self.gone,
            self.left_out,
        )
