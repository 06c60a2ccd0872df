"""Products, stock, orders, shops and events as they are read and written."""

from typing import Any

import orjson
import pytest

from streams.listing.answers import (
    FoundSku,
    InventoryShown,
    InventoryUpdated,
    ProductChanged,
    ProductsFound,
    ShownLevel,
    ShownSku,
)
from streams.listing.calls import (
    ActivateProduct,
    DeactivateProduct,
    SearchInventory,
    SearchProducts,
    SkuQuantities,
    UpdateInventory,
    WarehouseQuantity,
)
from streams.order.calls import BundlePart, ReadOrders, SearchOrders
from streams.outcome import Delivered, Rejected, RetryLater, Unknown
from streams.tiktok_shop import inventory, order, product, shop
from streams.tiktok_shop.answer import Answer, answered
from streams.tiktok_shop.event import event
from streams.tiktok_shop.listing import answer_to, call_for
from streams.tiktok_shop.operations import OPERATIONS

HTML = answered(OPERATIONS["search_inventory"], 502, {}, b"<html>", 0, 0)


def answer(data: object, operation: str = "search_inventory") -> Answer:
    return answered(OPERATIONS[operation], 200, {}, orjson.dumps({"code": 0, "data": data}), 0, 0)


def failed(operation: str, **detail: str) -> Answer:
    return answer({"errors": [{"code": 12052901, "detail": detail}]}, operation)


def test_a_write_names_every_warehouse_of_every_sku() -> None:
    two = SkuQuantities("71", (WarehouseQuantity("w1", 5), WarehouseQuantity("w2", 0)))
    call = inventory.update(UpdateInventory("17", (two, SkuQuantities("72", (WarehouseQuantity("", 3),)))))
    assert (call.operation, call.path) == ("update_inventory", (("product_id", "17"),))
    assert call.body == {
        "skus": [
            {"id": "71", "inventory": [{"warehouse_id": "w1", "quantity": 5}, {"warehouse_id": "w2", "quantity": 0}]},
            {"id": "72", "inventory": [{"quantity": 3}]},
        ]
    }


def test_a_failed_sku_leaves_the_call_delivered_for_the_others() -> None:
    got = inventory.updated(failed("update_inventory", sku_id="72"))
    assert got.outcome == Delivered()
    ((sku_id, outcome),) = got.errors
    assert sku_id == "72" and isinstance(outcome, Rejected)


def test_a_failed_sku_without_a_name_leaves_all_unknown() -> None:
    assert isinstance(inventory.updated(failed("update_inventory")).outcome, Unknown)


def test_a_failed_product_fails_its_skus() -> None:
    got = inventory.updated(failed("update_inventory", product_id="17"))
    assert isinstance(got.outcome, Rejected) and got.errors == ()


def test_a_lost_write_is_unknown_and_a_lost_reading_is_repeated() -> None:
    lost = answered(OPERATIONS["update_inventory"], 504, {}, b"", 0, 0)
    assert isinstance(inventory.updated(lost).outcome, Unknown)
    assert isinstance(inventory.shown(HTML).outcome, RetryLater)


def test_reads_what_each_warehouse_shows() -> None:
    sku = {
        "id": 1731402200110200008,
        "seller_sku": "CUP-RED",
        "total_available_quantity": 9,
        "warehouse_inventory": [{"warehouse_id": "w1", "available_quantity": 9, "committed_quantity": 2}],
    }
    got = inventory.shown(answer({"inventory": [{"product_id": "17", "skus": [sku]}]}))
    assert got.outcome == Delivered()
    assert got.rows == (ShownSku("1731402200110200008", (ShownLevel("w1", 9, 2),)),)
    assert inventory.search(SearchInventory(("71", "72"))).body == {"sku_ids": ["71", "72"]}


def test_without_warehouses_the_totals_are_the_only_level() -> None:
    sku = {"id": "71", "total_available_quantity": "4", "total_committed_quantity": 1}
    assert inventory.shown(answer({"inventory": [{"skus": [sku]}]})).rows == (ShownSku("71", (ShownLevel("", 4, 1),)),)


@pytest.mark.parametrize(
    "data", [{"inventory": [{"skus": [{"id": "71"}]}]}, {"inventory": ["x"]}, {"inventory": [{"skus": [7]}]}, [], None]
)
def test_a_figure_that_cannot_be_read_is_no_figure(data: object) -> None:
    got = inventory.shown(answer(data))
    assert isinstance(got.outcome, RetryLater) and got.rows == ()


def test_finds_all_skus_of_all_pages_with_the_status_of_their_product() -> None:
    listed = {"id": "17", "status": "ACTIVATE", "skus": [{"id": "71", "seller_sku": "CUP"}, {"id": "72"}]}
    deleted = {"id": "18", "status": "DELETED", "skus": [{"id": "81", "seller_sku": "CUP"}]}
    got = product.found([answer({"products": [listed]}), answer({"products": [deleted, {"id": "19"}]})])
    assert got.outcome == Delivered()
    assert got.rows == (
        FoundSku("17", "71", "CUP", "ACTIVATE"),
        FoundSku("17", "72", "", "ACTIVATE"),
        FoundSku("18", "81", "CUP", "DELETED"),
    )


def test_a_missing_page_is_not_taken_for_the_end() -> None:
    assert product.found([answer({"products": []}), HTML]).outcome == HTML.outcome
    assert isinstance(product.found([answer({"products": [7]})]).outcome, RetryLater)


def test_a_search_for_products_takes_any_status_and_whole_pages() -> None:
    call = product.search(SearchProducts(("CUP", "MUG")))
    assert call.body == {"status": "ALL", "seller_skus": ["CUP", "MUG"]} and call.query == (("page_size", "100"),)


def test_a_change_of_state_is_answered_for_its_product() -> None:
    assert product.deactivate(DeactivateProduct("3")).body == {"product_ids": ["3"]}
    assert isinstance(product.changed(failed("deactivate_products", product_id="3"), "3").outcome, Rejected)
    assert product.changed(answer({"errors": []}, "activate_products"), "3").outcome == Delivered()


@pytest.mark.parametrize(
    ("wanted", "operation", "answered_as"),
    [
        (SearchProducts(("CUP",)), "search_products", ProductsFound),
        (SearchInventory(("71",)), "search_inventory", InventoryShown),
        (UpdateInventory("17", ()), "update_inventory", InventoryUpdated),
        (DeactivateProduct("17"), "deactivate_products", ProductChanged),
        (ActivateProduct("17"), "activate_products", ProductChanged),
    ],
)
def test_every_call_of_a_listing_has_its_operation_and_its_answer(
    wanted: Any, operation: str, answered_as: type
) -> None:
    assert call_for(wanted).operation == operation and operation in OPERATIONS
    assert isinstance(answer_to(wanted, [answer({}, operation)]), answered_as)


def test_times_are_by_the_shops_clock_where_it_is_known() -> None:
    """Sent at the earliest, answered at the latest: the Date header counts whole seconds."""
    headers = {"date": "Thu, 01 Jan 2026 00:00:07 GMT"}
    row, body = OPERATIONS["search_inventory"], b'{"code":0,"data":{"inventory":[]}}'
    got = inventory.shown(answered(row, 200, headers, body, 5_000, 5_400))
    assert (got.sent_at, got.answered_at) == (1_767_225_606_600, 1_767_225_607_999)
    got = inventory.shown(answered(row, 200, {}, body, 5_000, 5_400))
    assert (got.sent_at, got.answered_at) == (5_000, 5_400)


ORDER: dict[str, Any] = {
    "id": "579",
    "status": "AWAITING_SHIPMENT",
    "create_time": 1_767_225_600,
    "paid_time": 1_767_225_660,
    "update_time": 1_767_229_260,
    "warehouse_id": "w1",
    "order_type": "NORMAL",
    "fulfillment_type": "FULFILLMENT_BY_SELLER",
    "is_on_hold_order": True,
    "buyer_email": "ada@example.org",
    "recipient_address": {"name": "Ada Example", "phone_number": "(+44)0000"},
    "line_items": [
        {"id": "1", "sku_id": "71", "seller_sku": "CUP", "display_status": "AWAITING_SHIPMENT", "is_gift": False},
        {"id": "2", "sku_id": "71", "seller_sku": "CUP", "display_status": "CANCELLED", "package_id": "p9"},
        {"id": "3", "sku_id": "75", "combined_listing_skus": [{"sku_id": "71", "seller_sku": "CUP", "sku_count": 2}]},
    ],
}


def test_reads_one_line_per_unit_and_times_in_milliseconds() -> None:
    (got,) = order.found(answer({"orders": [ORDER]})).orders
    assert (got.id, got.status, got.warehouse_id) == ("579", "AWAITING_SHIPMENT", "w1")
    assert (got.created_at, got.updated_at, got.paid_at) == (1_767_225_600_000, 1_767_229_260_000, 1_767_225_660_000)
    assert [line.id for line in got.lines] == ["1", "2", "3"]
    assert (got.lines[1].display_status, got.lines[1].package_id) == ("CANCELLED", "p9")
    assert got.lines[2].bundle == (BundlePart("71", "CUP", 2),)
    assert got.is_on_hold and not got.is_sample


def test_never_reads_the_buyer() -> None:
    (got,) = order.found(answer({"orders": [ORDER]})).orders
    assert "Ada" not in repr(got) and "example.org" not in repr(got) and "+44" not in repr(got)


def test_missing_null_and_empty_are_alike() -> None:
    bare = {"id": "580", "status": "NEW_STATUS", "create_time": 1_767_225_600, "paid_time": None, "order_type": ""}
    (got,) = order.known(answer({"orders": [bare]})).orders
    assert (got.status, got.paid_at, got.order_type, got.lines) == ("NEW_STATUS", 0, "", ())
    assert got.updated_at == got.created_at


def test_a_search_of_orders_is_oldest_first_and_keeps_its_filters_on_every_page() -> None:
    wanted = SearchOrders(1_767_225_600_000, 1_767_225_701_000)
    first, second = order.search(wanted), order.search(wanted._replace(page_token="a+/="))
    assert first.body == second.body == {"update_time_ge": 1_767_225_600, "update_time_lt": 1_767_225_701}
    assert ("sort_order", "ASC") in first.query and ("sort_field", "update_time") in first.query
    assert second.query == (*first.query, ("page_token", "a+/="))


def test_a_detail_call_names_its_orders_in_one_parameter() -> None:
    assert order.read(ReadOrders(("1", "2"))).query == (("ids", "1,2"),)


def test_a_page_of_orders_says_how_it_goes_on() -> None:
    page = order.found(answer({"orders": [ORDER], "next_page_token": "n", "total_count": 7}))
    assert (page.outcome, page.next_page_token, page.total, len(page.orders)) == (Delivered(), "n", 7, 1)
    assert order.found(HTML).outcome == order.known(HTML).outcome == HTML.outcome


def test_orders_that_cannot_be_read_are_not_taken_for_none() -> None:
    for data in ({"orders": [7]}, None):
        assert isinstance(order.found(answer(data)).outcome, RetryLater)
        assert isinstance(order.known(answer(data)).outcome, RetryLater)


def test_reads_shops_and_hides_their_cipher() -> None:
    row = {"id": "74", "name": "Cups UK", "region": "GB", "seller_type": "LOCAL", "cipher": "cip-1", "code": "GB1"}
    (got,) = shop.shops(answer({"shops": [row]}, "authorized_shops")) or ()
    assert (got.id, got.region, got.cipher) == ("74", "GB", "cip-1") and "cip-1" not in repr(got)


def test_reads_warehouses_without_their_address() -> None:
    row = {"id": "w1", "name": "Main", "type": "SALES_WAREHOUSE", "effect_status": "ENABLED", "is_default": True}
    got = shop.warehouses(answer({"warehouses": [{**row, "address": {"contact_person": "Ada"}}]}, "warehouses"))
    assert got == (shop.Warehouse("w1", "Main", "SALES_WAREHOUSE", "ENABLED", True),)


def test_nothing_is_read_from_a_failure() -> None:
    assert shop.shops(HTML) is None and shop.warehouses(HTML) is None


def webhook(kind: int, data: dict[str, Any], **more: Any) -> bytes:
    return orjson.dumps({"type": kind, "shop_id": "74", "timestamp": 1_767_225_601, "data": data, **more})


def test_an_event_is_a_hint_with_times_and_orders() -> None:
    data = {"order_id": "579", "order_status": "CANCEL", "update_time": 1_767_225_599}
    got = event(webhook(1, data, tts_notification_id="n1"))
    assert got is not None
    assert (got.kind, got.order_ids, got.order_status) == ("ORDER_STATUS_CHANGE", ("579",), "CANCELLED")
    assert (got.sent_at, got.updated_at, got.key()) == (1_767_225_601_000, 1_767_225_599_000, ("n1",))


def test_an_event_without_notification_id_is_known_by_what_it_says() -> None:
    got = event(webhook(3, {"order_id": "579", "update_time": 1_767_225_599}))
    assert got is not None and got.key() == ("RECIPIENT_ADDRESS_UPDATE", "74", "579", "1767225599000")


def test_a_package_event_names_all_its_orders_once() -> None:
    packages = [{"package_id": "p1", "order_id_list": ["1", "2"]}, {"package_id": "p2", "order_id_list": ["2", 3]}]
    got = event(webhook(4, {"package_list": packages, "update_time": 1}))
    assert got is not None and got.order_ids == ("1", "2", "3")


def test_an_unknown_event_is_kept_by_number() -> None:
    got = event(webhook(999, {}))
    assert got is not None and got.kind == "TYPE_999"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"type":"1"}', b"<html>"])
def test_what_is_no_event_is_none(body: bytes) -> None:
    assert event(body) is None
