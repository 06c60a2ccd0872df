"""A stepper over a local copy, without Kafka: what is produced is kept in a list, a commit is a call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from streams.engine.decided import Decided, Inputs, Loss
from streams.engine.fetch import Batch
from streams.engine.flow import Flow
from streams.engine.positions import Positions
from streams.engine.step import Stepper
from streams.engine.store import Store, block_cache
from tests.engine.flows import NAMES, alarm_flow, errand_flow, ledger_flow
from tests.engine.topics import catalog_of

CACHE = block_cache(4)
FLOWS = (ledger_flow(), alarm_flow(), errand_flow())
TAGS = {name: name.encode() + b"\0" for name in ("ledger", "seen", "alarms", "errands")}


@dataclass
class Published:
    """One record a step produced."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes | None] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        return orjson.loads(self.value or b"null")


class Bench:
    """One partition at which steps are tried."""

    def __init__(
        self, folder: Path, flows: Sequence[Flow] = FLOWS, cache_rows: int = 100, most: int = 10_000, of: int = 1
    ) -> None:
        self.store = Store(folder / "0", CACHE)
        self.stepper = Stepper(
            "trial", flows, catalog_of("", of, NAMES), 0, self.store, "changelog", TAGS, cache_rows, most
        )
        self.positions = Positions()
        self.published: list[Published] = []
        self._offsets: dict[str, int] = {}

    def batch(self, topic: str, *records: tuple[bytes | None, Any]) -> Batch:
        """The next records of a topic; values that are no bytes are written as JSON."""
        start = self._offsets.get(topic, 0)
        raw: list[Any] = [
            (
                start + place,
                1_000 + start + place,
                key,
                value if value is None or isinstance(value, bytes) else orjson.dumps(value),
                [("own", b"1")],
            )
            for place, (key, value) in enumerate(records)
        ]
        self._offsets[topic] = start + len(raw)
        return Batch(topic, 0, start, start + len(raw), 1, raw)

    def produce(self, topic: str, value: Any, key: Any, partition: int, headers: Any = ()) -> None:
        self.published.append(Published(topic, key, value, dict(headers)))

    def decide(
        self,
        *batches: Batch,
        now: int = 0,
        events: Sequence[tuple[str, bytes, Any]] = (),
        timers: Sequence[tuple[int, bytes]] = (),
        ahead: dict[str, int] | None = None,
        losses: Sequence[Loss] = (),
    ) -> Decided:
        """Decide a step; nothing is remembered."""
        self.published = []
        return self.stepper.decide(Inputs(batches, events, timers, ahead or {}, losses), now, self.produce)

    def step(self, *batches: Batch, **more: Any) -> Decided:
        """Decide a step and commit it."""
        decided = self.decide(*batches, **more)
        self.store.write(decided.batch, "topic", 1, 0)
        self.stepper.remember(decided)
        return decided

    def on(self, topic: str) -> list[Published]:
        return [record for record in self.published if record.topic == topic]

    def row(self, flow: Flow, entity: bytes) -> Any:
        found = self.stepper.row(flow, entity)
        return None if found is None else found[0]

    def timers(self) -> list[tuple[int, bytes]]:
        return self.store.due(1 << 60, 1_000)[0]

    def close(self) -> None:
        self.store.close()
