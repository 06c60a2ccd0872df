"""Faust's transport with our consumer: one event per poll and partition, our positions, our isolation.

Every override is listed in ``selfcheck.OVERRIDES``; a Faust that differs there does not start.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

import faust
from aiokafka.errors import KafkaError
from faust.tables.manager import TableManager
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage
from mode import Service

from streams.engine.consumer_thread import ConsumerThread
from streams.engine.fetch import Batch
from streams.engine.link import EngineLink

_EARLIEST_S = 60.0


class Unread(dict[TP, int | None]):
    """Faust's memory of the last offset read per partition, switched off: batches overlap by design."""

    def __getitem__(self, tp: TP) -> None:
        return None

    def __setitem__(self, tp: TP, offset: int | None) -> None:
        """Nothing is remembered."""


class Consumer(driver.Consumer):
    """Feeds the engine; Faust's acknowledgements and offsets play no part."""

    @property
    def link(self) -> EngineLink:
        return cast(EngineApp, self.app).engine_link

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._read_offset = Unread()
        self._wanted: dict[TP, int] = {}

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def fetch_from(self, tp: TP, offset: int) -> None:
        """Read a partition from here on; takes effect with the next fetch."""
        self._wanted[tp] = offset

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:  # noqa: ASYNC109 - Faust's signature
        """One message per (poll, partition), only from partitions whose queue has room."""
        link = self.link
        if not self.flow_active:
            await self.wait(self.can_resume_flow.wait())
        epoch = link.epoch
        wanted = {
            tp: offset
            for tp in self._get_active_partitions()
            if (offset := self._wanted.get(tp)) is not None and link.has_room(tp.topic, tp.partition)
        }
        if not wanted:
            await link.wait_for_room(min(timeout, 0.05))
            return
        thread = cast(ConsumerThread, self._thread)
        found = await thread.fetch(wanted, min(timeout, link.poll_timeout), link.poll_limit)
        if self.should_stop or not self.flow_active or epoch != link.epoch:
            return  # fetched for an assignment that has ended; the next fetch says again where to read
        for lost in found.out_of_range:
            if self._wanted.get(lost.tp) == lost.wanted:
                self._wanted[lost.tp] = link.out_of_range(lost)
        for tp, taken in found.records.items():
            if self._wanted.get(tp) != taken.start:
                continue
            self._wanted[tp] = taken.following
            yield tp, self._batch_message(tp, Batch(tp.topic, tp.partition, taken.start, taken.following, epoch, taken))

    def _batch_message(self, tp: TP, batch: Batch) -> Any:
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            batch.start,
            0.0,
            0,
            None,
            None,
            cast(Any, batch),
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def perform_seek(self) -> None:
        """Every assigned source is read from the engine's stored position on, new ones from their earliest record."""
        positions = self.link.positions({(tp.topic, tp.partition) for tp in self.assignment()})
        new = [TP(*tp) for tp, offset in positions.items() if offset is None]
        earliest = await self._earliest(new) if new else {}
        self._wanted = {TP(*tp): earliest[TP(*tp)] if offset is None else offset for tp, offset in positions.items()}
        for tp, offset in self._wanted.items():
            self.link.sought(tp.topic, tp.partition, offset)

    async def _earliest(self, tps: list[TP]) -> Mapping[TP, int]:
        """First offsets; a broker that is away for a moment is asked again."""
        deadline = self.loop.time() + _EARLIEST_S
        while True:
            try:
                return await self.earliest_offsets(*tps)
            except KafkaError as problem:
                if not problem.retriable or self.loop.time() > deadline:
                    raise
            await self.sleep(0.2)

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Publish the engine's positions as group offsets, for lag tools only; nothing resumes from them."""
        self._acked.clear()
        self._acked_index.clear()
        self._unacked_messages.clear()
        if self._thread._consumer is None or self.app.rebalancing:
            return False
        offsets = {
            tp: offset for tp in self.assignment() if (offset := self.link.position(tp.topic, tp.partition)) is not None
        }
        if not offsets:
            return False
        return await cast(ConsumerThread, self._thread).publish_offsets(offsets)

    async def wait_empty(self) -> None:
        """At revocation and stop: finish the step in hand, drop what is undecided."""
        await self.link.drain()
        self._wanted = {}
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


class Transport(driver.Transport):
    """The aiokafka driver with our consumer."""

    Consumer = Consumer


class Tables(TableManager):
    """Faust's tables: there are none, so nobody needs to wait a second for their declarations."""

    async def on_start(self) -> None:
        if not self.should_stop:
            await self._update_channels()
            await self.recovery.start()


class BatchTopic(faust.Topic):
    """A Faust topic whose events carry a batch of raw records."""

    async def decode(self, message: Any, *, propagate: bool = False) -> Any:
        return self._create_event(None, message.value, headers=None, message=message)


class EngineApp(faust.App):
    """The Faust app of one worker group."""

    engine_link: EngineLink

    def _new_transport(self) -> Any:
        """Faust asks its driver registry here; ours is fixed."""
        return Transport(self.conf.broker_consumer, self)
