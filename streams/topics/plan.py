"""What the cluster lacks of the catalog, as values: nothing here talks to Kafka.

Partition counts of stateful topics are never changed: keys would move to other partitions while their state stays where
it is.  The way to another count is a new prefix.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from streams.topics.catalog import Catalog, Topic

MIGRATION = (
    "stop all workers, set TTS_TOPIC_PREFIX (and TTS_GROUP_PREFIX, TTS_TRANSACTIONAL_PREFIX) to new values, run "
    "`streams topics apply`, set orders.cut_over in every market file to before the oldest open order, give every "
    "market a new code of its seller's consent, start the workers and let the sources send everything again"
)


class FoundTopic(NamedTuple):
    """A topic as the cluster has it."""

    partitions: int
    config: Mapping[str, str] | None
    """None: we may not read it."""


class Create(NamedTuple):
    """The topic is missing, or hidden from this user."""

    topic: Topic


class Configure(NamedTuple):
    """Settings of the topic differ."""

    topic: Topic
    changes: Mapping[str, tuple[str, str]]
    """Setting to what it is and what it should be."""


class Grow(NamedTuple):
    """A topic without state has fewer partitions than wanted."""

    topic: Topic
    found: int


class Refused(NamedTuple):
    """It differs and must not be changed in place."""

    topic: Topic
    found: int
    reason: str
    remedy: str


class Unreadable(NamedTuple):
    """Its settings are hidden from this user, so they cannot be compared."""

    topic: Topic


Difference = Create | Configure | Grow | Refused | Unreadable


def differences(catalog: Catalog, found: Mapping[str, FoundTopic]) -> list[Difference]:
    """Everything in which the cluster differs, in the order of the catalog."""
    return [one for topic in catalog.values() for one in _of_topic(topic, found.get(topic.full_name))]


def _of_topic(topic: Topic, found: FoundTopic | None) -> Iterator[Difference]:
    if found is None:
        yield Create(topic)
        return
    if found.partitions != topic.partitions:
        yield _of_count(topic, found.partitions)
    if found.config is None:
        yield Unreadable(topic)
        return
    wanted = topic.definition.broker_config()
    changes = {
        key: (found.config.get(key, "unset"), value) for key, value in wanted.items() if found.config.get(key) != value
    }
    if changes:
        yield Configure(topic, changes)


def _of_count(topic: Topic, found: int) -> Grow | Refused:
    if topic.definition.stateful:
        reason = f"it has {found} partitions, {topic.partitions} are configured, and state depends on the count"
        setting = f"TTS_{str(topic.definition.partitions).upper()}_PARTITIONS"
        return Refused(topic, found, reason, f"set {setting}={found} to keep what is there; to migrate: {MIGRATION}")
    if found > topic.partitions:
        reason = f"it has {found} partitions, {topic.partitions} are configured, and Kafka cannot take partitions away"
        return Refused(topic, found, reason, f"set its number to {found} in schemas/topics/{topic.name}.yaml")
    return Grow(topic, found)
