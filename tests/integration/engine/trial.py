"""Drives the engine on a real broker: topics, a feeder, worker processes, and the judgement of what they wrote."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from streams.topics.murmur2 import Partitions
from tests.cluster import Cluster
from tests.engine.flows import NAMES, chained
from tests.engine.topics import DEAD_LETTERS, JOBS
from tests.integration.engine.reader import Reader, as_json

ROOT = Path(__file__).parents[3]
PARTITIONS = 6
WAIT_S = 60.0


def wait_until(true: Callable[[], Any], what: str, seconds: float = WAIT_S) -> Any:
    """The first true answer; an error names what did not come."""
    deadline = time.monotonic() + seconds
    while True:
        found = true()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _with_headers(record: Any) -> tuple[Any, dict[str, str]]:
    return record, {name: text.decode() for name, text in record.headers() or () if name.startswith("tts.")}


@dataclass
class WorkerProcess:
    """One worker and its log."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    log: Path
    marker: Path
    """Its failpoint was reached when this file exists; a held one goes on when it does."""

    def is_ready(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"worker {self.name} ended with {self.process.returncode}:\n{self.tail()}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def metrics(self) -> dict[str, float]:
        """Sum of each metric over its labels."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        found: dict[str, float] = {}
        for line in lines:
            if not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                name = name.partition("{")[0]
                found[name] = found.get(name, 0.0) + float(value)
        return found

    def open_partitions(self) -> int:
        """How many it owns."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
        return sum(line.startswith("tts_steps_total{") for line in text.splitlines())

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def ended(self, seconds: float = WAIT_S) -> int:
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGUSR1)
            time.sleep(0.5)
            raise AssertionError(f"worker {self.name} did not end within {seconds} s:\n{self.tail()}") from None

    def terminate(self) -> int:
        self.process.terminate()
        return self.ended()

    def tail(self, size: int = 6000) -> str:
        return self.log.read_text(errors="replace")[-size:]


@dataclass
class Trial:
    """One set of topics, its feeder and its workers."""

    cluster: Cluster
    prefix: str
    folder: Path
    chance: random.Random
    partitions: int = PARTITIONS
    latency_s: float = 0.02
    fingerprint: str = ""
    engine: Mapping[str, Any] = field(default_factory=dict)
    fed: dict[str, int] = field(default_factory=dict)
    """Ledger key to how many items it was given."""
    workers: dict[str, WorkerProcess] = field(default_factory=dict)
    _readers: dict[str, Reader] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def create_topics(self) -> None:
        self.cluster.create({self.prefix + name: self.partitions for name in (*NAMES, DEAD_LETTERS, JOBS)})
        self.cluster.create({f"{self.prefix}trial-state": self.partitions}, {"cleanup.policy": "compact"})

    def drop(self, topic: str) -> None:
        """Delete one of our topics and wait until it is gone."""
        name = self.prefix + topic
        admin = self.cluster.admin()
        for future in admin.delete_topics([name], operation_timeout=20).values():
            future.result(20)
        wait_until(lambda: name not in admin.list_topics(timeout=10).topics, f"{name} is gone")

    # -- records --------------------------------------------------------------------------------

    def place(self, key: str) -> int:
        return int(Partitions(self.partitions)[key.encode().split(b":")[0]])

    def send(self, topic: str, key: str | None, value: bytes | None, partition: int | None = None, **more: Any) -> None:
        """One record, at once."""
        maker = self.cluster.producer()
        place = partition if partition is not None else self.place(key or "")
        maker.produce(self.prefix + topic, value, None if key is None else key.encode(), place, **more)
        assert maker.flush(20) == 0

    def feed(self, count: int, keys: int = 40) -> None:
        """Items of several keys; a part in transactions, some of which are aborted."""
        with self._lock:
            plain = self.cluster.producer(linger_ms=5)
            sure = self.cluster.producer(transactional_id=f"{self.prefix}feeder")
            sure.init_transactions(20)
            while count > 0:
                portion = min(count, self.chance.randrange(1, 400))
                if self.chance.random() < 0.3:
                    self._transaction(sure, portion, keys)
                else:
                    for _ in range(portion):
                        self._item(plain, f"k{self.chance.randrange(keys)}")
                    assert plain.flush(30) == 0
                count -= portion

    def _transaction(self, sure: Producer, portion: int, keys: int) -> None:
        if self.chance.random() < 0.5:
            sure.begin_transaction()
            for _ in range(portion):
                key = f"k{self.chance.randrange(keys)}"
                sure.produce(self.prefix + "items", b'{"n": 666}', key.encode(), self.place(key))
            sure.flush(20)
            sure.abort_transaction(20)
        sure.begin_transaction()
        for _ in range(portion):
            self._item(sure, f"k{self.chance.randrange(keys)}")
        sure.commit_transaction(20)

    def _item(self, maker: Producer, key: str) -> None:
        number = self.fed.get(key, 0) + 1
        self.fed[key] = number
        while True:
            try:
                maker.produce(self.prefix + "items", json.dumps({"n": number}), key.encode(), self.place(key))
                return
            except BufferError:
                maker.poll(0.1)

    @contextlib.contextmanager
    def feeding(self, per_second: int) -> Any:
        """Items all the time while something else happens."""
        stop = threading.Event()
        problems: list[BaseException] = []

        def work() -> None:
            try:
                while not stop.wait(0.1):
                    self.feed(max(1, per_second // 10))
            except BaseException as problem:
                problems.append(problem)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
        assert not problems, problems

    # -- workers --------------------------------------------------------------------------------

    def start(self, name: str = "w1", fail: tuple[str, int] | None = None, **more: Any) -> WorkerProcess:
        """A worker process; ``fail`` is a point and how often it is passed before the process kills itself."""
        port = free_port()
        number = more.pop("fail_signal", signal.SIGKILL)
        marker = self.folder / f"failed-{time.monotonic_ns()}"
        told = {
            "prefix": self.prefix,
            "partitions": self.partitions,
            "client": dict(self.cluster.client),
            "name": name,
            "state": str(self.folder / name),
            "book": str(self.folder / "book.jsonl"),
            "latency_s": self.latency_s,
            "port": port,
            "fingerprint": self.fingerprint,
            "engine": dict(self.engine),
            "fail": None if fail is None else [*fail, int(number), str(marker)],
            **more,
        }
        log = self.folder / f"{name}.log"
        with log.open("ab") as sink:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.integration.engine.job", json.dumps(told)],
                cwd=ROOT,
                stdout=sink,
                stderr=sink,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        self.workers[name] = WorkerProcess(name, process, port, log, marker)
        return self.workers[name]

    def ready(self, *names: str) -> None:
        """All these workers own partitions and run; together they own all."""
        chosen = [self.workers[name] for name in names]
        wait_until(
            lambda: (
                all(worker.is_ready() for worker in chosen)
                and sum(worker.open_partitions() for worker in chosen) == self.partitions
                and all(worker.open_partitions() for worker in chosen)
            ),
            f"workers {names} share the partitions",
        )

    def stop_all(self) -> None:
        for worker in self.workers.values():
            if worker.process.poll() is None:
                worker.kill()
        for reader in self._readers.values():
            reader.close()

    # -- judgement ------------------------------------------------------------------------------

    def reader(self, topic: str, take: Callable[[Any], Any] = as_json) -> Reader:
        """Follows one of our topics."""
        if topic not in self._readers:
            self._readers[topic] = Reader(self.cluster, self.prefix + topic, self.partitions, take)
        return self._readers[topic]

    def dead(self) -> list[tuple[Any, dict[str, str]]]:
        """Dead letters and their headers of ours."""
        reader = self.reader(DEAD_LETTERS, _with_headers)
        reader.more()
        return reader.seen

    def exact(self, seconds: float = WAIT_S) -> int:
        """Every item of every key is in the totals once and in order; returns how many items there are."""
        with self._lock:
            wanted = dict(self.fed)

        reader = self.reader("totals")
        counts = self._counts

        def reached() -> bool:
            self._alive()
            for key, total in reader.more():
                counts[key] = total["count"]
            return all(counts.get(key, 0) >= number for key, number in wanted.items())

        wait_until(reached, "all totals are written", seconds)
        self.judge(wanted)
        return sum(wanted.values())

    def judge(self, wanted: Mapping[str, int]) -> None:
        """The totals are exactly the reference's: nothing missing, nothing twice, in order."""
        position: dict[str, int] = {}
        chain: dict[str, int] = {}
        for key, total in self.reader("totals").seen:
            assert total["from"] == position.get(key, 0) + 1, f"{key}: {total} after {position.get(key, 0)}"
            for number in range(total["from"], total["count"] + 1):
                chain[key] = chained(chain.get(key, 0), number)
            assert total["chain"] == chain.get(key, 0), f"{key}: other items or another order in {total}"
            position[key] = total["count"]
        for key, number in wanted.items():
            assert position.get(key, 0) >= number

    def _alive(self) -> None:
        running = [worker for worker in self.workers.values() if worker.process.poll() is None]
        assert running, "no worker is left:\n" + "\n".join(worker.tail() for worker in self.workers.values())
