"""Kafka as the relay reads it: take records, go back after an abort, commit positions with a transaction.

Rebalances happen inside ``take`` and nowhere else, and no transaction is open then: what was read is committed or
forgotten before a partition goes.  Offsets are committed with the consumer's own membership, so a relay that was frozen
and lost its partitions cannot commit them any more.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.engine.errors import StepFailed
from streams.engine.rights import is_denied, missing_right
from streams.relay.patience import CALL_S, PASSING, Patience
from streams.relay.settings import RelaySettings
from streams.relay.topic_ids import TopicIds
from streams.relay.transaction import Transaction
from streams.relay.transform import Headers

log = logging.getLogger(__name__)

Spot = tuple[str, int]
"""Topic and partition."""


class Arrived(NamedTuple):
    """One record, as it was read."""

    spot: Spot
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers | None
    timestamp: int
    """Milliseconds; -1: it has none."""


class Exchange:
    """Consumer of one relay, and its transactions.  Blocks; used by one thread."""

    def __init__(
        self,
        settings: RelaySettings,
        topics: Iterable[str],
        stopping: Callable[[], bool],
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        """``alive`` is called whenever the library has come back to us."""
        self._patience = Patience(settings, stopping, alive)
        self.transaction = Transaction(settings, self._patience)
        self._settings = settings
        self._topics = sorted(topics)
        self.topic_ids = TopicIds(settings.kafka, self._topics, settings.topics_s)
        self._held: dict[Spot, float] = {}
        self._again: dict[Spot, int] = {}
        """Offsets gone back to, until their records come."""
        self._astray: dict[Spot, int] = {}
        """What came first instead, in this take."""
        self._came: dict[Spot, int] = {}
        """What came first instead before the last seek."""
        self.assigned: set[Spot] = set()
        self.joined = False
        """The group has given us our partitions, perhaps none."""
        self.gained: set[Spot] = set()
        """Partitions that came since somebody last looked."""
        self._consumer = Consumer(
            {
                **settings.kafka,
                "client.id": settings.client_id,
                "group.id": settings.group_id,
                "partition.assignment.strategy": settings.assignment,
                "session.timeout.ms": int(settings.session_timeout_s * 1000),
                "heartbeat.interval.ms": int(settings.session_timeout_s * 1000 / 4),
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "earliest",
                "queued.max.messages.kbytes": settings.queue_kbytes,
                "fetch.message.max.bytes": min(settings.queue_kbytes * 1024, 4 * 1024 * 1024),
                "fetch.wait.max.ms": 100,
                "topic.metadata.refresh.interval.ms": 30_000,
            },
            logger=log,
        )

    # -- begin and end --------------------------------------------------------------------------

    def open(self) -> None:
        """Fence a former bearer of our transactional id, and join the group."""
        self.transaction.initialise()
        self._consumer.subscribe(
            self._topics, on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_revoke
        )

    def close(self) -> None:
        """Leave the group.  What is open is aborted; a broker that is away does not hold us up."""
        with contextlib.suppress(KafkaException, RuntimeError):
            self._consumer.close()
        self.transaction.close()

    # -- records --------------------------------------------------------------------------------

    def take(self) -> list[Arrived]:
        """The next records of our partitions, in order per partition."""
        self._let_go()
        taken = []
        assigned, again = self.assigned, self._again
        for message in cast(list[Any], self._consumer.consume(self._settings.batch_records, self._settings.wait_s)):
            error = message.error()
            if error is not None:
                self._told(error, message.topic())
                continue
            spot = (message.topic(), message.partition())
            if spot in assigned and (not again or self._expected(spot, message.offset())):
                when = message.timestamp()[1]
                taken.append(Arrived(spot, message.offset(), message.key(), message.value(), message.headers(), when))
        if self._astray:
            self._seek_again()
        return taken

    def _expected(self, spot: Spot, offset: int) -> bool:
        """After going back the record gone back to comes first; what was fetched before is not taken for it.

        Compaction may have removed it meanwhile, which moves no log start: what comes first after two seeks is the
        next record there is, since what was fetched before a seek never comes twice.
        """
        wanted = self._again.get(spot)
        if wanted is None:
            return True
        if offset == wanted or (offset > wanted and self._came.get(spot) == offset):
            self._astray.pop(spot, None)
            self._found(spot)
            return True
        self._astray.setdefault(spot, offset)
        return False

    def _found(self, spot: Spot) -> None:
        """Nothing of a partition is looked for any more."""
        self._again.pop(spot, None)
        self._came.pop(spot, None)

    def _seek_again(self) -> None:
        """Records came that are not those gone back to."""
        astray, self._astray = self._astray, {}
        for spot, offset in astray.items():
            wanted = self._again.get(spot)
            if wanted is None or spot not in self.assigned:
                continue
            low, _ = self._consumer.get_watermark_offsets(TopicPartition(*spot), CALL_S)
            log.warning("%s/%d: came to %d instead of %d", *spot, offset, wanted)
            self._came[spot] = offset
            if low > wanted:
                self._found(spot)  # deleted meanwhile
            self._consumer.seek(TopicPartition(*spot, max(low, wanted)))

    def _told(self, error: KafkaError, topic: str | None) -> None:
        """An error in the place of a record."""
        if is_denied(error):
            raise missing_right(f"topic {topic}" if topic else self._settings.group_id, error.str())
        if error.fatal():
            raise StepFailed(f"reading failed: {error.str()}")
        if error.code() not in PASSING:
            log.warning("reading %s: %s", topic, error.str())

    def go_back(self, to: Mapping[Spot, int], exact: Collection[Spot]) -> None:
        """Read again from these offsets; ``exact``: where there is a record at the offset, as we have read it."""
        for (topic, partition), offset in to.items():
            if (topic, partition) in self.assigned:
                self._found((topic, partition))
                if (topic, partition) in exact:
                    self._again[topic, partition] = offset
                self._consumer.seek(TopicPartition(topic, partition, offset))

    def begin_anew(self, spots: Iterable[Spot]) -> None:
        """Read from the first record on: the topic is another one than that whose offset was committed."""
        for spot in spots:
            log.warning("%s/%d was created anew: it is read from its beginning", *spot)
            self._found(spot)
            self._again[spot] = 0
            with contextlib.suppress(KafkaException):  # not fetched from yet: what comes first goes astray, see take
                self._consumer.seek(TopicPartition(*spot, 0))

    def hold(self, spot: Spot, offset: int, seconds: float) -> None:
        """Read a partition again from here, but only after so long; the others go on."""
        if spot in self.assigned:
            self._found(spot)
            self._again[spot] = offset
            self._consumer.pause([TopicPartition(*spot)])
            self._consumer.seek(TopicPartition(*spot, offset))
            self._held[spot] = time.monotonic() + seconds

    def is_held(self, spot: Spot) -> bool:
        """It is read again later."""
        return spot in self._held

    @property
    def holding(self) -> int:
        """Partitions that wait."""
        return len(self._held)

    def _let_go(self) -> None:
        if self._held:
            now = time.monotonic()
            over = [spot for spot, until in self._held.items() if until <= now]
            for spot in over:
                del self._held[spot]
            self._consumer.resume([TopicPartition(*spot) for spot in over])

    def committed(self, spots: Iterable[Spot]) -> dict[Spot, tuple[int | None, str | None]]:
        """Offset and metadata the group has committed; None: none."""
        asked = [TopicPartition(*spot) for spot in spots]
        found = self._patience.call("ask for offsets", lambda seconds: self._consumer.committed(asked, seconds))
        return {(one.topic, one.partition): (one.offset if one.offset >= 0 else None, one.metadata) for one in found}

    def behind(self) -> dict[Spot, int]:
        """Records behind the end, as far as fetches have told."""
        found = {}
        for one in self._consumer.position([TopicPartition(*spot) for spot in self.assigned]):
            with contextlib.suppress(KafkaException, TypeError):
                low, high = self._consumer.get_watermark_offsets(TopicPartition(one.topic, one.partition), cached=True)
                if high >= 0:
                    found[one.topic, one.partition] = max(0, high - (one.offset if one.offset >= 0 else low))
        return found

    # -- rebalance ------------------------------------------------------------------------------

    def _on_assign(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self.joined = True
        spots = {(one.topic, one.partition) for one in partitions}
        self.assigned |= spots
        self.gained |= spots
        log.info("partitions gained: %s", _listed(partitions))

    def _on_revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        for one in partitions:
            spot = (one.topic, one.partition)
            self.assigned.discard(spot)
            self.gained.discard(spot)
            self._held.pop(spot, None)
            self._found(spot)
        log.info("partitions gone: %s", _listed(partitions))

    # -- transaction ----------------------------------------------------------------------------

    def commit(self, positions: Mapping[Spot, tuple[int, str]]) -> None:
        """Outputs and positions become visible together.  Aborted: nothing did, the records are to be read again."""
        offsets = [
            TopicPartition(topic, partition, offset, metadata)
            for (topic, partition), (offset, metadata) in positions.items()
        ]
        self.transaction.commit(offsets, self._consumer.consumer_group_metadata())


def _listed(partitions: list[TopicPartition]) -> str:
    by_topic: dict[str, list[int]] = {}
    for one in partitions:
        by_topic.setdefault(one.topic, []).append(one.partition)
    return "; ".join(f"{topic} {sorted(numbers)}" for topic, numbers in sorted(by_topic.items())) or "none"
