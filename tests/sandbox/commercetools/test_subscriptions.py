"""Subscriptions: drafts, test notifications, updates, and health with what it costs."""

from typing import Any

import pytest

from streams.sandbox.commercetools.outbox import Outcome, Post

from .caller import Json, Sandbox, subscription

DESTINATION = subscription()["destination"]


class Broker:
    """Stands where Kafka is: takes every post, and answers it when and how the test wants."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.results: list[Outcome] = []
        self.problem: str | None = None
        self.space = 1_000

    def room(self) -> int:
        return self.space

    def send(self, posts: list[Post]) -> None:
        self.posts += posts

    def outcomes(self) -> list[Outcome]:
        done, self.results = self.results, []
        return done

    def probe(self, destination: Json, body: bytes) -> str | None:
        return self.problem

    def close(self) -> None:
        pass

    def answer(self, problem: Any = None) -> None:
        self.results += [Outcome(post.number, problem) for post in self.posts]
        self.posts = []


def status(sandbox: Sandbox) -> str:
    found: str = sandbox.control.see("subscriptions")["subscriptions"][0]["status"]
    return found


def states(sandbox: Sandbox) -> list[str]:
    return [row["state"] for row in sandbox.control.every("notifications")][1:]


def test_a_subscription_shows_no_secrets(sandbox: Sandbox) -> None:
    made = sandbox.caller.subscribe(key="stock")
    assert made["status"] == "Healthy" and made["format"] == {"type": "Platform"}
    assert made["destination"] == DESTINATION | {"apiKey": "KEY********", "apiSecret": "sec********"}
    assert sandbox.caller.get("/subscriptions/key=stock") == made
    assert sandbox.caller.get("/subscriptions")["results"] == [made]
    assert "secret-1234" not in str(sandbox.control.see("subscriptions"))


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        ({"messages": [], "changes": []}, "InvalidInput"),
        ({"destination": None}, "RequiredField"),
        ({"destination": {"type": "Kafka"}}, "InvalidJsonInput"),
        ({"destination": DESTINATION | {"bootstrapServer": "localhost"}}, "InvalidField"),
        ({"destination": DESTINATION | {"acks": "2"}}, "InvalidField"),
        ({"destination": DESTINATION | {"apiSecret": ""}}, "RequiredField"),
        ({"destination": DESTINATION | {"colour": "blue"}}, "InvalidJsonInput"),
        ({"messages": [{"resourceTypeId": "channel"}]}, "InvalidField"),
        ({"messages": [{"resourceTypeId": "order"}, {"resourceTypeId": "order"}]}, "InvalidInput"),
        ({"messages": [{"resourceTypeId": "order", "types": "all"}]}, "InvalidJsonInput"),
        ({"changes": [{"resourceTypeId": "order", "types": []}]}, "InvalidJsonInput"),
        ({"messages": ["order"]}, "InvalidJsonInput"),
        ({"changes": {}, "messages": "order"}, "InvalidJsonInput"),
        ({"format": {"type": "CloudEvents"}}, "InvalidJsonInput"),
        ({"destination": {"type": "EventGrid", "uri": "x", "accessKey": "x"}}, "InvalidInput"),
        ({"key": "?"}, "InvalidField"),
        ({"status": "Healthy"}, "InvalidJsonInput"),
    ],
)
def test_a_wrong_draft_is_refused(sandbox: Sandbox, draft: Json, code: str) -> None:
    answer = sandbox.caller.request("POST", "/subscriptions", subscription(**draft))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, code)


def test_a_project_has_fifty_at_most(sandbox: Sandbox) -> None:
    for number in range(50):
        sandbox.caller.subscribe(key=f"number-{number}")
    answer = sandbox.caller.request("POST", "/subscriptions", subscription())
    assert answer.json()["errors"][0]["code"] == "MaxResourceLimitExceeded"
    answer = sandbox.caller.request("POST", "/subscriptions", subscription(key="number-1"))
    assert answer.json()["errors"][0]["code"] == "DuplicateField"


@pytest.mark.parametrize("form", ["Platform", "CloudEvents"])
def test_a_test_notification_comes_first(sandbox: Sandbox, form: str) -> None:
    kind = {"type": "CloudEvents", "cloudEventsVersion": "1.0"} if form == "CloudEvents" else {"type": "Platform"}
    made = sandbox.caller.subscribe(key="stock", format=kind)
    body = next(sandbox.control.every("notifications"))["body"]
    plain = body.get("data", body)
    assert plain == {
        "notificationType": "ResourceCreated",
        "projectKey": "example-mugs",
        "version": 1,
        "resource": {"typeId": "subscription", "id": made["id"]},
        "resourceUserProvidedIdentifiers": {"key": "stock"},
        "modifiedAt": made["createdAt"],
    }
    if form == "CloudEvents":
        assert body["type"] == "com.commercetools.subscription.change.ResourceCreated"
        assert (body["specversion"], body["source"]) == ("1.0", "/example-mugs/subscriptions")


def test_without_a_delivered_test_there_is_no_subscription() -> None:
    broker = Broker()
    sandbox = Sandbox(broker)
    broker.problem = "unknown topic"
    answer = sandbox.caller.request("POST", "/subscriptions", subscription())
    assert answer.status_code == 400 and "unknown topic" in answer.json()["message"]
    assert sandbox.caller.get("/subscriptions")["total"] == 0
    broker.problem = None
    made = sandbox.caller.subscribe()
    broker.problem = "unknown topic"
    action = {"action": "changeDestination", "destination": DESTINATION | {"topic": "elsewhere"}}
    body = {"version": 1, "actions": [action]}
    assert sandbox.caller.request("POST", f"/subscriptions/{made['id']}", body).status_code == 400
    assert sandbox.caller.get(f"/subscriptions/{made['id']}") == made


def test_an_update_changes_kinds_in_one_request(sandbox: Sandbox) -> None:
    made = sandbox.caller.subscribe(changes=[])
    none = {"action": "setMessages", "messages": []}
    changes = {"action": "setChanges", "changes": [{"resourceTypeId": "inventory-entry"}]}
    path = f"/subscriptions/{made['id']}"
    assert sandbox.caller.request("POST", path, {"version": 1, "actions": [none]}).status_code == 400
    changed = sandbox.caller.post(path, {"version": 1, "actions": [none, changes, {"action": "setKey", "key": "new"}]})
    assert (changed["messages"], changed["changes"], changed["key"]) == (
        [],
        [{"resourceTypeId": "inventory-entry"}],
        "new",
    )
    assert sandbox.caller.post(path, {"version": 2, "actions": []}) == changed
    for action in ({"action": "setFormat"}, {"action": "setKey", "key": "?"}, {"action": "setKey", "name": "x"}):
        assert sandbox.caller.request("POST", path, {"version": 2, "actions": [action]}).status_code == 400
    assert sandbox.caller.request("POST", path, {"version": 1, "actions": []}).status_code == 409
    assert sandbox.caller.request("DELETE", path, version=2).status_code == 200
    assert sandbox.caller.request("GET", path).status_code == 404


def test_what_is_delivered_is_what_the_broker_took() -> None:
    broker = Broker()
    sandbox = Sandbox(broker)
    sandbox.caller.subscribe(changes=[])
    sandbox.control.change_quantities({"": {"MUG": 1}})
    assert states(sandbox) == ["waiting"]
    sandbox.wait(0)
    assert states(sandbox) == ["sent"] and broker.posts[0].destination["topic"] == "ct-notifications"
    broker.answer()
    sandbox.wait(0)
    assert states(sandbox) == ["delivered"] and broker.posts == []
    broker.space = 0
    sandbox.control.change_quantities({"": {"MUG": 2}})
    sandbox.wait(0)
    assert states(sandbox) == ["delivered", "waiting"]


def test_a_temporary_error_keeps_notifications_and_heals() -> None:
    broker = Broker()
    sandbox = Sandbox(broker)
    sandbox.caller.subscribe(changes=[])
    sandbox.control.change_quantities({"": {"MUG": 1}})
    sandbox.wait(0)
    broker.answer("temporary")
    sandbox.wait(0)
    assert status(sandbox) == "TemporaryError" and states(sandbox) == ["waiting"] and broker.posts == []
    sandbox.wait(1)
    broker.answer()
    sandbox.wait(0)
    assert status(sandbox) == "Healthy" and states(sandbox) == ["delivered"]


def test_a_configuration_error_that_lasts_stops_the_delivery() -> None:
    broker = Broker()
    sandbox = Sandbox(broker, configuration_error_seconds=60)
    made = sandbox.caller.subscribe(changes=[])
    sandbox.control.change_quantities({"": {"MUG": 1}})
    sandbox.wait(0)
    broker.answer("configuration")
    sandbox.wait(0)
    assert status(sandbox) == "ConfigurationError" and states(sandbox) == ["waiting"]
    sandbox.wait(60)
    assert status(sandbox) == "ConfigurationErrorDeliveryStopped" and states(sandbox) == ["lost"]
    sandbox.control.change_quantities({"": {"MUG": 2}})
    assert states(sandbox) == ["lost", "lost"]
    action = {"action": "changeDestination", "destination": DESTINATION | {"topic": "elsewhere"}}
    healed = sandbox.caller.post(f"/subscriptions/{made['id']}", {"version": 1, "actions": [action]})
    assert healed["status"] == "Healthy"
    sandbox.control.change_quantities({"": {"MUG": 3}})
    assert [row["state"] for row in sandbox.control.every("notifications")][-1] == "waiting"


@pytest.mark.parametrize(
    ("wanted", "probe", "meanwhile", "afterwards"),
    [
        ("Healthy", 200, "delivered", "delivered"),
        ("TemporaryError", 503, "held", "delivered"),
        ("ConfigurationError", 400, "held", "delivered"),
        ("ConfigurationErrorDeliveryStopped", 400, "lost", "lost"),
        ("ManuallySuspended", 400, "lost", "lost"),
    ],
)
def test_health_can_be_put_and_probed_without_a_token(
    sandbox: Sandbox, wanted: str, probe: int, meanwhile: str, afterwards: str
) -> None:
    made = sandbox.caller.subscribe(changes=[])
    sandbox.control.put_health(made["id"], wanted)
    assert sandbox.caller.get(f"/subscriptions/{made['id']}")["status"] == wanted
    path = f"/commercetools/api/example-mugs/subscriptions/{made['id']}/health"
    assert sandbox.client.get(path).status_code == probe
    sandbox.control.change_quantities({"": {"MUG": 1}})
    sandbox.wait(1)
    assert states(sandbox) == [meanwhile]
    sandbox.control.put_health(made["id"], "Healthy")
    sandbox.wait(1)
    assert states(sandbox) == [afterwards]
    assert sandbox.client.get(path.replace(made["id"], "nothing")).status_code == 404


def test_a_change_of_a_subscription_takes_effect_later(sandbox: Sandbox) -> None:
    sandbox.control.switch(subscription_effect_seconds=60)
    sandbox.caller.subscribe(changes=[])
    sandbox.control.change_quantities({"": {"MUG": 1}})
    sandbox.wait(60)
    sandbox.control.change_quantities({"": {"MUG": 2}})
    assert [body["newQuantityOnStock"] for body in sandbox.told()] == [2]
