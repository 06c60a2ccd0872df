"""Faust's transport with our consumer: one event per poll and partition, our positions, our isolation.

Every override is listed in ``selfcheck.OVERRIDES``; a Faust that differs there does not start.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, cast

import faust
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode import Service

from streams.engine.fetch import Batch, Taken
from streams.engine.link import EngineLink


class ConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """aiokafka's consumer, reading committed records only."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        link: EngineLink = self.consumer.link
        consumer._fetch_max_wait_ms = link.fetch_max_wait_ms
        consumer._fetch_max_bytes = link.fetch_max_bytes
        consumer._client_id = link.client_id
        return consumer

    async def fetch(self, active: set[TP], timeout: float, limit: int) -> dict[TP, Taken]:
        """Records by partition.  Runs in the consumer's own thread; ``active`` must not be empty (it would mean all)."""
        consumer = self._ensure_consumer()
        found = await self.call_thread(self._fetch_records, consumer, active, timeout=timeout, max_records=limit)
        return cast("dict[TP, Taken]", found)

    async def seek_all(self, positions: Mapping[TP, int]) -> None:
        """Seek to absolute offsets; a partition without a position starts at its earliest record."""
        await self.call_thread(self._seek_all, self._ensure_consumer(), positions)

    async def _seek_all(self, consumer: Any, positions: Mapping[TP, int]) -> None:
        for tp, offset in positions.items():
            consumer.seek(driver.ensure_aiokafka_TP(tp), offset)


class Consumer(driver.Consumer):  # type: ignore[misc]
    """Feeds the engine; Faust's acknowledgements and offsets play no part."""

    @property
    def link(self) -> EngineLink:
        return cast(EngineLink, self.app.engine_link)

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:
        """One message per (poll, partition), only from partitions whose queue has room."""
        link = self.link
        if not self.flow_active:
            await self.wait(self.can_resume_flow)
        epoch = link.epoch
        active = {tp for tp in self._get_active_partitions() if link.has_room(tp.topic, tp.partition)}
        if not active:
            await link.wait_for_room(min(timeout, 0.05))
            return
        generation = self.app.consumer_generation_id
        thread = cast(ConsumerThread, self._thread)
        records = await thread.fetch(active, min(timeout, link.poll_timeout), link.poll_limit)
        if not records or self.should_stop:
            return
        if not self.flow_active or epoch != link.epoch or generation != self.app.consumer_generation_id:
            # Fetched for an assignment that has ended.  Should the seek of the new one already be done, the
            # partition notices the hole these records leave and asks for another seek.
            return
        for tp, found in records.items():
            end = self.highwater(tp)
            if end is not None:
                link.saw_end(tp.topic, tp.partition, end)
            yield tp, self._batch_message(tp, Batch(tp.topic, tp.partition, found.start, found.following, epoch, found))

    def _batch_message(self, tp: TP, batch: Batch) -> Any:
        first = batch.records[0]
        return driver.ConsumerMessage(
            tp.topic,
            tp.partition,
            first[0],
            first[1] / 1000.0,
            0,
            None,
            None,
            batch,
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def perform_seek(self) -> None:
        """Seek every assigned source to the engine's stored position."""
        positions = self.link.positions({(tp.topic, tp.partition) for tp in self.assignment()})
        missing = [TP(*tp) for tp, offset in positions.items() if offset is None]
        earliest = await self.earliest_offsets(*missing) if missing else {}
        targets = {}
        for (topic, partition), offset in positions.items():
            tp = TP(topic, partition)
            targets[tp] = earliest[tp] if offset is None else offset
        await cast(ConsumerThread, self._thread).seek_all(targets)
        for tp, offset in targets.items():
            self._read_offset[tp] = None
            self.link.sought(tp.topic, tp.partition, offset)

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Publish the engine's positions as group offsets, for lag tools only; nothing resumes from them."""
        self._acked.clear()
        self._acked_index.clear()
        self._unacked_messages.clear()
        offsets = {
            tp: offset for tp in self.assignment() if (offset := self.link.position(tp.topic, tp.partition)) is not None
        }
        if not offsets or self.app.rebalancing:
            return False
        return bool(await self._commit(offsets))

    async def wait_empty(self) -> None:
        """At revocation and stop: finish the step in hand, drop what is undecided."""
        await self.link.drain()
        self._unacked_messages.clear()
        await self.commit()

    def ack(self, message: Any) -> bool:
        """Faust's acknowledgement has no meaning here; its lists would grow for ever."""
        message.acked = True
        return True

    def track_message(self, message: Any) -> None:
        """Nothing is tracked."""

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Batches leave gaps by design."""

    async def on_task_error(self, exc: BaseException) -> None:
        """A failed agent stops the worker; positions are committed by transactions only."""

    @Service.task
    async def _commit_livelock_detector(self) -> None:
        """Faust's watcher counts acknowledgements; ``/live`` watches progress instead."""

    async def verify_all_partitions_active(self) -> None:
        """See ``_commit_livelock_detector``."""


class Transport(driver.Transport):  # type: ignore[misc]
    """The aiokafka driver with our consumer."""

    Consumer = Consumer


class BatchTopic(faust.Topic):  # type: ignore[misc]
    """A Faust topic whose events carry a batch of raw records."""

    async def decode(self, message: Any, *, propagate: bool = False) -> Any:
        return self._create_event(None, message.value, headers=None, message=message)


class EngineApp(faust.App):  # type: ignore[misc]
    """The Faust app of one worker group."""

    engine_link: EngineLink

    def _new_transport(self) -> Any:
        """Faust asks its driver registry here; ours is fixed."""
        return Transport(self.conf.broker_consumer, self)


def assigned_partitions(tps: Iterable[TP]) -> dict[int, set[str]]:
    """Partition number to the topics assigned at it."""
    found: dict[int, set[str]] = {}
    for tp in tps:
        found.setdefault(tp.partition, set()).add(tp.topic)
    return found
