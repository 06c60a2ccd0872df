"""The Confluent Cloud destination: one constant key per subscription, the notification as the value, nothing else.

Whatever `bootstrapServer` a subscription names, its notifications go to the one cluster the sandbox was started with.
"""

import threading
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from streams.sandbox.commercetools.outbox import Outcome, Post, Problem
from streams.sandbox.wire import Json

MOST_UNDER_WAY = 10_000
PATIENCE_MS = 10_000
PROBE_SECONDS = 8.0
LARGEST_BYTES = 1_048_576
CONFIGURATION = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError._AUTHENTICATION,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.TOPIC_EXCEPTION,
    }
)


class ConfluentCloud:
    """Posts to Kafka without waiting; outcomes are asked for."""

    def __init__(self, cluster: dict[str, Any]) -> None:
        self._config: dict[str, Any] = {
            "linger.ms": 5,
            "message.timeout.ms": PATIENCE_MS,
            "topic.metadata.propagation.max.ms": 2_000,
            "message.max.bytes": LARGEST_BYTES,
            "enable.idempotence": True,
            "log_level": 0,
            **cluster,
        }
        self._broken = False
        self._producer = self._opened()
        self._outcomes: list[Outcome] = []

    def room(self) -> int:
        """How many more may be under way."""
        return max(0, MOST_UNDER_WAY - len(self._producer))

    def send(self, posts: list[Post]) -> None:
        """Each of them has one outcome some time."""
        if self._broken:
            self._producer.purge()
            self._producer.flush(1.0)
            self._producer, self._broken = self._opened(), False
        for post in posts:
            try:
                self._post(post)
            except (BufferError, KafkaException):
                self._outcomes.append(Outcome(post.number, "temporary"))

    def outcomes(self) -> list[Outcome]:
        """What has come back since the last time."""
        self._producer.poll(0)
        done, self._outcomes = self._outcomes, []
        return done

    def probe(self, destination: Json, body: bytes) -> str | None:
        """Deliver a test notification now: why it was not, or None. Blocks; for any thread."""
        producer = Producer({**self._config, "message.timeout.ms": int(PROBE_SECONDS * 1000) - 1_000})
        arrived = threading.Event()
        problems: list[str] = []

        def came(error: KafkaError | None, _: Message) -> None:
            if error is not None:
                problems.append(error.str())
            arrived.set()

        producer.produce(destination["topic"], key=_key(destination), value=body, on_delivery=came)
        producer.flush(PROBE_SECONDS)
        return (problems[0] if problems else None) if arrived.is_set() else "no answer from the brokers"

    def close(self) -> None:
        self._producer.flush(2.0)

    def _opened(self) -> Producer:
        return Producer({**self._config, "error_cb": self._failed})

    def _post(self, post: Post) -> None:
        def came(error: KafkaError | None, _: Message) -> None:
            self._outcomes.append(Outcome(post.number, _problem(error)))

        self._producer.produce(post.destination["topic"], key=_key(post.destination), value=post.body, on_delivery=came)

    def _failed(self, error: KafkaError) -> None:
        self._broken = self._broken or error.fatal()


def _problem(error: KafkaError | None) -> Problem | None:
    if error is None:
        return None
    return "configuration" if error.code() in CONFIGURATION else "temporary"


def _key(destination: Json) -> bytes | None:
    key = destination.get("key")
    return key.encode() if key else None
