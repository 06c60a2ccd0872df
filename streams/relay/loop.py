"""The relay's loop: take a batch, transform it, commit outputs with positions and counts.

Order is kept per foreign partition, because outputs are written in the order the records were read, by one idempotent
producer.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from streams.codec.poison import Poison, RegistryUnavailable
from streams.codec.registry import SchemaOnItsWay
from streams.engine.dead_letter import dead_letter, oversize, rule_failed
from streams.engine.fetch import Batch
from streams.engine.producer import Aborted
from streams.records.sync_job import SyncJob
from streams.relay.counts import Counts, counts_of
from streams.relay.exchange import Arrived, Exchange, Spot
from streams.relay.measures import Measures
from streams.relay.settings import RelaySettings
from streams.relay.transform import DEAD, Feed, Transformed, refused

if TYPE_CHECKING:
    from streams.topics.catalog import Catalog

log = logging.getLogger(__name__)
DEAD_LETTERS, JOBS = "sync-dead-letters", "sync-jobs"
_LAG_EVERY_S = 2.0


class Outlet(NamedTuple):
    """How records of one of our topics are written."""

    topic: str
    encode: Callable[[object], bytes]
    partition_of: Callable[[bytes], int]


class Portion:
    """What one transaction does."""

    def __init__(self) -> None:
        self.next: dict[Spot, int] = {}
        self.outcomes: dict[Spot, dict[str, int]] = {}
        self.outputs = 0
        self.dead = 0
        self.began = time.monotonic()


class Loop:
    """Runs in a thread of its own until stopped."""

    def __init__(
        self,
        feeds: Sequence[Feed],
        catalog: Catalog,
        settings: RelaySettings,
        clock: Callable[[], int],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._transforms = {feed.topic: feed.transform for feed in feeds}
        written = {name for feed in feeds for name in feed.writes} | {DEAD_LETTERS, JOBS}
        self._outlets = {
            name: Outlet(catalog[name].full_name, catalog[name].codec.encode, catalog[name].partition_of)
            for name in written
        }
        self._stop = threading.Event()
        self._counts: dict[Spot, Counts] = {}
        self._anew: set[Spot] = set()
        """Partitions begun anew whose committed offset is still that of the topic before."""
        self._lag_at = 0.0
        self.measures = Measures()
        self.exchange = Exchange(settings, self._transforms, self._stop.is_set, self.measures.alive)

    def stop(self) -> None:
        """Finish the transaction in hand and leave the group."""
        self._stop.set()

    def run(self) -> None:
        """Until stopped.  Raises whatever must stop the worker."""
        exchange = self.exchange
        try:
            exchange.open()
            while not self._stop.is_set():
                records = self._looked(exchange.take())
                while records:
                    records = self._carry(records)
                self._publish_due()
        finally:
            exchange.close()

    def _looked(self, records: list[Arrived]) -> list[Arrived]:
        """After every take: rebalances happen in it.  The records that may be carried."""
        exchange, measures = self.exchange, self.measures
        measures.looked(len(exchange.assigned), exchange.joined, exchange.holding)
        anew = self._learn()
        if measures.looked_at - self._lag_at > _LAG_EVERY_S:
            self._lag_at, measures.lag = measures.looked_at, exchange.behind()
        if not anew:
            return records
        exchange.begin_anew(sorted(anew))
        return [record for record in records if record.spot not in anew]

    def _learn(self) -> set[Spot]:
        """Counts of partitions that have come, from their committed offsets.  Partitions to be begun anew."""
        exchange = self.exchange
        gained, exchange.gained = exchange.gained, set()
        for spot in [spot for spot in self._counts if spot not in exchange.assigned or spot in gained]:
            del self._counts[spot]
        self._anew &= self._counts.keys()
        if gained:
            for spot, (_, metadata) in exchange.committed(gained).items():
                self._counts[spot] = counts_of(metadata)
            ids = exchange.topic_ids.ask({topic for topic, _ in gained})
        else:
            ids = exchange.topic_ids.news()
        anew = {spot for spot in self._counts if spot[0] in ids and self._is_another(spot, ids[spot[0]])}
        self._anew |= anew
        return anew

    def _is_another(self, spot: Spot, topic_id: str) -> bool:
        """The topic is not the one whose records were counted; from now on it is."""
        counts = self._counts[spot]
        if counts.topic_id == topic_id:
            return False
        self._counts[spot] = counts._replace(topic_id=topic_id)
        return bool(counts.topic_id)

    # -- one transaction ------------------------------------------------------------------------

    def _carry(self, records: list[Arrived]) -> list[Arrived]:
        """Carry records until they are done or time is up; what is left of them."""
        exchange, portion = self.exchange, Portion()
        exchange.transaction.begin()
        try:
            done = self._transform(records, portion)
            self._commit(portion)
        except Aborted as problem:
            self.measures.aborted += 1
            log.warning("transaction aborted, its records are read again: %s", problem)
            exchange.transaction.abort()
            first: dict[Spot, int] = {}
            for record in records:
                first.setdefault(record.spot, record.offset)
            self._return_to(first)
            return []
        return [record for record in records[done:] if not exchange.is_held(record.spot)]

    def _return_to(self, first: Mapping[Spot, int]) -> None:
        """Read again what was not committed.  The group's offsets say what was, also when a commit had no answer."""
        places: dict[Spot, int] = {}
        for spot, (committed, metadata) in self.exchange.committed(first).items():
            counts, topic_id = counts_of(metadata), self._counts[spot].topic_id
            offset = None if spot in self._anew and counts.topic_id != topic_id else committed
            self._counts[spot] = counts._replace(topic_id=topic_id)
            places[spot] = first[spot] if offset is None or offset <= first[spot] else offset
        self.exchange.go_back(places, {spot for spot, offset in places.items() if offset == first[spot]})

    def _transform(self, records: list[Arrived], portion: Portion) -> int:
        """How many of the records are done."""
        limit = portion.began + self._settings.portion_s
        held: set[Spot] = set()
        following, outcomes, transforms = portion.next, portion.outcomes, self._transforms
        for number, record in enumerate(records):
            spot, offset, key, value, headers, when = record
            if offset < following.get(spot, 0) or spot in held:
                continue
            try:
                made = transforms[spot[0]](key, value, headers, when)
            except RegistryUnavailable as outage:
                moment = isinstance(outage, SchemaOnItsWay)
                log.log(logging.DEBUG if moment else logging.WARNING, "%s/%d waits at %d: %s", *spot, offset, outage)
                self.exchange.hold(spot, offset, self._settings.wait_s if moment else self._settings.outage_s)
                held.add(spot)
                continue
            except Exception as problem:
                made = refused(rule_failed(problem))
            outcome = self._write(made, record, portion)
            following[spot] = offset + 1
            counted = outcomes.get(spot)
            if counted is None:
                outcomes[spot] = {outcome: 1}
            else:
                counted[outcome] = counted.get(outcome, 0) + 1
            if number & 63 == 63 and time.monotonic() > limit:
                return number + 1
        return len(records)

    def _write(self, made: Transformed, record: Arrived, portion: Portion) -> str:
        """Outputs and dead letter of one record; its outcome."""
        outputs, outcome, poison = made
        most = self._settings.max_record_bytes
        encoded: list[tuple[str, bytes, bytes, int]] = []
        for name, text, value in outputs:
            outlet = self._outlets[name]
            key, data = text.encode(), outlet.encode(value)
            if len(data) + len(key) > most:
                outcome, poison = DEAD, oversize(f"record of {name} for {text[:80]}", len(data), most)
                encoded = []
                break
            encoded.append((outlet.topic, data, key, outlet.partition_of(key)))
        for one in encoded:
            self.exchange.transaction.produce(*one)
        portion.outputs += len(encoded)
        if poison is not None:
            self._refuse(record, poison)
            portion.dead += 1
        return outcome

    def _refuse(self, record: Arrived, poison: Poison) -> None:
        """Original key, value and headers, and where from and why."""
        (topic, partition), offset, key, value, headers, when = record
        batch = Batch(topic, partition, 0, 0, 0, [])
        raw = (offset, when, key, value, headers or [])
        outlet = self._outlets[DEAD_LETTERS]
        letter = dead_letter(batch, raw, poison, self._settings.max_record_bytes)
        self.exchange.transaction.produce(
            outlet.topic, letter.value, letter.key, outlet.partition_of(letter.key or b""), letter.headers
        )

    def _commit(self, portion: Portion, due: Mapping[Spot, Counts] | None = None) -> None:
        """Positions and counts with the outputs; jobs whose span is over with them."""
        now = self._clock()
        counts = {
            spot: self._counts.get(spot, Counts()).plus(outcomes, now) for spot, outcomes in portion.outcomes.items()
        }
        counts.update(due or {})
        for (topic, partition), one in counts.items():
            if one.is_due(now, self._settings.job_ms):
                self._job(one.job(topic, partition, now))
                counts[topic, partition] = one.published()
        self.exchange.commit({spot: (offset, counts[spot].metadata()) for spot, offset in portion.next.items()})
        self._counts.update(counts)
        self._anew.difference_update(counts)
        self.measures.committed(portion.outcomes, portion.outputs, portion.dead, time.monotonic() - portion.began)

    # -- counts ---------------------------------------------------------------------------------

    def _job(self, job: SyncJob) -> None:
        outlet = self._outlets[JOBS]
        key = job.job.encode()
        self.exchange.transaction.produce(outlet.topic, outlet.encode(job), key, outlet.partition_of(key))

    def _publish_due(self) -> None:
        """Jobs of partitions where nothing comes any more."""
        now = self._clock()
        due = {
            spot: one
            for spot, one in self._counts.items()
            if spot not in self._anew and one.is_due(now, self._settings.job_ms)
        }
        if not due:
            return
        portion = Portion()
        portion.next = {
            spot: offset for spot, (offset, _) in self.exchange.committed(due).items() if offset is not None
        }
        self.exchange.transaction.begin()
        try:
            self._commit(portion, {spot: due[spot] for spot in portion.next})
        except Aborted as problem:
            log.warning("counts are published later: %s", problem)
            self.exchange.transaction.abort()
            for spot, (_, metadata) in self.exchange.committed(due).items():
                self._counts[spot] = counts_of(metadata)._replace(topic_id=self._counts[spot].topic_id)
