"""The local copy: rows, timers and the changelog position live and die together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from streams.engine.errors import StateLocked
from streams.engine.restore import open_store
from streams.engine.row_codec import RowCodec, row_wake
from streams.engine.state_folder import StateFolder
from streams.engine.store import (
    Store,
    apply_changes,
    block_cache,
    timer_key,
)

CACHE = block_cache(4)
BYTES = ModuleType("bytes_record")
BYTES.encode = lambda state, head: head + state  # type: ignore[attr-defined]
BYTES.decode = lambda value, at: value[at:]  # type: ignore[attr-defined]
BYTES.FINGERPRINT = b"bytesrec"  # type: ignore[attr-defined]
HOUR = 3_600_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "0", CACHE)
    yield opened
    opened.close()


def write(store: Store, *changes: tuple[bytes, bytes | None]) -> None:
    batch = store.batch()
    apply_changes(batch, changes)
    store.write(batch, "topic", 7, 1_000)


def pack_row(state: bytes, wake: int | None) -> bytes:
    """A row of bytes, as a table would write it."""
    return RowCodec(BYTES).pack(state, wake)


@pytest.mark.parametrize("wake", [None, 0, 1, 1_764_000_000_000])
def test_a_row_carries_state_and_wake(wake: int | None) -> None:
    packed = pack_row(b"state", wake)
    assert row_wake(packed) == wake
    assert RowCodec(BYTES).unpack(packed) == (b"state", wake)


def test_changes_are_applied_in_order(store: Store) -> None:
    write(store, (b"t\0a", pack_row(b"1", None)), (b"t\0b", pack_row(b"1", None)))
    write(store, (b"t\0a", pack_row(b"2", None)), (b"t\0b", None))
    assert store.get_many([b"t\0a", b"t\0b"]) == [pack_row(b"2", None), None]
    origin = store.origin()
    assert origin is not None and origin.next_offset == 7


def test_timers_come_in_the_order_of_their_times(store: Store) -> None:
    write(
        store,
        (b"t\0late", pack_row(b"", 300)),
        (b"t\0early", pack_row(b"", 100)),
        (b"t\0middle", pack_row(b"", 200)),
        (b"t\0none", pack_row(b"", None)),
    )
    assert store.due(250, 10) == ([(100, b"t\0early"), (200, b"t\0middle")], 300)
    assert store.due(1_000, 1) == ([(100, b"t\0early")], 200)
    assert store.due(50, 10) == ([], 100)


def test_no_timer_at_all(store: Store) -> None:
    assert store.due(1_000, 10) == ([], None)


def test_portions_of_one_table_only(store: Store) -> None:
    write(store, *((b"t\0%d" % number, pack_row(b"", None)) for number in range(5)), (b"u\0x", pack_row(b"", None)))
    first = store.portion(b"t\0", None, 3)
    assert [key for key, _ in first] == [b"t\x000", b"t\x001", b"t\x002"]
    assert [key for key, _ in store.portion(b"t\0", first[-1][0], 3)] == [b"t\x003", b"t\x004"]


def test_timers_are_no_rows(store: Store) -> None:
    write(store, (b"t\0a", pack_row(b"", 5)))
    assert [key for key, _ in store.scan(b"t\0")] == [b"t\0a"]
    assert store.get(timer_key(5, b"t\0a")) == b""


@pytest.mark.parametrize(
    ("topic", "now", "kept"),
    [("topic", 1_000 + HOUR, True), ("other", 1_000, False), ("topic", 1_000 + 23 * HOUR, False)],
)
def test_a_foreign_or_old_copy_is_thrown_away(tmp_path: Path, topic: str, now: int, kept: bool) -> None:
    first = open_store(tmp_path / "0", CACHE, "topic", 1_000, 24 * HOUR)
    write(first, (b"t\0a", pack_row(b"", None)))
    first.close()
    again = open_store(tmp_path / "0", CACHE, topic, now, 24 * HOUR)
    assert (again.get(b"t\0a") is not None) == kept
    again.close()


def test_a_copy_that_was_never_written_is_no_copy(tmp_path: Path) -> None:
    Store(tmp_path / "0", CACHE).close()
    again = open_store(tmp_path / "0", CACHE, "topic", 0, HOUR)
    assert again.origin() is None
    again.close()


def test_a_damaged_copy_is_built_anew(tmp_path: Path) -> None:
    first = open_store(tmp_path / "0", CACHE, "topic", 1_000, HOUR)
    write(first, (b"t\0a", pack_row(b"", None)))
    first.close()
    (tmp_path / "0" / "CURRENT").write_text("nonsense")
    again = open_store(tmp_path / "0", CACHE, "topic", 1_000, HOUR)
    assert again.get(b"t\0a") is None
    again.close()


def test_a_copy_in_use_is_a_clear_error(tmp_path: Path, store: Store) -> None:
    with pytest.raises(StateLocked, match="in use by another live process"):
        Store(store.path, CACHE)


def test_a_folder_belongs_to_one_worker(tmp_path: Path) -> None:
    with StateFolder(tmp_path), pytest.raises(StateLocked, match="TTS_STATE_DIR"), StateFolder(tmp_path):
        pass
    with StateFolder(tmp_path):
        pass
