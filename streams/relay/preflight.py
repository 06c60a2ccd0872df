"""Does the cluster fit the relay?  Asked before any record is read, answered with the remedy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclOperation

from streams.engine.errors import BrokerAway, SetupError
from streams.engine.rights import is_denied, missing_right
from streams.relay.transform import Feed

if TYPE_CHECKING:
    from streams.topics.catalog import Catalog

_TIMEOUT_S = 10.0


def check_cluster(
    feeds: Iterable[Feed], outputs: Iterable[str], catalog: Catalog, group_id: str, kafka: Mapping[str, Any]
) -> None:
    """Raise SetupError for missing topics or rights or other sizes, BrokerAway when no broker answers."""
    admin = AdminClient(dict(kafka))
    foreign = sorted(feed.topic for feed in feeds)
    ours = {catalog[name].full_name: catalog[name].partitions for name in outputs}
    known = _sizes(admin, str(kafka.get("bootstrap.servers")))
    missing = [name for name in foreign if name not in known]
    if missing:
        raise SetupError(
            f"relay: topics to read are missing or not visible to this user: {', '.join(missing)}. Correct topic in "
            "the adapter's file, or grant Read and Describe (`streams topics acls` prints the list)"
        )
    missing = sorted(name for name in ours if name not in known)
    if missing:
        raise SetupError(
            f"relay: topics missing or not visible to this user: {', '.join(missing)}. "
            "Run `streams topics apply`, or grant Describe on them (`streams topics acls` prints the list)"
        )
    for name, partitions in sorted(ours.items()):
        if known[name] != partitions:
            raise SetupError(
                f"topic {name} has {known[name]} partitions, the configuration says {partitions}: "
                "set the partition count of its class to what the cluster has"
            )
    loops = sorted(set(foreign) & set(ours))
    if loops:
        raise SetupError(f"relay: {', '.join(loops)} would be read and written: correct topic in the adapter's file")
    _check_rights(admin, foreign, sorted(ours))
    _check_group_right(admin, group_id)


def _sizes(admin: AdminClient, address: str) -> dict[str, int]:
    """Topics this user sees, and their sizes."""
    try:
        found = admin.list_topics(timeout=_TIMEOUT_S).topics
    except KafkaException as problem:
        raise BrokerAway(
            f"no broker answers at {address!r} within {_TIMEOUT_S:.0f} s "
            f"({problem.args[0].str()}): check TTS_KAFKA_BOOTSTRAP, the network and the TLS/SASL settings"
        ) from problem
    return {name: len(topic.partitions) for name, topic in found.items() if topic.error is None}


def _check_rights(admin: AdminClient, foreign: list[str], ours: list[str]) -> None:
    """May this user read what is not ours, and write what is?"""
    described = admin.describe_topics(
        TopicCollection([*foreign, *ours]), include_authorized_operations=True, request_timeout=_TIMEOUT_S
    )
    lacking = []
    for name, wanted, word in (
        *((name, AclOperation.READ, "Read") for name in foreign),
        *((name, AclOperation.WRITE, "Write") for name in ours),
    ):
        allowed = described[name].result().authorized_operations
        if allowed is not None and wanted not in allowed:
            lacking.append(f"{word} on {name}")
    if lacking:
        raise missing_right("topics of relay", ", ".join(lacking))


def _check_group_right(admin: AdminClient, group_id: str) -> None:
    asked = admin.describe_consumer_groups([group_id], include_authorized_operations=True, request_timeout=_TIMEOUT_S)
    try:
        allowed = asked[group_id].result().authorized_operations
    except KafkaException as problem:
        if is_denied(problem.args[0]):
            raise missing_right(f"consumer group {group_id}", "Read, Describe") from problem
        return
    if allowed is not None and AclOperation.READ not in allowed:
        raise missing_right(f"consumer group {group_id}", "Read")
