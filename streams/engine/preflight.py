"""Does the cluster fit the group?  Asked before any record is read, answered with the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclOperation
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType

from streams.engine.errors import BrokerAway, SetupError
from streams.engine.flow import Group
from streams.engine.rights import is_denied, missing_right

if TYPE_CHECKING:
    from streams.topics.catalog import Catalog

_TIMEOUT_S = 10.0


def check_cluster(
    group: Group, catalog: Catalog, group_id: str, changelog: str, kafka: Mapping[str, Any]
) -> dict[str, str]:
    """Raise SetupError for missing topics or rights or unequal sizes, BrokerAway when no broker answers.

    Returns full topic name to topic id, of the inputs and the changelog.
    """
    admin = AdminClient(dict(kafka))
    known = _topics(admin, str(kafka.get("bootstrap.servers")))
    inputs = {catalog[read.topic].full_name for flow in group.flows for read in flow.inputs}
    outputs = {catalog[name].full_name for flow in group.flows for name in flow.outputs}
    outputs |= {catalog["sync-dead-letters"].full_name, catalog["sync-jobs"].full_name}
    missing = sorted(name for name in inputs | outputs | {changelog} if name not in known)
    if missing:
        raise SetupError(
            f"group {group.name}: topics missing or not visible to this user: {', '.join(missing)}. "
            "Run `streams topics apply`, or grant Describe on them (`streams topics acls` prints the list)"
        )
    _check_sizes(group, catalog, inputs, changelog, known)
    ids = _check_rights(admin, group.name, inputs, outputs, changelog)
    _check_group_right(admin, group_id)
    _check_compacted(admin, changelog)
    return {name: ids[name] for name in inputs | {changelog}}


def _topics(admin: AdminClient, address: str) -> dict[str, int]:
    """Topics this user sees, and their sizes."""
    try:
        found = admin.list_topics(timeout=_TIMEOUT_S).topics
    except KafkaException as problem:
        raise BrokerAway(
            f"no broker answers at {address!r} within {_TIMEOUT_S:.0f} s "
            f"({problem.args[0].str()}): check TTS_KAFKA_BOOTSTRAP, the network and the TLS/SASL settings"
        ) from problem
    return {name: len(topic.partitions) for name, topic in found.items() if topic.error is None}


def _check_sizes(group: Group, catalog: Catalog, inputs: set[str], changelog: str, known: Mapping[str, int]) -> None:
    """Co-partitioned topics have equal sizes, and every topic has the size records are routed by."""
    sizes = {name: known[name] for name in inputs | {changelog}}
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{name}: {size}" for name, size in sorted(sizes.items()))
        raise SetupError(
            f"group {group.name}: co-partitioned topics have different partition counts ({listed}). "
            "Counts of stateful topics cannot be changed in place: create all of them anew under another prefix"
        )
    size = next(iter(sizes.values()))
    if size != group.partitions:
        raise SetupError(
            f"group {group.name}: its topics have {size} partitions, the configuration says {group.partitions}: "
            "set the partition count of the class in the configuration to what the cluster has"
        )
    for topic in (catalog[name] for flow in group.flows for name in flow.outputs):
        configured, real = topic.partitions, known[topic.full_name]
        if configured != real:
            raise SetupError(
                f"topic {topic.full_name} has {real} partitions, the configuration says {configured}: "
                "set the partition count of its class to what the cluster has"
            )


def _check_rights(
    admin: AdminClient, group: str, inputs: set[str], outputs: set[str], changelog: str
) -> dict[str, str]:
    """May this user read inputs and changelog, and write outputs and changelog?  Returns topic ids."""
    names = sorted(inputs | outputs | {changelog})
    described = admin.describe_topics(
        TopicCollection(names), include_authorized_operations=True, request_timeout=_TIMEOUT_S
    )
    ids, lacking = {}, []
    for name in names:
        topic = described[name].result()
        ids[name] = str(topic.topic_id)
        allowed = topic.authorized_operations
        if allowed is None:
            continue
        if name in inputs | {changelog} and AclOperation.READ not in allowed:
            lacking.append(f"Read on {name}")
        if name in outputs | {changelog} and AclOperation.WRITE not in allowed:
            lacking.append(f"Write on {name}")
    if lacking:
        raise missing_right(f"topics of group {group}", ", ".join(lacking))
    return ids


def _check_group_right(admin: AdminClient, group_id: str) -> None:
    """Is this user let into the consumer group?  Faust's client would ask again for ever.

    (The admin client's question for a group's offsets crashes the process on a cluster without groups.)
    """
    asked = admin.describe_consumer_groups([group_id], include_authorized_operations=True, request_timeout=_TIMEOUT_S)
    try:
        allowed = asked[group_id].result().authorized_operations
    except KafkaException as problem:
        if is_denied(problem.args[0]):
            raise missing_right(f"consumer group {group_id}", "Read, Describe") from problem
        return
    if allowed is not None and AclOperation.READ not in allowed:
        raise missing_right(f"consumer group {group_id}", "Read")


def _check_compacted(admin: AdminClient, changelog: str) -> None:
    """A changelog that deletes by age loses state.  Not checked when this user may not read topic settings."""
    resource = ConfigResource(ResourceType.TOPIC, changelog)
    try:
        found = admin.describe_configs([resource], request_timeout=_TIMEOUT_S)[resource].result()
    except KafkaException:
        return
    policy = found["cleanup.policy"].value
    if policy != "compact":
        raise SetupError(
            f"changelog {changelog} has cleanup.policy={policy}: state would be lost; set it to compact "
            "(`streams topics apply` does)"
        )
