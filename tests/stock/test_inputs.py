"""What breaks the contract of a topic is refused before a rule sees it, with field, value and remedy."""

from __future__ import annotations

from typing import Any

import pytest

from streams.codec.poison import Poison
from streams.engine.flow import Flow
from streams.flows.shop import shop_flow
from streams.flows.stock import stock_flow
from streams.records.order_hold import OrderHold
from streams.records.shop_watermark import ShopWatermark
from streams.records.stock_change import StockChange, StockLevel
from streams.stock.inputs import AHEAD_MS
from tests.stock.builders import market, markets

NOW = 1_800_000_000_000
CHANGE = StockChange("wms", NOW, (StockLevel("a", 5), StockLevel("b", 7)), orders_until=NOW)
HOLD = OrderHold(NOW, NOW, "w1", "main", ("1",), "OPEN", imported_at=NOW)
STOCK = stock_flow(markets(market("uk")))
SHOP = shop_flow(lambda _: (), {}, 1_000, lambda *_: False)


def event(flow: Flow, topic: str, key: str, value: Any) -> Any:
    (read,) = (one for one in flow.inputs if one.topic == topic)
    return read.event(key, value, NOW)


@pytest.mark.parametrize("field", ["read_at", "orders_until"])
def test_a_reading_from_the_future_is_refused(field: str) -> None:
    event(STOCK, "stock-changes", "MUG", CHANGE._replace(**{field: NOW + AHEAD_MS}))
    with pytest.raises(Poison, match="send milliseconds since 1970") as caught:
        event(STOCK, "stock-changes", "MUG", CHANGE._replace(**{field: NOW * 1000}))
    assert (caught.value.code, caught.value.field, caught.value.value) == ("contract-violated", field, str(NOW * 1000))


@pytest.mark.parametrize("field", ["placed_at", "event_at", "imported_at"])
def test_an_order_from_the_future_is_refused(field: str) -> None:
    event(STOCK, "order-holds", "MUG|uk|1", HOLD._replace(**{field: NOW + AHEAD_MS}))
    event(STOCK, "order-holds", "MUG|uk|1", HOLD._replace(imported_at=None))
    event(STOCK, "order-holds", "MUG|uk|1", None)
    with pytest.raises(Poison, match="Kafka's time of the record") as caught:
        event(STOCK, "order-holds", "MUG|uk|1", HOLD._replace(**{field: NOW + AHEAD_MS + 1}))
    assert caught.value.field == field


def test_a_watermark_from_the_future_is_refused() -> None:
    event(SHOP, "shop-watermarks", "uk", ShopWatermark(NOW, NOW))
    with pytest.raises(Poison, match="orders_until"):
        event(SHOP, "shop-watermarks", "uk", ShopWatermark(NOW * 1000, NOW))


@pytest.mark.parametrize("units", [10**12 + 1, -(10**12) - 1, 2**63 - 1, -(2**63)])
def test_units_nobody_has_are_refused(units: int) -> None:
    event(STOCK, "stock-changes", "MUG", CHANGE._replace(levels=(StockLevel("a", 10**12), StockLevel("b", -(10**12)))))
    with pytest.raises(Poison, match="nobody has so many units") as caught:
        event(STOCK, "stock-changes", "MUG", CHANGE._replace(levels=(StockLevel("a", 5), StockLevel("b", units))))
    assert (caught.value.field, caught.value.value) == ("levels[1].quantity", str(units))
