"""From market files to what the rules of listings and orders are given."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from streams.flows.orders import WatchPolicy
from streams.listing.shop import ListingPolicy, ShopView
from streams.market.markets import Markets
from streams.market.model import Market
from streams.order.policy import HintPolicy, HoldPolicy, PollPolicy
from streams.records.shop import Shop

LATE_MARGIN_MS = 2_000
"""A request cut off at its deadline may still be applied for so long."""
_POLL_CALL_MARGIN_MS = 5_000
_SLOWER = (1, 2, 5, 10, 30, 60)
"""Times the market's ``look_again_seconds``: waits after the first, second, ... look; the last one repeats."""


def shop_view(markets: Markets, call_deadline_ms: int) -> Callable[[str, Shop | None], ShopView]:
    """The shop as the listing rules see it."""
    usual = ListingPolicy(deadline_ms=call_deadline_ms + LATE_MARGIN_MS)
    policies = {market.name: _listing_policy(market, usual) for market in markets}

    def view(market: str, row: Shop | None) -> ShopView:
        configured = markets.get(market)
        return ShopView(
            market=market,
            orders_until=None if row is None else row.orders_until,
            watermark_max_age_ms=60_000 if configured is None else configured.orders.watermark_max_age_seconds * 1000,
            mode="off" if configured is None else configured.modes.stock,
            policy=policies.get(market, usual),
        )

    return view


def _listing_policy(market: Market, usual: ListingPolicy) -> ListingPolicy:
    first = market.stock.look_again_seconds * 1000
    return usual._replace(
        slow_ms=tuple(first * times for times in _SLOWER),
        skus_per_call=market.listing.skus_per_call,
        max_attempts=market.listing.max_attempts,
        zero_fallback=market.listing.zero_fallback,
    )


def listing_fingerprint(markets: Markets) -> str:
    """Changes when listings are to be compared with TikTok Shop: another shop, another mode, another policy."""
    seen = [(market.name, market.shop, market.modes, market.listing) for market in markets]
    return sha256(repr(seen).encode()).hexdigest()


def watch_policies(markets: Markets, call_deadline_ms: int) -> dict[str, WatchPolicy]:
    """How each market's orders are watched."""
    return {market.name: _watch_policy(market, call_deadline_ms) for market in markets}


def _watch_policy(market: Market, call_deadline_ms: int) -> WatchPolicy:
    cut_over = int(market.orders.cut_over.timestamp() * 1000)
    channels = {place.warehouse: place.channels[0].channel for place in market.warehouses}
    default = market.warehouses[0].channels[0].channel
    call = call_deadline_ms + _POLL_CALL_MARGIN_MS
    return WatchPolicy(
        hold=HoldPolicy(cut_over, channels, default),
        poll=PollPolicy(
            cut_over,
            interval=market.orders.poll_seconds * 1000,
            margin=market.orders.margin_seconds * 1000,
            overlap=market.orders.overlap_seconds * 1000,
            call=call,
        ),
        hint=HintPolicy(call=call),
    )
