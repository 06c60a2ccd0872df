"""The door: each check alone, and the order in which they come."""

import pytest

from streams.sandbox.control import Limit

from .caller import NOON, PRODUCTS, SECRET, Caller, Sandbox, signed

SEARCH = "/product/202502/products/search"
BODY = {"status": "ALL"}


@pytest.fixture
def caller() -> Caller:
    return Sandbox().caller


def code_of(
    caller: Caller, method: str = "POST", path: str = SEARCH, body: object = BODY, **query: str | None
) -> tuple[int, int]:
    answer = caller.request(method, path, body, {"page_size": "10", **query})
    return answer.status_code, answer.json()["code"]


def test_a_right_request_is_served(caller: Caller) -> None:
    assert code_of(caller) == (200, 0)


def test_each_check_has_its_code_and_status(caller: Caller) -> None:
    assert code_of(caller, path="/product/202502/nothing") == (404, 36009009)
    assert code_of(caller, path="/product/202301/products/search") == (404, 36009014)
    assert code_of(caller, method="GET") == (405, 36009010)
    assert code_of(caller, app_key="nobody") == (400, 36009004)
    assert code_of(caller, timestamp=None) == (400, 36009004)
    assert code_of(caller, sign=None) == (400, 36009004)
    assert code_of(caller, sign="0" * 64) == (401, 106001)
    assert code_of(caller, shop_cipher=None) == (400, 106013)
    assert code_of(caller, body=b"{broken") == (400, 36009022)


@pytest.mark.parametrize(("age", "accepted"), [(300, True), (301, False), (-30, True), (-31, False)])
def test_a_timestamp_may_be_five_minutes_old_and_half_a_minute_ahead(caller: Caller, age: int, accepted: bool) -> None:
    assert (code_of(caller, timestamp=str(int(NOON) - age))[1] == 0) is accepted


def test_checks_come_in_the_order_of_the_platform(caller: Caller) -> None:
    """Everything is wrong; what is put right step by step shows the next check."""
    caller.token = "unknown"
    wrong = {"app_key": "nobody", "timestamp": "1", "sign": None, "shop_cipher": None}
    order = []
    for path, method, query in [
        ("/no/202301/path", "PUT", wrong),
        ("/product/202301/products/search", "PUT", wrong),
        (SEARCH, "PUT", wrong),
        (SEARCH, "POST", wrong),
    ]:
        order.append(caller.request(method, path, b"{broken", query).json()["message"])
    for name in ("app_key", "timestamp"):
        del wrong[name]
        order.append(caller.request("POST", SEARCH, b"{broken", wrong).json()["message"])
    wrong["sign"] = "0"
    order.append(caller.request("POST", SEARCH, b"{broken", wrong).json()["message"])
    del wrong["sign"]
    order.append(caller.request("POST", SEARCH, b"{broken", wrong).json()["message"])
    assert order == [
        "Invalid path",
        "Invalid version",
        "Invalid method",
        "Invalid app_key",
        "Invalid timestamp",
        "Missing sign",
        "Invalid credentials. The signature is invalid",
        "The access token is invalid",
    ]


def test_after_the_token_come_cipher_identity_scope_and_body() -> None:
    sandbox = Sandbox()
    other = sandbox.add_shop(name="Other seller")
    caller = sandbox.caller_of(sandbox.shop, scopes=("seller.order.info",))
    broken = (SEARCH, b"{broken")
    assert caller.request("POST", *broken, {"shop_cipher": None}).json()["code"] == 106013
    assert caller.request("POST", *broken, {"shop_cipher": other["cipher"]}).json()["code"] == 101000
    assert caller.request("POST", *broken, {"shop_cipher": "ROW_unknown"}).json()["code"] == 101000
    assert caller.request("POST", *broken).json()["code"] == 105005
    assert sandbox.caller.request("POST", *broken, {"page_size": "1"}).json()["code"] == 36009022


def test_the_limit_is_checked_after_the_scope_and_before_the_body() -> None:
    sandbox = Sandbox()
    sandbox.control.set_limits(Limit(operation="search_products", rate=0.0, burst=0.0))
    assert sandbox.caller.request("POST", SEARCH, b"{broken").json()["code"] == 36009002
    no_right = sandbox.caller_of(sandbox.shop, scopes=("seller.order.info",))
    assert no_right.request("POST", SEARCH, b"{broken").json()["code"] == 105005


def test_a_cipher_where_none_belongs_is_unexpected(caller: Caller) -> None:
    answer = caller.request("GET", "/authorization/202309/shops").json()
    assert (answer["code"], answer["message"]) == (36009004, "unexpected identifier: shop_cipher")
    shops = caller.request("GET", "/authorization/202309/shops", None, {"shop_cipher": None}).json()["data"]["shops"]
    assert [shop["cipher"] for shop in shops] == [caller.shop["cipher"]]


def test_signs_the_decoded_query_and_the_raw_bytes(caller: Caller) -> None:
    spaced = b'{ "status" : "ALL" }'
    assert caller.request("POST", SEARCH, spaced, {"page_size": "10"}).json()["code"] == 0
    path, query = (
        SEARCH,
        {
            "app_key": "app-under-test",
            "timestamp": str(int(NOON)),
            "page_size": "10",
            "shop_cipher": caller.shop["cipher"],
        },
    )
    over_other_bytes = signed(SECRET, path, query, b'{"status":"ALL"}')
    assert caller.request("POST", path, spaced, {"page_size": "10", "sign": over_other_bytes}).json()["code"] == 106001
    odd = {"page_size": "10", "locale": "a+b/c= é", "empty": ""}
    assert caller.request("POST", path, BODY, odd).json()["code"] == 0


def test_an_empty_object_is_signed_as_sent_unless_strict() -> None:
    sandbox = Sandbox()
    assert sandbox.caller.request("POST", SEARCH, b"{}", {"page_size": "1"}).json()["code"] == 0
    sandbox.control.switch(empty_object_body="refused")
    assert sandbox.caller.request("POST", SEARCH, b"{}", {"page_size": "1"}).json()["code"] == 106001


def test_every_answer_is_an_envelope_with_its_own_request_id(caller: Caller) -> None:
    answers = [caller.post(SEARCH, BODY, page_size="1"), caller.post("/nothing", BODY), caller.get(PRODUCTS + "/1")]
    assert all(set(one) == {"code", "message", "request_id", "data"} for one in answers)
    assert len({one["request_id"] for one in answers}) == 3


def test_statuses_of_errors_can_be_changed() -> None:
    sandbox = Sandbox()
    sandbox.control.switch(statuses={"106013": 200})
    assert code_of(sandbox.caller, shop_cipher=None) == (200, 106013)


def test_a_retired_version_is_refused() -> None:
    sandbox = Sandbox()
    sandbox.control.switch(retired_versions={"search_products": ["202502"]})
    assert code_of(sandbox.caller) == (404, 36009014)
    assert code_of(sandbox.caller, path="/product/202309/products/search") == (200, 0)


def test_a_new_cipher_replaces_the_old_one() -> None:
    sandbox = Sandbox()
    cipher = sandbox.control.new_cipher(sandbox.shop["id"])
    assert code_of(sandbox.caller) == (401, 101000)
    assert code_of(sandbox.caller, shop_cipher=cipher) == (200, 0)
