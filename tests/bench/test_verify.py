"""The bench believes no system: whatever is wrong in its outputs is found."""

from __future__ import annotations

import pytest

from bench.job import LOW_WATER, MARKET, WAREHOUSE, held_back, product_of, sellable
from bench.verify import FRAMING, Outputs, Wrong
from streams.records import stock_update
from streams.records.stock_update import OfferedLevel, StockUpdate

SKU = "SKU-0000001"
KEY = f"{MARKET}:{product_of(SKU)}".encode()


def delta(quantity: int, sequence: int = 1, wrong: int = 0) -> bytes:
    back, term = held_back(quantity)
    gross = sellable(quantity) + wrong
    level = OfferedLevel(WAREHOUSE, gross, 0, 0, gross, quantity, 0, back, term)
    return FRAMING + stock_update.encode(StockUpdate(SKU, sequence, 5, "STOCK", (level,), (), LOW_WATER))


def test_the_last_delta_counts() -> None:
    outputs = Outputs(exactly_once=True)
    outputs.take(KEY, delta(50, 1))
    assert outputs.missing({SKU: 60}) == 1
    outputs.take(KEY, delta(60, 2))
    assert outputs.missing({SKU: 60}) == 0


def test_a_sku_that_was_never_said_out_is_missing() -> None:
    assert Outputs(exactly_once=True).missing({SKU: 60}) == 1


def test_a_delta_that_breaks_the_formula_is_wrong() -> None:
    with pytest.raises(Wrong, match="formula"):
        Outputs(exactly_once=True).take(KEY, delta(50, wrong=1))


def test_a_delta_under_another_key_is_wrong() -> None:
    with pytest.raises(Wrong, match="key"):
        Outputs(exactly_once=True).take(b"bench:product-9", delta(50))


def test_a_delta_without_framing_is_wrong() -> None:
    with pytest.raises(Wrong, match="framed"):
        Outputs(exactly_once=True).take(KEY, delta(50)[10:])


def test_the_same_sequence_twice_is_wrong_for_exactly_once() -> None:
    outputs = Outputs(exactly_once=True)
    outputs.take(KEY, delta(50))
    with pytest.raises(Wrong, match="twice"):
        outputs.take(KEY, delta(50))


def test_the_same_sequence_twice_is_counted_for_at_least_once() -> None:
    outputs = Outputs(exactly_once=False)
    outputs.take(KEY, delta(50))
    outputs.take(KEY, delta(50))
    assert outputs.repeated == 1


def test_a_sku_nobody_changed_is_wrong() -> None:
    outputs = Outputs(exactly_once=True)
    outputs.take(KEY, delta(50))
    with pytest.raises(Wrong, match="nobody"):
        outputs.missing({})
