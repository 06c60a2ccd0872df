"""Notifications: what is told of stock, in which form, and how it may go wrong on the way."""

import pytest

from streams.sandbox.commercetools.control import Entry, Line, Order, Place

from .caller import Json, Sandbox

CLOUD = {"type": "CloudEvents", "cloudEventsVersion": "1.0"}


def kinds(sandbox: Sandbox) -> list[str]:
    return [body.get("type") or body["notificationType"] for body in sandbox.told()]


def test_a_quantity_is_told_with_old_and_new(sandbox: Sandbox) -> None:
    sandbox.caller.subscribe()
    sandbox.control.put_entries(Entry(sku="MUG", supply_channel="leipzig", quantity_on_stock=10, reserved=3, key="M-1"))
    sandbox.control.change_quantities({"leipzig": {"MUG": 8}})
    entry = sandbox.caller.entry("MUG", sandbox.leipzig)
    message, change = sandbox.told()
    assert message == {
        "notificationType": "Message",
        "projectKey": "example-mugs",
        "id": message["id"],
        "version": 1,
        "sequenceNumber": 1,
        "resource": {"typeId": "inventory-entry", "id": entry["id"]},
        "resourceVersion": entry["version"],
        "resourceUserProvidedIdentifiers": {"key": "M-1", "sku": "MUG"},
        "type": "InventoryEntryQuantitySet",
        "oldQuantityOnStock": 10,
        "newQuantityOnStock": 8,
        "oldAvailableQuantity": 7,
        "newAvailableQuantity": 5,
        "sku": "MUG",
        "supplyChannel": {"typeId": "channel", "id": sandbox.leipzig},
        "createdAt": entry["lastModifiedAt"],
        "lastModifiedAt": entry["lastModifiedAt"],
    }
    assert change == {
        "notificationType": "ResourceUpdated",
        "projectKey": "example-mugs",
        "resource": message["resource"],
        "resourceUserProvidedIdentifiers": {"key": "M-1", "sku": "MUG"},
        "version": entry["version"],
        "oldVersion": entry["version"] - 1,
        "modifiedAt": entry["lastModifiedAt"],
    }


def test_cloud_events_wrap_the_same(sandbox: Sandbox) -> None:
    sandbox.caller.subscribe()
    sandbox.caller.subscribe(format=CLOUD)
    sandbox.control.change_quantities({"leipzig": {"MUG": 8}})
    told = sandbox.told()
    message, change = (body for body in told if "data" not in body)
    wrapped, wrapped_change = (body for body in told if "data" in body)
    assert wrapped == {
        "specversion": "1.0",
        "id": message["id"],
        "type": "com.commercetools.inventory-entry.message.InventoryEntryQuantitySet",
        "source": "/example-mugs/inventory",
        "subject": message["resource"]["id"],
        "time": message["createdAt"],
        "sequence": "1",
        "sequencetype": "Integer",
        "dataref": f"/example-mugs/messages/{message['id']}",
        "data": message,
    }
    assert wrapped_change["data"] == change
    assert wrapped_change["id"].startswith(message["resource"]["id"]) and "sequence" not in wrapped_change
    assert wrapped_change["type"] == "com.commercetools.inventory-entry.change.ResourceUpdated"


def test_the_life_of_an_entry_is_numbered(sandbox: Sandbox) -> None:
    sandbox.caller.subscribe()
    sandbox.control.change_quantities({"leeds": {"CUP": 9}})
    entry = sandbox.caller.entry("CUP", sandbox.leeds)
    sandbox.caller.act(
        entry, {"action": "setReorderPoint", "reorderPoint": 5}, {"action": "setSafetyStock", "safetyStock": 2}
    )
    sandbox.control.change_quantities({"leeds": {"CUP": 0}})
    sandbox.control.delete_entries(Place(sku="CUP", supply_channel="leeds"))
    told = [(body.get("type") or body["notificationType"], body.get("sequenceNumber")) for body in sandbox.told()]
    assert told == [
        ("InventoryEntryCreated", 1),
        ("ResourceCreated", None),
        ("ResourceUpdated", None),
        ("InventoryEntryQuantitySet", 2),
        ("InventoryEntryOutOfStock", 3),
        ("InventoryEntryReorderPoint", 4),
        ("InventoryEntrySafetyStock", 5),
        ("ResourceUpdated", None),
        ("InventoryEntryDeleted", 6),
        ("ResourceDeleted", None),
    ]
    assert sandbox.told()[0]["inventoryEntry"]["id"] == entry["id"]


def test_moving_an_entry_has_no_message(sandbox: Sandbox) -> None:
    sandbox.caller.subscribe()
    leeds = {"typeId": "channel", "key": "leeds"}
    sandbox.caller.act(sandbox.caller.entry("MUG"), {"action": "setSupplyChannel", "supplyChannel": leeds})
    assert kinds(sandbox) == ["ResourceUpdated"]


def test_only_the_types_asked_for_are_told(sandbox: Sandbox) -> None:
    sandbox.caller.subscribe(
        changes=[], messages=[{"resourceTypeId": "inventory-entry", "types": ["InventoryEntryOutOfStock"]}]
    )
    sandbox.control.change_quantities({"": {"MUG": 0}})
    told = sandbox.told()
    assert [(body["type"], body["sequenceNumber"]) for body in told] == [("InventoryEntryOutOfStock", 2)]


def test_setting_stock_up_is_silent(sandbox: Sandbox) -> None:
    sandbox.caller.subscribe()
    sandbox.control.set_up({"leeds": {"CUP": 9}, "": {"MUG": 1}})
    assert sandbox.told() == []
    assert sandbox.control.change_quantities({"": {"MUG": 1}}) == 0


@pytest.mark.parametrize("form", [{"type": "Platform"}, CLOUD])
def test_a_large_message_comes_without_its_fields(sandbox: Sandbox, form: Json) -> None:
    sandbox.caller.subscribe(format=form, changes=[])
    sandbox.control.switch(largest_notification_bytes=1_500)
    sandbox.control.place(Order(lines=tuple(Line(sku="MUG") for _ in range(4))))
    sandbox.control.change_quantities({"": {"MUG": 5}})
    large, small = (body.get("data", body) for body in sandbox.told())
    assert large["payloadNotIncluded"] == {"reason": "Payload too large.", "payloadType": "OrderCreated"}
    assert "type" not in large and "order" not in large and large["sequenceNumber"] == 1
    assert small["type"] == "InventoryEntryQuantitySet"


def test_notifications_can_be_lost_and_doubled() -> None:
    sandbox = Sandbox(notification_loss=0.3, notification_duplicates=0.3)
    sandbox.caller.subscribe(changes=[])
    sandbox.control.change_quantities({"": {f"SKU-{number}": 1 for number in range(300)}})
    sandbox.wait(0)
    counted = sandbox.control.see("summary")["notifications"]
    assert 60 < counted["lost"] < 120
    assert 300 + 40 < counted["lost"] + counted["delivered"] < 300 + 90
    ids = [body["id"] for body in sandbox.told(state="delivered")]
    assert len(ids) - len(set(ids)) == counted["lost"] + counted["delivered"] - 1 - 300


def test_notifications_can_be_late_and_out_of_order(sandbox: Sandbox) -> None:
    sandbox.control.switch(notification_delay_seconds=5, notification_jitter_seconds=10)
    sandbox.caller.subscribe(changes=[])
    sandbox.control.change_quantities({"": {f"SKU-{number}": 1 for number in range(50)}})
    sandbox.wait(4.9)
    assert sandbox.control.see("summary")["notifications"] == {"delivered": 1, "waiting": 50}
    sandbox.wait(5)
    early = [row["id"] for row in sandbox.control.every("notifications", state="delivered")][1:]
    assert 5 < len(early) < 45 and early != list(range(early[0], early[0] + len(early)))
    sandbox.wait(5.2)
    assert sandbox.control.see("summary")["notifications"] == {"delivered": 51}


def test_only_the_latest_are_kept(sandbox: Sandbox) -> None:
    sandbox.control.switch(notifications_kept=10)
    sandbox.caller.subscribe(changes=[])
    sandbox.control.change_quantities({"": {f"SKU-{number}": 1 for number in range(50)}})
    sandbox.wait(0)
    sandbox.wait(0)
    assert len(list(sandbox.control.every("notifications"))) == 10


def test_messages_can_be_read_while_the_project_keeps_them(sandbox: Sandbox) -> None:
    sandbox.caller.subscribe(changes=[])
    sandbox.control.change_quantities({"leipzig": {"MUG": 8}})
    told = sandbox.told()[0]
    message = sandbox.caller.get(f"/messages/{told['id']}")
    assert "notificationType" not in message and "projectKey" not in message
    assert message["createdBy"]["clientId"] == "sandbox-merchant"
    assert {key: told[key] for key in message.keys() & told.keys()} == {
        key: message[key] for key in message.keys() & told.keys()
    }
    found = sandbox.caller.get(
        "/messages",
        where='type in ("InventoryEntryQuantitySet") and createdAt > "2026-01-01Z"'.replace("01Z", "01T00:00:00Z"),
        sort=["createdAt asc", "id asc"],
    )
    assert found["results"] == [message]
    resource = f'resource(typeId = "inventory-entry" and id = "{message["resource"]["id"]}")'
    assert sandbox.caller.get("/messages", where=resource)["total"] == 1
    sandbox.wait(15 * 86_400 - 1)
    sandbox.caller.token = sandbox.caller.new_token().json()["access_token"]
    assert sandbox.caller.get("/messages")["total"] == 1
    sandbox.wait(2)
    assert sandbox.caller.get("/messages")["total"] == 0


def test_subscriptions_are_told_although_messages_are_not_kept(sandbox: Sandbox) -> None:
    action = {"action": "changeMessagesConfiguration", "messagesConfiguration": {"enabled": False}}
    sandbox.caller.post("", {"version": 1, "actions": [action]})
    sandbox.caller.subscribe(changes=[])
    sandbox.control.change_quantities({"leipzig": {"MUG": 8}})
    assert len(sandbox.told()) == 1
    assert sandbox.caller.get("/messages")["total"] == 0
    assert sandbox.caller.request("GET", f"/messages/{sandbox.told()[0]['id']}").status_code == 404


def test_a_channel_tells_changes_only(sandbox: Sandbox) -> None:
    sandbox.caller.subscribe(messages=[], changes=[{"resourceTypeId": "channel"}])
    sandbox.caller.post("/channels", {"key": "york"})
    assert kinds(sandbox) == ["ResourceCreated"]
