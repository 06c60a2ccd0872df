"""When garbage is collected: in quiet moments, never in the middle of a step.

A step makes and keeps tens of thousands of small tuples, and Python's collector would walk all of them again and
again to find cycles that are hardly ever there.  So it is switched off; what steps leave behind is freed by
reference counts at once.  Now and then the objects made since the last time are searched for cycles, and those that
live on are set aside (frozen), so that a pass never walks the caches.  Rarely, everything is searched.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

EVERY_S = 20.0
ALL_EVERY = 180
"""Passes between two that search everything: about an hour."""


def take_over() -> None:
    """Switch the collector off, after a first full pass over what was imported."""
    gc.collect()
    gc.freeze()
    gc.disable()


def give_back() -> None:
    """As Python has it by itself."""
    gc.unfreeze()
    gc.enable()


async def keep_clean(is_quiet: Callable[[], bool]) -> None:
    """Collect for ever, preferably while ``is_quiet``; a busy worker is cleaned at every second turn all the same."""
    waited = passes = 0
    while True:
        await asyncio.sleep(EVERY_S)
        if not is_quiet() and not waited:
            waited += 1
            continue
        waited = 0
        passes += 1
        if passes % ALL_EVERY == 0:
            gc.unfreeze()
        gc.collect()
        gc.freeze()
