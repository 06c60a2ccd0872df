"""From the committed changelog to a partition that may be read: fence, catch up, know the positions.

Order matters: the fence first (it ends the predecessor's open transaction, so the end of the changelog is
final), then the local copy, then the records behind it, up to the end asked at the beginning.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from rocksdict import Cache

from streams.engine.errors import SetupError, StepFailed
from streams.engine.rights import is_denied, missing_right
from streams.engine.store import Store, Unreadable, apply_changes, discard

log = logging.getLogger(__name__)

_PORTION = 2_000
_WAIT_S = 0.05


def open_store(path: Path, cache: Cache, topic_id: str, now: int, delete_retention_ms: int) -> Store:
    """Open the local copy, thrown away when it is damaged, belongs to another topic or is too old to be caught up."""
    if path.exists():
        try:
            store = Store(path, cache)
        except Unreadable as problem:
            log.warning("local copy %s is damaged and built anew: %s", path, problem)
        else:
            origin = store.origin()
            if (
                origin is not None
                and origin.topic_id == topic_id
                and now - origin.written_at < delete_retention_ms * 0.9
            ):
                return store
            log.info("local copy %s is empty, foreign or too old, and built anew", path)
            store.close()
        discard(path)
    return Store(path, cache)


def catch_up(
    store: Store,
    config: Mapping[str, Any],
    changelog: str,
    partition: int,
    topic_id: str,
    clock: Callable[[], int],
    progress: Callable[[int, int], None],
    timeout: float,
) -> int:
    """Apply the changelog from where the copy stands to its end; returns how many records were read.  Blocks."""
    deadline = time.monotonic() + timeout
    consumer = Consumer(
        {
            **config,
            "group.id": f"{changelog}-restore",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "isolation.level": "read_committed",
            "auto.offset.reset": "error",
            "enable.partition.eof": True,
            "fetch.max.bytes": 1_048_576,
            "max.partition.fetch.bytes": 524_288,
            "queued.min.messages": 10_000,  # per partition opened side by side; a queue costs thrice its bytes
            "queued.max.messages.kbytes": 4_096,
            "fetch.wait.max.ms": 10,
            "fetch.queue.backoff.ms": 5,  # by default a full queue is not looked at again for a second
        }
    )
    try:
        low, end = _ends(consumer, changelog, partition, deadline)
        origin = store.origin()
        if origin is not None and origin.next_offset > end:
            raise SetupError(
                f"{changelog}/{partition} ends at {end}, before this worker's copy ({origin.next_offset}): "
                f"the changelog was truncated; restore the topic, or remove {store.path} to accept what is left"
            )
        position = low if origin is None else max(low, origin.next_offset)
        first = position
        count = 0
        if position < end:
            consumer.assign([TopicPartition(changelog, partition, position)])
        while position < end:
            if time.monotonic() > deadline:
                raise StepFailed(f"{changelog}/{partition}: restore stopped at {position} of {end} after {timeout} s")
            batch = store.batch()
            changes = []
            for message in consumer.consume(_PORTION, _WAIT_S):
                error = message.error()
                if error is None:
                    changes.append((message.key() or b"", message.value()))
                    position = int(message.offset() or 0) + 1
                elif error.code() == KafkaError._PARTITION_EOF:
                    position = max(position, int(message.offset() or 0))
                elif is_denied(error):
                    raise missing_right(f"topic {changelog}", error.str())
                elif not error.retriable() and error.code() not in _TRANSIENT:
                    raise StepFailed(f"{changelog}/{partition}: restore failed: {error.str()}")
            if changes:
                count += apply_changes(batch, changes)
                store.write(batch, topic_id, position, clock())
                progress(position - first, end - first)
        return count
    finally:
        consumer.close()


_TRANSIENT = frozenset(
    {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT, KafkaError.NOT_LEADER_FOR_PARTITION}
)


def _ends(consumer: Consumer, topic: str, partition: int, deadline: float) -> tuple[int, int]:
    while True:
        try:
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=5.0)
            return int(low), int(high)
        except KafkaException as problem:
            error = problem.args[0]
            if is_denied(error):
                raise missing_right(f"topic {topic}", error.str()) from problem
            if time.monotonic() > deadline or error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise SetupError(
                    f"changelog {topic}/{partition} cannot be read: {error.str()}; run `streams topics apply`"
                ) from problem
            time.sleep(0.1)
