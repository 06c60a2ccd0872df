"""What the merchant's two systems tell, and that the rule understands it as they mean it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from streams.adapter.adapt import Adapting
from streams.adapter.files import load_adapters
from streams.adapter.outcome import Adapted
from streams.demo.erp import CHANNEL, Erp
from streams.demo.scale import WMS
from streams.demo.sources import fill_project
from streams.demo.steps import taken
from streams.demo.truth import readings_of
from streams.demo.verdict import misheard
from streams.demo.wms import CHANNELS, PARTITIONS, Wms, adapter_file
from streams.records.stock_change import StockChange, StockLevel
from streams.sandbox.commercetools.control import CommercetoolsControl, Project
from streams.sandbox.commercetools.fake import Commercetools
from streams.sandbox.commercetools.transport import CommercetoolsTransport
from streams.sandbox.control import ControlRefused, StockMove

LONDON, HUB = CHANNELS
NOW = 1_795_766_400_123


def row(kind: str, order: str, channel: str, units: int, at: int = NOW) -> dict[str, Any]:
    return {
        "kind": kind,
        "order_id": order,
        "seller_sku": "MUG",
        "supply_channel": channel,
        "units": units,
        "at_ms": at,
    }


def test_the_adapter_reads_a_record_as_the_warehouse_system_means_it(tmp_path: Path) -> None:
    (tmp_path / "wms.toml").write_text(adapter_file("halls"), "utf-8")
    adapt = Adapting(load_adapters(tmp_path)[0], None)
    sent: list[tuple[bytes, bytes, int]] = []
    wms = Wms({("MUG", LONDON): 9, ("MUG", HUB): 4}, 4_000, lambda *record: sent.append(record))
    wms.tell("MUG", NOW, ())
    wms.come(row("bought", "57", HUB, 3))
    assert wms.hear(NOW + 3_999) == 1
    assert wms.hear(NOW + 4_000) == 0
    changes = []
    for key, value, partition in sent:
        assert 0 <= partition < PARTITIONS
        found = adapt(key, value, None, NOW)
        assert isinstance(found, Adapted)
        changes += found.changes
    before, after = (StockLevel(LONDON, 9), StockLevel(HUB, 4)), (StockLevel(LONDON, 9), StockLevel(HUB, 1))
    assert changes == [
        ("MUG", StockChange(WMS, NOW, before, 1)),
        ("MUG", StockChange(WMS, NOW + 4_000, after, 2, acknowledged_orders=("57",))),
    ]


class Shop:
    """Ships what it may, and remembers what commercetools showed at that moment."""

    def __init__(self, source: CommercetoolsControl) -> None:
        self.source = source
        self.unpaid: set[str] = set()
        self.shown_when_shipped: list[int] = []
        self.delivered = 0

    def ship(self, *orders: str) -> None:
        if self.unpaid.intersection(orders):
            raise ControlRefused(", ".join(orders))
        self.shown_when_shipped.append(on_stock(self.source))

    def move_stock(self, *moves: StockMove) -> None:
        self.delivered += sum(move.add or 0 for move in moves)


def on_stock(source: CommercetoolsControl) -> int:
    return int(next(iter(source.every("inventory")))["quantity_on_stock"])


@pytest.fixture
def source(tmp_path: Path) -> CommercetoolsControl:
    transport = CommercetoolsTransport(Commercetools(tmp_path / "fake.sqlite", seed=1))
    control = CommercetoolsControl(httpx.Client(transport=transport, base_url="http://sandbox"))
    control.add_projects(Project(key=control.project))
    return control


def test_the_erp_books_out_before_it_ships_and_a_delivery_follows(source: CommercetoolsControl) -> None:
    shop: Any = Shop(source)
    stock = {("MUG", CHANNEL): 20}
    fill_project(source, stock, "secret")
    erp = Erp(stock, 4_000, shop, source)
    erp.come(row("bought", "57", CHANNEL, 3))
    assert erp.hear(NOW, at_once=True) == 1
    assert erp.available(("MUG", CHANNEL)) == 17 and on_stock(source) == 20
    assert erp.hear(NOW + 2_000) == 1
    assert shop.shown_when_shipped == [17] and erp.open["MUG", CHANNEL] == 0
    assert erp.hear(NOW + 9_000) == 0
    assert on_stock(source) == 17 + shop.delivered == erp.physical["MUG", CHANNEL]
    assert erp.changes == 2


def test_an_unpaid_order_waits_and_a_cancelled_one_goes_back(source: CommercetoolsControl) -> None:
    shop: Any = Shop(source)
    stock = {("MUG", CHANNEL): 20}
    fill_project(source, stock, "secret")
    erp = Erp(stock, 4_000, shop, source)
    shop.unpaid.add("57")
    erp.come(row("bought", "57", CHANNEL, 3))
    erp.hear(NOW, at_once=True)
    assert erp.hear(NOW + 2_000) == 1 and on_stock(source) == 20
    erp.come(row("cancelled", "57", CHANNEL, 3))
    erp.hear(NOW + 2_100, at_once=True)
    assert erp.hear(NOW + 5_000) == 0
    assert erp.available(("MUG", CHANNEL)) == on_stock(source) == 20 and not shop.shown_when_shipped


def test_all_orders_go_that_can() -> None:
    shipped: list[str] = []

    def ship(*orders: str) -> None:
        if "3" in orders:
            raise ControlRefused("3")
        shipped.extend(orders)

    assert taken(ship, ["1", "2", "3", "4", "5"]) == set(shipped) == {"1", "2", "4", "5"}
    assert taken(ship, []) == taken(ship, ["3"]) == set()


def test_every_last_figure_must_have_come_to_the_rule() -> None:
    place = (WMS, "MUG", HUB)
    assert misheard({place: 4}, {place: 4}) == []
    assert misheard({place: 5}, {place: 4}) == misheard({}, {place: 4}) == [place]


def test_readings_are_made_per_source() -> None:
    levels = {(WMS, "MUG", LONDON): 9, (WMS, "MUG", HUB): 4, ("commercetools", "MUG", CHANNEL): 2}
    ((sku, readings),) = readings_of(levels, NOW)
    assert sku == "MUG"
    assert [(one.source, len(one.levels)) for one in readings] == [(WMS, 2), ("commercetools", 1)]
