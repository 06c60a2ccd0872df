"""Garbage is collected between steps, never by itself."""

import asyncio
import gc
import weakref

import pytest

from streams.engine import garbage


class Knot:
    """An object that only the collector can free."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def _python_as_it_was():
    yield
    garbage.give_back()


def test_a_worker_that_took_over_does_not_collect_by_itself() -> None:
    garbage.take_over()
    assert not gc.isenabled()


@pytest.mark.parametrize("quiet", [True, False])
def test_cycles_are_freed_in_time_quiet_or_not(quiet: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "EVERY_S", 0.001)
    garbage.take_over()
    knot = Knot()
    gone = weakref.ref(knot)
    del knot

    async def run() -> None:
        task = asyncio.get_running_loop().create_task(garbage.keep_clean(lambda: quiet))
        async with asyncio.timeout(5):
            while gone() is not None:  # noqa: ASYNC110  # nothing tells when an object is freed
                await asyncio.sleep(0.001)
        task.cancel()

    asyncio.run(run())
    assert gone() is None


def test_a_cycle_that_was_set_aside_is_freed_by_a_full_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "EVERY_S", 0.001)
    monkeypatch.setattr(garbage, "ALL_EVERY", 1)
    knot = Knot()
    garbage.take_over()
    gone = weakref.ref(knot)
    del knot

    async def run() -> None:
        task = asyncio.get_running_loop().create_task(garbage.keep_clean(lambda: True))
        async with asyncio.timeout(5):
            while gone() is not None:  # noqa: ASYNC110  # nothing tells when an object is freed
                await asyncio.sleep(0.001)
        task.cancel()

    asyncio.run(run())
    assert gone() is None
