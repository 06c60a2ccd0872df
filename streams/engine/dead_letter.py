"""Headers of a dead letter.  Key, value and headers of the record itself are published untouched."""

from __future__ import annotations

from typing import NamedTuple

from streams.codec.poison import Poison

PREFIX = "tts."


class DeadLetter(NamedTuple):
    """Where a record came from and what is wrong with it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    """Milliseconds, Kafka's time of the original record."""
    poison: Poison


def dead_letter_headers(letter: DeadLetter) -> list[tuple[str, bytes]]:
    """``tts.code``, ``tts.topic``, ``tts.partition``, ``tts.offset``, ``tts.timestamp``, ``tts.attempts`` and, where
    known, ``tts.field``, ``tts.value``, ``tts.remedy``, ``tts.trace``; all UTF-8 text."""
    poison = letter.poison
    found = [
        ("code", poison.code),
        ("topic", letter.topic),
        ("partition", str(letter.partition)),
        ("offset", str(letter.offset)),
        ("timestamp", str(letter.timestamp)),
        ("attempts", "1"),
        ("field", poison.field),
        ("value", poison.value),
        ("remedy", poison.remedy),
        ("trace", poison.trace),
    ]
    return [(PREFIX + name, text.encode()) for name, text in found if text is not None]
