"""How large the campaign is, as values."""

from __future__ import annotations

from typing import NamedTuple

from streams.market.model import COMMERCETOOLS


class Scale(NamedTuple):
    """One campaign."""

    seconds: int = 120
    """The flash sale itself; start and quiet end come on top."""
    skus: int = 2_000
    skus_per_product: int = 4
    changes_per_second: float = 60.0
    """Units sold or received elsewhere, spread over SKUs by Zipf's law."""
    orders_per_second: float = 20.0
    """Buyers' attempts over both shops, by the same law."""
    calls_per_second: float = 40.0
    """The simulator's limit per operation and shop."""
    wms_lag_seconds: float = 4.0
    """How late the warehouse system hears of an order."""
    cancelled_share: float = 0.05
    """Orders their buyers cancel some seconds later."""
    seed: int = 7


class MarketScale(NamedTuple):
    """One market of the campaign."""

    name: str
    region: str
    currency: str
    channel: str
    authority: str
    """Who knows what lies there."""
    logic: str
    buffer: int
    """Units held back: more than are sold of the hottest SKU, here and elsewhere, from a look to the write after it."""
    percentage: int


WMS = "wms"
MARKETS = (
    MarketScale("uk", "GB", "GBP", "london", WMS, "available", 8, 10),
    MarketScale("de", "DE", "EUR", "berlin", COMMERCETOOLS, "on_stock", 8, 10),
)
DEAD_BAND = (2, 20)
"""Changes of at most 2 units are not sent while more than 20 are shown."""
SHARED_CHANNEL = "hub"
"""A warehouse both markets sell from, 50 % each; the warehouse system knows it."""
CHANNELS = (*(market.channel for market in MARKETS), SHARED_CHANNEL)


def sku_name(number: int) -> str:
    return f"CAMP-{number:05d}"


def product_name(sku: int, scale: Scale) -> str:
    return f"product-{sku // scale.skus_per_product:05d}"


def zipf_weights(count: int, exponent: float = 0.8) -> list[float]:
    """Cumulative weights of Zipf's law: of 2 000 SKUs the first takes about a thirtieth of everything."""
    total, weights = 0.0, []
    for rank in range(1, count + 1):
        total += 1.0 / rank**exponent
        weights.append(total)
    return weights
