"""The life of one worker process: checks, start, drain on SIGTERM, fail-stop with a non-zero code."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import uvloop
from faust.types import TP
from prometheus_client.core import Metric

from streams.engine import fetch, selfcheck
from streams.engine.engine import Engine
from streams.engine.errors import EngineError
from streams.engine.faust_app import FaustSettings, create_faust_app
from streams.engine.flow import Group
from streams.engine.health import Health, serve
from streams.engine.preflight import check_cluster
from streams.engine.settings import EngineSettings
from streams.engine.transport import EngineApp

if TYPE_CHECKING:
    from streams.topics.catalog import Catalog

log = logging.getLogger(__name__)
_STOP_LIMIT_S = 55.0
OK, FAILED, SETUP = 0, 1, 2


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
            self._problem = problem
            log.critical("worker %s stops: %s: %s", self._group.name, type(problem).__name__, problem)
        self._stop.set()

    async def run(self) -> int:
        """Until SIGTERM, SIGINT or a failure; the exit code."""
        selfcheck.check()
        topic_id = await asyncio.to_thread(
            check_cluster, self._group, self._catalog, self._settings.changelog, self._settings.kafka
        )
        fetch.install()
        loop = asyncio.get_running_loop()
        self.engine = Engine(self._group, self._catalog, self._settings, topic_id, self._failed, self._reseek)
        self.app = create_faust_app(self._group, self._catalog, self._faust, lambda: self.engine)
        self.app.engine_link = self.engine
        self.app.on_rebalance_complete.connect(self._on_rebalance_complete, weak=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        health = Health(self.engine, lambda: bool(self.app.rebalancing))
        site = await serve(health, self._health_address, self._more_metrics) if self._health_address else None
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 50, 100)
        crashed = loop.create_task(self._watch(health))
        try:
            await self.app.start()
            await self._stop.wait()
        finally:
            crashed.cancel()
            await self._end(site)
        return OK if self._problem is None else FAILED

    async def _end(self, site: object) -> None:
        """Stop the flow, finish the steps in hand, leave the group; bounded."""
        try:
            async with asyncio.timeout(_STOP_LIMIT_S):
                await self.app.stop()
                await self.engine.close()
        except TimeoutError:
            log.critical("worker %s did not stop within %.0f s", self._group.name, _STOP_LIMIT_S)
            self._problem = self._problem or TimeoutError("stop")
        except EngineError as problem:
            self._failed(problem)
        if site is not None:
            await site.cleanup()  # type: ignore[attr-defined]

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (problem := task.exception()) is not None:
            self._failed(problem)

    async def _watch(self, health: Health) -> None:
        """Faust can hang alive after an outage: end the worker when it crashed or is stuck for too long."""
        while True:
            await asyncio.sleep(0.25)
            if self.app.crashed:
                self._failed(self.app.crash_reason or RuntimeError("Faust crashed"))
                return
            stuck = health.stuck()
            if stuck is not None:
                self._failed(TimeoutError(stuck))
                return

    async def _on_rebalance_complete(self, app: EngineApp, **_: object) -> None:
        """Open what was assigned before any record flows.  Awaited by Faust before it seeks and resumes."""
        generation = app.consumer_generation_id
        assigned = [(tp.topic, tp.partition) for tp in app.consumer.assignment()]
        try:
            await self.engine.open(assigned, lambda: bool(app.consumer_generation_id == generation))
        except BaseException as problem:
            self._failed(problem)
            raise

    def _reseek(self, topic: str, partition: int, offset: int) -> None:
        """A hole was seen: fetch again from where the partition stands."""
        log.warning(
            "%s/%d: records before the last fetch are missing; fetching again from %d", topic, partition, offset
        )
        task = asyncio.get_running_loop().create_task(self._seek_again(TP(topic, partition), offset))
        task.add_done_callback(self._task_ended)

    async def _seek_again(self, tp: TP, offset: int) -> None:
        earliest = (await self.app.consumer.earliest_offsets(tp))[tp]
        if earliest > offset:
            log.critical(
                "%s/%d: records %d to %d were deleted by retention before they were read",
                tp.topic,
                tp.partition,
                offset,
                earliest - 1,
            )
            self.engine.lost_to_retention(tp.topic, tp.partition, offset, earliest)
            offset = earliest
        await self.app.consumer._thread.seek_all({tp: offset})
        self.app.consumer._read_offset[tp] = None
        self.engine.sought(tp.topic, tp.partition, offset)


def run_worker(build: Callable[[], Worker]) -> int:
    """Run a worker in this process and return its exit code; errors of set-up are one line, not a trace."""

    async def main() -> int:
        return await build().run()

    try:
        return uvloop.run(main())
    except EngineError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return SETUP
