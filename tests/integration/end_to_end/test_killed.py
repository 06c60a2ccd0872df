"""Workers killed in the middle of everything: in the end the shop shows what the rule wants, and nothing is doubled."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from streams.sandbox.control import ControlRefused, Fault, Order, OrderItem, StockMove
from tests.cluster import Cluster
from tests.integration.end_to_end.conftest import begun, ended
from tests.integration.end_to_end.places import DE, UK
from tests.integration.end_to_end.running import WORKERS, Running

pytestmark = pytest.mark.chaos

SKUS = [f"K{number:02d}" for number in range(40)]
ROUNDS = 6
"""Bursts of changes and orders; a worker is killed in each but the last."""


@pytest.fixture(scope="module")
def running(kafka: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A set of its own, because it is killed."""
    one = begun(kafka, tmp_path_factory.mktemp("killed"), places=(UK, DE))
    try:
        one.start(*WORKERS)
        yield one
    finally:
        ended(one)


def test_traffic_survives_kills_of_every_worker(running: Running) -> None:
    chance = random.Random(11)
    units = {sku: {"leeds": 40, "dover": 40, "bremen": 40} for sku in SKUS}
    orders: dict[str, list[str]] = {sku: [] for sku in SKUS}
    for first in range(0, len(SKUS), 4):
        for market in ("uk", "de"):
            running.list_product(market, *SKUS[first : first + 4])
    moves = [
        StockMove(seller_sku=sku, supply_channel=channel, counted=count)
        for sku, counts in units.items()
        for channel, count in counts.items()
    ]
    running.control.move_stock(*moves)
    for number, sku in enumerate(SKUS):
        running.claim(sku, f"box-{number // 4}", "uk", "de")
        running.change(sku, units[sku])
    for sku in SKUS:
        running.until_shown("de", sku, 39)
    for step in range(ROUNDS):
        for _ in range(40):
            sku, channel = chance.choice(SKUS), chance.choice(("leeds", "dover", "bremen"))
            sold = chance.randint(0, 2)
            units[sku][channel] -= sold
            running.control.move_stock(StockMove(seller_sku=sku, supply_channel=channel, add=-sold))
            running.change(sku, units[sku])
            if chance.random() < 0.4:
                _buy(running, chance, orders)
        if step < ROUNDS - 1:
            victim = ("decide", "deliver", "orders")[step % 3]
            running.kill(victim)
            for sku in chance.sample(SKUS, 5):
                running.change(sku, units[sku])
            running.restart(victim)
    _source_counts_all(running, units, orders)
    for sku in SKUS:
        running.until_shown("uk", sku, *running.offered("uk", **units[sku]))
        running.until_shown("de", sku, *running.offered("de", **units[sku]))
    assert running.control.see("oversold")["oversold_units"] == 0
    assert running.heard.letters == []


def test_a_late_request_of_a_killed_worker_does_not_win(running: Running) -> None:
    running.on_sale("LATE", "de", bremen=30)
    running.until_ended("LATE", "de")
    shop = running.shops["de"]
    running.control.add_faults(Fault(kind="late", operation="update_inventory", shop_id=shop, count=1, seconds=3))
    running.change("LATE", {"bremen": 21})
    running.until(lambda: running.fired() == 1, "the request hangs")
    running.kill("deliver")
    running.change("LATE", {"bremen": 11})
    running.restart("deliver")
    running.until_shown("de", "LATE", 10)
    running.until_ended("LATE", "de")
    quantities = [quantity for _, quantity in running.writes("de", "LATE")]
    assert 20 in quantities and quantities[-1] == 10, quantities
    assert running.shown("de", "LATE") == [10]


def test_a_changed_market_file_decides_every_sku_again(running: Running) -> None:
    skus = [f"BUFFERED-{number}" for number in range(3)]
    for sku in skus:
        running.on_sale(sku, "de", bremen=30)
    running.write_market(DE._replace(buffer=9))
    running.processes["decide"].stop()
    running.restart("decide")
    for sku in skus:
        running.until_shown("de", sku, 21)


def test_the_counts_of_all_jobs_add_up(running: Running) -> None:
    running.until(lambda: running.heard.records["sync-jobs"], "a job")
    for name in ("decide", "deliver", "orders"):
        assert running.processes[name].stop() == 0
    jobs = [job for _, job in running.heard.records["sync-jobs"]]
    assert jobs and all(sum(job.counts.values()) == job.received for job in jobs), jobs
    for name in ("decide", "deliver", "orders"):
        running.restart(name)


def _buy(running: Running, chance: random.Random, orders: dict[str, list[str]]) -> None:
    sku, market = chance.choice(SKUS), chance.choice(("uk", "de"))
    item = OrderItem(seller_sku=sku, units=1)
    placed = running.control.place(Order(shop_id=running.shops[market], items=(item,)))[0]
    if placed["order_id"] is None:
        return
    orders[sku].append(str(placed["order_id"]))
    if chance.random() < 0.2:
        try:
            running.control.cancel(str(placed["order_id"]))
        except ControlRefused:
            return


def _source_counts_all(running: Running, units: dict[str, dict[str, int]], orders: dict[str, list[str]]) -> None:
    """The warehouse system has heard of every order by now, and subtracts what was not cancelled."""
    open_units: dict[tuple[str, str], int] = {}
    for row in running.control.every("history"):
        if row["kind"] in ("bought", "cancelled"):
            place = (row["seller_sku"], row["supply_channel"])
            taken = row["units"] if row["kind"] == "bought" else -row["units"]
            open_units[place] = open_units.get(place, 0) + taken
    for sku in SKUS:
        for channel in units[sku]:
            units[sku][channel] -= open_units.get((sku, channel), 0)
        running.change(sku, units[sku], heard_of=orders[sku])
