"""Timers ring once, calls are made again only when that is safe, sweeps reach every row once; over restarts."""

from __future__ import annotations

import json
import shutil
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.engine.conftest import SOAK
from tests.integration.engine.reader import Reader
from tests.integration.engine.trial import Trial, WorkerProcess, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.chaos]


def test_timers_ring_once_over_restarts(trial: Trial) -> None:
    """Some are moved, the worker is killed while they are due, and its local copy is lost at the end."""
    now = int(time.time() * 1000)
    wanted = {f"a{number}": now + 1_500 + number * 100 for number in range(100)}
    _ask(trial, {key: now + 60_000 + place for place, key in enumerate(wanted)})
    trial.start("w1")
    trial.ready("w1")
    _ask(trial, wanted)
    rung = trial.reader("alarms-rung")
    wait_until(lambda: _rung(rung) > 20, "the first ones ring")
    trial.workers["w1"].kill()
    trial.start("w1", fail=("after-commit", 1))  # however many are overdue by then
    assert trial.workers["w1"].ended() == -signal.SIGKILL
    trial.start("w1")
    wait_until(lambda: _rung(rung) >= len(wanted), "all have rung")
    assert trial.workers["w1"].terminate() == 0
    shutil.rmtree(trial.folder / "w1" / "trial")
    trial.start("w1")
    trial.ready("w1")
    _ask(trial, {"last": int(time.time() * 1000)})
    wait_until(lambda: _rung(rung) > len(wanted), "a new one rings")
    told = [(key, alarm) for key, alarm in rung.to_the_end() if key != "last"]
    assert sorted(key for key, _ in told) == sorted(wanted)
    for key, alarm in told:
        assert alarm["rung"] == 1 and alarm["at"] == wanted[key] <= alarm["now"]


def _rung(reader: Reader) -> int:
    reader.more()
    return len(reader.seen)


def _ask(trial: Trial, times: dict[str, int]) -> None:
    maker = trial.cluster.producer(linger_ms=5)
    for key, at in times.items():
        maker.produce(trial.prefix + "alarm-requests", json.dumps({"at": at}), key.encode(), trial.place(key))
    assert maker.flush(20) == 0


def _errands(trial: Trial, keys: list[str], each: int) -> None:
    maker = trial.cluster.producer(linger_ms=5)
    for _ in range(each):
        for key in keys:
            maker.produce(trial.prefix + "errand-requests", b"{}", key.encode(), trial.place(key))
    assert maker.flush(20) == 0


def _done(trial: Trial, keys: list[str], number: int) -> Callable[[], bool]:
    reader = trial.reader("errand-results")

    def reached() -> bool:
        reader.more()
        done = {key: result["done"] for key, result in reader.seen}
        return all(done.get(key) == number for key in keys)

    return reached


def _book(trial: Trial) -> list[list[Any]]:
    return [json.loads(line) for line in (trial.folder / "book.jsonl").read_text().splitlines()]


def test_calls_bring_everything_over_kills(trial: Trial) -> None:
    """Each result follows the one before, under the token of a call that was really answered."""
    keys = [f"shop{number % 3}:{number}" for number in range(12)]
    for round_ in range(2 * SOAK):
        _errands(trial, keys, 3)
        time.sleep(trial.chance.uniform(0.05, 0.5))  # the moment of the kill, nothing is waited for
        trial.workers["w1"].kill()
        trial.start("w1")
        wait_until(_done(trial, keys, 3 * (round_ + 1)), "all errands are done")
    answered = {token for token, _, what, _ in _book(trial) if what == "answered"}
    position: dict[str, int] = {}
    tokens = []
    for key, result in trial.reader("errand-results").to_the_end():
        assert result["from"] == position.get(key, 0) < result["done"]
        position[key] = result["done"]
        tokens.append(result["token"])
    assert len(set(tokens)) == len(tokens) and set(tokens) <= answered


def test_a_call_of_a_killed_worker_is_waited_out(begin: Callable[..., Trial]) -> None:
    """The new owner hears that it inherited the call, and asks again only when the old one can do no more harm."""
    trial = begin(latency_s=1.0)
    trial.start("w1")
    _errands(trial, ["shop1:1"], 1)
    wait_until(lambda: (trial.folder / "book.jsonl").exists() and _book(trial), "the call is under way")
    trial.workers["w1"].kill()
    trial.start("w1")
    wait_until(_done(trial, ["shop1:1"], 1), "the errand is done")
    [(_, result)] = trial.reader("errand-results").seen
    first, second = [when for _, _, what, when in _book(trial) if what == "asked"]
    assert result["inherited"] == 1
    assert second - first > 2.4


def test_an_answer_after_the_deadline_is_ignored(trial: Trial) -> None:
    """The row has given up the call and made another one: the late answer carries an old token."""
    key = "shop9:slow"
    _errands(trial, [key], 1)
    wait_until(_done(trial, [key], 1), "the errand is done")
    wait_until(lambda: len([line for line in _book(trial) if line[1] == key]) == 4, "both calls were answered")
    _errands(trial, [key], 1)
    wait_until(_done(trial, [key], 2), "the next errand is done")
    results = [result for at, result in trial.reader("errand-results").to_the_end() if at == key]
    assert [(result["from"], result["done"]) for result in results] == [(0, 1), (1, 2)]
    assert results[-1]["ignored"] == 1


def test_a_changed_fingerprint_sweeps_every_row_once(begin: Callable[..., Trial]) -> None:
    """The pass is killed twice on its way and goes on where it was."""
    trial = begin(partitions=2)
    trial.feed(3_000, keys=700)
    trial.start("w1")
    trial.exact()
    assert trial.workers["w1"].terminate() == 0
    trial.fingerprint = "changed"
    for phase in ("after-commit", "before-commit"):
        doomed = trial.start("w1", fail=(phase, 5))
        assert doomed.ended() == -signal.SIGKILL
    trial.start("w1")
    reader = trial.reader("totals")

    def marks() -> dict[str, int]:
        reader.more()
        return {key: total["mark"] for key, total in reader.seen}

    old = set(trial.fed)
    wait_until(lambda: {mark for key, mark in marks().items() if key in old} == {1}, "every row is swept")
    trial.feed(500, keys=700)
    trial.exact()
    assert {mark for key, mark in marks().items() if key in old} == {1}


def test_a_rebalance_while_restoring(begin: Callable[..., Trial]) -> None:
    """A second worker joins while the first one restores: its opening is abandoned, nothing is lost."""
    trial = begin()
    trial.feed(3_000)
    trial.start("w1")
    trial.exact()
    assert trial.workers["w1"].terminate() == 0
    _errands(trial, ["shop1:1", "shop2:2", "shop3:3"], 1)
    first = trial.start("w1", fail=("held-restore", 1), state=str(trial.folder / "fresh"))
    wait_until(lambda: _restores(first), "it restores")
    before = first.tail(1_000_000).count("(Re-)joining group")
    trial.start("w2")
    wait_until(lambda: first.tail(1_000_000).count("(Re-)joining group") > before, "it joins again")
    first.marker.touch()
    trial.ready("w1", "w2")
    assert "this one is abandoned" in first.tail(100_000)
    trial.feed(1_000)
    trial.exact()
    wait_until(_done(trial, ["shop1:1", "shop2:2", "shop3:3"], 1), "errands are done too")


def test_sigterm_while_restoring(begin: Callable[..., Trial]) -> None:
    trial = begin()
    trial.feed(2_000)
    trial.start("w1")
    trial.exact()
    assert trial.workers["w1"].terminate() == 0
    worker = trial.start("w1", fail=("held-restore", 1), state=str(trial.folder / "fresh"))
    wait_until(lambda: _restores(worker), "it restores")
    assert worker.terminate() == 0


def _restores(worker: WorkerProcess) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{worker.port}/ready", timeout=2):
            return False
    except urllib.error.HTTPError as refused:
        return "restoring" in refused.read().decode()
    except OSError:
        return False
