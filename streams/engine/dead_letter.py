"""What a dead letter looks like.  Key, value and headers of the record itself are published untouched.

Only a value that no topic could carry is left out; the header says so and where to read it.
"""

from __future__ import annotations

import logging
import traceback
from typing import NamedTuple

from streams.codec.poison import Poison
from streams.engine.fetch import Batch, RawRecord

log = logging.getLogger(__name__)
"""``streams.logs`` lets through one line a minute per topic and code."""
PREFIX = "tts."
_LONGEST_TRACE = 4000
_OVERHEAD = 2000
"""Bytes of a record that are neither key, value nor original headers."""

Header = tuple[str, bytes | None]


class Refused(NamedTuple):
    """A dead letter to publish."""

    key: bytes | None
    value: bytes | None
    headers: list[Header]


def dead_letter(batch: Batch, record: RawRecord, poison: Poison, most: int) -> Refused:
    """The dead letter of a record; ``most`` is what a record may weigh.

    Headers added: ``tts.code``, ``tts.topic``, ``tts.partition``, ``tts.offset``, ``tts.timestamp``,
    ``tts.attempts`` and, where known, ``tts.field``, ``tts.value``, ``tts.remedy``, ``tts.trace``; all UTF-8 text.
    """
    offset, when, key, value, original = record
    log.warning(
        "dead letters of %s: %s, such as %d/%d %s: %s",
        *(batch.topic, poison.code, batch.partition, offset, poison.field or "", poison.remedy),
    )
    own = _headers(
        code=poison.code,
        topic=batch.topic,
        partition=str(batch.partition),
        offset=str(offset),
        timestamp=str(when),
        attempts="1",
        field=poison.field,
        value=poison.value,
        remedy=poison.remedy,
        trace=poison.trace,
    )
    weight = len(key or b"") + sum(len(name) + len(text or b"") for name, text in (*original, *own)) + _OVERHEAD
    if weight + len(value or b"") <= most:
        return Refused(key, value, [*original, *own])
    note = f"value of {len(value or b'')} bytes is too large for this topic: read it at the position named here"
    return Refused(_kept(key, most), None, [*_kept_headers(original, most), *own, *_headers(omitted=note)])


def lost_letter(topic: str, partition: int, first: int, following: int) -> Refused:
    """The trace of records that a topic's retention deleted before they were read."""
    note = f"offsets {first} to {following - 1} were deleted before they were read: raise the topic's retention"
    return Refused(
        None,
        None,
        _headers(
            code="lost-to-retention",
            topic=topic,
            partition=str(partition),
            offset=str(first),
            attempts="0",
            value=str(following - first),
            remedy=f"{note}; ask the source to send these entities again",
        ),
    )


def rule_failed(problem: BaseException) -> Poison:
    """A rule of ours raised: the last frames say where."""
    trace = "".join(traceback.format_exception(problem, limit=-6))[-_LONGEST_TRACE:]
    return Poison("rule-failed", None, None, "a rule of ours raised: report this as a bug", trace)


def oversize(what: str, size: int, most: int) -> Poison:
    """A record would make something that no topic takes."""
    return Poison(
        "oversize", what, f"{size} bytes", f"records may have {most} bytes: send less in one record, or raise the limit"
    )


def _headers(**texts: str | None) -> list[Header]:
    return [(PREFIX + name, text.encode("utf-8", "replace")) for name, text in texts.items() if text is not None]


def _kept(key: bytes | None, most: int) -> bytes | None:
    return key if key is None or len(key) <= most // 2 else None


def _kept_headers(headers: list[Header], most: int) -> list[Header]:
    return headers if sum(len(name) + len(text or b"") for name, text in headers) <= most // 4 else []
