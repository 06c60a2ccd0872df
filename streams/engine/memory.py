"""How much memory the C libraries of a worker may leave lying about.

glibc gives every thread a heap of its own and rarely gives one back.  A worker has dozens of threads (RocksDB,
librdkafka) that allocate in bursts, above all while a state is restored; with two heaps for all of them the process
stays half as large.
"""

from __future__ import annotations

import ctypes
import sys

_M_ARENA_MAX = -8
"""glibc's ``mallopt``: most heaps."""
HEAPS = 2


def few_heaps() -> bool:
    """Limit the heaps of this process; before its first thread.  False: another C library, which has no such limit."""
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and bool(mallopt(_M_ARENA_MAX, HEAPS))
