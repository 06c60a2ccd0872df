"""One step of a partition: from inputs to outputs, rows, timers and calls, inside an open transaction.

This is the hot path: one pass over the records, one call of the rule per entity, one output and one
changelog record per changed entity.  Nothing here waits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from streams.codec.poison import Poison
from streams.engine.attempt import Outcome, attempt_of, outlets
from streams.engine.blame import without_bad_events
from streams.engine.dead_letter import rule_failed
from streams.engine.decided import Decided, Inputs, Row
from streams.engine.errors import BrokenRule
from streams.engine.flow import Due, Flow, Table
from streams.engine.jobs import publish_jobs
from streams.engine.outputs import DEAD_LETTERS, JOBS, Produce, StepOutputs, Target
from streams.engine.routing import Groups, misplaced, readings, sort_records, sources_of, unpacked
from streams.engine.row_codec import RowCodec
from streams.engine.rows import ReadRows, TableRows
from streams.engine.store import Store, timer_key

if TYPE_CHECKING:
    from streams.topics.catalog import Catalog


class StepContext:
    """What rules see of the partition: time and rows."""

    __slots__ = ("_tables", "now", "partition")

    def __init__(self, partition: int, tables: Mapping[str, TableRows | ReadRows]) -> None:
        self.now = 0
        self.partition = partition
        self._tables = tables

    def rows(self, table: Table) -> TableRows | ReadRows:
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
        most_bytes: int,
    ) -> None:
        self.flows = flows
        self.partition = partition
        self.counts: dict[str, int] = {}
        self.store = store
        self.changelog = changelog
        self.readings = readings(flows, catalog, most_bytes)
        self.outlets = outlets(flows, catalog, (DEAD_LETTERS, JOBS))
        self._target = Target(self.readings, self.outlets, changelog, partition, most_bytes)
        self._packed = {one.routes[0].flow.name: one for one in self.readings.values() if one.quick is not None}
        self._group = group
        self._tags = dict(tags)
        self._cache_rows = cache_rows
        self._caches: dict[str, dict[bytes, bytes]] = {flow.name: {} for flow in flows}
        """Packed rows: an eighth of the memory of a row taken apart, and of what a step must walk through."""
        self._flow_of_tag = {tags[flow.table.name]: flow for flow in flows}
        sides = {table.name: table for flow in flows for table in flow.side}
        mains = {flow.table.name: flow.table for flow in flows}
        self.codecs = {name: RowCodec(table.record) for name, table in {**mains, **sides}.items()}
        self.side = [TableRows(store, tags[name], self.codecs[name]) for name, table in sides.items()]
        committed = {name: ReadRows(store, tags[name], self.codecs[name]) for name, table in {**mains, **sides}.items()}
        self.context = StepContext(partition, {**committed, **dict(zip(sides, self.side, strict=True))})
        self.looking = StepContext(partition, committed)
        """For ``Flow.ready``: sees committed rows only, also while a step is in hand."""
        self._belongs = {flow.name: catalog[flow.inputs[0].topic].partition_of for flow in flows}
        """Flow name to where an entity belongs: the routing part of a key is in its entity."""
        self._attempts = {
            flow.name: attempt_of(flow, self.codecs[flow.table.name], self.context, self.outlets, most_bytes)
            for flow in flows
        }

    def tag(self, flow: Flow) -> bytes:
        """First bytes of the flow's row keys."""
        return self._tags[flow.table.name]

    def row(self, flow: Flow, entity: bytes) -> Row | None:
        """The committed row of an entity."""
        value = self._caches[flow.name].get(entity)
        if value is None:
            value = self.store.get(self._tags[flow.table.name] + entity)
        return None if value is None else self.codecs[flow.table.name].unpack(value)

    def remember(self, decided: Decided) -> None:
        """The step is committed: memory may know it."""
        for name, gone in decided.gone.items():
            for entity in gone:
                self._caches[name].pop(entity, None)
        for name, rows in decided.rows.items():
            cache = self._caches[name]
            cache.update(rows)
            excess = len(cache) - self._cache_rows
            if excess > 0:
                for entity in list(cache)[: excess + self._cache_rows // 10]:
                    del cache[entity]

    def publish_jobs(self, since: int, until: int, produce: Produce) -> None:
        """Publish the counts of every flow since the last time and start again."""
        publish_jobs(self.flows, self._group, self.partition, self.counts, since, until, self.outlets[JOBS], produce)

    def decide(self, inputs: Inputs, now: int, produce: Produce) -> Decided:
        """Run one step; records go to ``produce`` (a transaction must be open)."""
        run = StepOutputs(self._target, self.counts, self.store.batch(), inputs, produce)
        self.context.now = now
        for table in self.side:
            table.begin()
        groups: Groups = {flow.name: {} for flow in self.flows}
        for loss in inputs.losses:
            run.lose(loss.topic, loss.first, loss.following)
        for batch in inputs.batches:
            run.positions[batch.topic] = batch.following
            run.records += len(batch.records)
            sort_records(batch, self.readings[batch.topic], groups, run.refuse)
        for topic, following in inputs.ahead.items():
            run.positions[topic] = max(following, run.positions.get(topic, 0))
        for name, entity, event in inputs.events:
            run.add(groups[name], name, entity, event)
        for when, key in inputs.timers:
            flow, entity = self._of_row_key(key)
            row = None if flow is None else self.row(flow, entity)
            if flow is not None and row is not None and row[1] == when:
                run.add(groups[flow.name], flow.name, entity, Due())
            else:
                run.batch.delete(timer_key(when, key))
        for flow in self.flows:
            if groups[flow.name]:
                self._flow(flow, groups[flow.name], run)
        for table in self.side:
            run.write_side(table)
            table.begin()
        return run.decided()

    def _of_row_key(self, key: bytes) -> tuple[Flow | None, bytes]:
        behind_tag = key.index(0) + 1
        return self._flow_of_tag.get(key[:behind_tag]), key[behind_tag:]

    def _flow(self, flow: Flow, groups: dict[bytes, list[Any]], run: StepOutputs) -> None:
        """Call the rule once per entity and publish what it decided."""
        tag = self._tags[flow.table.name]
        cache = self._caches[flow.name]
        attempt = self._attempts[flow.name]
        rows = self.codecs[flow.table.name]
        unpack = rows.unpack
        topic = self._packed.get(flow.name)
        way = None if topic is None else topic.quick
        produce, changelog, partition = run.produce, self.changelog, self.partition
        put, delete = run.batch.put, run.batch.delete
        fresh = run.rows.setdefault(flow.name, {})
        gone = run.gone.setdefault(flow.name, [])
        touched: dict[bytes, Any] | None = None
        if flow.ready is not None:
            touched = run.touched.setdefault(flow.name, {})
        side = self.side if flow.side else ()
        extra = run.extra
        missing = [entity for entity in groups if entity not in cache]
        if missing and not self._refuse_foreign(flow, groups, missing, run):
            missing = [entity for entity in missing if entity in groups]
        loaded: dict[bytes, bytes] = {}
        if missing:
            for entity, value in zip(missing, self.store.get_many([tag + key for key in missing]), strict=True):
                if value is not None:
                    loaded[entity] = value
        emitted = received = changed = unchanged = left_out = 0
        outcome: Outcome | None
        for entity, events in groups.items():
            former = cache.get(entity) or loaded.get(entity)
            if way is not None and topic is not None:
                short = None if former is None else way.decide(entity, former, events, self.context.now, rows)
                if short is not None:
                    packed, key, value, place = short
                    if packed is not None:
                        row_key = tag + entity
                        produce(changelog, packed, row_key, partition)
                        put(row_key, packed)
                        fresh[entity] = packed
                    n = len(events)
                    received += n
                    if value is None:
                        unchanged += n
                    else:
                        produce(way.output, value, key, place)
                        emitted += 1
                        changed += 1
                    continue
                events = unpacked(events, topic, run.inputs.batches, run.refuse)
                if not events:
                    continue
            state, wake = (None, None) if former is None else unpack(former)
            n = len(events)
            try:
                outcome = attempt(entity.decode(), state, wake, events)
            except Exception as problem:
                outcome, bad = self._without_bad_events(flow, entity, state, wake, events, run, problem)
                n -= bad
                if outcome is None:
                    if touched is not None:
                        touched[entity] = state
                    continue
            new_state, new_wake, packed, records, call, counts = outcome
            if touched is not None:
                touched[entity] = new_state
            if packed is not None:
                row_key = tag + entity
                produce(changelog, packed, row_key, partition)
                put(row_key, packed)
                fresh[entity] = packed
                if new_wake != wake:
                    if wake is not None:
                        delete(timer_key(wake, row_key))
                    if new_wake is not None:
                        put(timer_key(new_wake, row_key), b"")
                        if run.next_due is None or new_wake < run.next_due:
                            run.next_due = new_wake
            elif new_state is None and former is not None:
                row_key = tag + entity
                produce(changelog, None, row_key, partition)
                delete(row_key)
                if wake is not None:
                    delete(timer_key(wake, row_key))
                gone.append(entity)
            if extra:
                n -= extra.get((flow.name, entity), 0)
            received += n
            if counts and not flow.counts_outcomes:
                left = run.leave_out(flow, entity, counts)
                left_out += left
                n -= left
            if records:
                for record in records:
                    produce(*record)
                emitted += len(records)
                changed += 1 if n else 0
            else:
                unchanged += n
            if call is not None:
                run.call(flow, entity, call)
            if counts and flow.counts_outcomes:
                for what, number in counts.items():
                    run.count(flow, what, number)
            for table in side:
                table.accept()
        run.outputs += emitted
        if received:
            run.count(flow, "received", received)
            if not flow.counts_outcomes:
                run.count(flow, "changed", changed)
                run.count(flow, "unchanged", unchanged)
                run.count(flow, "collapsed", received - changed - unchanged - left_out)

    def _refuse_foreign(
        self, flow: Flow, groups: dict[bytes, list[Any]], entities: Sequence[bytes], run: StepOutputs
    ) -> bool:
        """Dead-letter the records of entities that belong to another partition: they would found a second state.

        Asked only of entities that are not in memory; a misplaced one never gets there.  True: there was none.
        """
        belongs = self._belongs[flow.name]
        foreign = [entity for entity in entities if belongs(entity) != self.partition]
        for entity in foreign:
            del groups[entity]
            poison = misplaced(entity, belongs(entity), self.partition)
            for batch, record in list(sources_of(flow, entity, run.inputs.batches, self.readings, run.refused)):
                run.refuse_for((flow,), batch, record, poison)
        return not foreign

    def _without_bad_events(
        self,
        flow: Flow,
        entity: bytes,
        state: Any,
        wake: int | None,
        events: list[Any],
        run: StepOutputs,
        problem: Exception,
    ) -> tuple[Outcome | None, int]:
        """A rule raised: dead-letter the records to blame, decide the entity without them."""
        text = entity.decode()
        attempt = self._attempts[flow.name]
        found = without_bad_events(
            lambda state, wake, events: attempt(text, state, wake, events), state, wake, events, self.side
        )
        sources = list(sources_of(flow, entity, run.inputs.batches, self.readings, run.refused))
        for index, fault in found.bad:
            if index >= len(sources):
                raise BrokenRule(
                    f"flow {flow.name}, entity {text!r}: {type(fault).__name__}: {fault} upon "
                    f"{type(events[index]).__name__}, so no record is to blame; report this as a bug"
                ) from fault
        for index, fault in found.bad:
            run.refuse_for((flow,), *sources[index], fault if isinstance(fault, Poison) else rule_failed(fault))
        return found.outcome, len(found.bad)
