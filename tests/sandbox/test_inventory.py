"""Inventory update and search: absolute, complete, and honest about each SKU and warehouse."""

from typing import Any

import pytest

from streams.sandbox.control import Order, OrderItem, Product, Sku, SkuChange, Warehouse

from .caller import PRODUCTS, Sandbox


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


def two_warehouses() -> tuple[Sandbox, str, str, str, str]:
    """A sandbox whose plate lies in two of four warehouses."""
    sandbox = Sandbox(
        warehouses=(
            Warehouse(name="North"),
            Warehouse(name="South"),
            Warehouse(name="Third"),
            Warehouse(name="Returns", type="RETURN_WAREHOUSE"),
        )
    )
    north, south = (one["id"] for one in sandbox.shop["warehouses"][:2])
    plate = sandbox.control.add_products(
        sandbox.shop["id"], [Product(skus=(Sku(seller_sku="PLATE", inventory={north: 3, south: 5}),))]
    )[0]
    return sandbox, plate["id"], plate["skus"][0]["id"], north, south


def errors(answer: dict[str, Any]) -> list[tuple[str, int, list[tuple[str, int]]]]:
    assert answer["code"] == 0
    return [
        (
            one["detail"]["sku_id"],
            one["code"],
            [(extra["warehouse_id"], extra["code"]) for extra in one["detail"]["extra_errors"]],
        )
        for one in answer["data"]["errors"]
    ]


def test_quantities_are_absolute_and_unnamed_skus_keep_theirs(sandbox: Sandbox) -> None:
    assert sandbox.caller.write(sandbox.product["id"], {sandbox.blue: 7})["data"] == {"errors": []}
    assert sandbox.caller.available(sandbox.blue, sandbox.white) == [7, 4]


def test_committed_units_are_not_among_them(sandbox: Sandbox) -> None:
    sandbox.control.place(Order(shop_id=sandbox.shop["id"], items=(OrderItem(seller_sku="MUG-BLUE", units=2),)))
    sandbox.caller.write(sandbox.product["id"], {sandbox.blue: 9})
    row = sandbox.caller.post("/product/202309/inventory/search", {"sku_ids": [sandbox.blue]})
    assert row["data"]["inventory"] == [
        {
            "product_id": sandbox.product["id"],
            "skus": [
                {
                    "id": sandbox.blue,
                    "seller_sku": "MUG-BLUE",
                    "total_available_quantity": 9,
                    "total_committed_quantity": 2,
                    "warehouse_inventory": [
                        {
                            "warehouse_id": sandbox.shop["warehouses"][0]["id"],
                            "available_quantity": 9,
                            "committed_quantity": 2,
                        }
                    ],
                    "total_available_inventory_distribution": {
                        "in_shop_inventory": {"quantity": 9},
                        "campaign_inventory": [],
                        "creator_inventory": [],
                    },
                }
            ],
        }
    ]


def test_a_wrong_warehouse_fails_its_sku_alone(sandbox: Sandbox) -> None:
    answer = sandbox.caller.write(
        sandbox.product["id"],
        [
            {"id": sandbox.blue, "inventory": [{"quantity": 6}]},
            {"id": sandbox.white, "inventory": [{"warehouse_id": "7412300000550010000", "quantity": 3}]},
        ],
    )
    assert (answer["code"], answer["message"]) == (0, "Success")
    assert answer["data"] == {
        "errors": [
            {
                "code": 12052990,
                "message": "Check failed",
                "detail": {
                    "sku_id": sandbox.white,
                    "extra_errors": [
                        {
                            "warehouse_id": "7412300000550010000",
                            "code": 12052530,
                            "message": "The warehouse does not belong to this shop",
                        }
                    ],
                },
            }
        ]
    }
    assert sandbox.caller.available(sandbox.blue, sandbox.white) == [6, 4]


def test_every_warehouse_of_a_sku_has_to_be_named() -> None:
    sandbox, product, plate, north, south = two_warehouses()
    third, returns = (one["id"] for one in sandbox.shop["warehouses"][2:])

    def write(*rows: tuple[str, int]) -> list[tuple[str, int, list[tuple[str, int]]]]:
        inventory = [{"warehouse_id": one, "quantity": quantity} for one, quantity in rows]
        return errors(sandbox.caller.write(product, [{"id": plate, "inventory": inventory}]))

    assert write((north, 1)) == [(plate, 12019028, [])]
    assert errors(sandbox.caller.write(product, {plate: 1})) == [(plate, 12019028, [])]
    assert write((north, 1), (south, 2), (third, 3)) == [(plate, 12052990, [(third, 12052533)])]
    assert write((north, 1), (south, 2), (returns, 3)) == [(plate, 12052990, [(returns, 12052532)])]
    assert sandbox.caller.available(plate) == [8]
    assert write((south, 2), (north, 1)) == []
    assert sandbox.caller.available(plate) == [3]


@pytest.mark.parametrize(("quantity", "code"), [(-1, 12052055), (100_000, 12052055), (99_999, None), (0, None)])
def test_quantities_have_a_range(sandbox: Sandbox, quantity: int, code: int | None) -> None:
    found = errors(sandbox.caller.write(sandbox.product["id"], {sandbox.blue: quantity}))
    assert [extra[0][1] for *_, extra in found] == ([code] if code else [])


def test_zero_can_be_refused(sandbox: Sandbox) -> None:
    sandbox.control.switch(zero_quantity="refused")
    found = errors(sandbox.caller.write(sandbox.product["id"], {sandbox.blue: 0, sandbox.white: 1}))
    assert [(sku, extra[0][1]) for sku, _, extra in found] == [(sandbox.blue, 12052055)]
    assert sandbox.caller.available(sandbox.blue, sandbox.white) == [10, 1]


def test_a_promotion_forbids_less_than_there_is_and_takes_the_call_with_it(sandbox: Sandbox) -> None:
    sandbox.control.change_skus(SkuChange(shop_id=sandbox.shop["id"], seller_sku="MUG-BLUE", promotion=True))
    assert sandbox.caller.write(sandbox.product["id"], {sandbox.white: 1, sandbox.blue: 9})["code"] == 12052393
    assert sandbox.caller.available(sandbox.blue, sandbox.white) == [10, 4]
    assert sandbox.caller.write(sandbox.product["id"], {sandbox.blue: 11})["code"] == 0


def test_not_below_what_a_campaign_has_locked(sandbox: Sandbox) -> None:
    sandbox.control.change_skus(SkuChange(shop_id=sandbox.shop["id"], seller_sku="MUG-BLUE", campaign_quantity=5))
    found = errors(sandbox.caller.write(sandbox.product["id"], {sandbox.blue: 4}))
    assert [extra[0][1] for *_, extra in found] == [12052146]
    assert sandbox.caller.write(sandbox.product["id"], {sandbox.blue: 5})["data"]["errors"] == []


def test_one_wrong_sku_can_take_the_whole_call_with_it(sandbox: Sandbox) -> None:
    sandbox.control.switch(inventory_errors="whole_call")
    assert sandbox.caller.write(sandbox.product["id"], {sandbox.blue: 1, sandbox.white: -1})["code"] == 12052055
    assert sandbox.caller.available(sandbox.blue, sandbox.white) == [10, 4]


def test_malformed_calls_are_refused_whole(sandbox: Sandbox) -> None:
    def code(skus: Any) -> int:
        return int(sandbox.caller.write(sandbox.product["id"], skus)["code"])

    assert code([]) == 12052902
    assert code([{"inventory": [{"quantity": 1}]}]) == 12052036
    assert code([{"id": sandbox.blue, "inventory": []}]) == 12019024
    assert code([{"id": sandbox.blue, "inventory": [{"quantity": "1"}]}]) == 12019024
    assert code([{"id": sandbox.blue, "inventory": [{"quantity": 1}]}] * 2) == 12052553


def test_unknown_skus_and_products(sandbox: Sandbox) -> None:
    other = sandbox.add_product("PLATE")["skus"][0]["id"]
    assert errors(sandbox.caller.write(sandbox.product["id"], {other: 1, sandbox.blue: 2})) == [(other, 12052556, [])]
    assert sandbox.caller.available(sandbox.blue) == [2]
    padded = f"0{sandbox.blue}"
    assert errors(sandbox.caller.write(sandbox.product["id"], {padded: 3})) == [(padded, 12052556, [])]
    assert sandbox.caller.available(sandbox.blue) == [2]
    assert sandbox.caller.write("17", {sandbox.blue: 1})["code"] == 12052032


@pytest.mark.parametrize("status", ["FREEZE", "DELETED", "PLATFORM_DEACTIVATED"])
def test_some_states_take_no_stock(sandbox: Sandbox, status: str) -> None:
    sandbox.control.put_products([sandbox.product["id"]], status)
    assert sandbox.caller.write(sandbox.product["id"], {sandbox.blue: 1})["code"] == 12052901


def test_live_only_is_the_older_rule(sandbox: Sandbox) -> None:
    sandbox.control.put_products([sandbox.product["id"]], "SELLER_DEACTIVATED")
    assert sandbox.caller.write(sandbox.product["id"], {sandbox.blue: 1})["code"] == 0
    sandbox.control.switch(inventory_states="live_only")
    assert sandbox.caller.write(sandbox.product["id"], {sandbox.blue: 2})["code"] == 12052901


def test_every_accepted_write_is_in_the_log(sandbox: Sandbox) -> None:
    sandbox.caller.write(sandbox.product["id"], {sandbox.white: -1})
    answer = sandbox.caller.write(sandbox.product["id"], {sandbox.blue: 7})
    again = sandbox.caller.write(sandbox.product["id"], {sandbox.blue: 7})
    rows = list(sandbox.control.every("writes"))
    assert [(row["seller_sku"], row["old_quantity"], row["new_quantity"], row["request_id"]) for row in rows] == [
        ("MUG-BLUE", 10, 7, answer["request_id"]),
        ("MUG-BLUE", 7, 7, again["request_id"]),
    ]
    assert rows[0]["real_ms"] == int(sandbox.time.now * 1000)


def test_search_takes_600_skus_or_100_products_and_leaves_out_what_it_does_not_know(sandbox: Sandbox) -> None:
    def search(**body: list[str]) -> dict[str, Any]:
        return sandbox.caller.post("/product/202309/inventory/search", body)

    assert search(sku_ids=["1"] * 601)["code"] == 12019015
    assert search(product_ids=["1"] * 101)["code"] == 12019120
    assert search()["code"] == 12052910
    assert search(sku_ids=["1"] * 600)["data"] == {"inventory": []}
    assert len(search(product_ids=[sandbox.product["id"], "1"])["data"]["inventory"][0]["skus"]) == 2
    other = sandbox.caller_of(sandbox.add_shop(name="Other"))
    assert other.post("/product/202309/inventory/search", {"sku_ids": [sandbox.blue]})["data"] == {"inventory": []}


def test_warehouses_are_listed() -> None:
    sandbox, *_ = two_warehouses()
    rows = sandbox.caller.get("/logistics/202309/warehouses")["data"]["warehouses"]
    assert [(row["name"], row["type"], row["is_default"]) for row in rows] == [
        ("North", "SALES_WAREHOUSE", True),
        ("South", "SALES_WAREHOUSE", False),
        ("Third", "SALES_WAREHOUSE", False),
        ("Returns", "RETURN_WAREHOUSE", False),
    ]
    assert "distict" in rows[0]["address"]


def test_the_path_carries_the_product(sandbox: Sandbox) -> None:
    assert sandbox.caller.post(f"{PRODUCTS}/letters/inventory/update", {"skus": []})["code"] == 36009009
