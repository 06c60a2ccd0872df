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


class Entries(NamedTuple):
    """Inventory entries of an answer."""

    good: list[InventoryEntry]
    bad: frozenset[str]
    """SKUs with an entry that lacks what it must have: nothing is believed of them."""


def inventory_entries(resources: Iterable[Mapping[str, Any]]) -> Entries | None:
    """All of an answer; None: one of them does not even say its SKU, so that it may be anyone's."""
    good: list[InventoryEntry] = []
    bad: set[str] = set()
    for resource in resources:
        entry = inventory_entry(resource)
        if entry is not None:
            good.append(entry)
            continue
        sku = resource.get("sku")
        if not isinstance(sku, str) or not sku:
            return None
        bad.add(sku)
    return Entries(good, frozenset(bad))


def channel_keys(resources: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Id to key of the channels that have one: market files name channels by key, entries by id."""
    return {str(one["id"]): one["key"] for one in resources if isinstance(one.get("key"), str)}
