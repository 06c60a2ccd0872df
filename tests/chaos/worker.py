"""A worker whose clock can be set while it runs: ``python -m tests.chaos.worker NAME``.

``CHAOS_CLOCK`` names a file of eight bytes: nanoseconds its clock is ahead.  All of our code asks ``time.time_ns``;
the clocks of Faust, librdkafka and the operating system stay as they are.  SIGUSR1 writes what every
thread is doing to the log.
"""

from __future__ import annotations

import faulthandler
import mmap
import os
import signal
import struct
import sys
import time
from pathlib import Path

_AHEAD = struct.Struct("<q")


def write_offset(file: Path, milliseconds: int) -> None:
    """Set the clock of the worker that reads this file; in place, for it is mapped."""
    with file.open("r+b" if file.exists() else "w+b") as clock:
        clock.write(_AHEAD.pack(milliseconds * 1_000_000))


def install(file: Path) -> None:
    """From now on the time is what the file adds to it."""
    with file.open("rb") as clock:
        held = mmap.mmap(clock.fileno(), _AHEAD.size, access=mmap.ACCESS_READ)
    true = time.time_ns

    def stepped() -> int:
        return true() + int(_AHEAD.unpack(held[:])[0])

    time.time_ns = stepped


if __name__ == "__main__":
    faulthandler.register(signal.SIGUSR1)
    install(Path(os.environ["CHAOS_CLOCK"]))
    from streams.cli import main

    sys.argv = ["streams", "worker", sys.argv[1]]
    main()
