"""Tokens: who gets one, for how long, and what it opens."""

import httpx
import pytest

from streams.sandbox.commercetools.control import Client, Project

from .caller import CLIENT, PROJECT, SECRET, Caller, Sandbox


def test_a_token_carries_every_scope_of_its_client_unless_fewer_are_wanted(sandbox: Sandbox) -> None:
    caller = sandbox.caller_with("view_products", "manage_orders")
    body = caller.new_token().json()
    assert body["token_type"] == "Bearer" and body["expires_in"] == 172_800
    assert body["scope"] == f"view_products:{PROJECT} manage_orders:{PROJECT}"
    assert caller.new_token(scope=f"view_orders:{PROJECT}").json()["scope"] == f"view_orders:{PROJECT}"


def test_more_than_the_client_has_is_refused(sandbox: Sandbox) -> None:
    answer = sandbox.caller_with("view_products").new_token(scope=f"manage_products:{PROJECT}")
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_scope"


@pytest.mark.parametrize(("client_id", "secret"), [(CLIENT, "wrong"), ("nobody", SECRET)])
def test_wrong_credentials_are_invalid_client(sandbox: Sandbox, client_id: str, secret: str) -> None:
    answer = sandbox.client.post(
        "/commercetools/auth/oauth/token", auth=(client_id, secret), data={"grant_type": "client_credentials"}
    )
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


def test_the_grant_must_be_client_credentials(sandbox: Sandbox) -> None:
    answer = sandbox.caller.new_token(grant_type="password")
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_the_grant_may_stand_in_the_query(sandbox: Sandbox) -> None:
    answer = sandbox.client.post("/commercetools/auth/oauth/token?grant_type=client_credentials", auth=(CLIENT, SECRET))
    assert answer.status_code == 200


def refused(answer: httpx.Response, status: int, error: str) -> None:
    assert answer.status_code == status
    body = answer.json()
    assert (body["statusCode"], body["error"], body["errors"][0]["code"]) == (status, error, error)


def test_a_token_ends_by_the_clock(sandbox: Sandbox) -> None:
    sandbox.control.add_clients(Client(client_id="short", client_secret=SECRET, project=PROJECT, token_seconds=60))
    caller = Caller(sandbox.client, "short")
    sandbox.control.set_clock(step=59)
    assert caller.request("GET", "/inventory").status_code == 200
    sandbox.control.set_clock(step=1)
    refused(caller.request("GET", "/inventory"), 401, "invalid_token")


def test_tokens_can_be_ended(sandbox: Sandbox) -> None:
    sandbox.control.end_tokens()
    refused(sandbox.caller.request("GET", "/inventory"), 401, "invalid_token")
    refused(sandbox.caller.request("GET", "/nothing"), 401, "invalid_token")


def test_scopes_are_enforced_by_operation(sandbox: Sandbox) -> None:
    reader = sandbox.caller_with("view_products")
    assert reader.request("GET", "/inventory").status_code == 200
    assert reader.request("GET", "/channels").status_code == 200
    draft = {"sku": "CUP", "quantityOnStock": 1}
    answer = reader.request("POST", "/inventory", draft)
    refused(answer, 403, "insufficient_scope")
    assert f"manage_products:{PROJECT}" in answer.json()["message"]
    for path in ("/orders", "/subscriptions", "/messages", ""):
        refused(reader.request("GET", path), 403, "insufficient_scope")
    assert sandbox.caller_with("manage_products").request("GET", "/inventory").status_code == 200
    assert sandbox.caller_with("view_orders").request("GET", "/messages").status_code == 200


def test_a_scope_opens_its_own_project_only(sandbox: Sandbox) -> None:
    sandbox.control.add_projects(Project(key="other-mugs"))
    sandbox.caller.project = "other-mugs"
    refused(sandbox.caller.request("GET", "/inventory"), 403, "insufficient_scope")


def test_every_answer_has_a_correlation_id_and_the_clocks_date(sandbox: Sandbox) -> None:
    answer = sandbox.caller.request("GET", "/inventory", headers={"x-correlation-id": "mine"})
    assert answer.headers["x-correlation-id"] == "mine"
    assert answer.headers["date"] == "Mon, 21 Sep 2026 14:13:20 GMT"
    assert sandbox.caller.request("GET", "/inventory").headers["x-correlation-id"]
