"""Products: search, one product, and switching them on and off."""

from typing import Any

import pytest

from streams.sandbox import paging

from .caller import NOON, PRODUCTS, Sandbox

SEARCH = "/product/202502/products/search"


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


def found(sandbox: Sandbox, **filters: Any) -> list[str]:
    data = sandbox.caller.post(SEARCH, filters or {"status": "ALL"}, page_size="100")["data"]
    return [sku["seller_sku"] for product in data["products"] for sku in product["skus"]]


def test_filters_by_sku_status_and_time(sandbox: Sandbox) -> None:
    sandbox.control.set_clock(step=100)
    draft = sandbox.add_product("PLATE", status="DRAFT")
    assert found(sandbox) == ["MUG-BLUE", "MUG-WHITE", "PLATE"]
    assert found(sandbox, seller_skus=["MUG-WHITE", "nothing"]) == ["MUG-BLUE", "MUG-WHITE"]
    assert found(sandbox, sku_ids=[draft["skus"][0]["id"]]) == ["PLATE"]
    assert found(sandbox, status="DRAFT") == ["PLATE"]
    assert found(sandbox, create_time_ge=int(NOON) + 100) == ["PLATE"]
    assert found(sandbox, update_time_le=int(NOON)) == ["MUG-BLUE", "MUG-WHITE"]


def test_another_shop_sees_only_its_own(sandbox: Sandbox) -> None:
    other = sandbox.caller_of(sandbox.add_shop(name="Other"))
    assert other.post(SEARCH, {"status": "ALL"}, page_size="10")["data"]["products"] == []
    assert other.get(f"{PRODUCTS}/{sandbox.product['id']}")["code"] == 12052048
    assert other.get(f"{PRODUCTS}/1731000000000000000")["code"] == 12052032


@pytest.mark.parametrize(
    ("body", "page_size", "code"),
    [
        ({"status": "ALL"}, "0", 12019109),
        ({"status": "ALL"}, "101", 12019109),
        ({"status": "ALL"}, "", 12019109),
        ({"seller_skus": ["x"] * 11}, "1", 12019027),
        ({"sku_ids": ["1"] * 11}, "1", 12019087),
        ({"status": "NONSENSE"}, "1", 12019113),
        ({"create_time_ge": "x"}, "1", 12019118),
        ({"update_time_ge": "x"}, "1", 12019119),
        ({"seller_skus": "x"}, "1", 12052910),
    ],
)
def test_wrong_searches_have_their_codes(sandbox: Sandbox, body: Any, page_size: str, code: int) -> None:
    assert sandbox.caller.post(SEARCH, body, page_size=page_size)["code"] == code


def test_pages_follow_each_other_and_their_tokens_are_awkward(sandbox: Sandbox) -> None:
    for number in range(4):
        sandbox.add_product(f"BOWL-{number}")
    seen, token, tokens = [], "", []
    while True:
        data = sandbox.caller.post(SEARCH, {"status": "ALL"}, page_size="2", page_token=token)["data"]
        seen += [product["skus"][0]["seller_sku"] for product in data["products"]]
        assert data["total_count"] == 5
        token = data["next_page_token"]
        if not token:
            break
        tokens.append(token)
    assert seen == ["MUG-BLUE", "BOWL-0", "BOWL-1", "BOWL-2", "BOWL-3"]
    assert all(mark in token for token in tokens for mark in "+/=")
    assert sandbox.caller.post(SEARCH, {"status": "ACTIVATE"}, page_size="2", page_token=tokens[0])["code"] == 36009004
    assert sandbox.caller.post(SEARCH, {"status": "ALL"}, page_size="2", page_token="x" + tokens[0])["code"] == 36009004


def test_no_search_goes_beyond_ten_thousand(sandbox: Sandbox) -> None:
    asked = {"operation": "search_products", "shop": int(sandbox.shop["id"]), "filters": {"status": "ALL"}}
    beyond = paging.token(9_950, asked)
    assert sandbox.caller.post(SEARCH, {"status": "ALL"}, page_size="100", page_token=beyond)["code"] == 12052180
    assert sandbox.caller.post(SEARCH, {"status": "ALL"}, page_size="50", page_token=beyond)["code"] == 0


def test_the_price_is_in_another_field_when_searching(sandbox: Sandbox) -> None:
    row = sandbox.caller.post(SEARCH, {"status": "ALL"}, page_size="1")["data"]["products"][0]
    one = sandbox.caller.get(f"{PRODUCTS}/{sandbox.product['id']}")["data"]
    assert row["skus"][0]["price"] == {"currency": "GBP", "tax_exclusive_price": "14.90"}
    assert one["skus"][0]["price"] == {"currency": "GBP", "sale_price": "14.90"}
    assert one["skus"][0]["inventory"] == [{"warehouse_id": sandbox.shop["warehouses"][0]["id"], "quantity": 10}]


def test_ids_are_long_digit_strings(sandbox: Sandbox) -> None:
    for one in (sandbox.shop["id"], sandbox.product["id"], sandbox.blue, sandbox.shop["warehouses"][0]["id"]):
        assert isinstance(one, str) and len(one) in (18, 19) and one.isdigit()


def status(sandbox: Sandbox) -> tuple[str, str]:
    product = sandbox.caller.get(f"{PRODUCTS}/{sandbox.product['id']}")["data"]
    return product["status"], product["audit"]["status"]


def test_switched_off_and_on_through_a_review(sandbox: Sandbox) -> None:
    ids = {"product_ids": [sandbox.product["id"]]}
    assert sandbox.caller.post(f"{PRODUCTS}/deactivate", ids)["data"] == {"errors": []}
    assert status(sandbox) == ("SELLER_DEACTIVATED", "APPROVED")
    assert sandbox.caller.post(f"{PRODUCTS}/activate", ids)["data"] == {"errors": []}
    assert status(sandbox) == ("PENDING", "AUDITING")
    sandbox.control.set_clock(step=59)
    assert status(sandbox) == ("PENDING", "AUDITING")
    sandbox.control.set_clock(step=1)
    assert status(sandbox) == ("ACTIVATE", "APPROVED")


def test_a_review_can_fail(sandbox: Sandbox) -> None:
    sandbox.control.switch(audit_result="FAILED")
    ids = {"product_ids": [sandbox.product["id"]]}
    sandbox.caller.post(f"{PRODUCTS}/deactivate", ids)
    sandbox.caller.post(f"{PRODUCTS}/activate", ids)
    sandbox.control.set_clock(step=60)
    assert status(sandbox) == ("FAILED", "FAILED")


def test_items_that_cannot_be_switched_are_told_under_code_0(sandbox: Sandbox) -> None:
    answer = sandbox.caller.post(f"{PRODUCTS}/activate", {"product_ids": [sandbox.product["id"], "17"]})
    assert answer["code"] == 0
    assert [(one["code"], one["detail"]) for one in answer["data"]["errors"]] == [
        (12052901, {"product_id": sandbox.product["id"]}),
        (12052032, {"product_id": "17"}),
    ]
    assert sandbox.caller.post(f"{PRODUCTS}/activate", {"product_ids": ["1"] * 21})["code"] == 12019120
