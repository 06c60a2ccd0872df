"""The first load of a large shop, a pass over stock that has not changed, and a foreign topic of many partitions:
``python -m bench.scale``, part of ``make bench``.

100 000 SKUs lie in two supply channels of the commercetools fake and are sold in two markets.  ``streams sync stock``
is asked twice.  The first time everything is read, decided and published; the second time nothing may be.  Delivery to
TikTok Shop is left out: the shop's limits set its pace, not we.

What goes through the relay is measured in ``foreign``.

QUICK=1: 10 000 SKUs, 20 000 foreign records.  SCALE=n: n SKUs, RELAY=n: n foreign records, 0 leaves it out.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from rich.console import Console
from rich.table import Table

from bench import foreign
from bench.freshness import BUILD, keep
from bench.installation import MARKETS, Installation
from bench.process import used
from streams.local_kafka import LocalKafka
from streams.market.model import COMMERCETOOLS

FOLDER = BUILD / "bench" / "scale"
SKUS, QUICK_SKUS, PER_PRODUCT = 100_000, 10_000, 10
FOREIGN, QUICK_FOREIGN = 100_000, 20_000
LOOK_S = 0.25
SECONDS = 1_800.0
WORKERS = ("intake", "decide")


class Pass(NamedTuple):
    """One ``streams sync stock``."""

    seconds: float
    """Until the last update was published."""
    requests: int
    """Requests commercetools has answered."""
    updates: int
    """Records on ``stock-updates``."""
    told: str
    """What the pass says of itself."""


class Memory(threading.Thread):
    """The most each worker had resident."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        super().__init__(daemon=True)
        self.peak = dict.fromkeys(pids, 0)
        self._pids = pids
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(LOOK_S):
            for name, pid in self._pids.items():
                self.peak[name] = max(self.peak[name], round(used(pid).resident_mb))

    def stop(self) -> dict[str, int]:
        self._ended.set()
        self.join()
        return self.peak


class Updates:
    """Counts committed records of ``stock-updates``."""

    def __init__(self, product: Installation) -> None:
        topic = product.catalog["stock-updates"]
        self.seen = 0
        self._consumer = Consumer(
            {
                **product.kafka,
                "group.id": "scale",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
            }
        )
        places = [TopicPartition(topic.full_name, number, OFFSET_BEGINNING) for number in range(topic.partitions)]
        self._consumer.assign(places)

    def look(self) -> int:
        """How many there are by now."""
        while messages := self._consumer.consume(10_000, 0.05):
            self.seen += sum(message.error() is None for message in messages)
        return self.seen


def one_pass(product: Installation, updates: Updates, expected: int) -> Pass:
    """Ask for a pass, and wait until it has ended and nothing is left to decide."""
    requests, before = _requests(product), updates.look()
    began = time.monotonic()
    words = [sys.executable, "-m", "streams.cli", "sync", "stock", "--json"]
    environment = {**os.environ, **product.environment}
    asked = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def published() -> bool:
        return asked.poll() is not None and updates.look() - before >= expected

    try:
        product.until(published, f"{expected:,} updates", SECONDS)
        seconds = time.monotonic() - began
        out, error = asked.communicate(timeout=10)
    finally:
        asked.kill()
    if asked.returncode != 0:
        raise RuntimeError(f"streams sync stock ended with {asked.returncode}: {error}")
    product.until(lambda: not product.metric("decide", "tts_lag_records"), "everything is decided")
    time.sleep(2.0)  # what should not come would come now
    told = json.loads(out)
    return Pass(round(seconds, 1), _requests(product) - requests, updates.look() - before, str(told.get("explanation")))


def _requests(product: Installation) -> int:
    return sum(row["calls"] for row in product.source.see("calls")["calls"])


def measure(bootstrap: str, skus: int) -> dict[str, Any]:
    """Both passes."""
    names = [f"SKU-{number:06d}" for number in range(skus)]
    products = {f"box-{first}": names[first : first + PER_PRODUCT] for first in range(0, skus, PER_PRODUCT)}
    prefix = f"scale{int(time.time())}."
    with Installation(bootstrap, FOLDER / "run", prefix, tuple(MARKETS), COMMERCETOOLS) as product:
        levels = {channel: {sku: 5 + at % 90 for at, sku in enumerate(names)} for _, _, channel in MARKETS.values()}
        product.source.set_up(levels)
        product.claim(products)
        product.producer.flush()
        product.start(*WORKERS)
        product.until(lambda: not product.metric("decide", "tts_lag_records"), "claims are read")
        memory = Memory({name: product.processes[name].pid for name in WORKERS})
        memory.start()
        updates = Updates(product)
        first = one_pass(product, updates, skus * len(MARKETS))
        second = one_pass(product, updates, 0)
        peak = memory.stop()
    return {"skus": skus, "markets": len(MARKETS), "first": first._asdict(), "second": second._asdict(), "mb": peak}


def show(console: Console, found: Mapping[str, Any]) -> None:
    """What a person wants to see."""
    if "relay" in found:
        console.print(foreign.told(found["relay"]))
    if "skus" not in found:
        return
    title = f"{found['skus']:,} SKUs in {found['markets']} markets, from the commercetools fake"
    table = Table(title=title)
    for column in ("pass", "seconds", "requests", "updates"):
        table.add_column(column, justify="left" if column == "pass" else "right")
    for name in ("first", "second"):
        one = found[name]
        table.add_row(name, f"{one['seconds']:,}", f"{one['requests']:,}", f"{one['updates']:,}")
    console.print(table)
    console.print(", ".join(f"{name} at most {mb:,} MB" for name, mb in found["mb"].items()))


def main() -> int:
    quick = os.environ.get("QUICK", "") not in ("", "0")
    skus = int(os.environ.get("SCALE", QUICK_SKUS if quick else SKUS))
    relayed = int(os.environ.get("RELAY", QUICK_FOREIGN if quick else FOREIGN))
    if not skus and not relayed:
        return 0
    console = Console() if sys.stdout.isatty() else Console(width=120)
    shutil.rmtree(FOLDER, ignore_errors=True)
    found: dict[str, Any] = {}
    kafka = LocalKafka.start(FOLDER / "broker")
    try:
        if relayed:
            with console.status(f"{relayed:,} foreign records"):
                found["relay"] = foreign.measure(kafka.bootstrap, FOLDER / "relay", relayed)._asdict()
        if skus:
            with console.status(f"{skus:,} SKUs"):
                found.update(measure(kafka.bootstrap, skus))
    finally:
        kafka.stop()
    shutil.rmtree(FOLDER / "broker", ignore_errors=True)
    show(console, found)
    keep(Path(BUILD) / "bench.json", "scale", found)
    return 0 if not skus or found["second"]["updates"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
