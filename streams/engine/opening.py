"""Opening a partition: producer connected, former owner fenced, rows restored, positions known, wishes read."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rocksdict import Cache

from streams.engine.flow import Flow, Group, Held, Ready
from streams.engine.partition import Partition
from streams.engine.positions import Positions
from streams.engine.producer import TransactionalProducer
from streams.engine.restore import catch_up, open_store
from streams.engine.settings import EngineSettings
from streams.engine.step import Stepper

if TYPE_CHECKING:
    from streams.topics.catalog import Catalog

log = logging.getLogger(__name__)
_CONNECT_S = 10.0

Wish = tuple[str, bytes, Ready | Held | int]
"""flow, entity, what its row wants"""


@dataclass(frozen=True, slots=True)
class Opened:
    """An open partition, and what its rows want now that they have a new owner."""

    partition: Partition
    inherited: list[tuple[str, bytes]]
    """(flow, entity) of rows with a call of a former owner."""
    wishes: list[Wish]
    seeds: list[tuple[str, bytes]]
    """(flow, entity) that exist by configuration and have no row yet."""


def table_tags(group: Group) -> dict[str, bytes]:
    """Table name to the first bytes of its row keys: the name and a zero byte, so tables may be added freely."""
    return {table.name: table.name.encode() + b"\x00" for table in group.tables}


class Opener:
    """Opens the partitions of one worker; blocks, so it is run in threads, several partitions side by side."""

    def __init__(
        self,
        group: Group,
        catalog: Catalog,
        settings: EngineSettings,
        topic_ids: Mapping[str, str],
        clock: Callable[[], int],
        progress: Callable[[int, int, int], None],
        cache: Cache,
    ) -> None:
        self._group = group
        self._catalog = catalog
        self._settings = settings
        self._changelog_id = topic_ids[settings.changelog]
        self._input_ids = {name: number for name, number in topic_ids.items() if name != settings.changelog}
        self._clock = clock
        self._progress = progress
        self._cache = cache
        self._tags = table_tags(group)

    def open(self, number: int) -> Opened:
        """Fence first: it ends the predecessor's open transaction, so what is restored is final."""
        settings = self._settings
        started = time.monotonic()
        producer = TransactionalProducer(
            settings.kafka, f"{settings.transactional_prefix}-{number}", settings.max_record_bytes
        )
        producer.connect(_CONNECT_S)
        producer.initialise(settings.open_timeout_s)
        fenced = time.monotonic()
        topic_id = self._changelog_id
        path = settings.state_dir / self._group.name / str(number)
        store = open_store(path, self._cache, topic_id, self._clock(), settings.delete_retention_ms)
        try:
            count = catch_up(
                store,
                settings.kafka,
                settings.changelog,
                number,
                topic_id,
                self._clock,
                lambda done, total: self._progress(number, done, total),
                settings.open_timeout_s,
            )
            positions = Positions.decode(store.positions())
            for topic in positions.belong_to(self._input_ids):
                log.warning("%s/%d was created anew: it is read from its beginning", topic, number)
            stepper = Stepper(
                self._group.name,
                self._group.flows,
                self._catalog,
                number,
                store,
                settings.changelog,
                self._tags,
                settings.cache_rows,
                settings.max_record_bytes,
            )
            partition = Partition(number, store, producer, stepper, positions, topic_id, settings, self._clock)
            opened = self._looked_at(partition)
        except BaseException:
            store.close()
            raise
        partition.measures.restored = count
        log.info(
            "%s/%d open: fenced in %.2f s, %d changelog records in %.2f s",
            self._group.name,
            number,
            fenced - started,
            count,
            time.monotonic() - fenced,
        )
        return opened

    def _looked_at(self, partition: Partition) -> Opened:
        """Ask every row of the calling flows what it wants."""
        opened = Opened(partition, [], [], [])
        partition.stepper.looking.now = self._clock()
        for flow in self._group.flows:
            if flow.ready is not None:
                _look_at_rows(partition, flow, opened)
            for name in flow.seeds(partition.number) if flow.seeds is not None else ():
                if partition.stepper.row(flow, name.encode()) is None:
                    opened.seeds.append((flow.name, name.encode()))
        return opened


def _look_at_rows(partition: Partition, flow: Flow, opened: Opened) -> None:
    assert flow.ready is not None
    tag = partition.stepper.tag(flow)
    state_of = partition.stepper.codecs[flow.table.name].state
    for key, value in partition.store.scan(tag):
        state = state_of(value)
        entity = key[len(tag) :]
        if flow.open_call is not None and flow.open_call(state):
            opened.inherited.append((flow.name, entity))
            continue
        wish = flow.ready(entity.decode(), state, partition.stepper.looking)
        if wish is not None:
            opened.wishes.append((flow.name, entity, wish))
