"""``streams worker all``: every group as a child process; one that fails is started again.

The children are tied to us (``streams.tied``): when we are killed they drain and end, and whoever starts us again finds
neither their ports nor their state folders taken.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time

from streams.engine.errors import FAILED, OK, SETUP
from streams.relay.setup import has_feeds
from streams.settings import Settings

log = logging.getLogger(__name__)

GROUPS = ("decide", "deliver", "orders", "webhooks", "relay", "intake")
"""In the order of their health ports."""
_LONGEST_PAUSE_S = 30.0
_CALM_S = 60.0
"""A child that lived so long is restarted without a pause."""
_STOP_S = 60.0


def supervise(settings: Settings) -> int:
    """Run all groups until SIGTERM; 0: all ended well, 1: one failed at the end, 2: one is set up wrongly."""
    return asyncio.run(_supervise(settings))


async def _supervise(settings: Settings) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    needed = {"relay": has_feeds(settings), "intake": settings.commercetools_project is not None}
    running = [(place, name) for place, name in enumerate(GROUPS) if needed.get(name, True)]
    keepers = [asyncio.create_task(_keep(name, place, settings, stop)) for place, name in running]
    codes = await asyncio.gather(*keepers)
    return max(codes)


async def _keep(name: str, place: int, settings: Settings, stop: asyncio.Event) -> int:
    environment = dict(os.environ)
    if settings.health_port:
        environment["TTS_HEALTH_PORT"] = str(settings.health_port + place)
    pause = 1.0
    while True:
        started = time.monotonic()
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "streams.cli", "worker", "--tied", name),
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        ended, stopped = asyncio.create_task(child.wait()), asyncio.create_task(stop.wait())
        await asyncio.wait((ended, stopped), return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            stopped.cancel()
            return await _stopped(child)
        stopped.cancel()
        code = ended.result()
        if code == SETUP:
            stop.set()
            return code
        pause = 1.0 if time.monotonic() - started > _CALM_S else min(pause * 2, _LONGEST_PAUSE_S)
        log.warning("worker %s ended with %d; starting it again in %.0f s", name, code, pause)
        try:
            await asyncio.wait_for(stop.wait(), pause)
            return OK
        except TimeoutError:
            continue


async def _stopped(child: asyncio.subprocess.Process) -> int:
    if child.returncode is None:
        child.terminate()
    try:
        return FAILED if await asyncio.wait_for(child.wait(), _STOP_S) else OK
    except TimeoutError:
        child.kill()
        await child.wait()
        return FAILED
