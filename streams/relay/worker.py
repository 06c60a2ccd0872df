"""The worker ``relay``: checks, loop and health, from settings to SIGTERM."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence

import uvloop
from aiohttp import web

from streams.engine.errors import FAILED, OK, EngineError
from streams.relay.health import Health, application
from streams.relay.loop import DEAD_LETTERS, JOBS, Loop
from streams.relay.preflight import check_cluster
from streams.relay.settings import RelaySettings
from streams.relay.transform import Feed
from streams.settings import SettingsProblem
from streams.topics.catalog import Catalog

log = logging.getLogger(__name__)
_STOP_LIMIT_S = 45.0
_LOOK_S = 1.0
_LEAVE_S = 3.0


class Relay:
    """One relay process."""

    def __init__(
        self,
        feeds: Sequence[Feed],
        catalog: Catalog,
        settings: RelaySettings,
        health_address: tuple[str, int] | None,
    ) -> None:
        if not feeds:
            raise SettingsProblem(
                "there is nothing to relay: no adapter in TTS_ADAPTERS_DIR and no commercetools project. "
                "Remedy: write an adapter file, or do not start this worker"
            )
        self._feeds = feeds
        self._catalog = catalog
        self._settings = settings
        self._address = health_address

    async def run(self, stop: asyncio.Event) -> int:
        """Until told to stop or failed; the exit code.  EngineError says what is missing at the start."""
        outputs = {name for feed in self._feeds for name in feed.writes} | {DEAD_LETTERS, JOBS}
        settings = self._settings
        await asyncio.to_thread(check_cluster, self._feeds, outputs, self._catalog, settings.group_id, settings.kafka)
        loop = await asyncio.to_thread(Loop, self._feeds, self._catalog, settings, _wall_clock)
        health = Health(loop.measures)
        site = None if self._address is None else await _listen(application(health), self._address)
        work = _in_a_thread(loop.run)
        stopped = asyncio.create_task(stop.wait())
        log.info("relay reads %s", ", ".join(feed.topic for feed in self._feeds))
        try:
            while not work.done() and not stop.is_set():
                await asyncio.wait((work, stopped), timeout=_LOOK_S, return_when=asyncio.FIRST_COMPLETED)
                if (stuck := health.stuck()) is not None:
                    return _failed(TimeoutError(stuck))
            loop.stop()
            await asyncio.wait_for(asyncio.shield(work), _STOP_LIMIT_S)
        except EngineError as problem:
            _failed(problem)
            return problem.exit_code
        except Exception as problem:
            return _failed(problem)
        finally:
            stopped.cancel()
            if site is not None:
                await site.cleanup()
        return OK


def _in_a_thread(run: Callable[[], None]) -> asyncio.Future[None]:
    """A daemon: what hangs in a client library must not keep a stopped worker alive."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()

    def tell(problem: BaseException | None) -> None:
        if ended.done():
            return
        if problem is None:
            ended.set_result(None)
        else:
            ended.set_exception(problem)

    def work() -> None:
        try:
            run()
        except BaseException as problem:
            loop.call_soon_threadsafe(tell, problem)
        else:
            loop.call_soon_threadsafe(tell, None)

    threading.Thread(target=work, name="relay", daemon=True).start()
    return ended


def _failed(problem: Exception) -> int:
    log.critical("worker relay stops: %s: %s", type(problem).__name__, problem)
    print(f"error: worker relay: {problem}", file=sys.stderr)
    return FAILED


async def _listen(app: web.Application, address: tuple[str, int]) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, *address).start()
    except OSError as problem:
        await runner.cleanup()
        raise SettingsProblem(
            f"TTS_HEALTH_HOST={address[0]} TTS_HEALTH_PORT={address[1]}: {problem.strerror}; "
            "choose an address that is free"
        ) from None
    return runner


def run_relay(relay: Relay) -> int:
    """Run a relay in this process until SIGTERM; its exit code."""

    async def main() -> int:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        code = await relay.run(stop)
        _leave_soon(code)
        return code

    return uvloop.run(main())


def _leave_soon(code: int) -> None:
    """A thread that hangs in the Kafka library must not keep a stopped worker alive."""

    def leave() -> None:
        logging.shutdown()
        os._exit(code)

    timer = threading.Timer(_LEAVE_S, leave)
    timer.daemon = True
    timer.start()


def _wall_clock() -> int:
    return time.time_ns() // 1_000_000
