"""What every listing must show once all is quiet: the rule, applied afresh to the warehouse system's truth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from streams.demo.scale import MARKETS, WMS
from streams.market.markets import Markets
from streams.records.sku_link import SkuLink
from streams.records.stock_change import StockChange, StockLevel
from streams.stock.decide import Claim, Reading, decide


class _NoFacts:
    """Rows of orders, none: the truth already counts them all."""

    def get(self, key: str) -> Any:
        return None

    def put(self, key: str, row: Any) -> None:
        raise AssertionError("no order is known here")

    def drop(self, key: str) -> None:
        raise AssertionError("no order is known here")

    def scan(self, prefix: str) -> Iterator[tuple[str, Any]]:
        return iter(())


def expected_quantities(
    levels: Iterable[tuple[str, tuple[StockLevel, ...]]], markets: Markets, now: int
) -> dict[tuple[str, str, str], int]:
    """(market, SKU, warehouse) to units."""
    found = {}
    claimed = tuple(market.name for market in MARKETS)
    for sku, counted in levels:
        reading = Reading(StockChange(source=WMS, read_at=now, levels=counted), now)
        decision = decide(sku, None, _NoFacts(), (Claim(SkuLink("any", 1, claimed), now), reading), now, markets)
        for market, _, update in decision.updates:
            for level in update.levels:
                found[market, sku, level.warehouse] = level.sellable
    return found
