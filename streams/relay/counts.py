"""Counts of one foreign partition, kept where the relay keeps everything: with the group's offset.

The metadata of an offset is committed with it, so counts survive kills and changes of owner without a state of ours,
and every record is counted exactly once.  Beside them stands the id of the topic that the offset is of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import orjson

from streams.records.sync_job import SyncJob

GROUP = "relay"
MOST_METADATA = 3000
"""Bytes; brokers take 4096 by default."""
MOST_NAMES = 40


class Counts(NamedTuple):
    """Since the last job of a partition."""

    since: int = 0
    """Milliseconds, our clock; 0: nothing was counted."""
    outcomes: Mapping[str, int] = {}
    topic_id: str = ""
    """Of the topic whose records were counted; empty: not known."""

    def plus(self, added: Mapping[str, int], now: int) -> Counts:
        outcomes = dict(self.outcomes)
        for name, number in added.items():
            known = name if name in outcomes or len(outcomes) < MOST_NAMES else "other"
            outcomes[known] = outcomes.get(known, 0) + number
        return self._replace(since=self.since or now, outcomes=outcomes)

    def published(self) -> Counts:
        """The counts begin again."""
        return Counts(topic_id=self.topic_id)

    @property
    def total(self) -> int:
        return sum(self.outcomes.values())

    def metadata(self) -> str:
        """For the offset."""
        if not self.outcomes and not self.topic_id:
            return ""
        return orjson.dumps([self.since, self.outcomes, self.topic_id]).decode()

    def is_due(self, now: int, job_ms: int) -> bool:
        """To be published: the span is over, or there is no room for more."""
        return bool(self.outcomes) and (now - self.since >= job_ms or len(self.metadata()) > MOST_METADATA)

    def job(self, topic: str, partition: int, until: int) -> SyncJob:
        name = f"{GROUP}/{topic}/{partition}"
        return SyncJob(name, GROUP, partition, self.since, until, self.total, self.outcomes)


def counts_of(metadata: str | None) -> Counts:
    """Counts from an offset's metadata, also from before it had a topic's id; whatever else stands there means none."""
    try:
        since, outcomes, *more = orjson.loads(metadata or "")
        (topic_id,) = more or [""]
        good = isinstance(since, int) and all(isinstance(number, int) for number in outcomes.values())
    except (ValueError, TypeError, AttributeError):
        return Counts()
    return Counts(since, outcomes, topic_id) if good and isinstance(topic_id, str) else Counts()
