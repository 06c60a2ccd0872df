"""One RocksDB per partition: a cache of the committed changelog, never ahead of it.

Key space (bytes; the first one says what it is)::

    00 ...            the store's own facts: changelog position, topic id, time of the last write, positions
    01 due(8) rowkey  timers by due time; an entry counts only while the row still asks for that time
    tag entity        rows: a table's tag and the entity, UTF-8; the same key is used in the changelog

How a row is written stands in ``row_codec``.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

from rocksdict import AccessType, BlockBasedOptions, Cache, Options, Rdict, WriteBatch

from streams.engine.errors import StateLocked
from streams.engine.row_codec import row_wake

POSITIONS = b"\x00positions"
_CHANGELOG_NEXT = b"\x00changelog-next"
_TOPIC_ID = b"\x00topic-id"
_WRITTEN_AT = b"\x00written-at"
TIMER = b"\x01"
_U64 = struct.Struct(">Q")

_MIB = 1024 * 1024


class Unreadable(Exception):
    """A local copy that RocksDB cannot open."""


class Origin(NamedTuple):
    """Where the copy stands in its changelog."""

    topic_id: str
    next_offset: int
    written_at: int


def timer_key(due: int, row_key: bytes) -> bytes:
    return TIMER + _U64.pack(due) + row_key


def _options(cache: Cache) -> Options:
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_write_buffer_size(4 * _MIB)
    options.set_max_write_buffer_number(2)
    options.set_max_background_jobs(2)
    options.set_keep_log_file_num(2)
    options.set_max_total_wal_size(32 * _MIB)
    table = BlockBasedOptions()
    table.set_block_cache(cache)
    table.set_bloom_filter(10, False)
    options.set_block_based_table_factory(table)
    return options


def block_cache(megabytes: int) -> Cache:
    """One cache shared by the partitions of a worker."""
    return Cache(megabytes * _MIB)


class Store:
    """The local copy of one partition's rows."""

    def __init__(self, path: Path, cache: Cache) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.db = Rdict(str(path), options=_options(cache), access_type=AccessType.read_write())
        except Exception as problem:
            if "lock" in str(problem).lower():
                raise StateLocked(path) from problem
            raise Unreadable(str(problem)) from problem

    def origin(self) -> Origin | None:
        """Where this copy stands; None for an empty one."""
        topic_id, following, written = self.db.get(_TOPIC_ID), self.db.get(_CHANGELOG_NEXT), self.db.get(_WRITTEN_AT)
        if topic_id is None or following is None or written is None:
            return None
        return Origin(topic_id.decode(), _U64.unpack(following)[0], _U64.unpack(written)[0])

    def positions(self) -> bytes | None:
        """The last committed position record."""
        found: bytes | None = self.db.get(POSITIONS)
        return found

    def get(self, key: bytes) -> bytes | None:
        found: bytes | None = self.db.get(key)
        return found

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        return cast("list[bytes | None]", self.db.get(cast(Any, keys)))

    def batch(self) -> WriteBatch:
        return WriteBatch(raw_mode=True)

    def write(self, batch: WriteBatch, topic_id: str, next_offset: int, now: int) -> None:
        """Write one step's rows and the changelog position that covers them, all or nothing."""
        batch.put(_CHANGELOG_NEXT, _U64.pack(next_offset))
        batch.put(_TOPIC_ID, topic_id.encode())
        batch.put(_WRITTEN_AT, _U64.pack(now))
        self.db.write(batch)

    def scan(self, prefix: bytes, after: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Rows whose key starts with ``prefix``, in order, strictly behind ``after``."""
        cursor = self.db.iter()
        cursor.seek(prefix if after is None else after)
        try:
            while cursor.valid():
                key: bytes = cursor.key()
                if not key.startswith(prefix):
                    return
                if after is None or key > after:
                    yield key, cursor.value()
                cursor.next()
        finally:
            del cursor

    def portion(self, prefix: bytes, after: bytes | None, limit: int) -> list[tuple[bytes, bytes]]:
        """At most ``limit`` rows behind ``after``; the iterator is closed before returning."""
        found = []
        for pair in self.scan(prefix, after):
            found.append(pair)
            if len(found) >= limit:
                break
        return found

    def due(self, now: int, limit: int) -> tuple[list[tuple[int, bytes]], int | None]:
        """Timers due at ``now`` (at most ``limit``), and the time of the next one behind them."""
        found: list[tuple[int, bytes]] = []
        for key, _ in self.scan(TIMER):
            when = _U64.unpack_from(key, 1)[0]
            if when > now or len(found) >= limit:
                return found, when
            found.append((when, key[9:]))
        return found, None

    def size(self) -> tuple[int, int]:
        """Estimated rows and bytes on disk, for metrics."""
        rows = self.db.property_int_value("rocksdb.estimate-num-keys") or 0
        disk = self.db.property_int_value("rocksdb.total-sst-files-size") or 0
        return int(rows), int(disk)

    def close(self) -> None:
        self.db.close()


def discard(path: Path) -> None:
    """Throw a local copy away; it is only a cache."""
    shutil.rmtree(path, ignore_errors=True)


def apply_changes(batch: WriteBatch, changes: Iterable[tuple[bytes, bytes | None]]) -> int:
    """Put changelog records into a batch: rows, tombstones, timers, positions.  Returns how many."""
    put: Any = batch.put
    delete: Any = batch.delete
    count = 0
    for key, value in changes:
        count += 1
        if value is None:
            delete(key)
            continue
        put(key, value)
        if value[0] == 1 and key[0] != 0:
            put(timer_key(row_wake(value) or 0, key), b"")
    return count
