"""How a row is written: whether and when it wants to be woken, which schema it was written with, its state.

    00 schema(2) state            no wake-up
    01 schema(2) wake(8) state    with one

``schema`` is the beginning of the fingerprint of the state's schema.  Rows outlive deployments, so one of an earlier
released schema is resolved to today's when it is read, and written with today's when it next changes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

from streams.codec.schema_files import fingerprint, releases, text_of
from streams.codec.wire import SINGLE_OBJECT, Contract, TopicCodec
from streams.engine.errors import SetupError

MARK_BYTES: Final = 2
_WAKE: Final = struct.Struct(">Q")
_AT: Final = 3
_AT_WITH_WAKE: Final = 11


def row_wake(value: bytes) -> int | None:
    """The wake-up time of a packed row, milliseconds."""
    return None if value[0] == 0 else int(_WAKE.unpack_from(value, _AT)[0])


class RowCodec:
    """Packs and unpacks the rows of one table."""

    def __init__(self, record: ModuleType) -> None:
        self._record = record
        self._encode: Callable[[Any, bytes], bytes] = record.encode
        self._decode: Callable[[bytes, int], Any] = record.decode
        self._mark: bytes = bytes(record.FINGERPRINT[:MARK_BYTES])
        self._plain = b"\x00" + self._mark
        self._woken = b"\x01" + self._mark
        self._earlier: dict[bytes, Callable[[bytes], Any]] = {}

    def pack(self, state: Any, wake: int | None) -> bytes:
        """A row's value in RocksDB and in the changelog."""
        return self._encode(state, self._plain if wake is None else self._woken + _WAKE.pack(wake))

    def state(self, value: bytes) -> Any:
        """The state of a packed row."""
        at = _AT if value[0] == 0 else _AT_WITH_WAKE
        mark = value[1:_AT]
        if mark == self._mark:
            return self._decode(value, at)
        read = self._earlier.get(mark)
        if read is None:
            read = self._earlier[mark] = self._reader_of(mark)
        return read(value[at:])

    def start(self, value: bytes) -> int:
        """Where the state of a packed row begins; 0: it is of an earlier schema."""
        if value.startswith(self._plain):
            return _AT
        return _AT_WITH_WAKE if value.startswith(self._woken) else 0

    def unpack(self, value: bytes) -> tuple[Any, int | None]:
        """State and wake-up time."""
        if value.startswith(self._plain):
            return self._decode(value, _AT), None
        return self.state(value), row_wake(value)

    def _reader_of(self, mark: bytes) -> Callable[[bytes], Any]:
        """Resolves rows of an earlier released schema."""
        name = self._record.__name__.rpartition(".")[2]
        known = releases(name)
        for release in known:
            full = fingerprint(release.text)
            if full[:MARK_BYTES] == mark:
                contract = Contract(self._record, text_of(name), known, False)
                codec = TopicCodec(contract, None, SINGLE_OBJECT + bytes(self._record.FINGERPRINT))
                return lambda body: codec.decode(SINGLE_OBJECT + full + body)
        raise SetupError(
            f"rows of table {name} were written with a schema (fingerprint {mark.hex()}…) that this version does not "
            f"know; it knows {len(known)} released ones: start a version that released it, or a newer one"
        )
