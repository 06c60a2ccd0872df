"""How old a stock change is when TikTok Shop is called: ``python -m bench.freshness``, part of ``make bench``.

From the record's time on ``stock-changes`` to the moment the simulator applies an inventory write that says this
quantity or a newer one.  Two histories on the whole product (decide, deliver, orders, default settings but for the
limits):

free        2 000 changes a second, the simulator's limits out of reach; every change alters what is offered
pressure    a limit of some calls a second, and many more listings that differ than that: who waits how long, and
            whether changes to zero go before the others

QUICK=1 is the short form; FRESHNESS=0 leaves it out.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import time
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from bench.installation import Installation
from streams.local_kafka import LocalKafka
from streams.records.stock_change import StockChange, StockLevel
from streams.sandbox.control import Limit

BUILD = Path("build").absolute()
FOLDER = BUILD / "bench" / "freshness"
WMS, CHANNEL = "wms", "leeds"
RATE = 2_000
"""Changes per second."""
SKUS, PER_PRODUCT = 2_000, 20
LISTINGS, ALLOWED, URGENT = 400, 20, 20
"""Under pressure: listings that differ at once, calls per second, listings that go to zero meanwhile."""
TICK_S = 0.02
WARM_S = 60.0
"""The broker of the benchmark was just started: so long it compiles its own code, on our cores."""
LEARNING_S = 20.0
IN_HAND_MS = 1_000
"""From a change to zero to its turn, and the calls that were under way before it."""


class Change(NamedTuple):
    """A change as it was published."""

    at_ms: int
    sku: str
    quantity: int


class Write(NamedTuple):
    """A quantity the simulator has applied."""

    at_ms: int
    sku: str
    quantity: int


class Measured(NamedTuple):
    """One history."""

    name: str
    changes: int
    changes_per_second: int
    writes: int
    calls: int
    p50_ms: int
    p99_ms: int
    max_ms: int


class Pressed(NamedTuple):
    """The history under pressure."""

    listings: int
    allowed_per_second: int
    staleness_ms: int
    """Of the listing that waited longest."""
    allowed_staleness_ms: int
    """1.2 times listings by allowed rate."""
    urgent: int
    urgent_staleness_ms: int
    overtaken: int
    """Ordinary writes applied while changes to zero waited."""
    throttled: int
    """Calls above the limit."""


def ages(changes: Iterable[Change], writes: Iterable[Write]) -> list[int]:
    """Milliseconds from each change to the first write that says it or a newer one; quantities of a SKU only grow.

    A change no write says at all is an error: nothing was to be left out.
    """
    by_sku: dict[str, tuple[list[int], list[int]]] = {}
    for write in writes:
        quantities, times = by_sku.setdefault(write.sku, ([], []))
        if not quantities or write.quantity > quantities[-1]:
            quantities.append(write.quantity)
            times.append(write.at_ms)
    found = []
    for change in changes:
        quantities, times = by_sku.get(change.sku, ([], []))
        place = bisect_left(quantities, change.quantity)
        if place == len(quantities):
            raise RuntimeError(f"{change.sku}: {change.quantity} was never written")
        found.append(times[place] - change.at_ms)
    return found


def percentile(values: Sequence[int], share: float) -> int:
    """Nearest rank."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Trial:
    """A set of products on an installation, and what was said about them."""

    def __init__(self, product: Installation, products: Mapping[str, Sequence[str]]) -> None:
        self.product = product
        self.skus = [sku for skus in products.values() for sku in skus]
        self.said: dict[str, int] = dict.fromkeys(self.skus, 0)
        product.list_products("uk", products)
        product.claim(products)
        self.load()

    def load(self) -> None:
        """The first full load, shown."""
        for sku in self.skus:
            self.say(sku, 1)
        self.product.producer.flush()
        self.until_written()

    def say(self, sku: str, quantity: int) -> Change:
        self.said[sku] = quantity
        change = Change(now_ms(), sku, quantity)
        value = StockChange(WMS, change.at_ms, (StockLevel(CHANNEL, quantity),))
        self.product.publish("stock-changes", sku, value)
        return change

    def writes(self, since_ms: int = 0) -> list[Write]:
        rows = self.product.control.every("writes")
        return [
            Write(row["real_ms"], row["seller_sku"], row["new_quantity"]) for row in rows if row["real_ms"] >= since_ms
        ]

    def calls(self, kind: str = "calls") -> int:
        rows = self.product.control.see("calls")["calls"]
        return sum(row[kind] for row in rows if row["operation"] == "update_inventory")

    def until_written(self, seconds: float = 300.0) -> None:
        """Until the shop shows what was said last of every SKU."""

        def shown() -> bool:
            units = {row["seller_sku"]: row["available"] for row in self.product.control.every("stock")}
            return all(units.get(sku) == quantity for sku, quantity in self.said.items())

        self.product.until(shown, "the shop shows the last quantities", seconds)


def free(product: Installation, seconds: float) -> Measured:
    """2 000 changes a second, spread evenly over the SKUs by chance."""
    products = {
        f"box-{first}": [f"FREE-{number:05d}" for number in range(first, first + PER_PRODUCT)]
        for first in range(0, SKUS, PER_PRODUCT)
    }
    trial, chance = Trial(product, products), random.Random(1)
    changes = []
    calls_before, began = 0, time.monotonic()
    due = measured_from = 0
    while (passed := time.monotonic() - began) < WARM_S + seconds:
        if passed >= WARM_S and not measured_from:
            measured_from, calls_before = now_ms(), trial.calls()
        while due < passed * RATE:
            due += 1
            sku = chance.choice(trial.skus)
            changes.append(trial.say(sku, trial.said[sku] + 1))
        time.sleep(TICK_S)
    calls = trial.calls() - calls_before
    product.producer.flush()
    trial.until_written()
    counted = [change for change in changes if change.at_ms >= measured_from]
    writes = trial.writes(measured_from)
    found = ages(counted, trial.writes())
    span = max(1, counted[-1].at_ms - counted[0].at_ms)
    return Measured(
        "free",
        len(counted),
        round(len(counted) * 1000 / span),
        len(writes),
        calls,
        percentile(found, 0.5),
        percentile(found, 0.99),
        max(found),
    )


def pressed(product: Installation) -> Pressed:
    """All listings differ at once; later some go to zero."""
    ordinary = {f"lone-{number}": [f"LONE-{number:04d}"] for number in range(LISTINGS)}
    urgent = {f"last-{number}": [f"LAST-{number:04d}"] for number in range(URGENT)}
    trial = Trial(product, {**ordinary, **urgent})
    product.control.set_limits(Limit(rate=ALLOWED, burst=ALLOWED / 4, operation="update_inventory"))
    _learn(trial, [sku for skus in ordinary.values() for sku in skus])
    throttled = trial.calls("limited")
    began = now_ms()
    changes = [trial.say(skus[0], trial.said[skus[0]] + 1) for skus in ordinary.values()]
    product.producer.flush()
    time.sleep(LISTINGS / ALLOWED / 3)  # the moment of the changes to zero, nothing is waited for
    zeros_at = now_ms()
    zeros = [trial.say(skus[0], 0) for skus in urgent.values()]
    product.producer.flush()
    trial.until_written()
    writes = trial.writes(began)
    last_zero = max(write.at_ms for write in writes if write.sku.startswith("LAST") and write.quantity == 0)
    waited = range(zeros_at + IN_HAND_MS, last_zero)
    overtaken = sum(write.at_ms in waited for write in writes if write.sku.startswith("LONE"))
    return Pressed(
        LISTINGS + URGENT,
        ALLOWED,
        max(ages(changes, writes)),
        round(1.2 * (LISTINGS + URGENT) / ALLOWED * 1000),
        len(zeros),
        last_zero - zeros_at,
        overtaken,
        trial.calls("limited") - throttled,
    )


def _learn(trial: Trial, skus: Sequence[str]) -> None:
    """Let deliver find the new limit, as it would have in a day of trade."""
    until = time.monotonic() + LEARNING_S
    while time.monotonic() < until:
        for sku in skus[: ALLOWED * 3]:
            trial.say(sku, trial.said[sku] + 1)
        trial.product.producer.flush()
        trial.until_written()


def measure(bootstrap: str, quick: bool) -> dict[str, Any]:
    """Both histories, each on an installation of its own."""
    stamp = int(time.time())
    settings = {"TTS_CALLS_CEILING": "1000", "TTS_SKU_PARTITIONS": "2", "TTS_MARKET_PARTITIONS": "1"}
    free_of = {**settings, "TTS_CALLS_START": "500"}
    with Installation(bootstrap, FOLDER / "free", f"fresh{stamp}.", ("uk",), WMS, **free_of) as product:
        product.start("decide", "deliver", "orders")
        found = free(product, 10.0 if quick else 30.0)
    settings["TTS_CALLS_START"] = "50"
    with Installation(bootstrap, FOLDER / "pressure", f"press{stamp}.", ("uk",), WMS, **settings) as product:
        product.start("decide", "deliver", "orders")
        under = pressed(product)
    return {"free": found._asdict(), "pressure": under._asdict()}


def show(console: Console, found: Mapping[str, Any]) -> None:
    free_, under = found["free"], found["pressure"]
    table = Table(title="freshness: from stock-changes to the API call")
    table.add_column("what")
    table.add_column("measured", justify="right")
    table.add_column("aim", justify="right")
    table.add_row("changes a second", f"{free_['changes_per_second']:,}", f"{RATE:,}")
    table.add_row("p50, no limit near", f"{free_['p50_ms']:,} ms", "")
    table.add_row("p99, no limit near", f"{free_['p99_ms']:,} ms", "1,000 ms")
    table.add_row("calls, SKUs written", f"{free_['calls']:,}, {free_['writes']:,}", "")
    table.add_section()
    what = f"{under['listings']} listings at {under['allowed_per_second']} calls a second: the last waited"
    table.add_row(what, f"{under['staleness_ms']:,} ms", f"{under['allowed_staleness_ms']:,} ms")
    what = f"{under['urgent']} that went to zero meanwhile: the last waited"
    table.add_row(what, f"{under['urgent_staleness_ms']:,} ms", "")
    table.add_row("ordinary writes before them", f"{under['overtaken']:,}", "0")
    console.print(table)


def keep(path: Path, key: str, found: Mapping[str, Any]) -> None:
    """Into ``build/bench.json``, beside what stands there."""
    content = json.loads(path.read_text()) if path.exists() else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**content, key: found}, indent=2) + "\n")


def main() -> int:
    if os.environ.get("FRESHNESS", "1") == "0":
        return 0
    console = Console() if sys.stdout.isatty() else Console(width=120)
    shutil.rmtree(FOLDER, ignore_errors=True)
    kafka = LocalKafka.start(FOLDER / "broker")
    try:
        with console.status("freshness"):
            found = measure(kafka.bootstrap, os.environ.get("QUICK", "") not in ("", "0"))
    finally:
        kafka.stop()
    shutil.rmtree(FOLDER / "broker", ignore_errors=True)
    show(console, found)
    keep(BUILD / "bench.json", "freshness", found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
