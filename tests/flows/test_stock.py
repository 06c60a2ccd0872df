"""What the stock flow makes of records before the rules see them."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from streams.codec.poison import Poison
from streams.engine.flow import Table
from streams.flows.stock import stock_flow
from streams.records.sku_link import SkuLink
from streams.records.sku_stock import SkuStock
from streams.stock.decide import Claim
from tests.stock.builders import T0, Rows, markets, reading

FLOW = stock_flow(markets())


class Looking(NamedTuple):
    now: int = T0
    partition: int = 0

    def rows(self, table: Table) -> Any:
        return Rows()


@pytest.mark.parametrize("event", [reading(5), Claim(SkuLink("p", T0, ("uk",)), T0)])
def test_a_sku_whose_orders_could_not_be_held_is_refused(event: Any) -> None:
    with pytest.raises(Poison) as found:
        FLOW.step("MUG|BLUE", None, [event], Looking())  # type: ignore[arg-type]
    assert (found.value.code, found.value.field, found.value.value) == ("contract-violated", "key", "MUG|BLUE")
    assert "rename" in found.value.remedy
    assert isinstance(FLOW.step("MUG", None, [event], Looking()).state, SkuStock)  # type: ignore[arg-type]
