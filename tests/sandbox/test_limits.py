"""Call limits: a bucket per shop and operation that fills in real time."""

import httpx

from streams.sandbox.control import Limit

from .caller import Caller, Sandbox


def search(caller: Caller) -> httpx.Response:
    return caller.request("POST", "/order/202309/orders/search", {"update_time_ge": 1}, {"page_size": "1"})


def test_a_bucket_empties_and_fills() -> None:
    sandbox = Sandbox()
    sandbox.control.set_limits(Limit(operation="search_orders", rate=2, burst=3))
    assert [search(sandbox.caller).status_code for _ in range(4)] == [200, 200, 200, 429]
    sandbox.time.now += 1
    assert [search(sandbox.caller).status_code for _ in range(3)] == [200, 200, 429]


def test_each_shop_and_operation_has_its_own_bucket() -> None:
    sandbox = Sandbox()
    other = sandbox.caller_of(sandbox.add_shop(name="Other"))
    sandbox.control.set_limits(Limit(rate=0.2, burst=1))
    assert [search(sandbox.caller).status_code for _ in range(2)] == [200, 429]
    assert search(other).status_code == 200
    assert sandbox.caller.get("/logistics/202309/warehouses")["code"] == 0


def test_the_most_exact_limit_counts_and_can_change() -> None:
    sandbox = Sandbox()
    sandbox.control.set_limits(Limit(rate=100), Limit(operation="search_orders", rate=0.5))
    assert [search(sandbox.caller).status_code for _ in range(2)] == [200, 429]
    sandbox.control.set_limits(Limit(operation="search_orders", shop_id=sandbox.shop["id"], rate=10))
    sandbox.time.now += 1
    assert [search(sandbox.caller).status_code for _ in range(2)] == [200, 200]


def test_above_the_limit_is_an_envelope_without_a_hint_by_default() -> None:
    sandbox = Sandbox()
    sandbox.control.set_limits(Limit(rate=0, burst=0))
    answer = search(sandbox.caller)
    assert (answer.status_code, answer.json()["code"]) == (429, 36009002)
    assert "retry-after" not in answer.headers
    sandbox.control.switch(retry_after_seconds=3)
    assert search(sandbox.caller).headers["retry-after"] == "3"
    sandbox.control.switch(over_limit="unavailable")
    assert search(sandbox.caller).status_code == 503
    sandbox.control.switch(over_limit="html")
    assert search(sandbox.caller).text.startswith("<html>")


def test_calls_are_counted() -> None:
    sandbox = Sandbox()
    sandbox.control.set_limits(Limit(operation="search_orders", rate=1, burst=2))
    for _ in range(3):
        search(sandbox.caller)
    sandbox.caller.write("1", {"1": 1})
    rows = {row["operation"]: row for row in sandbox.control.see("calls")["calls"]}
    assert (rows["search_orders"]["calls"], rows["search_orders"]["limited"]) == (3, 1)
    assert (rows["update_inventory"]["calls"], rows["update_inventory"]["refused"]) == (1, 1)
