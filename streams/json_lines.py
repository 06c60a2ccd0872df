"""Files of records for ``streams try``: one JSON value per line, or one JSON array, as editors and tools leave them."""

from __future__ import annotations

from typing import Any

import orjson

SHOWN = 80
"""Characters of a broken line that are repeated in the error."""
LATEST_MS = 253_402_300_799_999
"""The end of the year 9999."""


class NoRecords(ValueError):
    """The file cannot be read: line, what stands there, what is wrong with it, what helps."""

    def __init__(self, line: int, shown: str, reason: str, remedy: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.shown = shown
        self.reason = reason
        self.remedy = remedy


def records_of(text: str) -> list[Any]:
    """All values of a file, one at least; a byte order mark in front is no part of it."""
    stripped = text.removeprefix("\ufeff").strip()
    if not stripped:
        raise NoRecords(1, "", "it holds no record", "write one JSON object per line")
    lines = stripped.split("\n")
    if stripped.startswith("["):
        return list(_value(stripped, lines, 1))
    return [_value(line, lines, number) for number, line in enumerate(lines, 1) if line.strip()]


def _value(text: str, lines: list[str], first: int) -> Any:
    try:
        return orjson.loads(text.encode("utf-8", "surrogatepass"))
    except orjson.JSONDecodeError as error:
        at = first + error.lineno - 1
        shown = lines[at - 1].strip()[:SHOWN]
        raise NoRecords(at, shown, f"it is not JSON: {error.msg}", "write one JSON object per line") from None


def is_time(value: object, least: int = 0) -> bool:
    """Milliseconds since 1970, of a calendar."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= LATEST_MS
