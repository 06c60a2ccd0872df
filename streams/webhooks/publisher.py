"""Hands records to Kafka and says when Kafka has them.

An idempotent producer of its own: it is not part of any step. Delivery reports come in a thread of the client
library and are passed to the event loop. A record that is not acknowledged in time may still arrive; the event then
comes twice, which a hint may.
"""

import asyncio
import logging
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from streams.settings import SettingsProblem
from streams.webhooks.receive import Outgoing

log = logging.getLogger(__name__)

POLL_S = 0.1


class Topic(Protocol):
    """What is known of a topic: one of the catalog."""

    @property
    def full_name(self) -> str: ...

    @property
    def partitions(self) -> int: ...

    def encode(self, value: Any, /) -> bytes: ...

    def partition_of(self, key: bytes, /) -> int: ...


class NotPublished(Exception):
    """Kafka does not have the records, as far as we know."""


class TopicsMissing(SettingsProblem):
    """Topics do not exist or have other partition counts; says what helps."""


class KafkaAway(Exception):
    """No broker answers: an outage, as far as anybody can tell, so it is worth another try."""


class Publisher:
    """Publishes to the given topics until closed."""

    def __init__(self, kafka: Mapping[str, Any], topics: Mapping[str, Topic], delivery_ms: int) -> None:
        self._topics = dict(topics)
        self._producer = Producer(
            {
                **kafka,
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": 2,
                "message.timeout.ms": delivery_ms,
                "error_cb": self._error,
                "logger": log,
            }
        )
        self.broken: str | None = None
        """Why nothing can be published any more: the process must be replaced."""
        self.takes_records = False
        """Whether Kafka answered when it was last asked."""
        self._closing = threading.Event()
        self._reports = threading.Thread(target=self._report, name="delivery-reports", daemon=True)
        self._reports.start()

    def check(self, seconds: float) -> None:
        """The topics exist as the settings say; blocks.  Raises ``TopicsMissing`` or ``KafkaAway``."""
        for name, topic in self._topics.items():
            try:
                found = self._producer.list_topics(topic.full_name, timeout=seconds).topics[topic.full_name]
            except KafkaException as problem:
                raise KafkaAway(
                    f"the brokers do not answer ({problem.args[0].name()}): check TTS_KAFKA_BOOTSTRAP and security"
                ) from None
            if found.error is not None:
                raise TopicsMissing(f"topic {topic.full_name}: {found.error.str()}; run `streams topics apply`")
            if len(found.partitions) != topic.partitions:
                raise TopicsMissing(
                    f"topic {topic.full_name} ({name}) has {len(found.partitions)} partitions and "
                    f"{topic.partitions} are configured: set the same number for all workers"
                )
        self.takes_records = True

    def look_again(self, seconds: float) -> None:
        """Ask whether Kafka is back; blocks."""
        try:
            self.check(seconds)
        except (KafkaAway, TopicsMissing) as problem:
            log.warning("%s", problem)

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Return when Kafka has all of them; raise NotPublished otherwise."""
        loop = asyncio.get_running_loop()
        reports = [loop.create_future() for _ in records]
        for record, report in zip(records, reports, strict=True):
            self._produce(record, loop, report)
        try:
            errors = [error for error in await asyncio.gather(*reports) if error is not None]
        except asyncio.CancelledError:
            self.takes_records = False
            raise
        self.takes_records = not errors
        if errors:
            raise NotPublished(errors[0])

    def close(self, seconds: float) -> None:
        """Wait for what is under way, at most so long; blocks."""
        self._producer.flush(seconds)
        self._closing.set()
        self._reports.join(seconds)

    def _produce(self, record: Outgoing, loop: asyncio.AbstractEventLoop, report: "asyncio.Future[str | None]") -> None:
        topic = self._topics[record.topic]
        key = record.key.encode()

        def delivered(error: KafkaError | None, _: Message) -> None:
            loop.call_soon_threadsafe(_resolve, report, None if error is None else error.name())

        try:
            self._producer.produce(
                topic.full_name, topic.encode(record.value), key, topic.partition_of(key), on_delivery=delivered
            )
        except BufferError:
            _resolve(report, "too many records wait for Kafka")
        except KafkaException as problem:
            _resolve(report, problem.args[0].name())

    def _report(self) -> None:
        while not self._closing.is_set():
            self._producer.poll(POLL_S)

    def _error(self, error: KafkaError) -> None:
        if error.fatal():
            self.broken = error.str()


def _resolve(report: "asyncio.Future[str | None]", error: str | None) -> None:
    if not report.done():
        report.set_result(error)
