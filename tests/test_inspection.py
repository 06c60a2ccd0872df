"""`streams inspect sku`, as people see it."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from streams.inspection import offers, plain, tables_of
from streams.records.sku_stock import ChannelLevel, OrderTally, SkuStock
from tests.stock.builders import market, markets, warehouse

NOW = 1_767_602_402_000
WORLD = markets(
    market("uk", buffer={"absolute": 2}),
    market("off", modes={"stock": "off"}, warehouses=[warehouse(channel="other")]),
)

STATE = {
    "product": "mug",
    "levels": plain((ChannelLevel("wms", "leeds", 50, 1_767_602_402_000, None, None),)),
    "tallies": plain((OrderTally("uk", "7001", "leeds", 3, 2, 1, oldest_hold_at=1_767_602_401_500),)),
}
LISTING = {
    "known": "CONFIRMED",
    "waits_for": "",
    "explanation": "available 50, holds 1, buffer 2 = 2, sent 47",
    "levels": [{"warehouse": "7001", "gross": 50, "net": 3}],
    "proof": [{"warehouse": "7001", "quantity": 47}],
}


def test_times_are_for_people_and_reasons_are_there() -> None:
    shown = _shown({"sku": "MUG[red]", "state": STATE, "offers": {}, "listings": {"uk": LISTING, "de": None}})
    assert "MUG[red]" in shown
    assert "2026-01-05 08:40:02.000Z" in shown and "2026-01-05 08:40:01.500Z" in shown
    assert "available 50, holds 1, buffer 2 = 2, sent 47" in shown and "CONFIRMED" in shown


def test_a_time_of_no_calendar_is_shown_as_it_is() -> None:
    levels = plain((ChannelLevel("wms", "leeds", 50, 1_767_602_402_000_000_000, None, None),))
    found = {"sku": "MUG", "state": {**STATE, "levels": levels}, "offers": {}, "listings": {}}
    assert "1767602402000000000 ms" in _shown(found)


def test_the_rules_explain_themselves_before_anything_is_delivered() -> None:
    told, notes = offers("MUG", state(), NOW, WORLD)
    assert told == {"uk": {"w1": "available 50, holds 0, buffer 2, sent 48"}}
    assert notes == []
    found = {"sku": "MUG", "state": plain(state()), "offers": told, "listings": {}}
    assert "available 50, holds 0, buffer 2, sent 48" in _shown(found)


def test_a_sku_that_nobody_claims_is_told_so() -> None:
    told, (note,) = offers("MUG", state(product=None, markets=()), NOW, WORLD)
    assert told == {} and "no product claims MUG" in note and "sku-links" in note


@pytest.mark.parametrize(
    ("sold_in", "levels", "said"),
    [
        (("uk", "fr"), 1, "market fr, which the claim names, has no file: nothing is decided for it. Files: off, uk"),
        (("off",), 1, "modes.stock = off"),
        (("uk",), 0, "market uk is told nothing yet: no authority has spoken"),
    ],
)
def test_a_market_that_hears_nothing_is_told_with_the_reason(sold_in: tuple[str, ...], levels: int, said: str) -> None:
    _, (note,) = offers("MUG", state(markets=sold_in, levels=state().levels[:levels]), NOW, WORLD)
    assert said in note


def state(**changed: Any) -> SkuStock:
    """50 units, claimed by a product in market uk."""
    return SkuStock(
        **{
            "product": "mug",
            "claimed_at": 1,
            "category": None,
            "markets": ("uk",),
            "levels": (ChannelLevel("commercetools", "main", 50, NOW, None, None),),
            **changed,
        }
    )


def _shown(found: dict[str, object]) -> str:
    output = StringIO()
    console = Console(file=output, width=160, markup=False)
    for table in tables_of(found):
        console.print(table)
    return output.getvalue()
