"""What a system under test is, and where it runs once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from bench.process import Watched
from bench.verify import QuantityOf

PARTITIONS = 8
"""Of the input topic; the product's default."""


class Run(NamedTuple):
    """Where one system runs on one workload."""

    bootstrap: str
    source: str
    """Input topic, the same for all."""
    target: str
    """Output topic, one partition because all is about one market."""
    name: str
    """Of this run; groups, changelogs and state carry it."""
    folder: Path
    """For local state and the log."""
    build: Path
    core: int
    """The worker's."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """How to start a system."""

    command: Sequence[str]
    environment: Mapping[str, str]
    changelog: str
    own_topics: Sequence[str] = ()
    """Compacted topics that must exist before it starts."""
    ready_at: Callable[[Watched], float] | None = None
    """When the clock starts, for a system that does not say when it has the first record."""


@dataclass(frozen=True, slots=True)
class System:
    """One way to do the job."""

    name: str
    words: str
    """For the report."""
    exactly_once: bool
    prepare: Callable[[Run], Prepared]
    quantity_of: QuantityOf
    quick: bool = True
    """Also part of QUICK=1."""
    build: Callable[[Path], None] = field(default=lambda _: None)
