"""Channels: by id and key, changed by actions, and not deleted while goods lie there."""

import pytest

from .caller import Json, Sandbox


def test_a_channel_is_found_by_id_and_key(sandbox: Sandbox) -> None:
    channel = sandbox.caller.get(f"/channels/{sandbox.leipzig}")
    assert (channel["key"], channel["roles"]) == ("leipzig", ["InventorySupply"])
    assert sandbox.caller.get("/channels/key=leipzig") == channel
    assert sandbox.caller.get("/channels", where='key in ("leipzig", "x")')["results"] == [channel]
    assert sandbox.caller.request("GET", "/channels/key=nowhere").status_code == 404


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        ({}, "InvalidJsonInput"),
        ({"key": "leeds"}, "DuplicateField"),
        ({"key": "?"}, "InvalidField"),
        ({"key": "new", "roles": ["Shop"]}, "InvalidField"),
        ({"key": "new", "colour": "blue"}, "InvalidJsonInput"),
    ],
)
def test_a_wrong_draft_is_refused(sandbox: Sandbox, draft: Json, code: str) -> None:
    answer = sandbox.caller.request("POST", "/channels", draft)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, code)


def test_a_channel_is_changed_by_actions(sandbox: Sandbox) -> None:
    actions = [
        {"action": "changeKey", "key": "york"},
        {"action": "setRoles", "roles": ["Primary"]},
        {"action": "changeName", "name": {"en": "York"}},
    ]
    changed = sandbox.caller.post("/channels/key=leeds", {"version": 1, "actions": actions})
    assert (changed["id"], changed["key"], changed["roles"], changed["name"]) == (
        sandbox.leeds,
        "york",
        ["Primary"],
        {"en": "York"},
    )
    for action in ({"action": "changeKey", "key": "leipzig"}, {"action": "paint"}, {"action": "changeKey", "x": 1}):
        answer = sandbox.caller.request("POST", "/channels/key=york", {"version": 2, "actions": [action]})
        assert answer.status_code == 400
    assert sandbox.caller.request("POST", "/channels/key=york", {"version": 1, "actions": []}).status_code == 409


def test_a_channel_with_goods_stays(sandbox: Sandbox) -> None:
    answer = sandbox.caller.request("DELETE", "/channels/key=leipzig", version=1)
    assert answer.json()["errors"][0]["code"] == "ReferenceExists"
    assert sandbox.caller.request("DELETE", "/channels/key=leeds", version=1).status_code == 200
    assert sandbox.caller.get("/channels")["total"] == 1


def test_the_project_keeps_messages_as_long_as_it_says(sandbox: Sandbox) -> None:
    project = sandbox.caller.get("")
    assert (project["key"], project["messages"]) == (
        sandbox.caller.project,
        {"enabled": True, "deleteDaysAfterCreation": 15},
    )
    action = {
        "action": "changeMessagesConfiguration",
        "messagesConfiguration": {"enabled": False, "deleteDaysAfterCreation": 91},
    }
    assert sandbox.caller.request("POST", "", {"version": 1, "actions": [action]}).status_code == 400
    action["messagesConfiguration"] = {"enabled": False, "deleteDaysAfterCreation": 3}
    changed = sandbox.caller.post("", {"version": 1, "actions": [action]})
    assert (changed["version"], changed["messages"]) == (2, {"enabled": False, "deleteDaysAfterCreation": 3})
    assert sandbox.caller.request("POST", "", {"version": 1, "actions": []}).status_code == 409
