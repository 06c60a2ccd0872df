"""The sandbox as a process: it keeps its word over a socket, and a kill loses nothing that was answered."""

import contextlib
import itertools
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from streams.sandbox.control import App, Fault, Limit, Order, OrderItem, Product, SandboxControl, Shop, Sku, Warehouse

from .caller import KEY, SECRET, Caller

COMMAND = "import typer; from streams.cli.sandbox import sandbox; typer.run(sandbox)"


class Process:
    """`streams sandbox` on a folder, started and killed."""

    def __init__(self, data: Path, *more: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "--port", "0", "--data", str(data), *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        found = re.search(r"http://[\d.:]+", line)
        assert found, line + self._process.stdout.read()
        self.client = httpx.Client(base_url=found[0], timeout=10)
        self.control = SandboxControl(self.client)

    def kill(self) -> None:
        self._process.kill()

    def stop(self, number: signal.Signals = signal.SIGKILL) -> int:
        self.client.close()
        self._process.send_signal(number)
        code = self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    one = Process(tmp_path)
    yield one
    with contextlib.suppress(ProcessLookupError):
        one.stop()


def furnished(process: Process, **app: Any) -> tuple[Caller, dict[str, Any]]:
    process.control.add_apps(App(app_key=KEY, app_secret=SECRET, **app))
    process.control.set_limits(Limit(rate=10_000))
    shop = process.control.add_shops(
        Shop(
            name="Sample",
            region="GB",
            currency="GBP",
            remorse="none",
            warehouses=(Warehouse(name="Main", supply_channel="main"),),
        )
    )[0]
    product = process.control.add_products(shop["id"], [Product(skus=(Sku(seller_sku="MUG", quantity=1_000_000),))])[0]
    token = process.control.token(KEY, shop["id"])["access_token"]
    return Caller(process.client, time.time, shop, token), product


def test_a_killed_sandbox_keeps_every_answered_request_and_no_half_one(tmp_path: Path) -> None:
    """Orders and writes pour in from two sides while the process is killed, three times over."""
    process = Process(tmp_path)
    caller, product = furnished(process)
    sku = product["skus"][0]["id"]
    process.control.set_clock(step=100)
    answered_orders: set[str] = set()
    answered_writes: list[int] = []
    quantities = itertools.count(1)
    for _ in range(3):
        killer = threading.Timer(0.4, process.kill)
        killer.start()
        with contextlib.suppress(httpx.HTTPError):
            while True:
                order = Order(shop_id=caller.shop["id"], items=(OrderItem(seller_sku="MUG", units=3),))
                answered_orders |= {one["order_id"] for one in process.control.place(order, order)}
                quantity = next(quantities)
                assert caller.write(product["id"], {sku: 50_000 + quantity})["data"] == {"errors": []}
                answered_writes.append(50_000 + quantity)
        killer.join()
        process.stop()
        process = Process(tmp_path)
        caller.client = process.client
        kept = list(process.control.every("orders"))
        assert answered_orders <= {row["id"] for row in kept}
        assert all(row["units"] == 3 and row["status"] == "AWAITING_SHIPMENT" for row in kept)
        assert len(kept) % 2 == 0, "two orders of one request are there together or not at all"
        writes = [row["new_quantity"] for row in process.control.every("writes")]
        assert set(answered_writes) <= set(writes) and len(writes) <= len(answered_writes) + 3
        level = next(iter(process.control.every("stock")))
        assert level["committed"] == 3 * len(kept)
        assert abs(process.control.see("clock")["now"] - time.time() - 100) < 5
    assert len(answered_writes) > 6
    assert process.stop(signal.SIGTERM) == 0


def test_two_sandboxes_never_share_a_folder(tmp_path: Path, process: Process) -> None:
    second = subprocess.run(
        [sys.executable, "-c", COMMAND, "--port", "0", "--data", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert second.returncode == 2
    assert "is used by another sandbox" in second.stderr


def test_bad_configuration_is_named(tmp_path: Path) -> None:
    config = tmp_path / "sandbox.toml"
    config.write_text('[[shops]]\nname = "Sample"\nregion = "GB"\ncurrency = "GBP"\nwarehouses = []\ncolour = 1\n')
    run = subprocess.run(
        [sys.executable, "-c", COMMAND, "--data", str(tmp_path), "--config", str(config)],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert run.returncode == 2
    assert str(config) in run.stderr and "colour" in run.stderr


def test_a_file_fills_a_new_sandbox_once(tmp_path: Path) -> None:
    config = tmp_path / "sandbox.toml"
    config.write_text(
        '[[shops]]\nname = "Sample"\nregion = "DE"\ncurrency = "EUR"\nwarehouses = [{name = "Main", id = "71"}]\n'
        '[[shops.products]]\nskus = [{seller_sku = "MUG-1", quantity = 5}]\n'
        "[switches]\nhold_seconds = 60\n[[limits]]\nrate = 5\n"
    )
    for number in range(2):
        process = Process(tmp_path, "--config", str(config))
        summary = process.control.see("summary")
        assert (summary["shops"], summary["skus"], summary["available_units"]) == (1, 1, 5)
        assert process.control.see("switches")["hold_seconds"] == 60
        assert [one["id"] for one in process.control.see("shops")["shops"][0]["warehouses"]] == ["71"]
        process.stop(signal.SIGKILL if number == 0 else signal.SIGTERM)


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        run = subprocess.run(
            [sys.executable, "-c", COMMAND, "--data", str(tmp_path), "--port", port],
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert run.returncode == 2
    assert port in run.stderr


def test_lost_answers_close_the_connection_and_late_requests_arrive_later(process: Process) -> None:
    caller, product = furnished(process)
    sku = product["skus"][0]["id"]
    process.control.add_faults(Fault(kind="timeout_after", operation="update_inventory", count=1, seconds=0))
    with pytest.raises(httpx.RemoteProtocolError):
        caller.write(product["id"], {sku: 5})
    assert caller.available(sku) == [5]
    process.control.add_faults(Fault(kind="late", operation="update_inventory", count=1, seconds=0.5))
    impatient = httpx.Client(base_url=process.client.base_url, timeout=0.1)
    caller.client = impatient
    with pytest.raises(httpx.ReadTimeout):
        caller.write(product["id"], {sku: 7})
    impatient.close()
    caller.client = process.client
    assert caller.available(sku) == [5]
    deadline = time.monotonic() + 10
    while caller.available(sku) != [7]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_events_are_posted_and_tried_again(process: Process) -> None:
    received: queue.Queue[tuple[str | None, bytes]] = queue.Queue()
    answers = iter([500, *[200] * 100])

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.put((self.headers["authorization"], self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(next(answers))
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Receiver) as receiver:
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{receiver.server_port}/"
        caller, _ = furnished(process, webhook_address=address, webhook_types=(11,))
        placed = process.control.place(Order(shop_id=caller.shop["id"], items=(OrderItem(seller_sku="MUG"),)))[0]
        process.control.cancel(placed["order_id"])
        first = received.get(timeout=10)
        while process.control.see("webhooks")["webhooks"][0]["attempts"] < 1:
            time.sleep(0.01)
        process.control.set_clock(step=121)
        assert received.get(timeout=10) == first
        receiver.shutdown()
    assert first[0] is not None and len(first[0]) == 64
