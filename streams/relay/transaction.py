"""The relay's transactions: outputs and positions become visible together, whatever the library does.

librdkafka's calls may hang for ever when a coordinator goes away at the wrong moment.  So they run in a thread of their
own, and a producer with one that does not end is left to itself and replaced; the new one ends the old one's
transaction.  Whether it was committed before, only the group's offsets can tell.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, cast

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from streams.engine.errors import StepFailed
from streams.engine.producer import Aborted
from streams.relay.patience import CALL_S, Patience
from streams.relay.settings import RelaySettings
from streams.relay.transform import Headers

log = logging.getLogger(__name__)
_FRAME = 20_000
"""Bytes of a record beside its value and key."""


class Transaction:
    """The transactional producer of one relay.  Blocks; used by one thread."""

    def __init__(self, settings: RelaySettings, patience: Patience) -> None:
        self._settings = settings
        self._patience = patience
        self._open = False
        self._abandoned: list[Producer] = []
        """Producers with a call that never ended: kept, because to free them would wait for it."""
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

    def initialise(self) -> None:
        """Fence a former bearer of our transactional id."""
        self._patience.call("initialise", self._producer.init_transactions)

    def close(self) -> None:
        """What is open is aborted; a broker that is away does not hold us up."""
        with contextlib.suppress(KafkaException):
            if self._open:
                self._producer.purge(in_queue=True, in_flight=True, blocking=False)
                self._producer.abort_transaction(CALL_S)
            self._producer.poll(0)

    def begin(self) -> None:
        """Open one."""
        try:
            self._producer.begin_transaction()
        except KafkaException as problem:
            raise self._patience.stopped("begin", problem.args[0]) from problem
        self._open = True

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
                self._patience.alive()
            except KafkaException as problem:
                error = problem.args[0]
                if error.code() == KafkaError._STATE and not error.fatal():
                    raise Aborted(f"produce: {error.str()}") from problem  # an earlier record of it has failed
                raise self._patience.stopped("produce", error) from problem

    def commit(self, offsets: list[TopicPartition], membership: Any) -> None:
        """Outputs and offsets become visible together.  Aborted: nothing did, the records are to be read again."""
        producer = self._producer  # a call that comes back late must not meet its successor
        self._in_time(
            "commit offsets",
            lambda seconds: producer.send_offsets_to_transaction(offsets, membership, seconds),
            again=False,
        )
        self._in_time("commit", producer.commit_transaction)
        self._open = False

    def abort(self) -> None:
        """Nothing of the transaction becomes visible.  A producer that cannot say so is replaced, which says it too."""
        if self._open:
            try:
                self._in_time("abort", self._producer.abort_transaction)
            except Aborted:
                pass  # it has been replaced
            except StepFailed as problem:
                if self._patience.stopping():
                    raise
                self._replace(str(problem))
        self._open = False

    def _in_time(self, what: str, work: Callable[[float], Any], again: bool = True) -> None:
        """A call that may hang for ever."""
        outcome: Future[None] = Future()

        def run() -> None:
            try:
                given_up = lambda: self._patience.stopping() or outcome.cancelled()  # noqa: E731
                outcome.set_result(self._patience.call(what, work, again, given_up))
            except BaseException as problem:
                with contextlib.suppress(InvalidStateError):
                    outcome.set_exception(problem)

        threading.Thread(target=run, name=f"relay-{what}", daemon=True).start()
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
        self._open = False
        self._patience.alive()
        self.initialise()
