"""A worker process of the engine's tests: ``python -m tests.integration.engine.job`` with its settings as JSON.

Failpoints are wrapped around the engine from outside: at the n-th time a point is reached the process kills
or freezes itself, once (a marker file says that it has).
"""

from __future__ import annotations

import asyncio
import faulthandler
import json
import logging
import os
import signal
import ssl
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from faust.auth import SASLCredentials

from streams.deadline import Deadline
from streams.engine import producer, restore, store
from streams.engine.faust_app import FaustSettings
from streams.engine.flow import Call, Group, Ready
from streams.engine.settings import EngineSettings
from streams.engine.worker import Worker, run_worker
from tests.engine.flows import NAMES, alarm_flow, errand_flow, ledger_flow
from tests.engine.topics import catalog_of

OVERDUE_S = 4.0
"""How long the first call of an entity named so takes: beyond its deadline."""


class Shop:
    """The other side of the errands: takes calls, remembers them in a file, answers after a while."""

    def __init__(self, book: Path, latency_s: float) -> None:
        self._book = book
        self._latency_s = latency_s
        self._known: set[str] = set()

    def room(self, ready: Ready, now: int) -> int:
        return 0

    def take(self, ready: Ready, now: int) -> None:
        """Limits are not the matter here."""

    def give_back(self, ready: Ready, now: int) -> None:
        """Nor here."""

    async def call(self, queue: str, call: Call, deadline: Deadline) -> Any:
        entity = call.request["entity"]
        self._write([call.token, entity, "asked", time.time()])
        first = entity not in self._known
        self._known.add(entity)
        await asyncio.sleep(OVERDUE_S if first and entity.endswith("slow") else self._latency_s)
        self._write([call.token, entity, "answered", time.time()])
        return call.request["number"]

    def _write(self, line: list[Any]) -> None:
        with self._book.open("a") as book:
            book.write(json.dumps(line) + "\n")


class Failpoint:
    """Kills or freezes this process at the n-th time a point is reached."""

    def __init__(self, point: str, times: int, number: int, marker: Path) -> None:
        self.point = point
        self._left = times
        self._signal = number
        self._marker = marker

    def reached(self, point: str) -> bool:
        """True at the one time the process is to end here."""
        if point != self.point or self._marker.exists():
            return False
        self._left -= 1
        return self._left == 0

    def strike(self) -> None:
        self._marker.touch()
        os.kill(os.getpid(), self._signal)

    def hold(self) -> None:
        """Wait until the marker is there."""
        while not self._marker.exists():
            time.sleep(0.01)

    def at(self, point: str) -> None:
        if self.reached(point):
            self.strike()


def install(failpoint: Failpoint) -> None:
    """Wrap the engine's phases."""
    commit, write, apply = producer.TransactionalProducer.commit, store.Store.write, restore.apply_changes

    def failing_commit(self: Any) -> int:
        failpoint.at("before-commit")
        if failpoint.reached("during-commit"):
            threading.Timer(0.003, failpoint.strike).start()
        found = commit(self)
        failpoint.at("after-commit")
        return found

    def failing_write(self: Any, *arguments: Any) -> None:
        write(self, *arguments)
        failpoint.at("after-write")

    def failing_apply(*arguments: Any) -> int:
        if failpoint.point == "held-restore":
            failpoint.hold()
        failpoint.at("restoring")
        return apply(*arguments)

    producer.TransactionalProducer.commit = failing_commit  # type: ignore[method-assign]
    store.Store.write = failing_write  # type: ignore[method-assign]
    restore.apply_changes = failing_apply


def credentials(client: dict[str, str]) -> SASLCredentials | None:
    """The client's password and trust in Faust's words."""
    if "sasl.username" not in client:
        return None
    return SASLCredentials(
        username=client["sasl.username"],
        password=client["sasl.password"],
        ssl_context=ssl.create_default_context(cafile=client["ssl.ca.location"]),
        mechanism=client["sasl.mechanism"],
    )


def build(given: dict[str, Any]) -> Callable[[], Worker]:
    def worker() -> Worker:
        prefix, partitions = given["prefix"], given["partitions"]
        group = Group(
            "trial",
            (ledger_flow(given["fingerprint"]), alarm_flow(), errand_flow()),
            partitions,
            {"errands": Shop(Path(given["book"]), given["latency_s"])},
        )
        settings = EngineSettings(
            group_id=f"{prefix}trial",
            changelog=f"{prefix}trial-state",
            transactional_prefix=f"{prefix}trial",
            state_dir=Path(given["state"]),
            kafka=given["client"],
            max_record_bytes=100_000,
            job_ms=2_000,
            sweep_portion=20,
            **given["engine"],
        )
        faust = FaustSettings(
            tuple(given["client"]["bootstrap.servers"].split(",")),
            f"{prefix}trial",
            given["name"],
            Path(given["state"]) / "faust",
            session_timeout_s=6.0,
            credentials=credentials(given["client"]),
        )
        return Worker(group, catalog_of(prefix, partitions, NAMES), settings, faust, ("127.0.0.1", given["port"]))

    return worker


if __name__ == "__main__":
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    told = json.loads(sys.argv[1])
    if told["fail"] is not None:
        point, times, number, marker = told["fail"]
        install(Failpoint(point, times, number, Path(marker)))
    sys.exit(run_worker(build(told)))
