"""A worker that ends with the process that started it, however that one went.

Its standard input is a pipe of that process and carries nothing.  The kernel closes the other end when the process
dies, also by SIGKILL, which no handler of its own could answer.  Works wherever there are pipes, and from the first
instruction on: who is started too late finds the pipe closed.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress

_STDIN = 0
_DRAIN_LIMIT_S = 65.0
"""Longer than a worker takes to drain; one that still runs then is ended without it."""
_FAILED = 1


def end_when_input_ends() -> None:
    """From now on the end of standard input is a SIGTERM to this process, and after the drain's limit its end."""
    threading.Thread(target=_watch, name="tied", daemon=True).start()


def _watch() -> None:
    with suppress(OSError):  # nothing to read from is nobody to run for
        while os.read(_STDIN, 4096):
            continue
    with suppress(OSError, ValueError):  # its output may have gone with it
        print("the process that started this worker is gone; ending", file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_DRAIN_LIMIT_S)
    os._exit(_FAILED)
