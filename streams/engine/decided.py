"""What goes into a step of a partition, and what it leaves to be remembered once it is committed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rocksdict import WriteBatch

from streams.engine.fetch import Batch
from streams.engine.flow import Call

Row = tuple[Any, int | None]
"""state, wake"""


class Loss(NamedTuple):
    """Records a topic deleted before they were read."""

    topic: str
    first: int
    following: int
    """Offset of the first record that is still there."""


class Inputs(NamedTuple):
    """What a step is given, in the order it is applied."""

    batches: Sequence[Batch] = ()
    events: Sequence[tuple[str, bytes, Any]] = ()
    """(flow name, entity, event): inherited calls, completions, sweeps, turns, events from outside the log."""
    timers: Sequence[tuple[int, bytes]] = ()
    """Timers due: (time, row key)."""
    ahead: Mapping[str, int] = {}
    """Topic to the position behind offsets that hold no record (markers, aborted or compacted records)."""
    losses: Sequence[Loss] = ()


class Decided(NamedTuple):
    """What must be remembered once the transaction is committed."""

    batch: WriteBatch
    rows: dict[str, dict[bytes, bytes]]
    """Flow name to entity to new row, packed."""
    calls: list[tuple[str, bytes, Call]]
    touched: dict[str, dict[bytes, Any]]
    """Calling flow to the entities that were decided, and their states: each may have another wish now."""
    turns: list[tuple[str, bytes]]
    """(flow, entity) of the turns that were used."""
    completions: list[tuple[str, bytes]]
    """(flow, entity) of the answers that were heard."""
    positions: dict[str, int]
    records: int
    outputs: int
    dead: int
    next_due: int | None
    gone: dict[str, list[bytes]] = {}  # noqa: RUF012 - never changed
    """Flow name to the entities whose rows were deleted."""
    left_out: Mapping[str, int] = {}
    """``flow:why`` to the number of records that steps left out."""
