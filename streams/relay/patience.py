"""Calls of the Kafka library by a relay: tried again while brokers are away, and what their errors mean for us."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from streams.engine.errors import EngineError, Fenced, StepFailed
from streams.engine.producer import Aborted, is_fenced
from streams.engine.rights import is_denied, missing_right
from streams.relay.settings import RelaySettings

log = logging.getLogger(__name__)
CALL_S = 5.0
"""Limit of one call of the library."""
PASSING = frozenset(  # end by themselves, and do not all say that they are retriable
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


class Patience:
    """Of one relay."""

    def __init__(self, settings: RelaySettings, stopping: Callable[[], bool], alive: Callable[[], None]) -> None:
        """``alive`` is called whenever the library has come back to us."""
        self._settings = settings
        self.stopping = stopping
        self.alive = alive

    def call(
        self,
        what: str,
        work: Callable[[float], Any],
        again: bool = True,
        given_up: Callable[[], bool] | None = None,
    ) -> Any:
        """Try again while brokers are away; an outage ends by itself, a stop does not wait for it.

        Not ``again``: abort instead.  librdkafka's second call after a lost connection was seen never to return.
        """
        given_up = given_up or self.stopping
        while True:
            try:
                return work(CALL_S)
            except KafkaException as problem:
                self.alive()
                error = problem.args[0]
                if is_denied(error):
                    raise missing_right(f"{what} of {self._settings.transactional_id}", error.str()) from problem
                if is_fenced(error):
                    raise self._fenced(what, error) from problem
                if error.txn_requires_abort():
                    raise Aborted(f"{what}: {error.str()}") from problem
                if error.fatal() or not (error.retriable() or error.code() in PASSING):
                    raise self.stopped(what, error) from problem
                if not again:
                    raise Aborted(f"{what}: {error.str()}") from problem
                if given_up():
                    raise StepFailed(f"{what}: no broker answers ({error.str()}), and we are to stop") from problem
                log.warning("%s: %s; trying again", what, error.str())
                time.sleep(self._settings.outage_s / 10)

    def stopped(self, what: str, error: KafkaError) -> EngineError:
        """What must stop the worker."""
        if is_fenced(error):
            return self._fenced(what, error)
        return StepFailed(f"{self._settings.transactional_id}: {what} failed: {error.str()}")

    def _fenced(self, what: str, error: KafkaError) -> EngineError:
        return Fenced(
            f"{self._settings.transactional_id}: {what} refused ({error.str()}): another relay has the same "
            "TTS_WORKER_ID, or the transaction was open for longer than the brokers wait"
        )
