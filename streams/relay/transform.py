"""What becomes of one record of a topic that is not ours.

A transform is a plain function; the relay knows nothing of what stands in a record.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from streams.codec.poison import Poison

Headers = list[tuple[str, bytes | None]]


class Output(NamedTuple):
    """One record to write."""

    topic: str
    """Short name."""
    key: str
    value: Any
    """A record of the topic's schema."""


class Transformed(NamedTuple):
    """Outputs of one record, in order."""

    outputs: Sequence[Output]
    outcome: str
    """For counts: applied, dead, or why it was left out."""
    poison: Poison | None = None
    """The record goes to the dead letters too."""


Transform = Callable[[bytes | None, bytes | None, Headers | None, int], Transformed]
"""From key, value, headers and Kafka's time (milliseconds, negative: none).  Raises ``RegistryUnavailable`` only."""


class Feed(NamedTuple):
    """A topic to read, and what becomes of its records."""

    topic: str
    """Full name."""
    transform: Transform
    writes: tuple[str, ...]
    """Short names of the topics it writes."""


APPLIED, DEAD = "applied", "dead"
EMPTY: tuple[Output, ...] = ()


def refused(poison: Poison) -> Transformed:
    return Transformed(EMPTY, DEAD, poison)


def left_out(reason: str) -> Transformed:
    return Transformed(EMPTY, reason)
