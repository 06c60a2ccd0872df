"""The control API and its client: mistakes are named, and nothing of a mistaken request is kept."""

import asyncio

import httpx
import pytest

from streams.sandbox.control import ControlRefused, Order, OrderItem, Product, Sku
from streams.sandbox.simulator import Simulator
from streams.sandbox.transport import SandboxTransport

from .caller import NOON, Sandbox


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


def test_thousands_of_products_in_one_call(sandbox: Sandbox) -> None:
    products = [Product(skus=(Sku(seller_sku=f"SKU-{number}", quantity=number),)) for number in range(6_000)]
    made = sandbox.control.add_products(sandbox.shop["id"], products)
    assert len({product["id"] for product in made}) == 6_000
    rows = list(sandbox.control.every("stock"))
    assert [row["available"] for row in rows[2:]] == list(range(6_000))


def test_a_mistaken_request_leaves_nothing_behind(sandbox: Sandbox) -> None:
    right = Order(shop_id=sandbox.shop["id"], items=(OrderItem(seller_sku="MUG-BLUE"),))
    wrong = Order(shop_id=sandbox.shop["id"], items=(OrderItem(seller_sku="NOTHING"),))
    with pytest.raises(ControlRefused, match="no SKU 'NOTHING'"):
        sandbox.control.place(right, wrong)
    assert sandbox.control.see("summary")["orders"] == {}


def test_misspelt_names_are_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ControlRefused, match="unknown switch hold_second"):
        sandbox.control.switch(hold_second=1)
    with pytest.raises(ControlRefused, match=r"zero_quantity = 'maybe': .*'accepted' or 'refused'"):
        sandbox.control.switch(zero_quantity="maybe")
    with pytest.raises(ControlRefused, match="hold_seconds"):
        sandbox.control.switch(hold_seconds="soon")
    with pytest.raises(ControlRefused, match="'a lot' is not an amount of GBP"):
        sandbox.control.add_products(sandbox.shop["id"], [Product(skus=(Sku(seller_sku="X", price="a lot"),))])
    with pytest.raises(ControlRefused, match="has no warehouse 17"):
        sandbox.control.add_products(sandbox.shop["id"], [Product(skus=(Sku(seller_sku="X", inventory={"17": 1}),))])
    answer = sandbox.client.post("/_sandbox/orders", json={"order": []})
    assert answer.status_code == 400 and "order" in answer.json()["error"]
    assert sandbox.client.get("/_sandbox/nonsense").status_code == 404


def test_the_clock_runs_faster_and_jumps(sandbox: Sandbox) -> None:
    sandbox.control.set_clock(speed=60)
    sandbox.time.now += 10
    assert sandbox.control.see("clock") == {"now": NOON + 600, "real": NOON + 10, "speed": 60.0}
    sandbox.control.set_clock(step=5, speed=1)
    sandbox.time.now += 10
    assert sandbox.control.see("clock")["now"] == NOON + 615


def test_the_page_needs_nothing_from_elsewhere(sandbox: Sandbox) -> None:
    page = sandbox.client.get("/_sandbox/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "http://" not in page.text and "https://" not in page.text and "src=" not in page.text


def test_the_newest_rows_can_be_read_from_the_end(sandbox: Sandbox) -> None:
    orders = [
        sandbox.control.place(Order(shop_id=sandbox.shop["id"], items=(OrderItem(seller_sku="MUG-BLUE"),)))[0]
        for _ in range(3)
    ]
    newest = sandbox.control.see("orders", latest=2)["orders"]
    assert [row["id"] for row in newest] == [orders[2]["order_id"], orders[1]["order_id"]]


def test_works_under_an_async_client_too() -> None:
    async def status() -> int:
        transport = SandboxTransport(Simulator())
        async with httpx.AsyncClient(transport=transport, base_url="https://sandbox.example") as client:
            return (await client.get("/_sandbox/summary")).status_code

    assert asyncio.run(status()) == 200


def test_a_wrong_request_is_told_in_a_sentence(sandbox: Sandbox) -> None:
    answer = sandbox.client.post("/_sandbox/shops", json={"shops": [{"name": "x", "regon": "GB", "currency": "GBP"}]})
    told = answer.json()["error"]
    assert answer.status_code == 400
    assert told.startswith("shops.0.regon = 'GB': ") and told.endswith("did you mean region")
    assert "https://" not in sandbox.client.post("/_sandbox/shops", content=b"{").json()["error"]
