"""Orders: one line per unit, sums that add up, statuses that follow the table, stock that follows the order."""

from decimal import Decimal
from typing import Any

import pytest

from streams.sandbox.control import ControlRefused, Order, OrderItem, Product, Sku, Warehouse
from streams.sandbox.order_states import NEXT

from .caller import NOON, Sandbox

SEARCH, DETAIL = "/order/202309/orders/search", "/order/202507/orders"
HOUR = 3_600


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


def place(sandbox: Sandbox, *items: OrderItem, **order: Any) -> str:
    given = items or (OrderItem(seller_sku="MUG-BLUE", units=2),)
    placed = sandbox.control.place(Order(shop_id=sandbox.shop["id"], items=given, **order))[0]
    assert placed["refused"] is None
    return str(placed["order_id"])


def read(sandbox: Sandbox, order_id: str) -> dict[str, Any]:
    orders: list[dict[str, Any]] = sandbox.caller.get(DETAIL, ids=order_id)["data"]["orders"]
    return orders[0]


def levels(sandbox: Sandbox, seller_sku: str = "MUG-BLUE") -> tuple[int, int, int]:
    row = next(row for row in sandbox.control.every("stock") if row["seller_sku"] == seller_sku)
    return row["available"], row["committed"], row["sold"]


def test_every_status_has_a_row() -> None:
    assert set(NEXT) == {status for following in NEXT.values() for status in following} | {"UNPAID"}


def test_one_line_per_unit_and_sums_that_add_up(sandbox: Sandbox) -> None:
    order = read(
        sandbox,
        place(
            sandbox,
            OrderItem(seller_sku="MUG-BLUE", units=3, seller_discount="1.49", platform_discount="1.00"),
            OrderItem(seller_sku="MUG-WHITE"),
            shipping_fee="3.99",
        ),
    )
    assert [line["seller_sku"] for line in order["line_items"]] == ["MUG-BLUE"] * 3 + ["MUG-WHITE"]
    assert len({line["id"] for line in order["line_items"]}) == 4
    money = {name: Decimal(value) for name, value in order["payment"].items() if name != "currency"}
    assert money["original_total_product_price"] == 4 * Decimal("14.90")
    assert money["sub_total"] == (
        money["original_total_product_price"] - money["seller_discount"] - money["platform_discount"]
    )
    assert money["sub_total"] == sum(Decimal(line["sale_price"]) for line in order["line_items"])
    assert money["total_amount"] == money["sub_total"] + money["shipping_fee"] == Decimal("56.12")


def test_units_are_committed_when_the_order_is_placed(sandbox: Sandbox) -> None:
    place(sandbox, paid=False)
    assert levels(sandbox) == (8, 2, 2)


def test_a_buyer_gets_all_units_or_none(sandbox: Sandbox) -> None:
    placed = sandbox.control.place(
        Order(
            shop_id=sandbox.shop["id"],
            items=(OrderItem(seller_sku="MUG-BLUE"), OrderItem(seller_sku="MUG-WHITE", units=5)),
        )
    )[0]
    assert placed == {"order_id": None, "refused": "not enough units available", "oversold_units": 0}
    assert levels(sandbox) == (10, 0, 0)
    summary = sandbox.control.see("summary")
    assert (summary["refused_attempts"], summary["refused_units"]) == (2, 6)


def test_units_come_from_one_warehouse() -> None:
    sandbox = Sandbox(warehouses=(Warehouse(name="North"), Warehouse(name="South")))
    north, south = (one["id"] for one in sandbox.shop["warehouses"])
    sandbox.control.add_products(
        sandbox.shop["id"], [Product(skus=(Sku(seller_sku="PLATE", inventory={north: 1, south: 2}),))]
    )
    assert read(sandbox, place(sandbox, OrderItem(seller_sku="PLATE", units=2)))["warehouse_id"] == south
    refused = sandbox.control.place(Order(shop_id=sandbox.shop["id"], items=(OrderItem(seller_sku="PLATE", units=2),)))[
        0
    ]
    assert refused["order_id"] is None


def test_products_that_are_not_live_cannot_be_bought(sandbox: Sandbox) -> None:
    sandbox.control.put_products([sandbox.product["id"]], "SELLER_DEACTIVATED")
    placed = sandbox.control.place(Order(shop_id=sandbox.shop["id"], items=(OrderItem(seller_sku="MUG-BLUE"),)))[0]
    assert placed["refused"] == "SKU MUG-BLUE is not on sale"


def test_the_hold_lasts_an_hour_and_hides_the_address(sandbox: Sandbox) -> None:
    order_id = place(sandbox, paid=False)
    assert read(sandbox, order_id)["status"] == "UNPAID"
    sandbox.control.set_clock(step=60)
    sandbox.control.pay(order_id)
    held = read(sandbox, order_id)
    assert (held["status"], held["paid_time"], held["recipient_address"]["name"]) == ("ON_HOLD", int(NOON) + 60, "")
    sandbox.control.set_clock(step=HOUR - 1)
    assert read(sandbox, order_id)["status"] == "ON_HOLD"
    sandbox.control.set_clock(step=10)
    ready = read(sandbox, order_id)
    assert (ready["status"], ready["update_time"]) == ("AWAITING_SHIPMENT", int(NOON) + 60 + HOUR)
    assert ready["recipient_address"]["region_code"] == "GB"
    assert "*" not in ready["recipient_address"]["name"] != ""


def test_an_unpaid_order_is_given_up_and_its_units_come_back(sandbox: Sandbox) -> None:
    order_id = place(sandbox, paid=False)
    sandbox.control.set_clock(step=HOUR)
    order = read(sandbox, order_id)
    assert (order["status"], order["cancellation_initiator"]) == ("CANCELLED", "SYSTEM")
    assert levels(sandbox) == (10, 0, 0)


def test_a_cancelled_order_gives_its_units_back(sandbox: Sandbox) -> None:
    order_id = place(sandbox)
    sandbox.control.cancel(order_id)
    order = read(sandbox, order_id)
    assert (order["status"], order["cancellation_initiator"]) == ("CANCELLED", "BUYER")
    assert {line["display_status"] for line in order["line_items"]} == {"CANCELLED"}
    assert order["recipient_address"]["name"] == ""
    assert levels(sandbox) == (10, 0, 0)


def test_shipping_takes_units_out_of_the_committed_ones(sandbox: Sandbox) -> None:
    order_id = place(sandbox, OrderItem(seller_sku="MUG-BLUE", units=2))
    sandbox.control.set_clock(step=HOUR)
    assert read(sandbox, order_id)["packages"] == []
    first = read(sandbox, order_id)["line_items"][0]["id"]
    package = sandbox.control.ship(order_id, line_ids=[first])[0]
    order = read(sandbox, order_id)
    assert (order["status"], order["packages"]) == ("PARTIALLY_SHIPPING", [{"id": package}])
    assert levels(sandbox) == (8, 1, 2)
    sandbox.control.ship(order_id)
    assert read(sandbox, order_id)["status"] == "AWAITING_COLLECTION"
    sandbox.control.collect(order_id)
    sandbox.control.deliver(order_id)
    assert read(sandbox, order_id)["status"] == "DELIVERED"
    assert levels(sandbox) == (8, 0, 2)
    sandbox.control.set_clock(step=14 * 86_400)
    assert sandbox.control.see("order", order_id=order_id)["order"]["status"] == "COMPLETED"


def test_units_that_left_the_house_do_not_come_back(sandbox: Sandbox) -> None:
    order_id = place(sandbox)
    sandbox.control.set_clock(step=HOUR)
    sandbox.control.ship(order_id)
    sandbox.control.cancel(order_id, role="SYSTEM")
    assert levels(sandbox) == (8, 0, 2)


def test_no_step_is_skipped(sandbox: Sandbox) -> None:
    order_id = place(sandbox)
    with pytest.raises(ControlRefused, match="it cannot become AWAITING_COLLECTION"):
        sandbox.control.ship(order_id)
    with pytest.raises(ControlRefused, match="it cannot become DELIVERED"):
        sandbox.control.deliver(order_id)
    assert read(sandbox, order_id)["status"] == "ON_HOLD"


def test_a_market_without_a_hold() -> None:
    sandbox = Sandbox(remorse="none")
    order = read(sandbox, place(sandbox))
    assert (order["status"], order["is_on_hold_order"]) == ("AWAITING_SHIPMENT", False)


def test_platform_shipped_orders_are_masked() -> None:
    sandbox = Sandbox(remorse="none", shipping_type="TIKTOK")
    address = read(sandbox, place(sandbox))["recipient_address"]
    assert "*" in address["name"] and "*" in address["phone_number"] and "*" in address["full_address"]
    assert address["region_code"] == "GB"


def search(sandbox: Sandbox, body: dict[str, Any] | None = None, **query: str) -> list[str]:
    data = sandbox.caller.post(SEARCH, body or {"create_time_ge": 1}, **{"page_size": "100", **query})["data"]
    return [order["id"] for order in data["orders"]]


def test_search_sorts_filters_and_pages(sandbox: Sandbox) -> None:
    orders = []
    for _ in range(5):
        orders.append(place(sandbox, OrderItem(seller_sku="MUG-BLUE")))
        sandbox.control.set_clock(step=10)
    sandbox.control.cancel(orders[0])
    start = int(NOON)
    assert search(sandbox) == orders[::-1]
    assert search(sandbox, sort_field="update_time", sort_order="ASC") == [*orders[1:], orders[0]]
    assert search(sandbox, {"order_status": "CANCELLED"}) == orders[:1]
    between = {"create_time_ge": start + 10, "create_time_lt": start + 30}
    assert search(sandbox, between, sort_order="ASC") == orders[1:3]
    assert search(sandbox, {"update_time_ge": start + 50}) == orders[:1]
    assert search(sandbox, {"warehouse_ids": ["1"]}) == []
    seen: list[str] = []
    token = ""
    for _ in range(3):
        query = {"page_size": "2", "sort_order": "ASC", "page_token": token}
        data = sandbox.caller.post(SEARCH, {"create_time_ge": 1}, **query)["data"]
        seen, token = [*seen, *(order["id"] for order in data["orders"])], data["next_page_token"]
    assert (seen, token, data["total_count"]) == (orders, "", 5)


def test_wrong_searches_are_refused(sandbox: Sandbox) -> None:
    def code(body: dict[str, Any], **query: str) -> int:
        return int(sandbox.caller.post(SEARCH, body, **query)["code"])

    assert code({"create_time_ge": 1}, page_size="500") == 36009004
    assert code({"create_time_ge": 1}, sort_field="price") == 36009004
    assert code({"create_time_ge": "1"}) == 21001001
    assert code({"order_status": "TO_SHIP"}) == 21001001
    first = place(sandbox, OrderItem(seller_sku="MUG-BLUE"))
    place(sandbox, OrderItem(seller_sku="MUG-BLUE"))
    token = sandbox.caller.post(SEARCH, {"create_time_ge": 1}, page_size="1")["data"]["next_page_token"]
    assert code({"create_time_ge": 2}, page_size="1", page_token=token) == 36009004
    assert code({"create_time_ge": 1}, page_size="1", page_token=token, sort_order="ASC") == 36009004
    assert first


def test_detail_takes_50_ids_and_refuses_or_skips_foreign_ones(sandbox: Sandbox) -> None:
    order_id = place(sandbox)
    assert sandbox.caller.get(DETAIL, ids=",".join(["1"] * 51))["code"] == 21001001
    assert sandbox.caller.get(DETAIL, ids="")["code"] == 21001001
    assert sandbox.caller.get(DETAIL, ids=f"{order_id},1")["code"] == 21008111
    sandbox.control.switch(foreign_order_in_detail="skipped")
    assert len(sandbox.caller.get(DETAIL, ids=f"{order_id},1")["data"]["orders"]) == 1
    other = sandbox.caller_of(sandbox.add_shop(name="Other"))
    assert other.post(SEARCH, {"create_time_ge": 1}, page_size="1")["data"]["total_count"] == 0


def test_the_search_can_lag_behind(sandbox: Sandbox) -> None:
    order_id = place(sandbox)
    sandbox.control.switch(order_search_lag_seconds=30)
    assert search(sandbox) == []
    sandbox.control.set_clock(step=30)
    assert search(sandbox) == [order_id]


def test_packages_can_exist_before_shipping(sandbox: Sandbox) -> None:
    sandbox.control.switch(packages_before_shipping="present")
    assert len(read(sandbox, place(sandbox))["packages"]) == 1
    american = Sandbox(region="US", currency="USD")
    american.control.switch(packages_before_shipping="present")
    assert read(american, place(american))["packages"] == []
