"""Calls of the Kafka library that fail in passing, and those that never return."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from streams.engine.producer import Aborted
from streams.relay.exchange import Exchange
from streams.relay.health import HUNG_S, Health
from streams.relay.measures import Measures
from streams.relay.settings import RelaySettings

HANGING = """
import asyncio, time
from streams.relay import worker
class Hanging:
    async def run(self, stop):
        asyncio.get_running_loop().run_in_executor(None, time.sleep, 60)
        await asyncio.sleep(0.05)
        return 1
worker._LEAVE_S = 0.1
worker.run_relay(Hanging())
"""


class Producer:
    """Loses its connection once while it sends offsets."""

    def __init__(self) -> None:
        self.calls = 0

    def send_offsets_to_transaction(self, *_: Any) -> None:
        self.calls += 1
        raise KafkaException(KafkaError(KafkaError._TRANSPORT, "the connection is gone", retriable=True))


def test_offsets_are_not_sent_twice_in_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second call was seen never to return; aborting and reading again is always safe."""
    alive: list[float] = []
    settings = RelaySettings("g", "t", {"bootstrap.servers": "127.0.0.1:1", "log_level": 0})
    exchange = Exchange(settings, ["wms"], lambda: False, lambda: alive.append(time.monotonic()))
    producer = Producer()
    monkeypatch.setattr(exchange.transaction, "_producer", producer)
    with pytest.raises(Aborted, match="commit offsets"):
        exchange.commit({("wms", 0): (5, "")})
    assert producer.calls == 1 and len(alive) == 1
    exchange._consumer.close()


def test_a_call_that_does_not_return_is_told() -> None:
    measures = Measures()
    assert Health(measures).stuck() is None
    measures.alive_at -= HUNG_S + 1
    assert "has not returned" in (Health(measures).stuck() or "")
    measures.alive()
    assert Health(measures).stuck() is None


def test_a_worker_with_a_hanging_thread_leaves_all_the_same() -> None:
    ended = subprocess.run([sys.executable, "-c", HANGING], timeout=30, check=False)
    assert ended.returncode == 1
