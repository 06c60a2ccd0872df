"""How often a unit is oversold, in a model of one SKU on sale: the real stock and listing rules must do at least
as well as the design says they can.

The histories are the same in every run.  STREAMS_MODEL_HISTORIES sets how many of each kind are played
(1000: the figures of docs; the default keeps the test short).
"""

import os
from functools import cache, partial

import pytest

from tests.model.history import History, market_for
from tests.model.real import RealDeliverer
from tests.model.simple import Care, SimpleDeliverer
from tests.model.world import Weather

HISTORIES = int(os.environ.get("STREAMS_MODEL_HISTORIES", "100"))


@cache
def played(weather: Weather, care: Care | None = None) -> list[tuple[int, int]]:
    """Per history the units oversold, and those a low write put on sale blindly; without ``care`` by the real rules."""
    markets = market_for(weather)
    deliverer = RealDeliverer if care is None else partial(SimpleDeliverer, care)
    histories = [History(seed, weather, deliverer, markets) for seed in range(HISTORIES)]
    return [(history.run(), history.blind) for history in histories]


def oversold(weather: Weather, care: Care | None = None) -> int:
    """Histories in which a unit was oversold, of a thousand."""
    worst = [units for units, _ in played(weather, care)]
    found = sum(units > 0 for units in worst) * 1000 // HISTORIES
    print(f"{found} of 1000 histories oversold, {sum(worst)} units in {HISTORIES}")
    return found


def test_the_model_is_as_hard_as_the_designs() -> None:
    """Without the rules that follow it oversells in as many histories."""
    assert oversold(Weather(), "figures") >= 200
    assert oversold(Weather(), "gross") >= 400
    assert oversold(Weather(), "overwritten") >= 130


def test_with_gross_overwritten_orders_and_search_few_histories_oversell() -> None:
    assert oversold(Weather()) <= 42


def test_quick_calls_make_it_better() -> None:
    assert oversold(Weather(call=1_000)) <= 12


def test_a_buffer_of_three_beside_the_search_never_oversells() -> None:
    assert oversold(Weather(buffer=3)) == 0


def test_without_any_delay_nothing_is_oversold() -> None:
    assert oversold(Weather(lag=0, call=0)) == 0


def test_with_webhooks_down_the_search_carries() -> None:
    assert oversold(Weather(lag=60_000)) <= 86


@pytest.mark.parametrize("weather", [Weather(), Weather(call=1_000), Weather(lag=60_000)])
def test_a_low_write_sells_again_only_what_was_bought_since_the_look(weather: Weather) -> None:
    assert [seed for seed, (_, blind) in enumerate(played(weather)) if blind] == []


@pytest.mark.parametrize("weather", [Weather(), Weather(lost=0.3), Weather(buffer=3, lag=20_000)])
def test_when_all_is_quiet_the_shop_shows_what_the_rule_wants(weather: Weather) -> None:
    markets = market_for(weather)
    for seed in range(HISTORIES // 5):
        history = History(seed, weather, RealDeliverer, markets)
        history.run()
        history.quiet()
        assert history.last is not None
        assert history.shop.figure == history.last.levels[0].sellable
        assert history.last.levels[0].net == history.shop.committed
        assert history.state is not None
        assert [tally.holds for tally in history.state.tallies] == [0]
        promised = sum(order.units for order in history.shop.orders.values() if not order.cancelled)
        assert history.shop.figure == max(0, history.shelf.there - promised - weather.buffer)
