"""What must raise an alarm beside the engine's figures: old holds, unknown orders, exposed units, shops without tokens.

Built when metrics are asked for, from committed rows; a survey reads the many, the few shops are read each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from prometheus_client.core import GaugeMetricFamily, Metric

from streams.engine.flow import Context
from streams.flows.listing import LISTING
from streams.flows.shop import SHOP, sealed_access
from streams.flows.stock import SKU_STOCK
from streams.flows.survey import Survey
from streams.records.listing import Listing
from streams.records.shop import Shop
from streams.records.sku_stock import SkuStock

Contexts = Callable[[], Mapping[int, Context]]
Clock = Callable[[], int]
UNCLAIMED = ""
"""Name of a figure beside those of markets: no market is called so."""


def oldest_holds(_: str, state: SkuStock) -> Iterable[tuple[str, int]]:
    """When the oldest orders that hold units of a SKU were placed, by market."""
    return [(tally.market, tally.oldest_hold_at) for tally in state.tallies if tally.oldest_hold_at is not None]


def held_and_unclaimed(key: str, state: SkuStock) -> Iterable[tuple[str, int]]:
    """Also whether the SKU has stock that no product claims, so that nobody is told."""
    found = [*oldest_holds(key, state)]
    return [*found, (UNCLAIMED, 1)] if state.product is None and state.levels else found


def exposed(key: str, state: Listing) -> Iterable[tuple[str, int]]:
    """Units of a listing on offer beyond the rule."""
    units = sum(sku.exposed for sku in state.skus)
    return [(key.partition(":")[0], units)] if units else []


class HoldAlarms:
    """Of the group ``decide``."""

    def __init__(self, contexts: Contexts, clock: Clock) -> None:
        self._survey = Survey(SKU_STOCK, contexts, held_and_unclaimed, _older_or_more)
        self._clock = clock

    def collect(self) -> Iterable[Metric]:
        family = GaugeMetricFamily(
            "tts_oldest_hold_seconds", "Age of the oldest order that holds units.", labels=["market"]
        )
        unclaimed = GaugeMetricFamily("tts_unclaimed_skus", "SKUs with stock that no product claims.")
        now, found = self._clock(), self._survey.figures()
        unclaimed.add_metric([], found.pop(UNCLAIMED, 0))
        for market, placed_at in found.items():
            family.add_metric([market], max(0.0, (now - placed_at) / 1000))
        yield from (family, unclaimed)


def _older_or_more(name: str, known: int, more: int) -> int:
    return known + more if name == UNCLAIMED else min(known, more)


class ShopAlarms:
    """Of the group ``deliver``."""

    def __init__(self, contexts: Contexts, markets_at: Callable[[int], Sequence[str]], clock: Clock) -> None:
        self._contexts = contexts
        self._markets_at = markets_at
        self._survey = Survey(LISTING, contexts, exposed, lambda _, known, more: known + more)
        self._clock = clock

    def collect(self) -> Iterable[Metric]:
        units = GaugeMetricFamily("tts_exposed_units", "Units on offer beyond the rule.", labels=["market"])
        age = GaugeMetricFamily("tts_orders_age_seconds", "Since when orders are not known.", labels=["market"])
        without = GaugeMetricFamily("tts_shop_stopped", "1: no usable tokens.", labels=["market", "code"])
        now, found = self._clock(), self._survey.figures()
        for number, context in self._contexts().items():
            for market in self._markets_at(number):
                shop: Shop | None = context.rows(SHOP).get(market)
                units.add_metric([market], found.get(market, 0))
                until = None if shop is None else shop.orders_until
                age.add_metric([market], float("inf") if until is None else max(0.0, (now - until) / 1000))
                code = stopped(shop)
                if code is not None:
                    without.add_metric([market, code], 1)
        yield from (units, age, without)


def stopped(shop: Shop | None) -> str | None:
    """Why a shop has no tokens that work, or will not have them much longer; None: it has."""
    if shop is None:
        return "not-connected"
    if shop.stopped:
        return shop.stopped
    return None if sealed_access(shop) is not None else "being-fetched"
