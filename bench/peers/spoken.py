"""What a peer is told, and what it says to the bench.  Standard library only."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import NamedTuple


class Told(NamedTuple):
    """The arguments of every peer, in this order."""

    bootstrap: str
    source: str
    """Input topic."""
    target: str
    """Output topic."""
    name: str
    """Of this run: group, changelog and state are named after it."""
    folder: Path
    """For local state."""


def told() -> Told:
    bootstrap, source, target, name, folder = sys.argv[1:6]
    return Told(bootstrap, source, target, name, Path(folder))


def say_first() -> None:
    """The first record is in our hands: the clock starts."""
    sys.__stdout__.write(f"first {time.time_ns()}\n")  # type: ignore[union-attr]
    sys.__stdout__.flush()  # type: ignore[union-attr]
