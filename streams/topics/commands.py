"""What an administrator types when we may not do it ourselves: Kafka's own commands and access lists."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from streams.topics.catalog import Catalog
from streams.topics.plan import Configure, Create, Difference, Grow

GROUPS = ("relay", "intake", "decide", "deliver", "orders", "webhooks")
"""Those whose workers exist; the topic files name more."""
IN_TRANSACTIONS = ("relay", "intake", "decide", "deliver", "orders")
"""They write in transactions and belong to a consumer group."""
SYNC = "sync"
"""Whoever runs `streams sync stock`: asks for a pass, and reads how far it is."""
_SYNC_TOPICS = {"fetch-hints": "Write", "sync-jobs": "Read", "sync-results": "Read"}


def commands(found: Sequence[Difference], bootstrap: str, replication: int | None) -> Iterator[str]:
    """Kafka's commands that bring the cluster there; nothing for what must not be changed."""
    for one in found:
        name = one.topic.full_name
        match one:
            case Create(topic):
                settings = "".join(
                    f" --config {key}={value}" for key, value in topic.definition.broker_config().items()
                )
                copies = "" if replication is None else f" --replication-factor {replication}"
                size = f"--partitions {topic.partitions}{copies}"
                yield f"kafka-topics.sh --bootstrap-server {bootstrap} --create --topic {name} {size}{settings}"
            case Configure(_, changes):
                settings = ",".join(f"{key}={wanted}" for key, (_, wanted) in changes.items())
                entity = f"--entity-type topics --entity-name {name}"
                yield f"kafka-configs.sh --bootstrap-server {bootstrap} --alter {entity} --add-config {settings}"
            case Grow(topic, _):
                size = f"--partitions {topic.partitions}"
                yield f"kafka-topics.sh --bootstrap-server {bootstrap} --alter --topic {name} {size}"
            case _:
                pass


class Access(NamedTuple):
    """One row of the access list: a worker group may do this to that."""

    group: str
    operations: tuple[str, ...]
    resource: str
    """topic, group or transactional-id."""
    name: str
    prefixed: bool
    """All names that begin so."""

    def command(self, bootstrap: str) -> str:
        """As Kafka's command, with one user per worker group, called as the group."""
        operations = "".join(f" --operation {one}" for one in self.operations)
        pattern = " --resource-pattern-type prefixed" if self.prefixed else ""
        target = f"--{self.resource} {self.name}{pattern}"
        command = f"kafka-acls.sh --bootstrap-server {bootstrap} --add --allow-principal User:{self.group}"
        return f"{command}{operations} {target}"


def access_list(
    catalog: Catalog, group_prefix: str, transactional_prefix: str, foreign: Sequence[str] = ()
) -> list[Access]:
    """The least every worker group needs: its topics, its changelog, its consumer group, its transactional ids; and
    `streams sync stock`.

    ``foreign``: full names of the topics that adapters read.
    """
    rows = [Access("relay", ("Read", "Describe"), "topic", name, False) for name in foreign]
    for group in GROUPS:
        for topic in catalog.values():
            reads, writes = group in topic.definition.readers, group in topic.definition.writers
            if reads or writes:
                operations = (("Read",) if reads else ()) + (("Write",) if writes else ()) + ("Describe",)
                rows.append(Access(group, operations, "topic", topic.full_name, False))
        if group in IN_TRANSACTIONS:
            rows.append(Access(group, ("Read",), "group", f"{group_prefix}{group}", False))
            ids = f"{transactional_prefix}{group}-"
            rows.append(Access(group, ("Write", "Describe"), "transactional-id", ids, True))
    for name, operation in _SYNC_TOPICS.items():
        rows.append(Access(SYNC, (operation, "Describe"), "topic", catalog[name].full_name, False))
    rows.append(Access(SYNC, ("Read",), "group", f"{group_prefix}{SYNC}", False))
    return rows
