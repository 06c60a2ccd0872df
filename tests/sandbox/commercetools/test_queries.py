"""Queries: predicates, order, pages and their limits; whatever is not offered is refused."""

from typing import Any

import pytest

from .caller import Json, Sandbox


@pytest.fixture
def sandbox() -> Sandbox:
    one = Sandbox(longest_target_bytes=20_000)
    one.control.set_up(
        {
            "leipzig": {f"SKU-{number:04d}": number for number in range(1_200)},
            "leeds": {f"SKU-{number:04d}": -1 for number in range(0, 1_200, 2)},
        }
    )
    return one


def skus(found: Json) -> list[str]:
    return [entry["sku"] for entry in found["results"]]


def test_entries_of_many_skus_in_one_request(sandbox: Sandbox) -> None:
    wanted = [f"SKU-{number:04d}" for number in range(300)]
    inside = ", ".join(f'"{sku}"' for sku in wanted)
    found = sandbox.caller.get("/inventory", where=f"sku in ({inside})", limit=500)
    assert (found["limit"], found["offset"], found["count"], found["total"]) == (500, 0, 450, 450)
    assert set(skus(found)) == set(wanted)
    variables = sandbox.caller.get("/inventory", where="sku in :skus", limit=500, **{"var.skus": wanted})
    assert variables["results"] == found["results"]


@pytest.mark.parametrize("first", ["sku", "id"])
def test_a_cursor_reads_everything_once(sandbox: Sandbox, first: str) -> None:
    seen: list[str] = []
    last: Json = {"sku": "", "id": ""}
    while True:
        where, sort = {
            "id": ('id > "{id}"', ["id asc"]),
            "sku": ('sku > "{sku}" or (sku = "{sku}" and id > "{id}")', ["sku asc", "id asc"]),
        }[first]
        page = sandbox.caller.get("/inventory", where=where.format(**last), sort=sort, limit=500, withTotal="false")
        assert "total" not in page
        seen += [entry["id"] for entry in page["results"]]
        if page["count"] < 500:
            break
        last = page["results"][-1]
    assert len(seen) == len(set(seen)) == 1_802


def test_conditions_can_be_joined_and_repeated(sandbox: Sandbox) -> None:
    get = sandbox.caller.get
    assert skus(get("/inventory", where="supplyChannel is not defined")) == ["MUG"]
    assert get("/inventory", where="supplyChannel is defined")["total"] == 1_801
    assert get("/inventory", where="supplyChannel(id = :ch)", **{"var.ch": sandbox.leeds})["total"] == 600
    assert skus(
        get("/inventory", where=['sku > "SKU-0002"', 'sku <= "SKU-0004"', "availableQuantity >= 0"], sort="sku desc")
    ) == ["SKU-0004", "SKU-0003"]
    assert skus(
        get("/inventory", where='(sku = "MUG" or sku = "SKU-0001") and not (quantityOnStock = 4)', sort="sku")
    ) == ["MUG", "SKU-0001"]
    assert (
        get("/inventory", where='sku not in ("MUG") and id != "x" and lastModifiedAt > "2020-01-01T00:00:00Z"')["total"]
        == 1_800
    )
    assert skus(get("/inventory", where='sku = "\\"MUG\\""')) == []


@pytest.mark.parametrize(
    "query",
    [
        {"where": "sku"},
        {"where": 'sku = "MUG'},
        {"where": "sku = MUG"},
        {"where": 'sku == "MUG"'},
        {"where": "sku in ()"},
        {"where": "sku in :nothing"},
        {"where": 'colour = "blue"'},
        {"where": "sku = 5"},
        {"where": 'sku = "MUG" and'},
        {"where": '(sku = "MUG"'},
        {"where": 'sku = "MUG")'},
        {"where": "id within circle(1)"},
        {"where": 'createdAt > "soon"'},
        {"where": 'createdAt > "2026-01-01T00:00:00"'},
        {"where": "sku is undefined"},
        {"where": "quantityOnStock > true"},
        {"where": 'supplyChannel(key = "leeds")'},
        {"where": "sku = 1.5"},
        {"sort": "colour asc"},
        {"sort": "sku up"},
        {"limit": 501},
        {"limit": -1},
        {"limit": "all"},
        {"offset": 10_001},
        {"withTotal": "maybe"},
        {"page": 2},
    ],
)
def test_anything_else_is_invalid_input(sandbox: Sandbox, query: dict[str, Any]) -> None:
    answer = sandbox.caller.request("GET", "/inventory", **query)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "InvalidInput"


def test_pages_are_twenty_long_and_end_at_the_last_offset(sandbox: Sandbox) -> None:
    assert sandbox.caller.get("/inventory")["count"] == 20
    assert sandbox.caller.get("/inventory", limit=500, offset=10_000)["count"] == 0
    assert sandbox.caller.get("/inventory", limit=0)["total"] == 1_802


def test_references_are_expanded(sandbox: Sandbox) -> None:
    one = sandbox.caller.get("/inventory", where='sku = "SKU-0001"', expand="supplyChannel")["results"][0]
    assert one["supplyChannel"]["obj"]["key"] == "leipzig"
    assert sandbox.caller.get(f"/inventory/{one['id']}", expand="supplyChannel") == one


def test_a_query_may_lag_behind_a_write(sandbox: Sandbox) -> None:
    sandbox.control.switch(query_lag_seconds=2)
    first = sandbox.caller.entry("MUG")
    assert sandbox.caller.act(first, {"action": "changeQuantity", "quantity": 1}).json()["quantityOnStock"] == 1
    sandbox.wait(1)
    sandbox.control.change_quantities({"": {"MUG": 9}})
    assert sandbox.caller.entry("MUG") == first | {"lastModifiedBy": sandbox.caller.entry("MUG")["lastModifiedBy"]}
    assert sandbox.caller.get(f"/inventory/{first['id']}")["quantityOnStock"] == 9
    sandbox.wait(1)
    assert sandbox.caller.entry("MUG")["quantityOnStock"] == 1
    sandbox.wait(1)
    assert sandbox.caller.entry("MUG")["quantityOnStock"] == 9


def test_a_request_target_can_be_too_long(sandbox: Sandbox) -> None:
    sandbox.control.switch(longest_target_bytes=200)
    assert sandbox.caller.request("GET", "/inventory", where=f'sku = "{"x" * 200}"').status_code == 414
