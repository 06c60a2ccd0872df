"""Adapters and records for tests; a test shows only what matters to it."""

from __future__ import annotations

from typing import Any

import orjson

from streams.adapter.adapt import Adapting
from streams.adapter.model import Adapter
from streams.adapter.outcome import Adapted, Skipped
from streams.codec.poison import Poison
from streams.records.stock_change import StockChange

AT = 1_800_000_000_000


def adapter(**settings: Any) -> Adapter:
    """One record = one level, unless said otherwise."""
    level = {
        "channel": settings.pop("channel", {"path": "site"}),
        "quantity": settings.pop("quantity", {"path": "qty"}),
        **settings.pop("level", {}),
    }
    values = {
        "name": "wms",
        "topic": "wms.stock",
        "format": "json",
        "complete": False,
        "sku": {"path": "sku"},
        "levels": [level],
        **settings,
    }
    return Adapter.model_validate(values)


def told(
    one: Adapter, value: Any, key: bytes | None = b"key", headers: Any = None, at: int = AT
) -> Adapted | Skipped | Poison:
    """What becomes of a value (None: a tombstone)."""
    return Adapting(one)(key, None if value is None else orjson.dumps(value), headers, at)


def changes(one: Adapter, value: Any, **options: Any) -> list[tuple[str, StockChange]]:
    found = told(one, value, **options)
    assert isinstance(found, Adapted), found
    assert found.poison is None, found.poison
    return list(found.changes)


def change(one: Adapter, value: Any, **options: Any) -> StockChange:
    ((_, found),) = changes(one, value, **options)
    return found


def levels(one: Adapter, value: Any, **options: Any) -> dict[str, int]:
    found = change(one, value, **options)
    assert len({level.channel for level in found.levels}) == len(found.levels)
    return {level.channel: level.quantity for level in found.levels}


def poison(one: Adapter, value: Any, **options: Any) -> Poison:
    found = told(one, value, **options)
    assert isinstance(found, Poison), found
    return found


def skipped(one: Adapter, value: Any, **options: Any) -> str:
    found = told(one, value, **options)
    assert isinstance(found, Skipped), found
    return found.reason
