"""Opening a partition: producer connected, former owner fenced, rows restored, positions known."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from rocksdict import Cache

from streams.engine.flow import Group
from streams.engine.partition import Partition
from streams.engine.positions import Positions
from streams.engine.producer import TransactionalProducer
from streams.engine.restore import catch_up, open_store
from streams.engine.settings import EngineSettings
from streams.engine.step import Stepper

if TYPE_CHECKING:
    from streams.topics.catalog import Catalog

log = logging.getLogger(__name__)


def table_tags(group: Group) -> dict[str, bytes]:
    """Table name to the first bytes of its row keys: the name and a zero byte, so tables may be added freely."""
    return {table.name: table.name.encode() + b"\x00" for table in group.tables}


def connect_producer(settings: EngineSettings, partition: int) -> TransactionalProducer:
    """A connected producer for a partition; blocks up to half a second.  May be made before it is needed."""
    producer = TransactionalProducer(settings.kafka, f"{settings.transactional_prefix}-{partition}")
    producer.connect(10.0)
    return producer


def open_partition(
    number: int,
    group: Group,
    catalog: Catalog,
    settings: EngineSettings,
    cache: Cache,
    topic_id: str,
    producer: TransactionalProducer,
    clock: Callable[[], int],
    progress: Callable[[int, int, int], None],
    tags: Mapping[str, bytes],
) -> Partition:
    """Blocks; run it in a thread, several partitions side by side."""
    started = time.monotonic()
    producer.initialise(settings.open_timeout_s)
    fenced = time.monotonic()
    path = settings.state_dir / group.name / str(number)
    store = open_store(path, cache, topic_id, clock(), settings.delete_retention_ms)
    try:
        count = catch_up(
            store,
            settings.kafka,
            settings.changelog,
            number,
            topic_id,
            clock,
            lambda done, total: progress(number, done, total),
            settings.open_timeout_s,
        )
        positions = Positions.decode(store.positions())
        stepper = Stepper(
            group.name, group.flows, catalog, number, store, settings.changelog, tags, settings.cache_rows
        )
        partition = Partition(number, store, producer, stepper, positions, topic_id, settings, clock)
    except BaseException:
        store.close()
        raise
    partition.measures.restored = count
    log.info(
        "%s/%d open: fenced in %.2f s, %d changelog records in %.2f s",
        group.name,
        number,
        fenced - started,
        count,
        time.monotonic() - fenced,
    )
    return partition
