"""Reads the topics of a cluster and brings them to the catalog; the only place that asks Kafka for topics.

Applying twice changes nothing the second time.  What this user may not do is told as a value, with the name of the
right that is missing; the rest is done all the same.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Final, NamedTuple

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # public there, says its documentation
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

from streams.engine.errors import BrokerAway
from streams.topics.catalog import Catalog, Topic, TopicProblem
from streams.topics.plan import Configure, Create, Difference, FoundTopic, Grow, Refused, Unreadable, differences

TIMEOUT_S: Final = 15.0
SEEN_WITHIN_S: Final = 5.0
"""Brokers learn of a change a little after it was accepted."""
FORBIDDEN: Final = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    }
)
RIGHTS: Final[dict[type, str]] = {
    Create: "Create on the topic (or on the cluster)",
    Configure: "AlterConfigs on the topic",
    Grow: "Alter on the topic",
}


class Done(NamedTuple):
    """A difference that is gone."""

    difference: Difference


class Failed(NamedTuple):
    """A difference that stays, and why."""

    difference: Difference
    reason: str
    missing_right: str | None
    """The right this user lacks; None: another reason."""


Result = Done | Failed


def apply_topics(catalog: Catalog, kafka: Mapping[str, Any], replication: int | None = None) -> list[Done]:
    """Create and configure what differs, or raise ``TopicProblem`` with everything that could not be done.

    ``BrokerAway``: nobody answers.
    """
    admin = connect(kafka)
    found = differences(catalog, read_topics(admin, catalog, kafka.get("bootstrap.servers", "")))
    done: list[Done] = []
    failed: list[Failed] = []
    for result in apply(admin, found, replication):
        if isinstance(result, Done):
            done.append(result)
        elif not isinstance(result.difference, Unreadable):
            failed.append(result)
    if failed:
        raise TopicProblem("; ".join(told(one) for one in failed))
    return done


def told(failed: Failed) -> str:
    """A failure in one line."""
    right = f"; this user lacks {failed.missing_right}" if failed.missing_right else ""
    return f"topic {failed.difference.topic.full_name}: {failed.reason}{right}"


def connect(kafka: Mapping[str, Any]) -> AdminClient:
    """An administrator's client; librdkafka does not connect yet, its errors about settings are ours to tell."""
    try:
        quiet: dict[str, Any] = {**kafka, "log_level": 0, "error_cb": _quiet}
        return AdminClient(quiet)
    except KafkaException as error:
        raise TopicProblem(
            f"Kafka connection settings: {error.args[0].str()}; correct the TTS_KAFKA_ settings"
        ) from error


def _quiet(_: KafkaError) -> None:
    """Errors of connections end in the time-out of the request, which is reported."""


def read_topics(admin: AdminClient, catalog: Catalog, address: str = "") -> dict[str, FoundTopic]:
    """The catalog's topics as far as they exist and this user sees them.

    ``address``: what ``admin`` was given to connect to, for the error when nobody answers.
    """
    try:
        known = admin.list_topics(timeout=TIMEOUT_S).topics
    except KafkaException as error:
        raise BrokerAway(
            f"no broker answers{f' at {address!r}' if address else ''} within {TIMEOUT_S:.0f} s "
            f"({error.args[0].str()}): check TTS_KAFKA_BOOTSTRAP, the network, and the TLS and SASL settings"
        ) from error
    sizes = {
        topic.full_name: len(known[topic.full_name].partitions)
        for topic in catalog.values()
        if topic.full_name in known and known[topic.full_name].error is None
    }
    configs = _read_configs(admin, list(sizes))
    return {name: FoundTopic(size, configs[name]) for name, size in sizes.items()}


def _read_configs(admin: AdminClient, names: Sequence[str]) -> dict[str, dict[str, str] | None]:
    if not names:
        return {}
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    found: dict[str, dict[str, str] | None] = {}
    for resource, future in admin.describe_configs(resources, request_timeout=TIMEOUT_S).items():
        try:
            entries = future.result(TIMEOUT_S)
            found[resource.name] = {key: entry.value for key, entry in entries.items() if entry.value is not None}
        except KafkaException as error:
            if error.args[0].code() not in FORBIDDEN:
                raise TopicProblem(f"settings of topic {resource.name}: {error.args[0].str()}; try again") from error
            found[resource.name] = None
    return found


def apply(admin: AdminClient, found: Sequence[Difference], replication: int | None) -> Iterator[Result]:
    """Bring the cluster there, one difference after the other; ends when the brokers know of all that was done.

    Copies of a new topic: None, the broker's default.
    """
    changed: list[Topic] = []
    for one in found:
        result = _bring(admin, one, replication)
        if isinstance(result, Done):
            changed.append(one.topic)
        yield result
    _seen(admin, changed)


def _bring(admin: AdminClient, one: Difference, replication: int | None) -> Result:
    match one:
        case Create():
            return _settled(admin, one, _create(admin, one, replication))
        case Configure():
            return _settled(admin, one, _configure(admin, one))
        case Grow(topic, _):
            grown = NewPartitions(topic.full_name, topic.partitions)
            return _settled(admin, one, _only(admin.create_partitions([grown], request_timeout=TIMEOUT_S)))
        case Refused(_, _, reason, remedy):
            return Failed(one, f"{reason}: {remedy}", None)
        case Unreadable():
            return Failed(one, "its settings cannot be compared", "DescribeConfigs on the topic")


def _seen(admin: AdminClient, changed: Sequence[Topic]) -> bool:
    """Wait until nothing of these topics is missing or different any more, or it takes too long."""
    catalog = Catalog({topic.name: topic for topic in changed})
    deadline = time.monotonic() + SEEN_WITHIN_S
    while any(isinstance(one, Create | Configure | Grow) for one in differences(catalog, read_topics(admin, catalog))):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _create(admin: AdminClient, one: Create, replication: int | None) -> "Future[Any]":
    topic = NewTopic(
        one.topic.full_name,
        num_partitions=one.topic.partitions,
        replication_factor=-1 if replication is None else replication,
        config=one.topic.definition.broker_config(),
    )
    return _only(admin.create_topics([topic], operation_timeout=TIMEOUT_S, request_timeout=TIMEOUT_S))


def _configure(admin: AdminClient, one: Configure) -> "Future[Any]":
    entries = [
        ConfigEntry(key, wanted, incremental_operation=AlterConfigOpType.SET)
        for key, (_, wanted) in one.changes.items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, one.topic.full_name, incremental_configs=entries)
    return _only(admin.incremental_alter_configs([resource], request_timeout=TIMEOUT_S))


def _only(futures: Mapping[Any, "Future[Any]"]) -> "Future[Any]":
    return next(iter(futures.values()))


def _settled(admin: AdminClient, one: Difference, future: "Future[Any]") -> Result:
    try:
        future.result(TIMEOUT_S * 2)
    except KafkaException as error:
        code = error.args[0].code()
        if code == KafkaError.TOPIC_ALREADY_EXISTS:
            if _seen(admin, [one.topic]):
                return Done(one)
            return Failed(one, "it exists, and this user sees it not, or only in part", "Describe on the topic")
        return Failed(one, error.args[0].str(), RIGHTS[type(one)] if code in FORBIDDEN else None)
    return Done(one)
