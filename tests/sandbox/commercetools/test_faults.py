"""Faults: what the caller sees, and what happened all the same."""

from typing import Any

import httpx
import pytest

from streams.sandbox.commercetools.control import ControlRefused, Fault

from .caller import Sandbox


def add(sandbox: Sandbox) -> httpx.Response:
    return sandbox.caller.act(sandbox.caller.entry("MUG"), {"action": "addQuantity", "quantity": 1})


def units(sandbox: Sandbox) -> int:
    return sandbox.control.levels()["MUG", ""]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("invalid_token", 401, "invalid_token"),
        ("over_capacity", 503, "OverCapacity"),
        ("internal_error", 500, "General"),
        ("rate_limited", 429, "TooManyRequests"),
        ("bad_gateway", 502, None),
        ("gateway_timeout", 504, None),
    ],
)
def test_a_fault_at_the_door_keeps_the_request_out(sandbox: Sandbox, kind: Any, status: int, code: str | None) -> None:
    sandbox.control.add_faults(Fault(kind=kind, operation="update_inventory", count=1))
    answer = add(sandbox)
    assert answer.status_code == status
    if code is None:
        assert answer.text.startswith("<html>") and answer.headers["content-type"] == "text/html"
    else:
        assert answer.json()["errors"][0]["code"] == code
    assert units(sandbox) == 4
    assert add(sandbox).status_code == 200
    assert units(sandbox) == 5


def test_too_many_requests_say_when_to_come_back(sandbox: Sandbox) -> None:
    sandbox.control.add_faults(Fault(kind="rate_limited", operation="query_inventory", count=1, seconds=7))
    assert sandbox.caller.request("GET", "/inventory").headers["retry-after"] == "7"


def test_tokens_fail_too(sandbox: Sandbox) -> None:
    sandbox.control.add_faults(Fault(kind="bad_gateway", operation="token", count=1))
    assert sandbox.caller.new_token().status_code == 502
    assert sandbox.caller.new_token().status_code == 200


@pytest.mark.parametrize(("kind", "after"), [("lost_answer", 5), ("lost_request", 4)])
def test_an_answer_can_be_lost_after_or_before_it_is_applied(sandbox: Sandbox, kind: Any, after: int) -> None:
    sandbox.control.add_faults(Fault(kind=kind, operation="update_inventory", count=1))
    with pytest.raises(httpx.ReadTimeout):
        add(sandbox)
    assert units(sandbox) == after
    assert {"operation": "update_inventory", "status": 0, "calls": 1} in sandbox.control.see("calls")["calls"]


def test_an_internal_error_can_come_after_the_fact(sandbox: Sandbox) -> None:
    sandbox.control.add_faults(Fault(kind="internal_error_after", operation="update_inventory", count=1))
    assert add(sandbox).status_code == 500
    assert units(sandbox) == 5


def test_a_slow_answer_shows_old_stock_under_a_late_date(sandbox: Sandbox) -> None:
    sandbox.control.add_faults(Fault(kind="slow", operation="query_inventory", count=2, seconds=5))
    answer = sandbox.caller.request("GET", "/inventory")
    assert answer.status_code == 200 and answer.headers["date"].endswith("14:13:25 GMT")
    sandbox.transport.patience = 5
    with pytest.raises(httpx.ReadTimeout):
        sandbox.caller.request("GET", "/inventory")


def test_chance_is_seeded_and_faults_are_counted(sandbox: Sandbox) -> None:
    def outcomes(one: Sandbox) -> list[int]:
        one.control.add_faults(Fault(kind="over_capacity", probability=0.5))
        return [one.caller.request("GET", "/inventory").status_code for _ in range(20)]

    assert outcomes(sandbox) == outcomes(Sandbox())
    assert sandbox.control.see("faults")["faults"][0]["fired"] in range(4, 17)
    sandbox.control.clear_faults()
    assert sandbox.caller.request("GET", "/inventory").status_code == 200


def test_unknown_operations_are_named(sandbox: Sandbox) -> None:
    with pytest.raises(ControlRefused, match="unknown operation 'nonsense'"):
        sandbox.control.add_faults(Fault(kind="slow", operation="nonsense"))
