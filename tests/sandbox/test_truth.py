"""Oversold units: what was sold against what the merchant really has."""

from typing import Any

from streams.sandbox.control import Order, OrderItem, StockMove, Warehouse

from .caller import Sandbox


def have(sandbox: Sandbox, **move: int) -> None:
    sandbox.control.move_stock(StockMove(seller_sku="MUG-BLUE", supply_channel="main", **move))


def buy(sandbox: Sandbox, units: int, shop: dict[str, Any] | None = None) -> dict[str, Any]:
    shop = shop or sandbox.shop
    return sandbox.control.place(Order(shop_id=shop["id"], items=(OrderItem(seller_sku="MUG-BLUE", units=units),)))[0]


def test_units_that_are_not_there_are_oversold() -> None:
    sandbox = Sandbox()
    have(sandbox, counted=3)
    assert buy(sandbox, 2)["oversold_units"] == 0
    assert buy(sandbox, 3)["oversold_units"] == 2
    assert buy(sandbox, 1)["oversold_units"] == 1
    oversold = sandbox.control.see("oversold")
    assert (oversold["oversold_units"], oversold["short_units"], len(oversold["orders"])) == (3, 3, 2)


def test_without_a_count_nothing_is_oversold() -> None:
    sandbox = Sandbox()
    assert buy(sandbox, 10)["oversold_units"] == 0
    assert sandbox.control.see("oversold") == {"oversold_units": 0, "short_units": 0, "orders": []}


def test_two_shops_share_the_units_of_one_supply_channel() -> None:
    sandbox = Sandbox()
    other = sandbox.add_shop(name="Other", warehouses=(Warehouse(name="Same house", supply_channel="main"),))
    sandbox.add_product("MUG-BLUE", quantities=(10,), shop=other)
    have(sandbox, counted=10)
    assert buy(sandbox, 8)["oversold_units"] == 0
    assert buy(sandbox, 8, other)["oversold_units"] == 6


def test_goods_come_and_go() -> None:
    sandbox = Sandbox()
    have(sandbox, counted=2)
    have(sandbox, add=-1)
    assert buy(sandbox, 2)["oversold_units"] == 1
    have(sandbox, add=5)
    assert buy(sandbox, 4)["oversold_units"] == 0
    assert buy(sandbox, 1)["oversold_units"] == 1


def test_shipping_takes_off_both_sides_and_cancelling_gives_back() -> None:
    sandbox = Sandbox(remorse="none")
    have(sandbox, counted=5)
    first, second = buy(sandbox, 2), buy(sandbox, 2)
    sandbox.control.ship(first["order_id"])
    sandbox.control.cancel(second["order_id"])
    row = sandbox.control.see("physical")["physical"][0]
    assert (row["units"], row["open_units"]) == (3, 0)
    assert buy(sandbox, 3)["oversold_units"] == 0


def test_the_history_tells_everything_in_order() -> None:
    sandbox = Sandbox(remorse="none")
    have(sandbox, counted=5)
    order = buy(sandbox, 2)
    buy(sandbox, 100)
    sandbox.control.ship(order["order_id"])
    have(sandbox, counted=4)
    rows = list(sandbox.control.every("history"))
    assert [(row["kind"], row["units"]) for row in rows] == [
        ("stock", 5),
        ("bought", 2),
        ("refused", 100),
        ("shipped", 2),
        ("stock", 1),
    ]
    assert rows[1]["order_id"] == order["order_id"]
