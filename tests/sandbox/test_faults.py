"""Faults: what the caller sees, and what happened all the same."""

from typing import Any

import httpx
import orjson
import pytest

from streams.sandbox.control import ControlRefused, Fault

from .caller import PRODUCTS, Sandbox


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


def write(sandbox: Sandbox, quantity: int) -> httpx.Response:
    body = {"skus": [{"id": sandbox.blue, "inventory": [{"quantity": quantity}]}]}
    return sandbox.caller.request("POST", f"{PRODUCTS}/{sandbox.product['id']}/inventory/update", body)


def blue(sandbox: Sandbox) -> int:
    return sandbox.caller.available(sandbox.blue)[0]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("rate_limited", 429, 36009002),
        ("internal_error", 500, 36009003),
        ("unavailable", 503, 36009003),
        ("gateway_timeout", 200, 36009007),
        ("bad_gateway", 502, None),
    ],
)
def test_a_fault_at_the_door_keeps_the_request_out(sandbox: Sandbox, kind: Any, status: int, code: int | None) -> None:
    sandbox.control.add_faults(Fault(kind=kind, operation="update_inventory", count=1))
    answer = write(sandbox, 5)
    assert answer.status_code == status
    if code is None:
        assert answer.text.startswith("<html>")
    else:
        assert answer.json()["code"] == code
    assert blue(sandbox) == 10
    assert write(sandbox, 5).json()["code"] == 0
    assert blue(sandbox) == 5


def test_any_code_can_be_answered(sandbox: Sandbox) -> None:
    sandbox.control.add_faults(Fault(kind="code", code=12052700, operation="update_inventory", count=1))
    assert write(sandbox, 5).json()["code"] == 12052700
    with pytest.raises(ControlRefused, match="needs the code"):
        sandbox.control.add_faults(Fault(kind="code"))


def test_a_request_can_be_lost_before_it_is_applied(sandbox: Sandbox) -> None:
    sandbox.control.add_faults(Fault(kind="timeout_before", operation="update_inventory", count=1))
    with pytest.raises(httpx.ReadTimeout):
        write(sandbox, 5)
    assert blue(sandbox) == 10


def test_an_answer_can_be_lost_after_its_request_was_applied(sandbox: Sandbox) -> None:
    sandbox.control.add_faults(Fault(kind="timeout_after", operation="update_inventory", count=1))
    with pytest.raises(httpx.ReadTimeout):
        write(sandbox, 5)
    assert blue(sandbox) == 5


def test_a_late_request_is_applied_when_nobody_waits_for_it_any_more(sandbox: Sandbox) -> None:
    sandbox.control.add_faults(Fault(kind="late", operation="update_inventory", count=1, seconds=20))
    with pytest.raises(httpx.ReadTimeout):
        write(sandbox, 5)
    assert blue(sandbox) == 10
    assert write(sandbox, 7).json()["code"] == 0
    answers = sandbox.transport.apply_waiting()
    assert [orjson.loads(one.body)["code"] for one in answers] == [0]
    assert blue(sandbox) == 5, "the late write comes over the newer one"


def test_a_delayed_answer_is_lost_on_the_impatient(sandbox: Sandbox) -> None:
    sandbox.control.add_faults(Fault(kind="delayed", operation="update_inventory", seconds=5))
    assert write(sandbox, 6).json()["code"] == 0
    sandbox.transport.patience = 5
    with pytest.raises(httpx.ReadTimeout):
        write(sandbox, 5)
    assert blue(sandbox) == 5


def test_one_sku_can_fail_alone(sandbox: Sandbox) -> None:
    sandbox.control.add_faults(Fault(kind="partial_failure", seller_sku="MUG-WHITE", code=12052097))
    errors = sandbox.caller.write(sandbox.product["id"], {sandbox.blue: 5, sandbox.white: 1})["data"]["errors"]
    assert [(one["detail"]["sku_id"], one["detail"]["extra_errors"][0]["code"]) for one in errors] == [
        (sandbox.white, 12052097)
    ]
    assert sandbox.caller.available(sandbox.blue, sandbox.white) == [5, 4]


def test_decreases_can_be_refused_while_increases_pass(sandbox: Sandbox) -> None:
    sandbox.control.add_faults(Fault(kind="refused_decrease", seller_sku="MUG-BLUE", code=12052146))
    lower = sandbox.caller.write(sandbox.product["id"], {sandbox.blue: 9, sandbox.white: 1})
    assert lower["data"]["errors"][0]["detail"]["extra_errors"][0]["code"] == 12052146
    assert sandbox.caller.write(sandbox.product["id"], {sandbox.blue: 11})["data"]["errors"] == []
    sandbox.control.clear_faults()
    sandbox.control.add_faults(Fault(kind="refused_decrease", seller_sku="MUG-BLUE"))
    assert sandbox.caller.write(sandbox.product["id"], {sandbox.blue: 1})["code"] == 12052393
    assert sandbox.caller.available(sandbox.blue, sandbox.white) == [11, 1]


def test_chance_is_seeded_and_faults_are_counted(sandbox: Sandbox) -> None:
    def outcomes(one: Sandbox) -> list[int]:
        one.control.add_faults(Fault(kind="unavailable", probability=0.5))
        return [write(one, 5).status_code for _ in range(20)]

    assert outcomes(sandbox) == outcomes(Sandbox())
    assert sandbox.control.see("faults")["faults"][0]["fired"] in range(4, 17)
    sandbox.control.clear_faults()
    assert write(sandbox, 5).status_code == 200


def test_a_fault_can_be_meant_for_one_shop(sandbox: Sandbox) -> None:
    other = sandbox.caller_of(sandbox.add_shop(name="Other"))
    sandbox.control.add_faults(Fault(kind="unavailable", shop_id=sandbox.shop["id"]))
    assert sandbox.caller.request("GET", "/logistics/202309/warehouses").status_code == 503
    assert other.request("GET", "/logistics/202309/warehouses").status_code == 200


def test_unknown_operations_are_named(sandbox: Sandbox) -> None:
    with pytest.raises(ControlRefused, match="unknown operation 'nonsense'"):
        sandbox.control.add_faults(Fault(kind="late", operation="nonsense"))
