"""Orders: what they take from stock, when it shows, and what is told of it."""

from typing import Any

import pytest

from streams.sandbox.commercetools.control import Entry, Line, Order

from .caller import Json, Sandbox

MONEY = {"currencyCode": "EUR", "centAmount": 990}


def draft(*lines: Json, **more: Any) -> Json:
    whole = [
        {"name": {"en": "Mug"}, "variant": {"sku": "MUG"}, "quantity": 1, "price": {"value": MONEY}} | line
        for line in lines
    ]
    return {"orderNumber": "TTS-1", "totalPrice": MONEY, "lineItems": whole} | more


def on_stock(sandbox: Sandbox, channel: str = "") -> int:
    units: int = sandbox.caller.entry("MUG", channel)["quantityOnStock"]
    return units


def test_units_leave_later_and_without_a_message(sandbox: Sandbox) -> None:
    sandbox.caller.subscribe()
    sandbox.control.switch(order_stock_delay_seconds=8)
    leipzig = {"typeId": "channel", "key": "leipzig"}
    order = sandbox.caller.post(
        "/orders/import", draft({"quantity": 3, "supplyChannel": leipzig}, {"quantity": 2}, inventoryMode="TrackOnly")
    )
    assert (order["type"], order["version"], order["orderNumber"]) == ("Order", 1, "TTS-1")
    sandbox.wait(7.9)
    assert (on_stock(sandbox, sandbox.leipzig), on_stock(sandbox)) == (10, 4)
    assert sandbox.control.levels() == {("MUG", "leipzig"): 7, ("MUG", ""): 2}
    sandbox.wait(0.1)
    assert (on_stock(sandbox, sandbox.leipzig), on_stock(sandbox)) == (7, 2)
    assert [body["type"] for body in sandbox.told()] == ["OrderImported"]
    assert sandbox.caller.entry("MUG")["version"] == 2


def test_units_taken_by_an_order_may_raise_a_change(sandbox: Sandbox) -> None:
    sandbox.control.switch(order_stock_notices="resource_updated")
    sandbox.caller.subscribe()
    sandbox.control.place(Order(lines=(Line(sku="MUG"),)))
    sandbox.wait(10)
    assert [body.get("type") or body["notificationType"] for body in sandbox.told()] == [
        "OrderCreated",
        "ResourceUpdated",
    ]


def test_a_line_has_the_last_word_about_its_stock(sandbox: Sandbox) -> None:
    sandbox.caller.post("/orders/import", draft({"inventoryMode": "None"}, inventoryMode="TrackOnly"))
    sandbox.caller.post("/orders/import", draft({}, orderNumber="TTS-2"))
    sandbox.wait(10)
    assert on_stock(sandbox) == 4


def test_track_only_takes_more_than_there_is(sandbox: Sandbox) -> None:
    sandbox.caller.post("/orders/import", draft({"quantity": 6}, inventoryMode="TrackOnly"))
    sandbox.wait(10)
    assert on_stock(sandbox) == -2


@pytest.mark.parametrize("mode", ["TrackOnly", "ReserveOnOrder"])
def test_a_missing_entry_is_out_of_stock(sandbox: Sandbox, mode: str) -> None:
    body = draft({"variant": {"sku": "CUP"}}, {}, inventoryMode=mode)
    answer = sandbox.caller.request("POST", "/orders/import", body)
    error = answer.json()["errors"][0]
    assert (answer.status_code, error["code"], error["skus"]) == (400, "OutOfStock", ["CUP"])
    assert sandbox.caller.get("/orders")["total"] == 0
    assert sandbox.control.levels()["MUG", ""] == 4


def test_reserve_on_order_takes_what_is_left_after_every_order(sandbox: Sandbox) -> None:
    def placed(units: int) -> Any:
        lines = (Line(sku="MUG", quantity=units),)
        return sandbox.control.place(Order(lines=lines, inventory_mode="ReserveOnOrder"))[0]["refused"]

    assert placed(3) is None
    assert "out of stock" in placed(2)
    assert placed(1) is None
    sandbox.control.put_entries(Entry(sku="MUG", quantity_on_stock=0, restockable_in_days=0))
    assert placed(5) is None


def test_an_order_number_exists_once(sandbox: Sandbox) -> None:
    sandbox.caller.post("/orders/import", draft({}))
    answer = sandbox.caller.request("POST", "/orders/import", draft({}))
    assert answer.json()["errors"][0] == {
        "code": "DuplicateField",
        "field": "orderNumber",
        "duplicateValue": "TTS-1",
        "message": "A duplicate value 'TTS-1' exists for field 'orderNumber'.",
    }


def test_an_order_is_read_by_id_number_and_query(sandbox: Sandbox) -> None:
    order = sandbox.caller.post("/orders/import", draft({}, orderNumber="TTS/1"))
    assert sandbox.caller.get(f"/orders/{order['id']}") == order
    assert sandbox.caller.get("/orders/order-number=TTS%2F1") == order
    assert sandbox.caller.get("/orders", where="orderNumber = :n", **{"var.n": "TTS/1"})["results"] == [order]
    line = order["lineItems"][0]
    assert (line["variant"]["sku"], line["quantity"], line["totalPrice"]["centAmount"]) == ("MUG", 1, 990)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (draft({}, totalPrice=None), "InvalidJsonInput"),
        (draft(), "InvalidJsonInput"),
        (draft({"quantity": None}), "InvalidJsonInput"),
        (draft({"variant": {}}), "InvalidJsonInput"),
        (draft({"price": None}), "InvalidJsonInput"),
        (draft({"name": None}), "InvalidJsonInput"),
        (draft({}, inventoryMode="Always"), "InvalidField"),
        (draft({}, orderState="New"), "InvalidField"),
        (draft({}, orderNumber=5), "InvalidField"),
        (draft({}, locale="de"), "InvalidJsonInput"),
        (draft({"key": "?"}), "InvalidField"),
        (draft({"supplyChannel": {"key": "nowhere"}}), "ReferencedResourceNotFound"),
    ],
)
def test_a_wrong_draft_is_refused(sandbox: Sandbox, body: Json, code: str) -> None:
    answer = sandbox.caller.request("POST", "/orders/import", body)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, code)


def test_states_change_and_are_told(sandbox: Sandbox) -> None:
    sandbox.caller.subscribe(messages=[{"resourceTypeId": "order"}], changes=[{"resourceTypeId": "order"}])
    order = sandbox.caller.post("/orders/import", draft({}))
    actions = [
        {"action": "changeOrderState", "orderState": "Confirmed"},
        {"action": "changeShipmentState", "shipmentState": "Ready"},
        {"action": "changeOrderState", "orderState": "Confirmed"},
    ]
    changed = sandbox.caller.post(f"/orders/{order['id']}", {"version": 1, "actions": actions})
    assert (changed["orderState"], changed["shipmentState"], changed["version"]) == ("Confirmed", "Ready", 2)
    wrong = {"version": 2, "actions": [{"action": "changePaymentState", "paymentState": "Maybe"}]}
    assert sandbox.caller.request("POST", "/orders/order-number=TTS-1", wrong).status_code == 400
    gone = sandbox.caller.request("DELETE", "/orders/order-number=TTS-1", version=2)
    assert gone.status_code == 200
    told = [(body.get("type") or body["notificationType"], body.get("sequenceNumber")) for body in sandbox.told()]
    assert told == [
        ("OrderImported", 1),
        ("ResourceCreated", None),
        ("OrderStateChanged", 2),
        ("OrderShipmentStateChanged", 3),
        ("ResourceUpdated", None),
        ("OrderDeleted", 4),
        ("ResourceDeleted", None),
    ]
