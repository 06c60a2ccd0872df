"""Webhook events: what is said to whom, signed, tried again, late, twice, or never."""

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import orjson
import pytest

from streams.sandbox.control import App, Order, OrderItem, SkuChange
from streams.sandbox.outbox import Post

from .caller import KEY, PRODUCTS, SECRET, Sandbox

ADDRESS = "https://receiver.example/events"
CONFIG = "/event/202309/webhooks"


@pytest.fixture
def sandbox() -> Sandbox:
    one = Sandbox(remorse="none")
    one.control.add_apps(App(app_key=KEY, app_secret=SECRET, webhook_address=ADDRESS))
    return one


def delivered(sandbox: Sandbox, accept: Callable[[Post], int | None] = lambda _: 200) -> list[dict[str, Any]]:
    """Post everything that is due; what was posted, in order."""
    bodies = []
    for post in sandbox.simulator.due_events():
        sandbox.simulator.event_answered(post, accept(post))
        bodies.append(orjson.loads(post.body))
    return bodies


def buy(sandbox: Sandbox, units: int = 1) -> str:
    return str(
        sandbox.control.place(
            Order(shop_id=sandbox.shop["id"], items=(OrderItem(seller_sku="MUG-BLUE", units=units),))
        )[0]["order_id"]
    )


def test_the_body_is_signed_and_has_the_platforms_envelope(sandbox: Sandbox) -> None:
    buy(sandbox)
    post = sandbox.simulator.due_events()[0]
    assert post.address == ADDRESS
    assert post.headers["authorization"] == hmac.new(SECRET.encode(), KEY.encode() + post.body, sha256).hexdigest()
    body = orjson.loads(post.body)
    assert list(body) == ["type", "tts_notification_id", "shop_id", "timestamp", "data"]
    assert body["shop_id"] == sandbox.shop["id"]


def test_orders_tell_their_statuses_and_say_cancel(sandbox: Sandbox) -> None:
    order_id = buy(sandbox)
    sandbox.control.cancel(order_id)
    told = [one["data"]["order_status"] for one in delivered(sandbox) if one["type"] == 1]
    assert told == ["UNPAID", "AWAITING_SHIPMENT", "CANCEL"]


def test_a_cancellation_and_a_split_are_told(sandbox: Sandbox) -> None:
    sandbox.control.cancel(buy(sandbox))
    order_id = buy(sandbox, 2)
    lines = sandbox.caller.get("/order/202507/orders", ids=order_id)["data"]["orders"][0]["line_items"]
    sandbox.control.ship(order_id, line_ids=[lines[0]["id"]])
    told = delivered(sandbox)
    cancelled = next(one["data"] for one in told if one["type"] == 11)
    assert cancelled["cancel_status"] == "CANCELLATION_REQUEST_SUCCESS"
    split = next(one["data"] for one in told if one["type"] == 4)
    assert split["package_list"][0]["order_id_list"] == [order_id]
    assert "PARTIALLY_SHIPPING" not in [one["data"].get("order_status") for one in told]


def test_inventory_is_told_with_levels_and_differences(sandbox: Sandbox) -> None:
    buy(sandbox, 6)
    sandbox.caller.write(sandbox.product["id"], {sandbox.blue: 0})
    told = delivered(sandbox)
    assert [one["data"]["current_inventory_status"] for one in told if one["type"] == 27] == [
        "LOW_STOCK",
        "OUT_OF_STOCK",
    ]
    changes = [one["data"] for one in told if one["type"] == 71]
    assert [
        (one["change_detail"][0]["available_quantity_delta"], one["change_detail"][0]["committed_quantity_delta"])
        for one in changes
    ] == [(-6, 6), (-4, 0)]
    assert changes[0]["product_id"] == int(sandbox.product["id"]) > 2**53
    assert changes[0]["occurred_at"].endswith("Z")


def test_products_tell_creation_state_and_review(sandbox: Sandbox) -> None:
    sandbox.add_product("PLATE")
    sandbox.caller.post(f"{PRODUCTS}/deactivate", {"product_ids": [sandbox.product["id"]]})
    sandbox.caller.post(f"{PRODUCTS}/activate", {"product_ids": [sandbox.product["id"]]})
    sandbox.control.set_clock(step=60)
    sandbox.control.change_skus(SkuChange(shop_id=sandbox.shop["id"], seller_sku="PLATE", status="DEACTIVATED"))
    told = delivered(sandbox)
    assert [one["type"] for one in told] == [16, 5, 5, 37, 5, 37, 50]
    assert all(isinstance(one["data"]["product_id"], int) for one in told[:6])
    assert [one["data"]["audit"]["status"] for one in told if one["type"] == 37] == ["AUDITING", "APPROVED"]
    assert told[-1]["data"]["skus"][0]["deactivation_source"] == "SELLER"


def test_an_app_can_choose_types(sandbox: Sandbox) -> None:
    sandbox.control.add_apps(App(app_key=KEY, app_secret=SECRET, webhook_address=ADDRESS, webhook_types=(27,)))
    buy(sandbox, 6)
    assert [one["type"] for one in delivered(sandbox)] == [27]


def test_a_shop_orders_events_by_call() -> None:
    sandbox = Sandbox(remorse="none")
    assert sandbox.caller.get(CONFIG)["data"] == {"total_count": 0, "webhooks": []}
    body = {"event_type": "ORDER_STATUS_CHANGE", "address": ADDRESS}
    assert sandbox.caller.request("PUT", CONFIG, body).json()["code"] == 0
    listed = sandbox.caller.get(CONFIG)["data"]["webhooks"]
    assert [(one["event_type"], one["address"]) for one in listed] == [("ORDER_STATUS_CHANGE", ADDRESS)]
    buy(sandbox)
    assert {one["type"] for one in delivered(sandbox)} == {1}
    sandbox.caller.request("DELETE", CONFIG, {"event_type": "ORDER_STATUS_CHANGE"})
    buy(sandbox)
    assert delivered(sandbox) == []
    assert sandbox.caller.request("PUT", CONFIG, body | {"event_type": "INVENTORY"}).json()["code"] == 36009004
    assert sandbox.caller.request("PUT", CONFIG, body | {"address": "x"}).json()["code"] == 36009004


def test_tried_again_after_2_minutes_30_minutes_3_hours_12_hours_then_dropped(sandbox: Sandbox) -> None:
    sandbox.control.add_apps(App(app_key=KEY, app_secret=SECRET, webhook_address=ADDRESS, webhook_types=(11,)))
    sandbox.control.cancel(buy(sandbox))
    waits = []
    for wait in (0, 120, 1_800, 10_800, 43_200):
        sandbox.control.set_clock(step=max(0, wait - 1))
        early = delivered(sandbox, lambda _: None) if wait else []
        sandbox.control.set_clock(step=1)
        waits.append((len(early), len(delivered(sandbox, lambda _: 500))))
    assert waits == [(0, 1)] * 5
    sandbox.control.set_clock(step=10**6)
    assert delivered(sandbox) == []
    assert sandbox.control.see("summary")["webhooks"] == {"dropped": 1}


def test_events_can_come_twice_late_out_of_order_or_never(sandbox: Sandbox) -> None:
    sandbox.control.switch(webhook_duplicates=1.0)
    buy(sandbox)
    ids = [one["tts_notification_id"] for one in delivered(sandbox) if one["type"] == 1]
    assert len(ids) == 4 and len(set(ids)) == 2
    sandbox.control.switch(webhook_duplicates=0.0, webhook_delay_seconds=10, webhook_jitter_seconds=100)
    orders = [buy(sandbox) for _ in range(8)]
    assert delivered(sandbox) == []
    sandbox.control.set_clock(step=200)
    placed = [
        one["data"]["order_id"]
        for one in delivered(sandbox)
        if one["type"] == 1 and one["data"]["order_status"] == "UNPAID"
    ]
    assert set(placed) == set(orders) and placed != orders
    sandbox.control.switch(webhook_delay_seconds=0, webhook_jitter_seconds=0, webhook_loss=1.0)
    buy(sandbox)
    assert delivered(sandbox) == []
    assert sandbox.control.see("summary")["webhooks"]["lost"] == 4
