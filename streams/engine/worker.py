"""The life of one worker process: checks, start, drain on SIGTERM, fail-stop with a non-zero code."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

import uvloop
from faust.types import TP
from prometheus_client.core import Metric

from streams.engine import fetch, garbage, selfcheck
from streams.engine.consumer_thread import ConsumerThread
from streams.engine.engine import Engine
from streams.engine.errors import FAILED, OK, SETUP, EngineError
from streams.engine.faust_app import FaustSettings, create_faust_app
from streams.engine.flow import Group
from streams.engine.garbage import keep_clean
from streams.engine.health import Health, serve
from streams.engine.memory import few_heaps
from streams.engine.preflight import check_cluster
from streams.engine.rights import plain
from streams.engine.settings import EngineSettings
from streams.engine.state_folder import StateFolder
from streams.engine.transport import Consumer, EngineApp

if TYPE_CHECKING:
    from streams.topics.catalog import Catalog

log = logging.getLogger(__name__)
_STOP_LIMIT_S = 55.0
_EXIT_LIMIT_S = 3.0
_LOOK_S = 0.25
_ENDS_EVERY_S = 5.0

__all__ = ["FAILED", "OK", "SETUP", "Worker", "run_worker"]


class Worker:
    """One group's engine under one Faust app."""

    def __init__(
        self,
        group: Group,
        catalog: Catalog,
        engine_settings: EngineSettings,
        faust_settings: FaustSettings,
        health_address: tuple[str, int] | None,
        more_metrics: Callable[[], Iterable[Metric]] | None = None,
    ) -> None:
        self._group = group
        self._catalog = catalog
        self._settings = engine_settings
        self._faust = faust_settings
        self._health_address = health_address
        self._more_metrics = more_metrics
        self._stop = asyncio.Event()
        self._problem: BaseException | None = None
        self.engine: Engine
        self.app: EngineApp

    def _failed(self, problem: BaseException) -> None:
        if self._problem is None:
            self._problem = plain(problem)
            log.critical("worker %s stops: %s: %s", self._group.name, type(self._problem).__name__, self._problem)
        self._stop.set()

    async def run(self) -> int:
        """Until SIGTERM, SIGINT or a failure; the exit code."""
        selfcheck.check()
        with StateFolder(self._settings.state_dir / self._group.name):
            return await self._run()

    async def _run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        settings = self._settings
        topic_ids = await asyncio.to_thread(
            check_cluster, self._group, self._catalog, settings.group_id, settings.changelog, settings.kafka
        )
        await asyncio.to_thread(_ask_for_schemas, self._group, self._catalog)
        fetch.install()
        self.engine = Engine(self._group, self._catalog, settings, topic_ids, self._failed, self._fetch_from)
        self.app = create_faust_app(self._group, self._catalog, self._faust, lambda: self.engine)
        self.app.engine_link = self.engine
        self.app.on_rebalance_complete.connect(cast(Any, self._on_rebalance_complete), weak=False)
        health = Health(self.engine, lambda: bool(self.app.rebalancing))
        site = await serve(health, self._health_address, self._more_metrics) if self._health_address else None
        garbage.take_over()
        quiet = keep_clean(lambda: not any(partition.inbox.queued for partition in self.engine.partitions.values()))
        tasks = [loop.create_task(work) for work in (self._run_app(), self._watch(health), self._ask_ends(), quiet)]
        for task in tasks:
            task.add_done_callback(self._task_ended)
        try:
            await self._stop.wait()
        finally:
            await self._end(tasks, site)
        if self._problem is None:
            return OK
        print(f"error: worker {self._group.name}: {self._problem}", file=sys.stderr)
        return self._problem.exit_code if isinstance(self._problem, EngineError) else FAILED

    async def _run_app(self) -> None:
        await self.app.start()

    async def _end(self, tasks: list[asyncio.Task[None]], site: object) -> None:
        """Stop the flow, finish the steps in hand, leave the group; bounded."""
        for task in tasks:
            task.cancel()
        try:
            async with asyncio.timeout(_STOP_LIMIT_S):
                await self.app.stop()
                await self.engine.close()
        except TimeoutError:
            self._failed(TimeoutError(f"the worker did not stop within {_STOP_LIMIT_S:.0f} s"))
        except Exception as problem:
            self._failed(problem)
        if site is not None:
            await site.cleanup()  # type: ignore[attr-defined]

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (problem := task.exception()) is not None:
            self._failed(problem)

    async def _watch(self, health: Health) -> None:
        """Faust can hang alive after an outage: end the worker when it crashed or is stuck for too long."""
        while True:
            asked = time.perf_counter()
            await asyncio.sleep(_LOOK_S)
            health.loop_lag_s = max(0.0, time.perf_counter() - asked - _LOOK_S)
            if self.app.crashed:
                self._failed(self.app.crash_reason or RuntimeError("Faust crashed"))
                return
            stuck = health.stuck()
            if stuck is not None:
                self._failed(TimeoutError(stuck))
                return

    async def _ask_ends(self) -> None:
        """Where the topics end, also those nothing is read from at the moment; for lag."""
        while True:
            known = all(partition.measures.ends for partition in self.engine.partitions.values())
            await asyncio.sleep(_ENDS_EVERY_S if known else _LOOK_S)
            if self.engine.partitions and not self.app.rebalancing:
                self.engine.saw_ends({(tp.topic, tp.partition): end for tp, end in (await self._ends()).items()})

    async def _ends(self) -> dict[TP, int]:
        return await cast(ConsumerThread, self._consumer._thread).ends()

    @property
    def _consumer(self) -> Consumer:
        return cast(Consumer, self.app.consumer)

    async def _on_rebalance_complete(self, app: EngineApp, **_: object) -> None:
        """Open what was assigned before any record flows.  Awaited by Faust before it seeks and resumes."""
        assigned = [(tp.topic, tp.partition) for tp in app.consumer.assignment()]
        try:
            await self.engine.open(assigned, app.consumer_generation_id)
        except Exception as problem:
            self._failed(problem)
            raise

    def _fetch_from(self, topic: str, partition: int, offset: int) -> None:
        """A hole was seen: fetch again from where the partition stands."""
        log.info("%s/%d: a fetch was lost; fetching again from %d", topic, partition, offset)
        self._consumer.fetch_from(TP(topic, partition), offset)


def _ask_for_schemas(group: Group, catalog: Catalog) -> None:
    """A registry that is away, or lacks a schema, is told before anything starts."""
    names = {name for flow in group.flows for name in (*(read.topic for read in flow.inputs), *flow.outputs)}
    for name in sorted(names | {"sync-jobs"}):
        assert catalog[name].codec is not None


def run_worker(build: Callable[[], Worker]) -> int:
    """Run a worker in this process and return its exit code; errors of set-up are one line, not a trace."""

    async def main() -> int:
        return await build().run()

    few_heaps()
    try:
        code = uvloop.run(main())
    except EngineError as problem:
        print(f"error: {problem}", file=sys.stderr)
        code = problem.exit_code
    _exit_soon(code)
    return code


def _exit_soon(code: int) -> None:
    """A thread that hangs in a client library must not keep a stopped worker alive."""

    def leave() -> None:
        logging.shutdown()
        os._exit(code)

    timer = threading.Timer(_EXIT_LIMIT_S, leave)
    timer.daemon = True
    timer.start()
