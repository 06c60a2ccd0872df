"""Bad records go to the dead letters, whole and with their place; all others are decided as if they were not there."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from streams.records import sync_job
from tests.integration.engine.trial import Trial, wait_until

pytestmark = pytest.mark.kafka

BIG = 200_000
"""Bytes; records of these workers may have 100 000."""


class Spoiled:
    """Sends good items of one key with bad records among them."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._maker = trial.cluster.producer(message_max_bytes=2_000_000)
        self.bad: list[tuple[str, bytes | None, bytes | None]] = []
        """code expected, key, value"""

    def good(self, key: str, count: int = 1) -> None:
        for _ in range(count):
            number = self._trial.fed.get(key, 0) + 1
            self._trial.fed[key] = number
            self._send(key.encode(), json.dumps({"n": number}).encode())

    def spoil(self, code: str, key: bytes | None, value: bytes | None) -> None:
        self.bad.append((code, key, value))
        self._send(key, value)

    def _send(self, key: bytes | None, value: bytes | None) -> None:
        trial = self._trial
        self._maker.produce(trial.prefix + "items", value, key, trial.place("p"), headers=[("origin", b"test")])

    def flush(self) -> None:
        assert self._maker.flush(20) == 0


KINDS: dict[str, Callable[[bytes], tuple[bytes | None, bytes | None]]] = {
    "undecodable": lambda key: (key, b"\xff not json"),
    "key-missing": lambda key: (None, b'{"n": 1}'),
    "contract-violated": lambda key: (key, None),
    "rule-failed": lambda key: (key, b'{"n": -1}'),
    "oversize": lambda key: (key, json.dumps({"n": 3, "pad": BIG}).encode()),
}


def test_poison_at_every_position(trial: Trial) -> None:
    """Alone, first, in the middle and last of a key's records, several at once, before and after a restart."""
    spoiled = Spoiled(trial)
    key = "p:1"
    for code, make in KINDS.items():
        spoiled.spoil(code, *make(key.encode()))
    spoiled.good(key, 3)
    for code, make in KINDS.items():
        spoiled.spoil(code, *make(key.encode()))
        spoiled.good(key, 2)
        spoiled.good("p:2", 1)
    for code, make in KINDS.items():
        spoiled.spoil(code, *make(b"p:3"))
        spoiled.spoil(code, *make(key.encode()))
    spoiled.spoil("rule-failed", b"p:1", b'{"n": 1, "event": "broken"}')
    spoiled.spoil("undecodable", b"p\xff", b'{"n": 1}')
    spoiled.spoil("key-missing", b"", b'{"n": 1}')
    spoiled.flush()
    trial.start("w1")
    trial.ready("w1")
    trial.exact()
    letters = wait_until(lambda: (found := trial.dead()) and len(found) >= len(spoiled.bad) and found, "dead letters")
    _compare(trial, letters, spoiled)
    trial.workers["w1"].kill()
    spoiled.good(key)
    spoiled.spoil("undecodable", key.encode(), b"again")
    spoiled.flush()
    trial.start("w1")
    trial.exact()
    wait_until(lambda: len(trial.dead()) == len(spoiled.bad), "one more dead letter and no other one")


def _compare(trial: Trial, letters: list[tuple[Any, dict[str, str]]], spoiled: Spoiled) -> None:
    source = {(record.partition(), record.offset()): record for record in trial.cluster.read(f"{trial.prefix}items")}
    found = sorted((told["tts.code"], record.key() or b"", record.value() or b"") for record, told in letters)
    assert found == sorted((code, key or b"", value or b"") for code, key, value in spoiled.bad)
    for record, told in letters:
        origin = source[int(told["tts.partition"]), int(told["tts.offset"])]
        assert told["tts.topic"] == f"{trial.prefix}items"
        assert (record.key() or b"", record.value()) == (origin.key() or b"", origin.value())
        assert ("origin", b"test") in record.headers()
        assert told["tts.timestamp"] == str(origin.timestamp()[1])
        assert ("tts.trace" in told) == (told["tts.code"] == "rule-failed")


def test_jobs_add_up_also_with_poison(trial: Trial) -> None:
    """received = changed + unchanged + collapsed + dead, over all jobs of the run."""
    received = sum(trial.fed.values()) + len(trial.dead())

    jobs = trial.reader("sync-jobs", lambda record: sync_job.decode(record.value()))

    def counted() -> bool:
        jobs.more()
        return sum(job.received for job in jobs.seen) >= received

    wait_until(counted, "all jobs are published")
    for job in jobs.to_the_end():
        assert job.received == sum(job.counts.values())
    assert sum(job.received for job in jobs.seen) == received
    assert sum(job.counts.get("dead", 0) for job in jobs.seen) == len(trial.dead())


def test_a_value_too_large_for_the_dead_letters_is_named_instead(begin: Callable[..., Trial]) -> None:
    """The topic of the items takes more than we may write: the letter says where the value is to be read."""
    trial = begin()
    spoiled = Spoiled(trial)
    spoiled.spoil("undecodable", b"p:1", b"x" * 150_000)
    spoiled.good("p:1", 2)
    spoiled.flush()
    trial.start("w1")
    trial.exact()
    [(record, told)] = trial.dead()
    assert record.value() is None and record.key() == b"p:1"
    assert "150000 bytes" in told["tts.omitted"]
