"""Does the cluster fit the group?  Asked before any record is read, answered with the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from streams.engine.errors import SetupError
from streams.engine.flow import Group

if TYPE_CHECKING:
    from streams.topics.catalog import Catalog

_TIMEOUT_S = 10.0


def check_cluster(group: Group, catalog: Catalog, changelog: str, kafka: Mapping[str, Any]) -> str:
    """Raise SetupError for an unreachable broker, a missing topic or unequal sizes; returns the changelog's topic id."""
    admin = AdminClient(dict(kafka))
    try:
        known = admin.list_topics(timeout=_TIMEOUT_S).topics
    except KafkaException as problem:
        raise SetupError(
            f"no broker answers at {kafka.get('bootstrap.servers')!r} within {_TIMEOUT_S:.0f} s "
            f"({problem.args[0].str()}): check TTS_KAFKA_BOOTSTRAP, the network and the TLS/SASL settings"
        ) from problem
    inputs = {catalog[read.topic].full_name for flow in group.flows for read in flow.inputs}
    outputs = {catalog[name].full_name for flow in group.flows for name in flow.outputs}
    needed = inputs | outputs | {changelog, catalog["sync-dead-letters"].full_name, catalog["sync-jobs"].full_name}
    missing = sorted(name for name in needed if name not in known or known[name].error is not None)
    if missing:
        raise SetupError(
            f"group {group.name}: topics missing or not visible to this user: {', '.join(missing)}. "
            "Run `streams topics apply`, or grant Describe on them (`streams topics acls` prints the list)"
        )
    sizes = {name: len(known[name].partitions) for name in inputs | {changelog}}
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
        configured, real = topic.partitions, len(known[topic.full_name].partitions)
        if configured != real:
            raise SetupError(f"topic {topic.full_name} has {real} partitions, the configuration says {configured}")
    described = admin.describe_topics(TopicCollection([changelog]), request_timeout=_TIMEOUT_S)[changelog].result()
    return str(described.topic_id)
