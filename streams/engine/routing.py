"""From the records of a topic to the events of the flows that read it, by entity and in log order.

A record that cannot become an event goes to the dead letters whole: no flow sees a part of it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from streams.codec.poison import Poison, RegistryUnavailable
from streams.engine.dead_letter import rule_failed
from streams.engine.fetch import Batch, RawRecord
from streams.engine.flow import Flow, Input
from streams.engine.quick_way import QuickWay, way_of

if TYPE_CHECKING:
    from streams.topics.catalog import Catalog

Groups = dict[str, dict[bytes, list[Any]]]
"""Flow name to entity to events."""
Refuse = Callable[[Batch, RawRecord, Poison], None]


class Route(NamedTuple):
    """How records of one topic reach one flow."""

    flow: Flow
    event: Callable[[str, Any, int], Any]
    tombstones: bool
    entity: Callable[[bytes], bytes] | None
    """None: the key is the entity."""


class Reading(NamedTuple):
    """How one topic is read."""

    decode: Callable[[bytes], Any]
    routes: tuple[Route, ...]
    quick: QuickWay | None = None
    """Of a topic whose records stay packed until they are decided."""


def readings(flows: Sequence[Flow], catalog: Catalog, most_bytes: int) -> dict[str, Reading]:
    """Full topic name to how it is read."""
    found: dict[str, Reading] = {}
    for flow in flows:
        for read in flow.inputs:
            topic = catalog[read.topic]
            known = found.get(topic.full_name, Reading(topic.codec.decode, ()))
            found[topic.full_name] = known._replace(routes=(*known.routes, _route(flow, read, topic)))
    for flow in flows:
        way = way_of(flow, catalog, most_bytes)
        if way is not None and len(found[way.topic].routes) == 1:
            found[way.topic] = found[way.topic]._replace(quick=way)
    return found


def _route(flow: Flow, read: Input, topic: Any) -> Route:
    if read.entity is not None:
        own = read.entity
        return Route(flow, read.event, read.tombstones, lambda key: own(key.decode()).encode())
    return Route(flow, read.event, read.tombstones, None if topic.entity_is_key else topic.entity_of)


def sort_records(batch: Batch, reading: Reading, groups: Groups, refuse: Refuse) -> None:
    """Add the events of a batch to their entities; what has no event is refused."""
    routes = reading.routes
    if reading.quick is not None:
        _sort_packed(batch, reading, reading.quick, groups[routes[0].flow.name], refuse)
        return
    if len(routes) == 1 and routes[0].entity is None and not routes[0].tombstones:
        _sort_by_key(batch, reading.decode, routes[0], groups[routes[0].flow.name], refuse)
        return
    decode = reading.decode
    for record in batch.records:
        _, when, key, value, _ = record
        try:
            if not key:
                raise missing_key()
            text = key.decode()
            decoded = None if value is None else decode(value)
            made = []
            for flow, event, tombstones, entity_of, *_ in routes:
                if value is None and not tombstones:
                    raise missing_value()
                entity = key if entity_of is None else entity_of(key)
                if not entity:
                    raise missing_key()
                made.append((flow.name, entity, event(text, decoded, when)))
        except Exception as problem:
            refuse(batch, record, poison_of(problem, key))
            continue
        for name, entity, found in made:
            groups[name].setdefault(entity, []).append(found)


def _sort_by_key(
    batch: Batch,
    decode: Callable[[bytes], Any],
    route: Route,
    group: dict[bytes, list[Any]],
    refuse: Refuse,
) -> None:
    """The common case: one flow, the key is the entity, no tombstones."""
    event = route.event
    find = group.get
    for record in batch.records:
        _, when, key, value, _ = record
        try:
            if not key:
                raise missing_key()
            if value is None:
                raise missing_value()
            made = event(key.decode(), decode(value), when)
        except Exception as problem:
            refuse(batch, record, poison_of(problem, key))
            continue
        known = find(key)
        if known is None:
            group[key] = [made]
        else:
            known.append(made)


def _sort_packed(batch: Batch, reading: Reading, way: QuickWay, group: dict[bytes, list[Any]], refuse: Refuse) -> None:
    """As ``_sort_by_key``, but records stay packed; a value in another form than ours is brought into it."""
    prefix = way.prefix
    find = group.get
    for record in batch.records:
        offset, when, key, value, headers = record
        one = record
        if not key or value is None or not value.startswith(prefix):
            try:
                if not key:
                    raise missing_key()
                if value is None:
                    raise missing_value()
                one = (offset, when, key, way.encode(reading.decode(value)), headers)
            except Exception as problem:
                refuse(batch, record, poison_of(problem, key))
                continue
        known = find(key)
        if known is None:
            group[key] = [one]
        else:
            known.append(one)


def unpacked(events: Sequence[Any], reading: Reading, batches: Sequence[Batch], refuse: Refuse) -> list[Any]:
    """An entity's events, with what is still packed made an event; what cannot become one is refused."""
    event = reading.routes[0].event
    found = []
    for one in events:
        if type(one) is not tuple:
            found.append(one)
            continue
        offset, when, key, value, _ = one
        try:
            found.append(event(key.decode(), reading.decode(value), when))
        except Exception as problem:
            poison = poison_of(problem, key)
            for batch in batches:
                if reading.quick is not None and batch.topic == reading.quick.topic and offset < batch.following:
                    refuse(batch, batch.records[bisect_left(batch.records, offset, key=itemgetter(0))], poison)
                    break
    return found


def sources_of(
    flow: Flow, entity: bytes, batches: Sequence[Batch], topics: dict[str, Reading], refused: set[tuple[str, int]]
) -> Iterator[tuple[Batch, RawRecord]]:
    """The records whose events an entity was given, in the same order as the events."""
    for batch in batches:
        routes = [route for route in topics[batch.topic].routes if route.flow is flow]
        if not routes:
            continue
        for record in batch.records:
            if (batch.topic, record[0]) in refused or not record[2]:
                continue
            for route in routes:
                if (record[2] if route.entity is None else route.entity(record[2])) == entity:
                    yield batch, record


def poison_of(problem: Exception, key: bytes | None) -> Poison:
    """Why a record has no event.  An outage of the registry is none of the record's fault and is raised again."""
    if isinstance(problem, Poison):
        return problem
    if isinstance(problem, RegistryUnavailable):
        raise problem
    if isinstance(problem, UnicodeDecodeError) and problem.object == key:
        return Poison("undecodable", "key", repr(key)[:80], "keys are UTF-8 text")
    return rule_failed(problem)


def misplaced(entity: bytes, right: int, here: int) -> Poison:
    return Poison(
        "contract-violated",
        "partition",
        str(here),
        f"{entity.decode(errors='replace')} belongs to partition {right}: produce with Kafka's default partitioner "
        "(librdkafka: partitioner=murmur2_random)",
    )


def missing_key() -> Poison:
    return Poison("key-missing", "key", None, "produce the record with the entity's id as its key")


def missing_value() -> Poison:
    return Poison("contract-violated", "value", None, "this topic has no tombstones: send a value")
