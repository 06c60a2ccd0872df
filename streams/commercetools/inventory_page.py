"""One page of all inventory entries, in the order of SKUs: which SKUs are whole, what they hold, where to go on.

The entries of a SKU stand together.  On a full page the last SKU may go on overleaf: it is left to the next page, which
begins with it.  A SKU that fills a page alone is passed over and read by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from streams.commercetools.reading import Channels, levels_of
from streams.commercetools.resources import Entries


class InventoryPage(NamedTuple):
    """What a page says."""

    skus: tuple[tuple[str, int | None], ...]
    """SKUs with entries in configured channels, and the digest of their levels; None: to be read by itself."""
    entries: int
    last: str | None
    """The last whole SKU; None: the page is empty."""
    more: bool


def inventory_page(
    results: Sequence[Mapping[str, Any]], entries: Entries, channels: Channels, limit: int
) -> InventoryPage:
    """``entries`` are those of ``results``; ``limit``: how many were asked for."""
    more = len(results) >= limit
    counts = [(sku, sum(1 for _ in some)) for sku, some in groupby(str(one["sku"]) for one in results)]
    alone = more and len(counts) == 1
    if more and not alone:
        counts.pop()
    of_sku = {sku: list(some) for sku, some in groupby(entries.good, key=lambda entry: entry.sku)}
    seen: list[tuple[str, int | None]] = []
    for sku, _ in counts:
        if alone or sku in entries.bad:
            seen.append((sku, None))
            continue
        levels = levels_of(of_sku[sku], channels)
        if levels.entries:
            seen.append((sku, levels.digest))
    return InventoryPage(tuple(seen), sum(number for _, number in counts), counts[-1][0] if counts else None, more)
