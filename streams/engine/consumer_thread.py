"""Faust's consumer thread: fetching exactly from where the engine wants to go on.

Every fetch names the offset wanted for each partition and seeks when aiokafka stands elsewhere.  So a fetch
whose result was lost in a rebalance leaves no hole: the next one begins where the engine stands.  aiokafka
never resets a position by itself; an offset that no longer exists is told.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from aiokafka.errors import IllegalStateError, KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.engine.fetch import Passed, Taken
from streams.engine.link import EngineLink, OutOfRange

log = logging.getLogger(__name__)
_COMMIT_S = 5.0
_ENDS_S = 5.0


class Fetched(NamedTuple):
    """What one fetch brought."""

    records: dict[TP, Taken]
    """Also partitions whose offsets moved on without a record."""
    out_of_range: list[OutOfRange]


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """aiokafka's consumer, reading committed records only."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        link = cast("EngineLink", self.app.engine_link)  # type: ignore[attr-defined]
        consumer._isolation_level = "read_committed"
        consumer._auto_offset_reset = "none"
        consumer._fetch_max_wait_ms = link.fetch_max_wait_ms
        consumer._fetch_max_bytes = link.fetch_max_bytes
        consumer._client._client_id = link.client_id
        return consumer

    async def fetch(self, wanted: Mapping[TP, int], wait_s: float, limit: int) -> Fetched:
        """Records from the wanted offsets on.  Runs in the consumer's own thread."""
        return cast(Fetched, await self.call_thread(self._fetch, dict(wanted), wait_s, limit))

    async def _fetch(self, wanted: dict[TP, int], wait_s: float, limit: int) -> Fetched:
        consumer = self._ensure_consumer()
        for tp in _move(consumer, wanted):
            del wanted[tp]
        if not wanted:  # to aiokafka no partitions are all partitions
            await asyncio.sleep(min(wait_s, 0.05))
            return Fetched({}, [])
        try:
            records = await self._fetch_records(consumer, set(wanted), timeout=wait_s, max_records=limit)
        except NoOffsetForPartitionError:
            return Fetched({}, [])
        except OffsetOutOfRangeError as problem:
            return Fetched({}, await self._ranges(consumer, problem.args[0]))
        return Fetched(
            {**_skipped(consumer, wanted), **{TP(*tp): cast(Taken, taken) for tp, taken in records.items()}}, []
        )

    async def _ranges(self, consumer: Any, wanted: Mapping[Any, int]) -> list[OutOfRange]:
        tps = [driver.ensure_aiokafka_TP(tp) for tp in wanted]
        first, end = await consumer.beginning_offsets(tps), await consumer.end_offsets(tps)
        return [OutOfRange(TP(*tp), wanted[tp], first[tp], end[tp]) for tp in tps]

    async def publish_offsets(self, offsets: Mapping[TP, int]) -> bool:
        """Commit to the consumer group, for lag tools only: it may fail without harm."""
        return bool(await self.call_thread(self._publish_offsets, dict(offsets)))

    async def _publish_offsets(self, offsets: dict[TP, int]) -> bool:
        consumer = self._ensure_consumer()
        assigned = consumer.assignment()
        ours = {driver.ensure_aiokafka_TP(tp): offset for tp, offset in offsets.items() if tp in assigned}
        if not ours:
            return False
        try:
            await asyncio.wait_for(consumer.commit(ours), _COMMIT_S)
        except (KafkaError, TimeoutError) as problem:
            log.info("positions are not shown to lag tools for now: %r", problem)
            return False
        return True

    async def ends(self) -> dict[TP, int]:
        """End of every assigned partition; empty when the broker does not answer."""
        return cast("dict[TP, int]", await self.call_thread(self._ends))

    async def _ends(self) -> dict[TP, int]:
        consumer = self._ensure_consumer()
        assigned = consumer.assignment()
        if not assigned:
            return {}
        try:
            found = await asyncio.wait_for(consumer.end_offsets(list(assigned)), _ENDS_S)
        except (KafkaError, TimeoutError):
            return {}
        return {TP(*tp): end for tp, end in found.items()}


def _move(consumer: Any, wanted: Mapping[TP, int]) -> list[TP]:
    """Let aiokafka stand where we want to read; returns the partitions that are not ours at the moment."""
    subscription = consumer._subscription.subscription
    assignment = subscription.assignment if subscription is not None else None
    foreign = []
    for tp, offset in wanted.items():
        if assignment is None or tp not in assignment.tps:
            foreign.append(tp)
            continue
        state = assignment.state_value(tp)
        state.passed = None
        if not state.has_valid_position or state.position != offset:
            try:
                consumer.seek(driver.ensure_aiokafka_TP(tp), offset)
            except IllegalStateError:
                foreign.append(tp)
    return foreign


def _skipped(consumer: Any, wanted: Mapping[TP, int]) -> dict[TP, Taken]:
    """Partitions that moved on over offsets without a record."""
    subscription = consumer._subscription.subscription
    if subscription is None or subscription.assignment is None:
        return {}
    found = {}
    for tp, offset in wanted.items():
        if tp not in subscription.assignment.tps:
            continue
        passed: Passed | None = getattr(subscription.assignment.state_value(tp), "passed", None)
        if passed is not None and passed.start == offset < passed.following:
            found[tp] = Taken.of([], offset, passed.following)
    return found
