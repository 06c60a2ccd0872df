"""``/live`` notices a worker that is fed, or has records before it, and does not move."""

import socket
from types import SimpleNamespace
from typing import Any, cast

import pytest

from streams.engine import health as health_module
from streams.engine.errors import SetupError
from streams.engine.health import STUCK_S, Health, serve


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(health_module, "time", found)
    return found


def engine(queued: int = 0, lag: int = 0, steps: int = 0) -> Any:
    partition = SimpleNamespace(measures=SimpleNamespace(steps=steps), inbox=SimpleNamespace(queued=queued))
    return SimpleNamespace(partitions={0: partition}, lag=lambda: {("t", 0): lag}, restoring={}, assigned_at=1.0)


@pytest.mark.parametrize("waiting", [{"queued": 3}, {"lag": 7}])
def test_records_that_wait_without_a_step_are_noticed(clock: Clock, waiting: dict[str, int]) -> None:
    found = engine(**waiting)
    watched = Health(cast(Any, found), lambda: False)
    assert watched.stuck() is None
    clock.now += STUCK_S + 1
    assert "no step was taken" in (watched.stuck() or "")


@pytest.mark.parametrize("waiting", [{"queued": 3}, {"lag": 7}])
def test_every_step_is_a_sign_of_life(clock: Clock, waiting: dict[str, int]) -> None:
    found = engine(**waiting)
    watched = Health(cast(Any, found), lambda: False)
    for steps in range(1, 10):
        clock.now += STUCK_S / 2
        found.partitions[0].measures.steps = steps
        assert watched.stuck() is None


def test_nothing_to_do_is_no_fault(clock: Clock) -> None:
    watched = Health(cast(Any, engine()), lambda: False)
    for _ in range(5):
        clock.now += STUCK_S
        assert watched.stuck() is None


@pytest.mark.parametrize("host", ["127.0.0.1", "192.0.2.1", "no such host"])
async def test_an_address_that_cannot_be_had_is_named_with_its_remedy(host: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SetupError, match=f"TTS_HEALTH_HOST={host} TTS_HEALTH_PORT={port}: .* Remedy: "):
            await serve(Health(engine(), lambda: False), (host, port))
