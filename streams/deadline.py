"""Until when a call may leave: a moment on a clock that nobody sets and that goes on while a process is stopped.

Whoever takes over a row waits until its former owner's call can no longer be applied.  That holds only if a call
never leaves later than its row says, also out of a process that was frozen, or a machine that slept, in between.
"""

from __future__ import annotations

import time
from typing import NamedTuple

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux' clock since boot counts the time a machine sleeps, too."""


def since_boot() -> float:
    """Seconds, of use only against each other, on one machine."""
    return time.clock_gettime(_CLOCK)


class Deadline(NamedTuple):
    """A moment, in ``since_boot`` seconds."""

    at: float

    @classmethod
    def after(cls, ms: float, began: float | None = None) -> Deadline:
        """So many milliseconds after ``began``, or from now on."""
        return cls((since_boot() if began is None else began) + ms / 1000)

    @property
    def left_ms(self) -> int:
        """Milliseconds that are left; 0 and less: it has passed."""
        return int((self.at - since_boot()) * 1000)

    @property
    def passed(self) -> bool:
        return since_boot() >= self.at
