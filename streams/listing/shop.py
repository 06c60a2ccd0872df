"""What the rules know of the shop a listing belongs to: read by the flow, an argument of every rule.

Values only; which market has which values is nobody's business here.
"""

from typing import Literal, NamedTuple

Mode = Literal["live", "shadow", "off"]
ZeroFallback = Literal["deactivate", "alarm"]


class ListingPolicy(NamedTuple):
    """How patient deliveries of one market are."""

    deadline_ms: int = 10_000
    """After this a request of ours can no longer be applied: the call's hard deadline and a margin."""
    max_attempts: int = 6
    """Failures that cost an attempt before a SKU is given up."""
    backoff_ms: tuple[int, ...] = (1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000)
    """Waits after the first, second, ... failure; the last one repeats."""
    jitter_ms: int = 500
    """Added to a wait, spread by the token of the failed call, so that a crowd does not return together."""
    slow_ms: tuple[int, ...] = (60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000)
    """Waits for what only people or TikTok Shop can change: a missing listing, a frozen product, a promotion."""
    recheck_ms: int = 2_000
    """How long after the orders should be known a listing asks whether they are."""
    orders_unknown_ms: int = 60_000
    """How often an increase asks by itself whether the orders are known; the shop's watermark wakes it earlier."""
    settle_ms: int = 30_000
    """An order fact at or before the orders' watermark has reached this listing after this time."""
    skus_per_call: int = 300
    """Most SKUs of a product in one inventory write."""
    zero_fallback: ZeroFallback = "deactivate"
    """deactivate: a product that is out and refuses quantity 0 is taken off sale.  alarm: only told."""


class ShopView(NamedTuple):
    """The shop as one step sees it."""

    market: str
    orders_until: int | None
    """Every order event at or before this is known (TikTok Shop's clock); None: nothing is known yet."""
    watermark_max_age_ms: int
    mode: Mode
    policy: ListingPolicy = ListingPolicy()


def orders_known(shop: ShopView, now: int) -> bool:
    """Whether the orders are known until lately, so that an increase cannot sell again what was just sold."""
    return shop.orders_until is not None and now - shop.orders_until <= shop.watermark_max_age_ms
