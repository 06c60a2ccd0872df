"""The interface between the engine and everything that is decided: read this page to write a flow.

A *flow* says which topics it reads, which rows it keeps and what one step does; the engine does the
rest.  A step is a pure function of what is known about one entity (a SKU, a listing, a shop, an order)
and of what happened to it, in log order.  Whatever it returns is committed in one Kafka transaction
together with the positions of the records it was given: all of it becomes visible, or none.

    stock = Flow(
        name="stock",
        inputs=(Input("stock-changes", Reading), Input("sku-links", Claim)),
        table=Table("sku_stock", sku_stock),          # one row per entity, a generated record module
        side=(Table("order_fact", order_fact),),      # further rows, addressed by key
        outputs=("stock-updates", "sync-results"),
        step=keep,
    )

    def keep(entity: str, state: SkuStock | None, events: Sequence[Event], context: Context) -> Step: ...

Rules for a step:

* No clock, no chance, no I/O: ``context.now`` is the time.  The same state and events give the same step.
* ``state`` is what the last committed step left; None for an entity never seen.
* ``events`` are this flow's own input events (built by ``Input.event``) and, between them, ``Due``
  (the row's ``wake`` has come), ``Swept`` (look again: configuration changed or a scheduled pass),
  ``Turn`` (a call may be made now), ``Completion`` (the answer of a call), ``Inherited`` (a call of a
  former owner may still be under way).
* HTTP never runs in a step.  ``Step.call`` is made after the commit, by the caller bound to the flow,
  and its answer comes back as a ``Completion`` carrying the call's token.  A row that wants a call says
  so in ``Flow.ready``; the engine grants a ``Turn`` when the caller's limits have room.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, NamedTuple, Protocol

from streams.deadline import Deadline


class Due(NamedTuple):
    """The wake-up time the row asked for has come (perhaps long ago: it fires once)."""


class Swept(NamedTuple):
    """Decide this entity again: configuration changed, or a scheduled pass is under way."""


class Turn(NamedTuple):
    """The limits of every operation named by ``ready`` have room: a call may be made in this step."""

    operations: tuple[str, ...] = ()
    """The operations that have room, as the row named them when it waited."""


class Completion(NamedTuple):
    """The answer of a call.  A token that is no longer pending must be ignored by the step."""

    token: str
    answer: Any


class Inherited(NamedTuple):
    """The row has a call open that this process did not make, or that ended with an earlier assignment."""


class Emit(NamedTuple):
    """One record to publish: short topic name, key (text) and the value's record, None for a tombstone."""

    topic: str
    key: str
    value: Any


class Call(NamedTuple):
    """A call to make after the commit; ``request`` is whatever the flow's caller understands."""

    token: str
    request: Any
    deadline_ms: int
    """Hard limit on the whole call.  Shorter than the session time-out of the consumer group."""


class Step(NamedTuple):
    """What one step decided for one entity."""

    state: Any
    """The new row; the very same object: unchanged; None: the row is deleted."""
    emits: Sequence[Emit] = ()
    wake: int | None = None
    """Milliseconds: when to be given ``Due``.  Replaces the former wish; None: never."""
    call: Call | None = None
    counts: Mapping[str, int] | None = None
    """Outcomes to add to the counts of the current job, such as {"applied": 2}."""


class Ready(NamedTuple):
    """A row that wants to make a call."""

    queue: str
    """Who is called, the unit of limits: a market."""
    lane: int
    """Priority, lower first."""
    since: int
    """Milliseconds: order within a lane."""
    operations: tuple[str, ...]
    """Operations the turn may use; all must have room."""


class Held(NamedTuple):
    """A row that could make a call if its queue let it: looked at again when the queue is freed, or at ``until``."""

    queue: str
    until: int
    """Milliseconds: looked at again then in any case."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one kind, kept per partition; ``record`` is a generated module with encode and decode."""

    name: str
    record: ModuleType


class Rows(Protocol):
    """Rows of a side table in the partition of the current step; writes belong to the step."""

    def get(self, key: str) -> Any | None: ...

    def put(self, key: str, row: Any) -> None: ...

    def drop(self, key: str) -> None: ...

    def scan(self, prefix: str, after: str = "") -> Iterable[tuple[str, Any]]:
        """Rows whose key starts with ``prefix`` and comes behind ``after``, in byte order of their keys.

        Read as they are asked for: a caller that needs a portion stops there.
        """
        ...


class Context(Protocol):
    """What a step may look at besides its own row."""

    now: int
    """Milliseconds since 1970 UTC, the same for the whole step."""
    partition: int

    def rows(self, table: Table) -> Rows:
        """A side table of the flow, or read-only any other table of the same group."""
        ...


Event = Any
"""A flow's own event, or one of Due, Swept, Turn, Completion, Inherited."""

StepFunction = Callable[[str, Any, Sequence[Event], Context], Step]


@dataclass(frozen=True, slots=True)
class Input:
    """A topic a flow reads.

    ``event`` turns (key text, value record, Kafka's time in ms) into the flow's event.  ``entity`` of the
    topic (see its yaml) says which part of the key names the entity.
    """

    topic: str
    event: Callable[[str, Any, int], Event]
    tombstones: bool = False
    """True: a null value is an event too (value None).  False: it goes to the dead letters."""
    entity: Callable[[str], str] | None = None
    """Overrides the topic's entity, for flows that keep rows of another grain."""


QuickStep = Callable[
    [bytes, bytes, int, int | None, Sequence[Any], int, bytes, int], tuple[bytes | None, bytes, bytes | None] | None
]
"""(entity, packed row, where its state begins, its wake, events, bytes before a value's record, bytes before the
output's, now) to the new packed row (None: unchanged), and the output's key and value (None: no output)."""


class Quick(NamedTuple):
    """A way past ``Flow.step`` for the most frequent records of one input, on packed rows and records.

    It gives what the step would give, with the same wake and nothing else, or None: the step is asked then.  Events
    that are still packed are raw records, plain tuples.  Not for flows that make calls.
    """

    topic: str
    """One of the flow's inputs, whose key is the entity; no other flow of the group reads it."""
    output: str
    step: QuickStep


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow of a worker group."""

    name: str
    inputs: tuple[Input, ...]
    table: Table
    step: StepFunction
    outputs: tuple[str, ...] = ()
    side: tuple[Table, ...] = ()
    ready: Callable[[str, Any, Context], Ready | Held | int | None] | None = None
    """For flows that call: the row wants a turn now (Ready), not before a time (ms), when its queue is freed (Held),
    or not at all."""
    open_call: Callable[[Any], bool] | None = None
    """True when the row has a call under way; such rows get ``Inherited`` when a partition is opened."""
    calls_at_once: int = 1
    """Calls a row may have under way; a row with so many gets no turn, whatever it wants."""
    follow_up: tuple[str, ...] = ()
    """Operations of a turn that comes with an answer, in one step, when there is room and nobody waits for it; its
    call may be made or not.  Empty: every turn has a step of its own."""
    counts_outcomes: bool = False
    """True: steps return in ``counts`` what became of every record received (sooner or later), and the jobs of the
    flow add up to that.  False: a record is done when its step is, as changed, unchanged or collapsed, or as one of
    those that the step left out."""
    leaves_out: tuple[str, ...] = ()
    """For flows without ``counts_outcomes``: why a step may leave records out, as it says in ``counts``."""
    fingerprint: str = ""
    """Hash of the configuration the rules depend on.  When it differs from the stored one, every row is swept."""
    sweep_every_ms: int = 0
    """Scheduled pass over all rows; 0: none."""
    seeds: Callable[[int], Sequence[str]] | None = None
    """Entities that exist by configuration (the markets of a partition): given ``Due`` when a partition opens
    and they have no row yet.  Called with the partition number."""
    frees: Callable[[str, Any, Any, int], bool] | None = None
    """For calling flows: this change of a row (entity, row before or None, row after, now) lets the rows go on that
    are held in the queue of the entity's name."""
    quick: Quick | None = None
    """A way past ``step`` where most records are of one simple shape."""


class Caller(Protocol):
    """Makes a flow's calls and knows their limits.  One per flow and worker, bound by the application."""

    def room(self, ready: Ready, now: int) -> int:
        """Milliseconds until the operations have room; 0: now."""
        ...

    def take(self, ready: Ready, now: int) -> None:
        """The turn is granted: the room is used."""
        ...

    def give_back(self, ready: Ready, now: int) -> None:
        """The turn brought no call: its room is there for others."""
        ...

    def call(self, queue: str, call: Call, deadline: Deadline) -> Awaitable[Any]:
        """Make the call; never raises for anything the other side may do, returns the answer as a value.

        Nothing that changes anything may leave after the deadline, which counts from before the row was decided:
        whoever has the row then may act upon it.  It may have passed already.
        """
        ...


@dataclass(frozen=True, slots=True)
class Group:
    """A worker group: one Faust app, one consumer group, one changelog; its flows share partitions."""

    name: str
    flows: tuple[Flow, ...]
    partitions: int
    callers: Mapping[str, Caller] = field(default_factory=dict)
    """Flow name to the caller of its calls."""

    @property
    def tables(self) -> tuple[Table, ...]:
        found: dict[str, Table] = {}
        for flow in self.flows:
            for table in (flow.table, *flow.side):
                found.setdefault(table.name, table)
        return tuple(found.values())
