"""The fake as a process: it keeps its word over a socket, and a kill loses nothing that was answered."""

import contextlib
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from streams.sandbox.commercetools.control import CommercetoolsControl, Fault, Line, Order
from tests.sandbox.test_server import Process

from .caller import Caller, subscription


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    one = Process(tmp_path)
    yield one
    with contextlib.suppress(ProcessLookupError):
        one.stop()


def caller(process: Process) -> Caller:
    """As the default configuration lets anybody call."""
    return Caller(process.client, "sandbox-client", "sandbox", "sandbox-secret")


def test_a_killed_fake_keeps_every_answered_write_order_and_notification(tmp_path: Path) -> None:
    process = Process(tmp_path)
    control = CommercetoolsControl(process.client)
    control.switch(order_stock_delay_seconds=0.1)
    control.set_up({"": {"MUG": 0, "CUP": 1_000_000}})
    one = caller(process)
    one.subscribe(changes=[])
    answered_units, answered_orders = 0, set()
    for _ in range(2):
        killer = threading.Timer(0.4, process.kill)
        killer.start()
        with contextlib.suppress(httpx.HTTPError):
            while True:
                entry = one.entry("MUG")
                assert one.act(entry, {"action": "addQuantity", "quantity": 1}).status_code == 200
                answered_units = entry["quantityOnStock"] + 1
                placed = control.place(Order(lines=(Line(sku="CUP"),)), Order(lines=(Line(sku="CUP", quantity=2),)))
                answered_orders |= {order["order_id"] for order in placed}
        killer.join()
        process.stop()
        process = Process(tmp_path)
        control, one.client = CommercetoolsControl(process.client), process.client
        entry = one.entry("MUG")
        assert answered_units <= entry["quantityOnStock"] <= answered_units + 1
        orders = {order["id"]: order["lines"][0]["quantity"] for order in control.every("orders")}
        assert answered_orders <= set(orders) and len(orders) % 2 == 0
        assert control.levels()["CUP", ""] == 1_000_000 - sum(orders.values())
        told = [row["body"] for row in control.every("notifications")]
        assert [body["newQuantityOnStock"] for body in told if body.get("type") == "InventoryEntryQuantitySet"] == (
            list(range(1, entry["quantityOnStock"] + 1))
        )
        assert {body["resource"]["id"] for body in told if body.get("type") == "OrderCreated"} == set(orders)
    assert answered_units > 6
    deadline = time.monotonic() + 10
    while one.entry("CUP")["quantityOnStock"] != 1_000_000 - sum(orders.values()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.stop()


def test_a_lost_answer_cuts_the_connection(process: Process) -> None:
    control, one = CommercetoolsControl(process.client), caller(process)
    control.set_up({"": {"MUG": 1}})
    control.add_faults(Fault(kind="lost_answer", operation="update_inventory", count=1))
    entry = one.entry("MUG")
    with pytest.raises(httpx.RemoteProtocolError):
        one.act(entry, {"action": "addQuantity", "quantity": 1})
    assert one.entry("MUG")["quantityOnStock"] == 2
    control.add_faults(Fault(kind="slow", operation="query_inventory", count=1, seconds=0.3))
    begun = time.monotonic()
    assert one.get("/inventory")["total"] == 1
    assert time.monotonic() - begun >= 0.3


def test_an_answer_says_once_when_it_is(process: Process) -> None:
    answer = caller(process).request("GET", "/inventory")
    assert len(answer.headers.get_list("date")) == 1


def test_an_answer_is_dated_by_the_clock_it_writes_with(process: Process) -> None:
    control, one = CommercetoolsControl(process.client), caller(process)
    control.set_up({"": {"MUG": 1}})
    control.set_clock(step=86_400)
    entry = one.entry("MUG")
    answer = one.act(entry, {"action": "addQuantity", "quantity": 1})
    dated = parsedate_to_datetime(answer.headers["date"])
    written = datetime.fromisoformat(answer.json()["lastModifiedAt"])
    assert abs(written - dated) < timedelta(seconds=1)
    assert timedelta(hours=23) < dated - datetime.now(UTC) < timedelta(hours=25)


def test_a_request_may_be_as_long_as_the_switch_says(process: Process) -> None:
    control, one = CommercetoolsControl(process.client), caller(process)
    skus = [f"A-RATHER-LONG-SKU-{number:06d}" for number in range(500)]
    control.set_up({"": dict.fromkeys(skus, 1)})
    inside = ",".join(f'"{sku}"' for sku in skus)
    assert one.request("GET", "/inventory", where=f"sku in ({inside})", limit=500).status_code == 414
    control.switch(longest_target_bytes=100_000)
    assert one.get("/inventory", where=f"sku in ({inside})", limit=500)["count"] == 500


def test_without_kafka_notifications_stay_with_the_control_api(process: Process) -> None:
    control, one = CommercetoolsControl(process.client), caller(process)
    one.post("/subscriptions", subscription())
    control.change_quantities({"": {"MUG": 1}})
    deadline = time.monotonic() + 10
    while control.see("summary")["notifications"] != {"delivered": 3}:
        assert time.monotonic() < deadline
        time.sleep(0.02)
