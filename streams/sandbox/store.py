"""One SQLite file is the sandbox's whole memory, and every request is one transaction in it.

A request is answered after its commit, so an answered request survives a killed process and an unanswered one is
either wholly there or not at all. WAL without a sync per commit is enough for that: a kill does not lose what the
operating system already holds. The file is locked, because two sandboxes on one file would each be wrong.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.sandbox.tables import TABLES

MEMORY = ":memory:"
WAL_PAGES = 4_000
"""16 MB until the WAL is synced and written back, which stops everything for some 25 ms; SQLite's own 1 000 pages are
full after a second of writes, and the same pages are written back again and again.
"""


class StoreInUse(Exception):
    """Another process holds the file."""


def opened(path: Path | str = MEMORY, tables: str = TABLES) -> sqlite3.Connection:
    """The database, with its tables; a new file is created, an existing one goes on where it was left."""
    db = sqlite3.connect(str(path), isolation_level=None, check_same_thread=False, cached_statements=512, timeout=0.5)
    db.row_factory = sqlite3.Row
    try:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
        db.execute("PRAGMA cache_size = -65536")
        db.execute("PRAGMA temp_store = MEMORY")
        db.executescript(tables)
    except sqlite3.OperationalError as problem:
        db.close()
        if "locked" not in str(problem):
            raise
        raise StoreInUse(f"{path} is used by another sandbox; stop it or choose another --data folder") from problem
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; a crash in the middle leaves nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
