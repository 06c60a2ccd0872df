"""What every listing must show once all is quiet: the rule, applied afresh to the warehouse system's truth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from streams.market.markets import Markets
from streams.records.sku_link import SkuLink
from streams.records.stock_change import StockChange
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
    readings: Iterable[tuple[str, Sequence[StockChange]]], claimed: Sequence[str], markets: Markets, now: int
) -> dict[tuple[str, str, str], int]:
    """(market, SKU, warehouse) to units; ``readings`` are each SKU's true stock, one per source."""
    found = {}
    for sku, changes in readings:
        inputs: list[Claim | Reading] = [Claim(SkuLink("any", 1, tuple(claimed)), now)]
        inputs += [Reading(change, now) for change in changes]
        decision = decide(sku, None, _NoFacts(), inputs, now, markets)
        for market, _, update in decision.updates:
            for level in update.levels:
                found[market, sku, level.warehouse] = level.sellable
    return found
