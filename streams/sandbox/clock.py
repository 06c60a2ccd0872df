"""The sandbox's own time: real time times a speed plus an offset, and it can be stepped.

Order and token times follow this clock, so that the hour of a held order passes in a moment. Rate limits and the
window of a request's timestamp follow real time, because the caller under test lives there.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """From `real` on, when the sandbox's clock showed `shown`, it runs at `speed` sandbox seconds per second."""

    real: float
    shown: float
    speed: float


class Clock:
    """Shows the sandbox's time; the pace is a value that the store keeps."""

    def __init__(self, real: Callable[[], float] = time.time, pace: Pace | None = None) -> None:
        self.real = real
        self.pace = pace or Pace(real=0.0, shown=0.0, speed=1.0)

    def seconds(self) -> int:
        """Unix seconds, the unit of almost every time on the wire."""
        return int(self.exact())

    def milliseconds(self) -> int:
        return int(self.exact() * 1000)

    def exact(self) -> float:
        return self.pace.shown + (self.real() - self.pace.real) * self.pace.speed

    def step(self, seconds: float) -> None:
        """Jump ahead; never back, since orders would then be older than their own changes."""
        self.pace = Pace(self.real(), self.exact() + max(0.0, seconds), self.pace.speed)

    def run_at(self, speed: float) -> None:
        self.pace = Pace(self.real(), self.exact(), speed)
