"""Inventory entries: created, changed by every action, deleted; versions guard each write."""

from typing import Any

import httpx
import pytest

from .caller import Json, Sandbox


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["code"]


def test_an_entry_is_created_with_its_optional_fields(sandbox: Sandbox) -> None:
    draft: Json = {
        "sku": "CUP",
        "key": "CUP_leeds",
        "supplyChannel": {"typeId": "channel", "key": "leeds"},
        "quantityOnStock": 7,
        "restockableInDays": 3,
        "minCartQuantity": 1,
        "maxCartQuantity": 4,
        "stockLevels": {"reorderPoint": 5, "safetyStock": 2},
        "custom": {"type": {"typeId": "type", "id": "t"}},
    }
    made = sandbox.caller.post("/inventory", draft)
    assert (made["version"], made["quantityOnStock"], made["availableQuantity"]) == (1, 7, 7)
    assert made["supplyChannel"] == {"typeId": "channel", "id": sandbox.leeds}
    assert made["stockLevels"] == {"reorderPoint": 5, "safetyStock": 2}
    assert made["custom"] == {"type": {"typeId": "type", "id": "t"}, "fields": {}}
    assert made["createdBy"]["clientId"] == "client-under-test"
    assert sandbox.caller.get(f"/inventory/{made['id']}") == made
    assert sandbox.caller.get("/inventory/key=CUP_leeds") == made


def test_one_entry_per_sku_and_channel(sandbox: Sandbox) -> None:
    leipzig = {"typeId": "channel", "id": sandbox.leipzig}
    for place in ({}, {"supplyChannel": leipzig}):
        answer = sandbox.caller.request("POST", "/inventory", {"sku": "MUG", "quantityOnStock": 1, **place})
        assert code(answer) == (400, "DuplicateField")
        assert answer.json()["errors"][0]["duplicateValue"] == "MUG"


@pytest.mark.parametrize(
    ("draft", "wanted"),
    [
        ({"quantityOnStock": 1}, "InvalidJsonInput"),
        ({"sku": "CUP"}, "InvalidJsonInput"),
        ({"sku": "CUP", "quantityOnStock": "1"}, "InvalidJsonInput"),
        ({"sku": "CUP", "quantityOnStock": True}, "InvalidJsonInput"),
        ({"sku": "CUP", "quantityOnStock": 1, "colour": "blue"}, "InvalidJsonInput"),
        ({"sku": "CUP", "quantityOnStock": 1, "key": "a key"}, "InvalidField"),
        ({"sku": "CUP", "quantityOnStock": 1, "restockableInDays": -1}, "InvalidField"),
        ({"sku": "CUP", "quantityOnStock": 1, "minCartQuantity": 5, "maxCartQuantity": 4}, "InvalidOperation"),
        (
            {"sku": "CUP", "quantityOnStock": 1, "supplyChannel": {"typeId": "channel", "key": "nowhere"}},
            "ReferencedResourceNotFound",
        ),
        (
            {"sku": "CUP", "quantityOnStock": 1, "supplyChannel": {"typeId": "store", "key": "leeds"}},
            "InvalidJsonInput",
        ),
        (b"{", "InvalidJsonInput"),
        (b"[]", "InvalidJsonInput"),
    ],
)
def test_a_wrong_draft_is_refused(sandbox: Sandbox, draft: Any, wanted: str) -> None:
    assert code(sandbox.caller.request("POST", "/inventory", draft)) == (400, wanted)


def test_a_channel_must_supply(sandbox: Sandbox) -> None:
    shop = sandbox.caller.post("/channels", {"key": "shop", "roles": ["ProductDistribution"]})
    place = {"typeId": "channel", "id": shop["id"]}
    answer = sandbox.caller.request("POST", "/inventory", {"sku": "CUP", "quantityOnStock": 1, "supplyChannel": place})
    assert code(answer) == (400, "MissingRoleOnChannel")


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ({"action": "addQuantity", "quantity": 5}, {"quantityOnStock": 15, "availableQuantity": 15}),
        ({"action": "removeQuantity", "quantity": 12}, {"quantityOnStock": -2, "availableQuantity": -2}),
        ({"action": "changeQuantity", "quantity": 3}, {"quantityOnStock": 3, "availableQuantity": 3}),
        ({"action": "setRestockableInDays", "restockableInDays": 0}, {"restockableInDays": 0}),
        (
            {"action": "setExpectedDelivery", "expectedDelivery": "2026-12-01T00:00:00.000Z"},
            {"expectedDelivery": "2026-12-01T00:00:00.000Z"},
        ),
        ({"action": "setInventoryLimits", "minCartQuantity": 2}, {"minCartQuantity": 2}),
        ({"action": "setReorderPoint", "reorderPoint": 4}, {"stockLevels": {"reorderPoint": 4}}),
        ({"action": "setSafetyStock", "safetyStock": 4}, {"stockLevels": {"safetyStock": 4}}),
        ({"action": "setKey", "key": "MUG_leipzig"}, {"key": "MUG_leipzig"}),
        (
            {"action": "setReservationExpirationInMinutes", "reservationExpirationInMinutes": 30},
            {"reservationExpirationInMinutes": 30},
        ),
        (
            {"action": "setCustomType", "type": {"typeId": "type", "id": "t"}, "fields": {"shelf": "A"}},
            {"custom": {"type": {"typeId": "type", "id": "t"}, "fields": {"shelf": "A"}}},
        ),
    ],
)
def test_each_action_does_what_its_name_says(sandbox: Sandbox, action: Json, fields: Json) -> None:
    entry = sandbox.caller.entry("MUG", sandbox.leipzig)
    changed = sandbox.caller.act(entry, action).json()
    assert changed == entry | fields | {"version": 2, "lastModifiedBy": changed["lastModifiedBy"]}
    assert sandbox.caller.get(f"/inventory/{entry['id']}") == changed


def test_a_channel_can_be_set_and_left(sandbox: Sandbox) -> None:
    entry = sandbox.caller.entry("MUG", sandbox.leipzig)
    leeds = {"typeId": "channel", "key": "leeds"}
    moved = sandbox.caller.act(entry, {"action": "setSupplyChannel", "supplyChannel": leeds}).json()
    assert moved["supplyChannel"]["id"] == sandbox.leeds
    assert code(sandbox.caller.act(moved, {"action": "setSupplyChannel"})) == (400, "DuplicateField")
    general = sandbox.caller.entry("MUG")
    assert sandbox.caller.request("DELETE", f"/inventory/{general['id']}", version=1).status_code == 200
    assert "supplyChannel" not in sandbox.caller.act(moved, {"action": "setSupplyChannel"}).json()


def test_custom_fields_need_a_type(sandbox: Sandbox) -> None:
    entry = sandbox.caller.entry("MUG")
    field = {"action": "setCustomField", "name": "shelf", "value": "A"}
    assert code(sandbox.caller.act(entry, field)) == (400, "InvalidOperation")
    kind = {"action": "setCustomType", "type": {"typeId": "type", "id": "t"}}
    entry = sandbox.caller.act(entry, kind, field).json()
    assert entry["custom"]["fields"] == {"shelf": "A"}
    entry = sandbox.caller.act(entry, {"action": "setCustomField", "name": "shelf"}).json()
    assert entry["custom"]["fields"] == {}
    assert code(sandbox.caller.act(entry, {"action": "setCustomField", "name": "shelf"})) == (400, "InvalidOperation")


@pytest.mark.parametrize(
    ("action", "wanted"),
    [
        ({"action": "giveAway"}, "InvalidInput"),
        ({"action": "addQuantity"}, "InvalidJsonInput"),
        ({"action": "addQuantity", "quantity": 1, "why": "so"}, "InvalidJsonInput"),
        ({"action": "setKey", "key": "?"}, "InvalidField"),
        ({"action": "setReservationExpirationInMinutes", "reservationExpirationInMinutes": 44_641}, "InvalidField"),
        ({"action": "setSupplyChannel", "supplyChannel": {"key": "nowhere"}}, "ReferencedResourceNotFound"),
    ],
)
def test_all_actions_or_none(sandbox: Sandbox, action: Json, wanted: str) -> None:
    entry = sandbox.caller.entry("MUG")
    assert code(sandbox.caller.act(entry, {"action": "changeQuantity", "quantity": 99}, action)) == (400, wanted)
    assert sandbox.caller.entry("MUG") == entry


def test_a_stale_version_is_refused_and_told_the_current_one(sandbox: Sandbox) -> None:
    entry = sandbox.caller.entry("MUG")
    action = {"action": "addQuantity", "quantity": 1}
    assert sandbox.caller.act(entry, action).status_code == 200
    answer = sandbox.caller.act(entry, action)
    assert code(answer) == (409, "ConcurrentModification")
    assert answer.json()["errors"][0]["currentVersion"] == 2
    delete = sandbox.caller.request("DELETE", f"/inventory/{entry['id']}", version=1)
    assert code(delete) == (409, "ConcurrentModification")
    assert code(sandbox.caller.request("DELETE", f"/inventory/{entry['id']}")) == (400, "InvalidInput")
    missing = sandbox.caller.request("POST", f"/inventory/{entry['id']}", {"actions": []})
    assert code(missing) == (400, "InvalidJsonInput")


def test_an_update_without_effect_changes_nothing(sandbox: Sandbox) -> None:
    entry = sandbox.caller.entry("MUG")
    assert sandbox.caller.act(entry, {"action": "changeQuantity", "quantity": 4}).json() == entry


def test_versions_jump_at_times() -> None:
    sandbox = Sandbox(version_jumps=0.5)
    entry = sandbox.caller.entry("MUG")
    steps = set()
    for _ in range(60):
        changed = sandbox.caller.act(entry, {"action": "addQuantity", "quantity": 1}).json()
        steps.add(changed["version"] - entry["version"])
        entry = changed
    assert steps == {1, 2, 3, 4}


def test_a_deleted_entry_is_gone_and_its_place_is_free(sandbox: Sandbox) -> None:
    entry = sandbox.caller.entry("MUG")
    gone = sandbox.caller.request("DELETE", f"/inventory/{entry['id']}", version=entry["version"])
    assert gone.json() == entry
    assert code(sandbox.caller.request("GET", f"/inventory/{entry['id']}")) == (404, "ResourceNotFound")
    again = sandbox.caller.post("/inventory", {"sku": "MUG", "quantityOnStock": 1})
    assert again["id"] != entry["id"] and again["version"] == 1


def test_head_tells_whether_there_is_one(sandbox: Sandbox) -> None:
    entry = sandbox.caller.entry("MUG")
    found = sandbox.caller.request("HEAD", f"/inventory/{entry['id']}")
    assert (found.status_code, found.content) == (200, b"")
    assert sandbox.caller.request("HEAD", "/inventory", where='sku = "CUP"').status_code == 404


def test_the_author_of_a_write_is_kept(sandbox: Sandbox) -> None:
    entry = sandbox.caller.entry("MUG")
    body = {"version": 1, "actions": [{"action": "addQuantity", "quantity": 1}]}
    written = sandbox.caller.request("POST", f"/inventory/{entry['id']}", body, {"x-external-user-id": "sync"}).json()
    assert written["lastModifiedBy"] == {
        "clientId": "client-under-test",
        "isPlatformClient": False,
        "externalUserId": "sync",
    }
