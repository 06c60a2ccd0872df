"""One step of a partition: from inputs to outputs, rows, timers and calls, inside an open transaction.

This is the hot path: one pass over the records, one call of the rule per entity, one output and one
changelog record per changed entity.  Nothing here waits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rocksdict import WriteBatch
from streams.codec.poison import Poison

from streams.engine.blame import first_bad_event
from streams.engine.dead_letter import DeadLetter, dead_letter_headers
from streams.engine.errors import BrokenRule
from streams.engine.fetch import Batch, RawRecord
from streams.engine.flow import Call, Completion, Due, Flow, Inherited, Input, Swept, Table, Turn
from streams.engine.jobs import job_of
from streams.engine.rows import TableRows
from streams.engine.store import Store, pack_row, row_state_at, row_wake, timer_key

if TYPE_CHECKING:
    from streams.topics.catalog import Catalog

Row = tuple[Any, int | None]
"""state, wake"""
DEAD_LETTERS = "sync-dead-letters"
_ENGINE_EVENTS = frozenset((Due, Swept, Turn, Completion, Inherited))


class Inputs(NamedTuple):
    """What a step is given, in the order it is applied."""

    batches: Sequence[Batch] = ()
    events: Sequence[tuple[str, bytes, Any]] = ()
    """(flow name, entity, event): inherited calls, completions, due timers, sweeps, turns."""
    timers: Sequence[tuple[int, bytes]] = ()
    """Timers due: (time, row key)."""


class Decided(NamedTuple):
    """What must be remembered once the transaction is committed."""

    batch: WriteBatch
    rows: dict[str, dict[bytes, Row | None]]
    """Flow name to entity to new row."""
    calls: list[tuple[str, bytes, Call]]
    touched: dict[str, list[bytes]]
    """Calling flow to the entities that were decided: each may have another wish now."""
    turns: list[tuple[str, bytes]]
    """(flow, entity) of the turns that were used."""
    positions: dict[str, int]
    records: int
    outputs: int
    dead: int
    changes: int
    next_due: int | None


class _Route(NamedTuple):
    """How records of one topic reach one flow."""

    flow: Flow
    event: Callable[[str, Any, int], Any]
    tombstones: bool
    entity: Callable[[bytes], bytes] | None


class StepContext:
    """What rules see of the partition: time and rows."""

    __slots__ = ("_owned", "_tables", "now", "partition")

    def __init__(self, partition: int, tables: dict[str, TableRows]) -> None:
        self.now = 0
        self.partition = partition
        self._tables = tables

    def rows(self, table: Table) -> TableRows:
        return self._tables[table.name]


class Stepper:
    """Decides the steps of one partition."""

    def __init__(
        self,
        group: str,
        flows: Sequence[Flow],
        catalog: Catalog,
        partition: int,
        store: Store,
        changelog: str,
        tags: Mapping[str, bytes],
        cache_rows: int,
    ) -> None:
        self._group = group
        self.flows = flows
        self._by_name = {flow.name: flow for flow in flows}
        self._partition = partition
        self._store = store
        self._changelog = changelog
        self._tags = dict(tags)
        self._cache_rows = cache_rows
        self._caches: dict[str, dict[bytes, Row]] = {flow.name: {} for flow in flows}
        self._flow_of_tag = {tags[flow.table.name]: flow for flow in flows}
        self._calling = [flow for flow in flows if flow.ready is not None]
        self._tables: dict[str, TableRows] = {}
        for flow in flows:
            for table in (flow.table, *flow.side):
                self._tables.setdefault(table.name, TableRows(store, tags[table.name], table.record))
        self._side = [self._tables[table.name] for flow in flows for table in flow.side]
        self.context = StepContext(partition, self._tables)
        self._decode: dict[str, Callable[[bytes], Any]] = {}
        self._routes: dict[str, list[_Route]] = {}
        for flow in flows:
            for read in flow.inputs:
                topic = catalog[read.topic]
                self._decode[topic.full_name] = topic.codec.decode
                self._routes.setdefault(topic.full_name, []).append(self._route(flow, read, topic))
        self._outputs: dict[str, tuple[str, Callable[[Any], bytes], Callable[[bytes], int]]] = {}
        for name in {name for flow in flows for name in flow.outputs} | {DEAD_LETTERS, "sync-jobs"}:
            topic = catalog[name]
            self._outputs[name] = (topic.full_name, topic.encode, topic.partition_of)
        self.counts: dict[str, int] = {}

    @staticmethod
    def _route(flow: Flow, read: Input, topic: Any) -> _Route:
        if read.entity is not None:
            own = read.entity
            return _Route(flow, read.event, read.tombstones, lambda key: own(key.decode()).encode())
        entity = None if topic.entity_is_key else topic.entity_of
        return _Route(flow, read.event, read.tombstones, entity)

    def tag(self, flow: Flow) -> bytes:
        """First bytes of the flow's row keys."""
        return self._tags[flow.table.name]

    def publish_jobs(self, since: int, until: int, produce: Callable[..., None]) -> None:
        """Publish the counts of every flow since the last time and start again.

        received = the sum of the other counts.  A flow that makes calls carries what is still under way into
        the next job as ``waiting``.
        """
        topic, encode, partition_of = self._outputs["sync-jobs"]
        for flow in self.flows:
            stem = f"{flow.name}:"
            counts = {name[len(stem) :]: n for name, n in self.counts.items() if name.startswith(stem) and n}
            if not counts:
                continue
            job, carried = job_of(flow, f"{self._group}/{flow.name}/{self._partition}", self._partition, counts)
            key = job.job.encode()
            produce(topic, encode(job._replace(group=self._group, from_=since, until=until)), key, partition_of(key))
            for name in list(self.counts):
                if name.startswith(stem):
                    del self.counts[name]
            if carried:
                self.counts[f"{stem}received"] = carried

    def row(self, flow: Flow, entity: bytes) -> Row | None:
        """The committed row of an entity."""
        found = self._caches[flow.name].get(entity)
        if found is not None:
            return found
        return self._unpack(flow, self._store.get(self._tags[flow.table.name] + entity))

    def unpack(self, flow: Flow, value: bytes) -> Row:
        return flow.table.record.decode(value, row_state_at(value)), row_wake(value)

    def _unpack(self, flow: Flow, value: bytes | None) -> Row | None:
        return None if value is None else self.unpack(flow, value)

    def forget(self) -> None:
        """Drop what is cached in memory; rows are read from RocksDB again."""
        for cache in self._caches.values():
            cache.clear()

    def remember(self, decided: Decided) -> None:
        """The step is committed: memory may know it."""
        for name, rows in decided.rows.items():
            cache = self._caches[name]
            for entity, row in rows.items():
                if row is None:
                    cache.pop(entity, None)
                else:
                    cache[entity] = row
            excess = len(cache) - self._cache_rows
            if excess > 0:
                for entity in list(cache)[: excess + self._cache_rows // 10]:
                    del cache[entity]

    def decide(self, inputs: Inputs, now: int, produce: Callable[..., None]) -> Decided:
        """Run one step; records go to ``produce`` (a transaction must be open)."""
        run = _Run(self, produce, now)
        self.context.now = now
        for table in self._tables.values():
            table.begin()
        groups: dict[str, dict[bytes, list[Any]]] = {flow.name: {} for flow in self.flows}
        positions: dict[str, int] = {}
        for batch in inputs.batches:
            positions[batch.topic] = batch.following
            self._collect(batch, groups, run)
        for name, entity, event in inputs.events:
            groups[name].setdefault(entity, []).append(event)
        for when, key in inputs.timers:
            run.batch.delete(timer_key(when, key))
            behind_tag = key.index(0) + 1
            flow = self._flow_of_tag.get(key[:behind_tag])
            if flow is not None:
                entity = key[behind_tag:]
                row = self.row(flow, entity)
                if row is not None and row[1] == when:
                    groups[flow.name].setdefault(entity, []).append(Due())
        for flow in self.flows:
            if groups[flow.name]:
                run.flow(flow, groups[flow.name], inputs.batches)
        for table in self._side:
            for row_key, value in table.changes():
                produce(self._changelog, value, row_key, self._partition)
                if value is None:
                    run.batch.delete(row_key)
                else:
                    run.batch.put(row_key, value)
                run.changes += 1
        touched = {flow.name: list(groups[flow.name]) for flow in self._calling}
        turns = [(name, entity) for name, entity, event in inputs.events if type(event) is Turn]
        return Decided(
            run.batch,
            run.rows,
            run.calls,
            touched,
            turns,
            positions,
            run.records,
            run.outputs,
            run.dead,
            run.changes,
            run.next_due,
        )

    def _collect(self, batch: Batch, groups: dict[str, dict[bytes, list[Any]]], run: _Run) -> None:
        """Sort the records of a batch by flow and entity, in log order."""
        routes = self._routes[batch.topic]
        decode = self._decode[batch.topic]
        run.records += len(batch.records)
        if len(routes) == 1 and routes[0].entity is None and not routes[0].tombstones:
            event = routes[0].event
            group = groups[routes[0].flow.name]
            find = group.get
            for record in batch.records:
                _, when, key, value, _ = record
                try:
                    if not key or value is None:
                        raise _missing(key)
                    made = event(key, decode(value), when)
                except Poison as poison:
                    run.poison(batch, record, poison)
                    continue
                except UnicodeDecodeError:
                    run.poison(batch, record, _bad_key(key))
                    continue
                known = find(key)
                if known is None:
                    group[key] = [made]
                else:
                    known.append(made)
            return
        for record in batch.records:
            _, when, key, value, _ = record
            try:
                if not key:
                    raise _missing(key)
                text = key.decode()
                decoded = None if value is None else decode(value)
                for route in routes:
                    if decoded is None and not route.tombstones:
                        raise _missing(key)
                    entity = key if route.entity is None else route.entity(key)
                    groups[route.flow.name].setdefault(entity, []).append(route.event(text, decoded, when))
            except Poison as poison:
                run.poison(batch, record, poison)
            except UnicodeDecodeError:
                run.poison(batch, record, _bad_key(key))


def _missing(key: bytes | None) -> Poison:
    if not key:
        return Poison("key-missing", "key", None, "produce the record with the entity's id as its key")
    return Poison("contract-violated", "value", None, "this topic has no tombstones: send a value")


def _bad_key(key: bytes | None) -> Poison:
    return Poison("undecodable", "key", repr(key)[:80], "keys are UTF-8 text")


class _Run:
    """The outputs of one step while it is decided."""

    __slots__ = (
        "_now",
        "_produce",
        "_stepper",
        "batch",
        "calls",
        "changes",
        "dead",
        "next_due",
        "outputs",
        "poisoned",
        "records",
        "rows",
    )

    def __init__(self, stepper: Stepper, produce: Callable[..., None], now: int) -> None:
        self._stepper = stepper
        self._produce = produce
        self._now = now
        self.batch = stepper._store.batch()
        self.rows: dict[str, dict[bytes, Row | None]] = {}
        self.calls: list[tuple[str, bytes, Call]] = []
        self.records = 0
        self.outputs = 0
        self.dead = 0
        self.changes = 0
        self.next_due: int | None = None
        self.poisoned: set[tuple[str, int]] = set()

    def poison(self, batch: Batch, record: RawRecord, poison: Poison) -> None:
        """Send a record to the dead letters: original bytes, headers and position, stable code."""
        offset, when, key, value, headers = record
        topic, _, partition_of = self._stepper._outputs[DEAD_LETTERS]
        letter = DeadLetter(batch.topic, batch.partition, offset, when, poison)
        self._produce(
            topic,
            value,
            key,
            partition_of(key or b""),
            headers=[*headers, *dead_letter_headers(letter)],
        )
        self.dead += 1
        self.poisoned.add((batch.topic, offset))
        for route in self._stepper._routes[batch.topic]:
            self.count(route.flow, "received", 1)
            self.count(route.flow, "dead", 1)

    def count(self, flow: Flow, what: str, number: int) -> None:
        """Add to the running counts of the flow's job."""
        counts = self._stepper.counts
        name = f"{flow.name}:{what}"
        counts[name] = counts.get(name, 0) + number

    def flow(self, flow: Flow, groups: dict[bytes, list[Any]], batches: Sequence[Batch]) -> None:
        """Call the rule once per entity and publish what it decided."""
        stepper = self._stepper
        produce = self._produce
        context = stepper.context
        rule = flow.step
        tag = stepper._tags[flow.table.name]
        cache = stepper._caches[flow.name]
        encode = flow.table.record.encode
        outputs = stepper._outputs
        changelog, partition = stepper._changelog, stepper._partition
        put = self.batch.put
        fresh: dict[bytes, Row | None] = self.rows.setdefault(flow.name, {})
        side = stepper._side if flow.side else ()
        missing = [entity for entity in groups if entity not in cache]
        loaded: dict[bytes, Row | None] = {}
        if missing:
            for entity, value in zip(missing, stepper._store.get_many([tag + key for key in missing]), strict=True):
                if value is not None:
                    loaded[entity] = stepper.unpack(flow, value)
        emitted = changes = received = changed = unchanged = 0
        for entity, events in groups.items():
            row = cache.get(entity) or loaded.get(entity)
            state, wake = row if row is not None else (None, None)
            try:
                step = rule(entity.decode(), state, events, context)
            except Exception as problem:
                step = self._without_bad_events(flow, entity, state, events, batches, problem)
            new_state, emits, new_wake, call, counts = step
            if new_state is not state or new_wake != wake:
                row_key = tag + entity
                if new_state is None:
                    produce(changelog, None, row_key, partition)
                    self.batch.delete(row_key)
                    fresh[entity] = None
                else:
                    packed = pack_row(encode(new_state), new_wake)
                    produce(changelog, packed, row_key, partition)
                    put(row_key, packed)
                    fresh[entity] = (new_state, new_wake)
                    if new_wake is not None and new_wake != wake:
                        put(timer_key(new_wake, row_key), b"")
                        if self.next_due is None or new_wake < self.next_due:
                            self.next_due = new_wake
                changes += 1
            n = len(events)
            if type(events[-1]) in _ENGINE_EVENTS:
                n = sum(type(event) not in _ENGINE_EVENTS for event in events)
            received += n
            if emits:
                for name, key_text, value in emits:
                    topic, encode_output, partition_of = outputs[name]
                    key = key_text.encode()
                    produce(topic, None if value is None else encode_output(value), key, partition_of(key))
                    emitted += 1
                changed += 1 if n else 0
            else:
                unchanged += n
            if call is not None:
                self.calls.append((flow.name, entity, call))
            if counts:
                for what, number in counts.items():
                    self.count(flow, what, number)
            if side:
                for table in side:
                    table.accept()
        self.outputs += emitted
        self.changes += changes
        if received:
            self.count(flow, "received", received)
            if flow.ready is None:
                self.count(flow, "changed", changed)
                self.count(flow, "unchanged", unchanged)
                self.count(flow, "collapsed", received - changed - unchanged)

    def _without_bad_events(
        self,
        flow: Flow,
        entity: bytes,
        state: Any,
        events: list[Any],
        batches: Sequence[Batch],
        problem: Exception,
    ) -> Any:
        """A rule raised: find the records to blame, dead-letter them, decide the entity without them."""
        stepper = self._stepper
        sources = [
            (batch, record)
            for batch in batches
            for route in stepper._routes.get(batch.topic, ())
            if route.flow is flow
            for record in batch.records
            if record[2]
            and (batch.topic, record[0]) not in self.poisoned
            and (route.entity(record[2]) if route.entity else record[2]) == entity
        ]
        events = list(events)
        while True:
            for table in stepper._side:
                table.reject()
            bad = first_bad_event(flow, entity.decode(), state, events, stepper.context, stepper._side)
            if bad is None:
                break
            index, trace = bad
            blamed = _source_of(events, index, sources)
            if blamed is None:
                raise BrokenRule(
                    f"flow {flow.name}, entity {entity!r}: {problem!r} without a record to blame"
                ) from problem
            batch, record = blamed
            self.poison(batch, record, Poison("rule-failed", None, None, "report this as a bug", trace))
            sources.remove(blamed)
            del events[index]
        if not events:
            return _unchanged(state, stepper.row(flow, entity))
        return flow.step(entity.decode(), state, events, stepper.context)


def _unchanged(state: Any, row: Row | None) -> tuple[Any, tuple[()], int | None, None, None]:
    return state, (), row[1] if row else None, None, None


def _source_of(
    events: Sequence[Any], index: int, sources: Sequence[tuple[Batch, RawRecord]]
) -> tuple[Batch, RawRecord] | None:
    """The record an event was made from: record events come first, in the order of the batches."""
    return sources[index] if 0 <= index < len(sources) else None


__all__ = ["Decided", "Inputs", "Stepper"]
