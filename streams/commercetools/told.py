"""What notifications would make us do, as plain values to print."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from streams.codec.poison import Poison
from streams.commercetools.hints import Hints, Skipped, hints_of


def told(value: bytes, at: int) -> Iterator[dict[str, Any]]:
    """One value per notification: the whole, or, where the whole is none, one per line."""
    whole = hints_of(value, at)
    lines = [line for line in value.splitlines() if line.strip()]
    if isinstance(whole, Poison) and len(lines) > 1:
        yield from (shown(hints_of(line, at)) for line in lines)
    else:
        yield shown(whole)


def shown(found: Hints | Skipped | Poison) -> dict[str, Any]:
    """Hints by key, or why there are none."""
    if isinstance(found, Skipped):
        return {"notification": found.label, "skipped": found.why}
    if isinstance(found, Poison):
        return {"poison": found.code, "remedy": found.remedy}
    hints = [
        {"key": hint.key, **{name: value for name, value in hint.value._asdict().items() if value is not None}}
        for hint in found.hints
    ]
    return {"notification": found.label, "hints": hints}
