"""Tokens: codes work once, access tokens expire, a refresh ends both old ones."""

from typing import Any

from .caller import KEY, SECRET, Caller, Sandbox

SEARCH = "/order/202309/orders/search"


def call(sandbox: Sandbox, word: str, method: str = "GET", **query: str) -> Any:
    given = {"app_key": KEY, "app_secret": SECRET, **query}
    return sandbox.client.request(method, f"/api/v2/token/{word}", params=given)


def get(sandbox: Sandbox, code: str, **query: str) -> dict[str, Any]:
    answer: dict[str, Any] = call(
        sandbox, "get", **{"auth_code": code, "grant_type": "authorized_code", **query}
    ).json()
    return answer


def refresh(sandbox: Sandbox, token: str) -> dict[str, Any]:
    answer: dict[str, Any] = call(sandbox, "refresh", refresh_token=token, grant_type="refresh_token").json()
    return answer


def code_with(sandbox: Sandbox, token: str) -> int:
    caller = Caller(sandbox.client, sandbox.time, sandbox.shop, token)
    return int(caller.post(SEARCH, {"update_time_ge": 1}, page_size="1")["code"])


def test_a_code_brings_tokens_once() -> None:
    sandbox = Sandbox()
    code = sandbox.control.auth_code(KEY, sandbox.shop["id"])
    data = get(sandbox, code)["data"]
    assert data["access_token_expire_in"] == int(sandbox.time.now) + 7 * 86_400
    assert data["open_id"] == sandbox.shop["open_id"]
    assert data["user_type"] == 0
    assert "seller.order.info" in data["granted_scopes"]
    assert code_with(sandbox, data["access_token"]) == 0
    assert get(sandbox, code)["code"] == 36004004


def test_a_code_lives_half_an_hour() -> None:
    sandbox = Sandbox()
    code = sandbox.control.auth_code(KEY, sandbox.shop["id"])
    sandbox.control.set_clock(step=1_801)
    assert get(sandbox, code) | {"request_id": ""} == {
        "code": 36004004,
        "message": "Invalid auth code",
        "data": None,
        "request_id": "",
    }


def test_errors_of_the_token_calls_come_with_status_200_and_post_is_not_served() -> None:
    sandbox = Sandbox()
    assert call(sandbox, "get", auth_code="x", grant_type="authorized_code").status_code == 200
    assert call(sandbox, "refresh", refresh_token="x", grant_type="refresh_token").json()["code"] == 36004005
    assert call(sandbox, "get", method="POST").status_code == 404
    assert get(sandbox, "x", app_secret="wrong")["code"] == 36009004
    code = sandbox.control.auth_code(KEY, sandbox.shop["id"])
    assert get(sandbox, code, grant_type="refresh_token")["code"] == 36009004


def test_an_access_token_expires() -> None:
    sandbox = Sandbox()
    token = sandbox.control.token(KEY, sandbox.shop["id"])["access_token"]
    sandbox.control.set_clock(step=7 * 86_400 - 1)
    assert code_with(sandbox, token) == 0
    sandbox.control.set_clock(step=1)
    assert code_with(sandbox, token) == 105002


def test_a_refresh_ends_both_old_tokens_at_once() -> None:
    sandbox = Sandbox()
    old = sandbox.control.token(KEY, sandbox.shop["id"])
    new = refresh(sandbox, old["refresh_token"])["data"]
    assert code_with(sandbox, old["access_token"]) == 105002
    assert refresh(sandbox, old["refresh_token"])["code"] == 36004005
    assert code_with(sandbox, new["access_token"]) == 0
    assert new["refresh_token_expire_in"] == old["refresh_token_expire_in"]


def test_the_authorization_ends_with_its_refresh_token() -> None:
    sandbox = Sandbox()
    sandbox.control.switch(refresh_token_seconds=100)
    token = sandbox.control.token(KEY, sandbox.shop["id"])
    sandbox.control.set_clock(step=100)
    assert refresh(sandbox, token["refresh_token"])["code"] == 36004001


def test_a_seller_can_withdraw() -> None:
    sandbox = Sandbox()
    token = sandbox.control.token(KEY, sandbox.shop["id"])
    sandbox.control.deauthorize(sandbox.shop["id"])
    assert code_with(sandbox, token["access_token"]) == 105001
    assert refresh(sandbox, token["refresh_token"])["code"] == 36004005


def test_one_token_covers_every_shop_of_its_seller() -> None:
    sandbox = Sandbox()
    second = sandbox.add_shop(name="Sample mugs DE", region="DE", currency="EUR", open_id=sandbox.shop["open_id"])
    sandbox.caller.shop = second
    assert sandbox.caller.post(SEARCH, {"update_time_ge": 1}, page_size="1")["code"] == 0
    shops = sandbox.caller.request("GET", "/authorization/202309/shops", None, {"shop_cipher": None}).json()
    assert [shop["region"] for shop in shops["data"]["shops"]] == ["GB", "DE"]
