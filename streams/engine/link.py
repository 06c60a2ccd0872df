"""What the Faust side may ask of the engine: the only door between the two."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from faust.types import TP

from streams.engine.fetch import Batch


class OutOfRange(NamedTuple):
    """A wanted offset that its topic does not have."""

    tp: TP
    wanted: int
    first: int
    end: int


class EngineLink(Protocol):
    """Implemented by ``engine.Engine``; used by ``transport`` and ``worker``."""

    epoch: int
    """Grows with every revocation and assignment; batches of an older epoch are dropped."""
    poll_timeout: float
    poll_limit: int
    fetch_max_wait_ms: int
    fetch_max_bytes: int
    client_id: str

    def has_room(self, topic: str, partition: int) -> bool: ...

    async def wait_for_room(self, wait_s: float) -> None: ...

    def deliver(self, batch: Batch) -> None: ...

    def position(self, topic: str, partition: int) -> int | None:
        """Offset of the next record to read by the last committed step; None: nothing read yet."""
        ...

    def positions(self, partitions: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int | None]: ...

    def sought(self, topic: str, partition: int, offset: int) -> None:
        """The partition is read from here on."""
        ...

    def out_of_range(self, lost: OutOfRange) -> int:
        """A position its topic does not have; returns where to go on, or raises when that cannot be known."""
        ...

    async def drain(self) -> None:
        """Finish the steps in hand and stop the partition loops."""
        ...
