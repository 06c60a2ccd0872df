"""The few fields of commercetools' resources that we use; everything else in an answer is ignored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class InventoryEntry(NamedTuple):
    """Units of one SKU in one supply channel."""

    id: str
    version: int
    sku: str
    channel_id: str | None
    """None: the general stock."""
    on_stock: int
    """``quantityOnStock``: also what is reserved."""
    available: int
    """``availableQuantity``: without what is reserved; may be negative."""


def inventory_entry(resource: Mapping[str, Any]) -> InventoryEntry | None:
    """None: a field that must be there is missing."""
    channel = resource.get("supplyChannel")
    channel_id = channel.get("id") if isinstance(channel, Mapping) else None
    numbers = [resource.get(name) for name in ("version", "quantityOnStock", "availableQuantity")]
    texts = [resource.get(name) for name in ("id", "sku")]
    if not all(isinstance(one, int) and abs(one) < 2**62 for one in numbers):
        return None
    if not all(isinstance(one, str) and one for one in texts) or (channel is not None and not channel_id):
        return None
    return InventoryEntry(texts[0] or "", numbers[0] or 0, texts[1] or "", channel_id, numbers[1] or 0, numbers[2] or 0)


def inventory_entries(resources: Iterable[Mapping[str, Any]]) -> list[InventoryEntry] | None:
    """All of an answer; None: one of them cannot be read, so that nothing of it is believed."""
    found = [inventory_entry(one) for one in resources]
    return None if None in found else [one for one in found if one is not None]


def channel_keys(resources: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Id to key of the channels that have one: market files name channels by key, entries by id."""
    return {str(one["id"]): one["key"] for one in resources if isinstance(one.get("key"), str)}
