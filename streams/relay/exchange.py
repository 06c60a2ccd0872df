"""Kafka as the relay sees it: take records, write outputs and positions in one transaction, go back after an abort.

Rebalances happen inside ``take`` and nowhere else, and no transaction is open then: what was read is committed or
forgotten before a partition goes.  Offsets are committed with the consumer's own membership, so a relay that was frozen
and lost its partitions cannot commit them any more.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, NamedTuple, cast

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)

from streams.engine.errors import EngineError, Fenced, StepFailed
from streams.engine.producer import Aborted, is_fenced
from streams.engine.rights import is_denied, missing_right
from streams.relay.settings import RelaySettings
from streams.relay.transform import Headers

log = logging.getLogger(__name__)

Spot = tuple[str, int]
"""Topic and partition."""


class Arrived(NamedTuple):
    """One record, as it was read."""

    spot: Spot
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers | None
    timestamp: int
    """Milliseconds; -1: it has none."""


_CALL_S = 5.0
_FRAME = 20_000
"""Bytes of a record beside its value and key."""
_PASSING = frozenset(  # end by themselves, and do not all say that they are retriable
    {
        KafkaError._PARTITION_EOF,
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._TIMED_OUT,
        KafkaError._MAX_POLL_EXCEEDED,
        KafkaError._WAIT_COORD,
        KafkaError.NOT_COORDINATOR,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.UNSTABLE_OFFSET_COMMIT,
        KafkaError.NETWORK_EXCEPTION,
        KafkaError.REQUEST_TIMED_OUT,
    }
)


class Exchange:
    """Consumer and transactional producer of one relay.  Blocks; used by one thread."""

    def __init__(
        self,
        settings: RelaySettings,
        topics: Iterable[str],
        stopping: Callable[[], bool],
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        """``alive`` is called whenever the library has come back to us."""
        self._alive = alive
        self._settings = settings
        self._topics = sorted(topics)
        self._stopping = stopping
        self._began = 0.0
        self._held: dict[Spot, float] = {}
        self._again: dict[Spot, int] = {}
        """Offsets gone back to, until their records come."""
        self._astray: dict[Spot, int] = {}
        self._abandoned: list[Producer] = []
        """Producers with a call that never ended: kept, because to free them would wait for it."""
        self.assigned: set[Spot] = set()
        self.joined = False
        """The group has given us our partitions, perhaps none."""
        self.gained: set[Spot] = set()
        """Partitions that came since somebody last looked."""
        self._consumer = Consumer(
            {
                **settings.kafka,
                "client.id": settings.client_id,
                "group.id": settings.group_id,
                "partition.assignment.strategy": settings.assignment,
                "session.timeout.ms": int(settings.session_timeout_s * 1000),
                "heartbeat.interval.ms": int(settings.session_timeout_s * 1000 / 4),
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "earliest",
                "queued.max.messages.kbytes": settings.queue_kbytes,
                "fetch.message.max.bytes": min(settings.queue_kbytes * 1024, 4 * 1024 * 1024),
                "fetch.wait.max.ms": 100,
                "topic.metadata.refresh.interval.ms": 30_000,
            },
            logger=log,
        )
        self._producer = self._new_producer()

    def _new_producer(self) -> Producer:
        settings = self._settings
        most = settings.max_record_bytes + _FRAME
        return Producer(
            {
                **settings.kafka,
                "client.id": settings.client_id,
                "transactional.id": settings.transactional_id,
                "transaction.timeout.ms": int(settings.transaction_s * 1000),
                "enable.idempotence": True,
                "linger.ms": 5,
                "compression.type": "lz4",
                "queue.buffering.max.messages": 200_000,
                "queue.buffering.max.kbytes": 64 * 1024,
                "message.max.bytes": most,
                "batch.size": most,
            },
            logger=log,
        )

    # -- begin and end --------------------------------------------------------------------------

    def open(self) -> None:
        """Fence a former bearer of our transactional id, and join the group."""
        self._initialise()
        self._consumer.subscribe(
            self._topics, on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_revoke
        )

    def _initialise(self) -> None:
        self._patiently("initialise", lambda seconds: self._producer.init_transactions(seconds))

    def close(self) -> None:
        """Leave the group.  What is open is aborted; a broker that is away does not hold us up."""
        with contextlib.suppress(KafkaException, RuntimeError):
            self._consumer.close()
        with contextlib.suppress(KafkaException):
            if self._began:
                self._producer.purge(in_queue=True, in_flight=True, blocking=False)
                self._producer.abort_transaction(_CALL_S)
            self._producer.poll(0)

    # -- records --------------------------------------------------------------------------------

    def take(self) -> list[Arrived]:
        """The next records of our partitions, in order per partition."""
        self._let_go()
        taken = []
        assigned, again = self.assigned, self._again
        for message in cast(list[Any], self._consumer.consume(self._settings.batch_records, self._settings.wait_s)):
            error = message.error()
            if error is not None:
                self._told(error, message.topic())
                continue
            spot = (message.topic(), message.partition())
            if spot in assigned and (not again or self._expected(spot, message.offset())):
                when = message.timestamp()[1]
                taken.append(Arrived(spot, message.offset(), message.key(), message.value(), message.headers(), when))
        if self._astray:
            self._seek_again()
        return taken

    def _expected(self, spot: Spot, offset: int) -> bool:
        """After going back the record gone back to comes first; what was fetched before is not taken for it."""
        wanted = self._again.get(spot)
        if wanted is None:
            return True
        if offset == wanted:
            del self._again[spot]
            self._astray.pop(spot, None)
            return True
        self._astray.setdefault(spot, offset)
        return False

    def _seek_again(self) -> None:
        """Records came that are not those gone back to."""
        astray, self._astray = self._astray, {}
        for spot, offset in astray.items():
            wanted = self._again.get(spot)
            if wanted is None or spot not in self.assigned:
                continue
            low, _ = self._consumer.get_watermark_offsets(TopicPartition(*spot), _CALL_S)
            log.warning("%s/%d: came to %d instead of %d", *spot, offset, wanted)
            if low > wanted:
                del self._again[spot]  # deleted meanwhile
            self._consumer.seek(TopicPartition(*spot, max(low, wanted)))

    def _told(self, error: KafkaError, topic: str | None) -> None:
        """An error in the place of a record."""
        if is_denied(error):
            raise missing_right(f"topic {topic}" if topic else self._settings.group_id, error.str())
        if error.fatal():
            raise StepFailed(f"reading failed: {error.str()}")
        if error.code() not in _PASSING:
            log.warning("reading %s: %s", topic, error.str())

    def go_back(self, to: Mapping[Spot, int], exact: Collection[Spot]) -> None:
        """Read again from these offsets; ``exact``: where there is a record at the offset, as we have read it."""
        for (topic, partition), offset in to.items():
            if (topic, partition) in self.assigned:
                self._again.pop((topic, partition), None)
                if (topic, partition) in exact:
                    self._again[topic, partition] = offset
                self._consumer.seek(TopicPartition(topic, partition, offset))

    def hold(self, spot: Spot, offset: int, seconds: float) -> None:
        """Read a partition again from here, but only after so long; the others go on."""
        if spot in self.assigned:
            self._again[spot] = offset
            self._consumer.pause([TopicPartition(*spot)])
            self._consumer.seek(TopicPartition(*spot, offset))
            self._held[spot] = time.monotonic() + seconds

    def is_held(self, spot: Spot) -> bool:
        """It is read again later."""
        return spot in self._held

    @property
    def holding(self) -> int:
        """Partitions that wait."""
        return len(self._held)

    def _let_go(self) -> None:
        if self._held:
            now = time.monotonic()
            over = [spot for spot, until in self._held.items() if until <= now]
            for spot in over:
                del self._held[spot]
            self._consumer.resume([TopicPartition(*spot) for spot in over])

    def committed(self, spots: Iterable[Spot]) -> dict[Spot, tuple[int | None, str | None]]:
        """Offset and metadata the group has committed; None: none."""
        asked = [TopicPartition(*spot) for spot in spots]
        found = self._patiently("ask for offsets", lambda seconds: self._consumer.committed(asked, seconds))
        return {(one.topic, one.partition): (one.offset if one.offset >= 0 else None, one.metadata) for one in found}

    def behind(self) -> dict[Spot, int]:
        """Records behind the end, as far as fetches have told."""
        found = {}
        for one in self._consumer.position([TopicPartition(*spot) for spot in self.assigned]):
            with contextlib.suppress(KafkaException, TypeError):
                low, high = self._consumer.get_watermark_offsets(TopicPartition(one.topic, one.partition), cached=True)
                if high >= 0:
                    found[one.topic, one.partition] = max(0, high - (one.offset if one.offset >= 0 else low))
        return found

    # -- rebalance ------------------------------------------------------------------------------

    def _on_assign(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self.joined = True
        spots = {(one.topic, one.partition) for one in partitions}
        self.assigned |= spots
        self.gained |= spots
        log.info("partitions gained: %s", _listed(partitions))

    def _on_revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        for one in partitions:
            spot = (one.topic, one.partition)
            self.assigned.discard(spot)
            self.gained.discard(spot)
            self._held.pop(spot, None)
            self._again.pop(spot, None)
        log.info("partitions gone: %s", _listed(partitions))

    # -- transaction ----------------------------------------------------------------------------

    def begin(self) -> None:
        try:
            self._producer.begin_transaction()
        except KafkaException as problem:
            raise self._stopped("begin", problem.args[0]) from problem
        self._began = time.monotonic()

    def produce(
        self, topic: str, value: bytes | None, key: bytes | None, partition: int, headers: Headers | None = None
    ) -> None:
        """Enqueue a record; waits while the queue is full."""
        while True:
            try:
                if headers is None:
                    self._producer.produce(topic, value, key, partition)
                else:
                    self._producer.produce(topic, value, key, partition, headers=cast(Any, headers))
                return
            except BufferError:
                self._producer.poll(0.01)
                self._alive()
            except KafkaException as problem:
                error = problem.args[0]
                if error.code() == KafkaError._STATE and not error.fatal():
                    raise Aborted(f"produce: {error.str()}") from problem  # an earlier record of it has failed
                raise self._stopped("produce", error) from problem

    def commit(self, positions: Mapping[Spot, tuple[int, str]]) -> None:
        """Outputs and positions become visible together.  Aborted: nothing did, the records are to be read again."""
        offsets = [
            TopicPartition(topic, partition, offset, metadata)
            for (topic, partition), (offset, metadata) in positions.items()
        ]
        membership = self._consumer.consumer_group_metadata()
        self._in_time(
            "commit offsets",
            lambda seconds: self._producer.send_offsets_to_transaction(offsets, membership, seconds),
            again=False,
        )
        self._in_time("commit", lambda seconds: self._producer.commit_transaction(seconds))
        self._began = 0.0

    def abort(self) -> None:
        """Nothing of the transaction becomes visible.  A producer that cannot say so is replaced, which says it too."""
        if self._began:
            try:
                self._in_time("abort", lambda seconds: self._producer.abort_transaction(seconds))
            except Aborted:
                pass  # it has been replaced
            except StepFailed as problem:
                if self._stopping():
                    raise
                self._replace(str(problem))
        self._began = 0.0

    def _in_time(self, what: str, call: Callable[[float], Any], again: bool = True) -> None:
        """A call that may hang for ever: librdkafka's can, when a coordinator goes away at the wrong moment.

        Then the producer is left to itself and a new one, which ends the old one's transaction, takes its place.
        Whether it was committed before, only the group's offsets can tell.
        """
        outcome: Future[None] = Future()

        def work() -> None:
            try:
                given_up = lambda: self._stopping() or outcome.cancelled()  # noqa: E731
                outcome.set_result(self._patiently(what, call, again, given_up))
            except BaseException as problem:
                with contextlib.suppress(InvalidStateError):
                    outcome.set_exception(problem)

        threading.Thread(target=work, name=f"relay-{what}", daemon=True).start()
        try:
            return outcome.result(self._settings.hung_s)
        except FutureTimeout:
            outcome.cancel()
        problem = f"{what}: no end within {self._settings.hung_s:.0f} s"
        self._replace(problem)
        raise Aborted(problem)

    def _replace(self, problem: str) -> None:
        """A new producer under the same transactional id; to initialise it ends what the old one left open."""
        log.error("%s; starting a new producer", problem)
        self._abandoned.append(self._producer)
        self._producer = self._new_producer()
        self._began = 0.0
        self._alive()
        self._initialise()

    def _patiently(
        self,
        what: str,
        call: Callable[[float], Any],
        again: bool = True,
        given_up: Callable[[], bool] | None = None,
    ) -> Any:
        """Try again while brokers are away; an outage ends by itself, a stop does not wait for it.

        Not ``again``: abort instead.  librdkafka's second call after a lost connection was seen never to return.
        """
        given_up = given_up or self._stopping
        while True:
            try:
                return call(_CALL_S)
            except KafkaException as problem:
                self._alive()
                error = problem.args[0]
                if is_denied(error):
                    raise missing_right(f"{what} of {self._settings.transactional_id}", error.str()) from problem
                if is_fenced(error):
                    raise self._fenced(what, error) from problem
                if error.txn_requires_abort():
                    raise Aborted(f"{what}: {error.str()}") from problem
                if error.fatal() or not (error.retriable() or error.code() in _PASSING):
                    raise self._stopped(what, error) from problem
                if not again:
                    raise Aborted(f"{what}: {error.str()}") from problem
                if given_up():
                    raise StepFailed(f"{what}: no broker answers ({error.str()}), and we are to stop") from problem
                log.warning("%s: %s; trying again", what, error.str())
                time.sleep(self._settings.outage_s / 10)

    def _stopped(self, what: str, error: KafkaError) -> EngineError:
        if is_fenced(error):
            return self._fenced(what, error)
        return StepFailed(f"{self._settings.transactional_id}: {what} failed: {error.str()}")

    def _fenced(self, what: str, error: KafkaError) -> EngineError:
        return Fenced(
            f"{self._settings.transactional_id}: {what} refused ({error.str()}): another relay has the same "
            "TTS_WORKER_ID, or the transaction was open for longer than the brokers wait"
        )


def _listed(partitions: list[TopicPartition]) -> str:
    by_topic: dict[str, list[int]] = {}
    for one in partitions:
        by_topic.setdefault(one.topic, []).append(one.partition)
    return "; ".join(f"{topic} {sorted(numbers)}" for topic, numbers in sorted(by_topic.items())) or "none"
