"""What notifications would make us do, as plain values to print."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from streams.codec.poison import Poison
from streams.commercetools.hints import SETTLE_MS, Hints, Skipped, hints_of


def told(value: bytes, at: int, *, settle_ms: int = SETTLE_MS, project: str | None = None) -> Iterator[dict[str, Any]]:
    """One value per record: the whole, or, where the whole is none, one per line; as the relay would take it."""

    def found(record: bytes) -> Hints | Skipped | Poison:
        return hints_of(record, at, settle_ms=settle_ms, project=project)

    whole = found(value)
    lines = [line for line in value.splitlines() if line.strip()]
    if isinstance(whole, Poison) and len(lines) > 1:
        yield from (shown(found(line)) for line in lines)
    else:
        yield shown(whole)


def shown(found: Hints | Skipped | Poison) -> dict[str, Any]:
    """Hints by key, or why there are none."""
    if isinstance(found, Skipped):
        return {"notification": found.label, "skipped": found.why}
    if isinstance(found, Poison):
        return _shown(found)
    hints = [
        {"key": hint.key, **{name: value for name, value in hint.value._asdict().items() if value is not None}}
        for hint in found.hints
    ]
    poison = {} if found.poison is None else _shown(found.poison)
    return {"notification": found.label, "hints": hints, **poison}


def _shown(poison: Poison) -> dict[str, Any]:
    return {"poison": poison.code, "field": poison.field, "value": poison.value, "remedy": poison.remedy}
