"""Random histories: writes, stale writes, orders, deletions, lost answers, restarts; the truth is a plain dict."""

import random
from collections import defaultdict
from pathlib import Path

import httpx
import pytest

from streams.sandbox.commercetools.control import Fault, Line, Order, Place

from .caller import Sandbox

SKUS, CHANNELS = ("MUG", "CUP", "LAMP"), ("leipzig", "leeds", "")


class History:
    """One fake on one file, and what must be true of it."""

    def __init__(self, path: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.sandbox = Sandbox(path=path, version_jumps=0.3, order_stock_delay_seconds=4, order_stock_jitter_seconds=6)
        self.truth = self.sandbox.control.levels()
        self.sandbox.caller.subscribe()

    def step(self) -> None:
        getattr(self, self.chance.choice(("write", "write", "change", "order", "delete", "restart", "pass_time")))()

    def write(self) -> None:
        """By the API, at times with a stale version, at times with its answer lost."""
        sku, channel = place = self.place()
        if place not in self.truth:
            return
        entry = self.sandbox.caller.entry(sku, self.sandbox.channels.get(channel, ""))
        units = self.chance.randrange(5)
        stale, lost = self.chance.random() < 0.2, self.chance.random() < 0.2
        action = self.chance.choice(
            ({"action": "addQuantity", "quantity": units}, {"action": "removeQuantity", "quantity": units})
        )
        if lost:
            self.sandbox.control.add_faults(Fault(kind="lost_answer", operation="update_inventory", count=1))
        try:
            answer = self.sandbox.caller.act(entry | {"version": entry["version"] - stale}, action)
            assert answer.status_code == (409 if stale else 200)
        except httpx.ReadTimeout:
            assert lost
        if not stale:
            self.truth[place] += units if action["action"] == "addQuantity" else -units

    def change(self) -> None:
        """By an ERP: absolute, so units that orders have not taken yet still leave afterwards."""
        sku, channel = place = self.place()
        rows = self.sandbox.control.every("inventory", sku=sku)
        pending = sum(row["to_be_taken"] for row in rows if row["supply_channel"] == channel)
        units = self.chance.randrange(20)
        self.sandbox.control.change_quantities({channel: {sku: units}})
        self.truth[place] = units - pending

    def order(self) -> None:
        places = [self.place() for _ in range(self.chance.randint(1, 3))]
        lines = tuple(Line(sku=sku, supply_channel=channel, quantity=2) for sku, channel in places)
        mode = self.chance.choice(("TrackOnly", "ReserveOnOrder", "None"))
        placed = self.sandbox.control.place(Order(lines=lines, inventory_mode=mode))[0]
        wanted: dict[tuple[str, str], int] = defaultdict(int)
        for place in places:
            wanted[place] += 2
        known = all(place in self.truth for place in places)
        enough = known and all(self.truth[place] >= units for place, units in wanted.items())
        allowed = {"None": True, "TrackOnly": known, "ReserveOnOrder": enough}[mode]
        assert (placed["refused"] is None) == allowed
        if allowed and mode != "None":
            for place, units in wanted.items():
                self.truth[place] -= units

    def delete(self) -> None:
        sku, channel = place = self.place()
        if self.chance.random() < 0.3 and self.truth.pop(place, None) is not None:
            self.sandbox.control.delete_entries(Place(sku=sku, supply_channel=channel))

    def restart(self) -> None:
        self.sandbox.restart()

    def pass_time(self) -> None:
        self.sandbox.wait(self.chance.random() * 5)

    def place(self) -> tuple[str, str]:
        return self.chance.choice(SKUS), self.chance.choice(CHANNELS)


@pytest.mark.parametrize("seed", range(6))
def test_the_truth_is_kept_through_everything(tmp_path: Path, seed: int) -> None:
    history = History(tmp_path / "fake.sqlite", seed)
    for _ in range(120):
        history.step()
        assert history.sandbox.control.levels() == history.truth
    sandbox = history.sandbox
    sandbox.wait(10)
    shown = {
        (row["sku"], row["supply_channel"]): row["available_quantity"] for row in sandbox.control.every("inventory")
    }
    assert shown == history.truth, "every order has taken its units"
    numbers: dict[str, list[int]] = defaultdict(list)
    versions: dict[str, list[int]] = defaultdict(list)
    for body in sandbox.told():
        if "sequenceNumber" in body:
            numbers[body["resource"]["id"]].append(body["sequenceNumber"])
        else:
            versions[body["resource"]["id"]].append(body["version"])
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values()), "no Message is missing"
    assert all(found == sorted(set(found)) for found in versions.values()), "versions only grow"
