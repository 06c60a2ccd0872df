"""Two relays killed and frozen while records flow: each foreign record leads to exactly one output, in order."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path
from random import Random

import pytest

from streams.demo.processes import Process
from tests.cluster import Cluster
from tests.relay.site import SIMPLE, Site, until

pytestmark = pytest.mark.chaos

TOPICS = {"wms": 64, "erp": 1}
RECORDS = 6_000
POISON_EVERY = 97
FROZEN_S = 7.5
"""Longer than the session time-out: the other relay takes over."""


class Feeder:
    """Writes numbered records to all partitions, round robin, for as long as the faults last."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.expected: dict[str, list[int]] = {}
        """SKU, one per foreign partition, to the numbers it must show, in order."""
        self.poison: set[tuple[str, int, int]] = set()
        self.sent = 0
        self._thread.start()

    def _run(self) -> None:
        places = [(name, number) for name, size in TOPICS.items() for number in range(size)]
        offsets = dict.fromkeys(places, 0)
        producer = self._site.cluster.producer(linger_ms=1)
        for number in range(RECORDS):
            name, partition = place = places[number % len(places)]
            sku = f"{name}-{partition}"
            if number % POISON_EVERY == 0:
                self.poison.add((self._site.foreign(name), partition, offsets[place]))
                value = b"{"
            else:
                self.expected.setdefault(sku, []).append(number)
                value = b'{"sku": "%b", "n": %d, "site": "A", "qty": 1}' % (sku.encode(), number)
            offsets[place] += 1
            producer.produce(self._site.foreign(name), value, None, partition)
            if number % 100 == 0:
                producer.flush(10)
                time.sleep(0.15)
            self.sent += 1
        assert producer.flush(30) == 0

    def done(self) -> None:
        self._thread.join(60)
        assert not self._thread.is_alive()


def test_killed_and_frozen_relays_lose_and_double_nothing(kafka: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    site = Site(kafka, topic_prefix, tmp_path, TOPICS)
    for name in TOPICS:
        site.adapter(name, SIMPLE)
    feeder = Feeder(site)
    chance = Random(11)
    relays = {name: site.process(name) for name in ("one", "two")}
    try:
        for turn in range(3):
            name = chance.choice(sorted(relays))
            time.sleep(chance.uniform(0.2, 1.5))
            if turn == 1:
                relays[name].signal(signal.SIGSTOP)
                time.sleep(FROZEN_S)
                relays[name].signal(signal.SIGCONT)
                continue
            relays[name].signal(signal.SIGKILL)
            relays[name].wait()
            relays[name] = site.process(name)
        feeder.done()
        until(lambda: sum(site.counted().values()) >= RECORDS, 60, every=0.5)
        for relay in relays.values():
            _alive_or_fenced(relay)
    finally:
        codes = {name: relay.stop() for name, relay in relays.items()}
    shown: dict[str, list[int]] = {}
    for sku, change in site.changes():
        shown.setdefault(sku, []).append(change.version or 0)
    assert shown == feeder.expected
    dead = [_position(one) for one in site.dead()]
    assert sorted(dead) == sorted(feeder.poison)
    assert all(one.value() == b"{" for one in site.dead())
    assert site.counted() == {"applied": RECORDS - len(dead), "dead": len(dead)}
    assert set(codes.values()) <= {0, 1}, {name: relay.tail() for name, relay in relays.items()}


def _alive_or_fenced(relay: Process) -> None:
    """A frozen relay may find its transaction aborted by the brokers, and end; a supervisor would start it again."""
    assert relay.code() in (None, 1), relay.tail()


def _position(one: object) -> tuple[str, int, int]:
    told = {name: value.decode() for name, value in one.headers() if value is not None}  # type: ignore[attr-defined]
    return told["tts.topic"], int(told["tts.partition"]), int(told["tts.offset"])
