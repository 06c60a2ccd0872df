"""A worker's C libraries share few heaps."""

import ctypes
import subprocess
import sys

import pytest

from streams.engine.memory import few_heaps

HEAPS_OF_THREADS = """
import ctypes, sys, threading
from pathlib import Path
from streams.engine.memory import few_heaps
if sys.argv[1] == "few":
    assert few_heaps()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
gate = threading.Barrier(17)
def hold():
    libc.malloc(ctypes.c_size_t(1000))
    gate.wait()
    gate.wait()
for _ in range(16):
    threading.Thread(target=hold, daemon=True).start()
gate.wait()
maps = Path("/proc/self/maps").read_text().splitlines()
def size(line):
    start, end = (int(part, 16) for part in line.split()[0].split("-"))
    return end - start
# a heap of a thread is reserved as one span of 64 MiB: what is used of it, and the rest
spans = [size(one) + size(other) for one, other in zip(maps, maps[1:])
         if one.split()[0].split("-")[1] == other.split()[0].split("-")[0]]
print(sum(span == 64 * 1024 * 1024 for span in spans))
gate.wait()
"""


def heaps(word: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", HEAPS_OF_THREADS, word], capture_output=True, text=True, check=True, timeout=60
    )
    return int(done.stdout)


def test_many_threads_share_few_heaps() -> None:
    if hasattr(ctypes.CDLL(None), "gnu_get_libc_version"):
        assert heaps("few") <= 2 < heaps("many")
    else:
        assert not few_heaps()


def test_other_platforms_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not few_heaps()
