"""A dispatcher over one partition, with a caller that answers when told; no Kafka, no rules."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from rocksdict import WriteBatch

from streams.deadline import Deadline, since_boot
from streams.engine.decided import Decided
from streams.engine.dispatcher import Dispatcher
from streams.engine.flow import Call, Flow, Ready, Turn
from tests.engine.flows import errand_flow

FLOW = errand_flow()
OPERATIONS = ("deliver",)


class Partition:
    """What the dispatcher knows of a partition: its rows and its inbox."""

    def __init__(self, number: int = 0) -> None:
        self.number = number
        self.rows: dict[bytes, Any] = {}
        self.posted: list[tuple[bytes, Any]] = []
        self.stepper = SimpleNamespace(row=self._row, looking=SimpleNamespace(now=0))

    def _row(self, flow: Flow, entity: bytes) -> Any:
        return (self.rows[entity], None) if entity in self.rows else None

    def post(self, flow: str, entity: bytes, event: Any) -> None:
        self.posted.append((entity, event))

    def turns(self) -> list[bytes]:
        return [entity for entity, event in self.posted if isinstance(event, Turn)]


class Caller:
    """Has room as told, answers when told."""

    def __init__(self) -> None:
        self.wait_ms = 0
        self.taken = 0
        self.answer: asyncio.Future[Any] | None = None
        self.deadlines: list[Deadline] = []

    def room(self, ready: Ready, now: int) -> int:
        return self.wait_ms

    def take(self, ready: Ready, now: int) -> None:
        self.taken += 1

    def give_back(self, ready: Ready, now: int) -> None:
        self.taken -= 1

    async def call(self, queue: str, call: Call, deadline: Deadline) -> Any:
        assert self.answer is not None
        self.deadlines.append(deadline)
        return await self.answer


class Trial:
    def __init__(self, calls_per_queue: int = 2, follow_up: tuple[str, ...] = (), calls_at_once: int = 1) -> None:
        self.now = 1_000
        self.caller = Caller()
        self.partition = Partition()
        self.partitions: dict[int, Any] = {0: self.partition}
        self.failures: list[BaseException] = []
        self.dispatcher = Dispatcher(
            {"errands": replace(FLOW, follow_up=follow_up, calls_at_once=calls_at_once)},
            {"errands": self.caller},
            self.partitions,
            calls_per_queue,
            lambda: self.now,
            self.failures.append,
        )

    def want(self, *entities: bytes) -> None:
        for entity in entities:
            self.partition.rows[entity] = {"wanted": 1, "done": 0, "token": None, "until": 0}
            self.dispatcher.look(cast(Any, self.partition), "errands", entity)

    def commit(
        self,
        entity: bytes,
        *,
        calls: tuple[Call, ...] = (),
        turn: bool = False,
        completion: bool = False,
        began: float | None = None,
    ) -> None:
        decided = Decided(
            WriteBatch(raw_mode=True),
            {},
            [("errands", entity, call) for call in calls],
            {"errands": {entity: self.partition.rows.get(entity)}},
            [("errands", entity)] if turn else [],
            [("errands", entity)] if completion else [],
            {},
            0,
            0,
            0,
            None,
        )
        self.dispatcher.committed(cast(Any, self.partition), decided, since_boot() if began is None else began)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def call() -> Call:
    return Call("token", {}, 100)
