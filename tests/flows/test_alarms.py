"""Figures for alarms: bounded work at each scrape, whole passes, and no figure of partitions that went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

import pytest

from streams.engine.flow import Context
from streams.flows import survey
from streams.flows.alarms import HoldAlarms, ShopAlarms, stopped
from streams.records.listing import Listing, ListingSku
from streams.records.shop import Shop
from streams.records.sku_stock import ChannelLevel, OrderTally, SkuStock

NOW = 1_780_000_000_000


class Rows:
    """Rows of a table in one partition; counts what is read."""

    read = 0

    def __init__(self, rows: Mapping[str, Any]) -> None:
        self.rows = rows

    def get(self, key: str) -> Any:
        return self.rows.get(key)

    def scan(self, prefix: str, after: str = "") -> Iterator[tuple[str, Any]]:
        for key in sorted(self.rows):
            if key > after:
                Rows.read += 1
                yield key, self.rows[key]


class Place:
    """One partition as rules see it."""

    now = NOW
    partition = 0

    def __init__(self, **tables: Mapping[str, Any]) -> None:
        self.tables = {name: Rows(rows) for name, rows in tables.items()}

    def rows(self, table: Any) -> Any:
        return self.tables[table.name]


def values(alarms: HoldAlarms | ShopAlarms, name: str) -> dict[tuple[str, ...], float]:
    (family,) = [family for family in alarms.collect() if family.name == name]
    return {tuple(sample.labels.values()): sample.value for sample in family.samples}


def holding(*since: tuple[str, int]) -> SkuStock:
    tallies = (OrderTally(market, "w", "", 1, 1, holds=1, oldest_hold_at=NOW - age * 1000) for market, age in since)
    return SkuStock(tallies=tuple(tallies))


def test_the_oldest_hold_of_each_market_over_all_partitions() -> None:
    places: dict[int, Context] = {
        0: Place(sku_stock={"a": holding(("uk", 5)), "b": holding(("uk", 90), ("de", 7))}),
        1: Place(sku_stock={"c": holding(("uk", 30)), "d": SkuStock()}),
    }
    assert values(HoldAlarms(lambda: places, lambda: NOW), "tts_oldest_hold_seconds") == {("uk",): 90.0, ("de",): 7.0}


def test_skus_with_stock_that_no_product_claims_are_counted() -> None:
    level = (ChannelLevel("commercetools", "main", 5, NOW),)
    places: dict[int, Context] = {
        0: Place(sku_stock={"a": SkuStock(levels=level), "b": SkuStock(product="p", levels=level), "c": SkuStock()}),
        1: Place(sku_stock={"d": holding(("uk", 5))._replace(levels=level)}),
    }
    alarms = HoldAlarms(lambda: places, lambda: NOW)
    assert values(alarms, "tts_unclaimed_skus") == {(): 2}
    assert values(alarms, "tts_oldest_hold_seconds") == {("uk",): 5}
    places.clear()
    assert values(alarms, "tts_unclaimed_skus") == {(): 0}


def test_a_scrape_reads_a_portion_and_a_figure_lasts_until_the_next_pass_is_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(survey, "PORTION", 2)
    rows = {str(number): holding(("uk", number)) for number in range(5)}
    alarms = HoldAlarms(lambda: {0: Place(sku_stock=rows)}, lambda: NOW)
    seen = []
    Rows.read = 0
    for scrape in count(1):
        seen.append(values(alarms, "tts_oldest_hold_seconds")["uk",])
        assert Rows.read <= 2 * scrape
        if scrape == 3:
            rows["4"] = SkuStock()
        if scrape == 6:
            break
    assert seen == [1.0, 3.0, 4.0, 4.0, 4.0, 3.0]


def test_a_partition_given_up_is_forgotten() -> None:
    places: dict[int, Context] = {0: Place(sku_stock={"a": holding(("uk", 5))})}
    alarms = HoldAlarms(lambda: places, lambda: NOW)
    assert values(alarms, "tts_oldest_hold_seconds")
    places.clear()
    assert not values(alarms, "tts_oldest_hold_seconds")


def shops(row: Shop | None, listings: Mapping[str, Listing] | None = None) -> ShopAlarms:
    place = Place(shop={} if row is None else {"uk": row}, listing=listings or {})
    return ShopAlarms(lambda: {0: place}, lambda _: ["uk"], lambda: NOW)


def working(**changed: Any) -> Shop:
    return Shop(token=b"t", shop_cipher=b"c", generation=1, refused_generation=0, orders_until=NOW - 4_000)._replace(
        **changed
    )


def test_the_age_of_the_order_watermark() -> None:
    assert values(shops(working()), "tts_orders_age_seconds") == {("uk",): 4.0}
    assert values(shops(None), "tts_orders_age_seconds") == {("uk",): float("inf")}


def test_exposed_units_add_up() -> None:
    listings = {
        "uk:a": Listing((ListingSku("a", exposed=3), ListingSku("b"))),
        "uk:b": Listing((ListingSku("c", exposed=2),)),
    }
    assert values(shops(working(), listings), "tts_exposed_units") == {("uk",): 5.0}
    assert values(shops(working()), "tts_exposed_units") == {("uk",): 0.0}


def test_a_shop_without_tokens_is_told_with_its_code() -> None:
    assert values(shops(working()), "tts_shop_stopped") == {}
    assert values(shops(working(stopped="36004005")), "tts_shop_stopped") == {("uk", "36004005"): 1.0}
    assert (stopped(None), stopped(working(refused_generation=1))) == ("not-connected", "being-fetched")
