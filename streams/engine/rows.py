"""Rows of a side table while a step is decided: committed rows with the step's own writes laid over them.

Writes of the entity in hand become part of the step when its rule has returned, and are forgotten when it
raised.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from operator import itemgetter
from typing import Any

from streams.engine.row_codec import RowCodec
from streams.engine.store import Store


class ReadRows:
    """Committed rows of a table; not to be written by this step."""

    __slots__ = ("_state", "_store", "_tag")

    def __init__(self, store: Store, tag: bytes, codec: RowCodec) -> None:
        self._store = store
        self._tag = tag
        self._state = codec.state

    def get(self, key: str) -> Any | None:
        value = self._store.get(self._tag + key.encode())
        return None if value is None else self._state(value)

    def put(self, key: str, row: Any) -> None:
        raise TypeError(f"row {key!r}: a step writes its own row by returning it, and rows of its flow's side tables")

    def drop(self, key: str) -> None:
        self.put(key, None)

    def scan(self, prefix: str, after: str = "") -> Iterator[tuple[str, Any]]:
        skip = len(self._tag)
        for key, value in self._store.scan(self._tag + prefix.encode(), self._tag + after.encode() if after else None):
            yield key[skip:].decode(), self._state(value)


class TableRows:
    """Implements ``flow.Rows`` over a partition's store."""

    __slots__ = ("_current", "_pack", "_pending", "_state", "_store", "_tag")

    def __init__(self, store: Store, tag: bytes, codec: RowCodec) -> None:
        self._store = store
        self._tag = tag
        self._pack = codec.pack
        self._state = codec.state
        self._pending: dict[bytes, Any | None] = {}
        self._current: dict[bytes, Any | None] = {}

    def begin(self) -> None:
        """A new step begins."""
        if self._pending:
            self._pending = {}
        if self._current:
            self._current = {}

    def accept(self) -> None:
        """The rule of the entity in hand returned."""
        if self._current:
            self._pending.update(self._current)
            self._current = {}

    def reject(self) -> None:
        """The rule of the entity in hand raised."""
        if self._current:
            self._current = {}

    def mark(self) -> dict[bytes, Any | None]:
        """What the entity in hand has written so far."""
        return dict(self._current)

    def back_to(self, mark: dict[bytes, Any | None]) -> None:
        """Forget what was written after the mark."""
        self._current = mark

    def changes(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Row keys and packed values this step changed; None: deleted."""
        for key, row in self._pending.items():
            yield key, None if row is None else self._pack(row, None)

    def get(self, key: str) -> Any | None:
        row_key = self._tag + key.encode()
        if row_key in self._current:
            return self._current[row_key]
        if row_key in self._pending:
            return self._pending[row_key]
        value = self._store.get(row_key)
        return None if value is None else self._state(value)

    def put(self, key: str, row: Any) -> None:
        self._current[self._tag + key.encode()] = row

    def drop(self, key: str) -> None:
        self._current[self._tag + key.encode()] = None

    def scan(self, prefix: str, after: str = "") -> Iterator[tuple[str, Any]]:
        start, behind = self._tag + prefix.encode(), self._tag + after.encode()
        overlay = {
            key: row
            for written in (self._pending, self._current)
            for key, row in written.items()
            if key.startswith(start) and (not after or key > behind)
        }
        skip = len(self._tag)
        stored = (
            (key, value) for key, value in self._store.scan(start, behind if after else None) if key not in overlay
        )
        written = ((key, None) for key in sorted(key for key, row in overlay.items() if row is not None))
        for key, value in merge(stored, written, key=itemgetter(0)):
            row = overlay[key] if value is None else self._state(value)
            yield key[skip:].decode(), row
