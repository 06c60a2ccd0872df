"""The transactional producer of one partition: Kafka's own fence against a former owner.

The transactional id names group and partition, so ``init_transactions`` of a new owner ends whatever a
former one left open and refuses its commits from then on.  Blocking calls run in a thread; every wait is
shorter than the transaction time-out.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from streams.engine.errors import Fenced, StepFailed
from streams.engine.rights import is_denied, missing_right

TRANSACTION_TIMEOUT_S = 30.0
_COMMIT_TRIES_S = 20.0
_CLOSE_S = 2.0
_FRAME = 20_000
"""Bytes of a record beside its value and key."""

FENCED = frozenset({KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.PRODUCER_FENCED})


def is_fenced(error: KafkaError) -> bool:
    """Another owner has initialised the same transactional id."""
    return error.code() in FENCED or (error.fatal() and "fenced" in error.str().lower())


class Aborted(Exception):
    """The transaction was aborted; the same step may be decided again from committed state."""


class TransactionalProducer:
    """One librdkafka producer; one transaction at a time."""

    def __init__(self, config: Mapping[str, Any], transactional_id: str, most_bytes: int) -> None:
        self.transactional_id = transactional_id
        self.position_offset: int | None = None
        self._position_error: KafkaError | None = None
        self._open = False
        self._producer = Producer(
            {
                **config,
                "transactional.id": transactional_id,
                "transaction.timeout.ms": int(TRANSACTION_TIMEOUT_S * 1000),
                "enable.idempotence": True,
                "linger.ms": 5,
                "compression.type": "lz4",
                "queue.buffering.max.messages": 1_000_000,
                "queue.buffering.max.kbytes": 262_144,
                "message.max.bytes": most_bytes + _FRAME,
                "batch.size": most_bytes,
            }
        )
        self.produce = self._producer.produce
        """Enqueue a record: produce(topic, value, key, partition)."""

    def connect(self, timeout: float) -> None:
        """Open the first connection, which costs up to half a second, before it is needed.  Blocks."""
        self._producer.list_topics(topic=None, timeout=timeout)

    def initialise(self, timeout: float) -> None:
        """Fence the former owner and end its open transaction.  Blocks; transient errors are tried again."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                self._producer.init_transactions(max(1.0, deadline - time.monotonic()))
                return
            except KafkaException as problem:
                error = problem.args[0]
                if is_fenced(error):
                    raise Fenced(f"{self.transactional_id}: fenced while initialising: {error.str()}") from problem
                if is_denied(error):
                    raise missing_right(f"transactional id {self.transactional_id}", error.str()) from problem
                if not error.retriable() or time.monotonic() >= deadline:
                    raise StepFailed(f"{self.transactional_id}: init_transactions failed: {error.str()}") from problem
                time.sleep(0.05)

    def begin(self) -> None:
        self.position_offset = None
        self._position_error = None
        try:
            self._producer.begin_transaction()
        except KafkaException as problem:
            raise self._stopped("begin", problem.args[0]) from problem
        self._open = True

    def produce_position(self, topic: str, partition: int, key: bytes, value: bytes) -> None:
        """The last record of a transaction; its delivery report gives the changelog position."""
        while True:
            try:
                self.produce(topic, value, key, partition, on_delivery=self._positioned)
                return
            except BufferError:
                self.relieve()

    def _positioned(self, error: KafkaError | None, message: Any) -> None:
        if error is not None:
            self._position_error = error
        else:
            self.position_offset = message.offset()

    def commit(self) -> int:
        """Commit and return the offset of the position record.  Blocks.

        Raises Aborted when the step may be run again, Fenced when another owner is there, SetupError when a
        right is missing, StepFailed else.
        """
        deadline = time.monotonic() + _COMMIT_TRIES_S
        while True:
            try:
                self._producer.commit_transaction(max(1.0, deadline - time.monotonic()))
                break
            except KafkaException as problem:
                error = problem.args[0]
                if error.txn_requires_abort() and not is_fenced(error):
                    self.abort()
                    if is_denied(error):
                        raise missing_right("a topic this group writes", error.str()) from problem
                    raise Aborted(error.str()) from problem
                if is_fenced(error) or not error.retriable() or time.monotonic() >= deadline:
                    raise self._stopped("commit", error) from problem
        self._open = False
        if self.position_offset is None:
            reason = self._position_error.str() if self._position_error else "no delivery report"
            raise StepFailed(f"{self.transactional_id}: position record not confirmed: {reason}")
        return self.position_offset

    def abort(self) -> None:
        """Abort what was begun.  Blocks."""
        try:
            self._producer.abort_transaction(_COMMIT_TRIES_S)
        except KafkaException as problem:
            raise self._stopped("abort", problem.args[0]) from problem
        self._open = False

    def _stopped(self, what: str, error: KafkaError) -> Exception:
        if is_fenced(error):
            return Fenced(
                f"{self.transactional_id}: another worker owns this partition now ({what} refused: {error.str()})"
            )
        return StepFailed(f"{self.transactional_id}: {what} failed: {error.str()}")

    def relieve(self) -> None:
        """Serve delivery reports so that a full queue drains."""
        self._producer.poll(0.01)

    def close(self) -> None:
        """Forget everything not committed.  A transaction left open is ended, so that readers need not wait."""
        self._producer.purge(in_queue=True, in_flight=True, blocking=False)
        if self._open:
            with contextlib.suppress(KafkaException):
                self._producer.abort_transaction(_CLOSE_S)
        self._producer.poll(0)
