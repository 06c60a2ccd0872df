"""The flows of ``intake`` and their callers against the commercetools fake, without Kafka: one step after another."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import httpx

from streams.commercetools.access import Access
from streams.commercetools.client import Client, Running
from streams.commercetools.hints import Hints, hints_of
from streams.deadline import Deadline
from streams.engine.flow import Call, Completion, Due, Emit, Flow, Inherited, Ready, Swept, Table, Turn
from streams.flows.intake import IntakeSource
from streams.market.markets import Markets
from streams.market.model import Market
from streams.records.fetch_hint import FetchHint
from streams.records.stock_change import StockChange
from streams.sandbox.commercetools import control as fake_control
from streams.sandbox.commercetools.control import CommercetoolsControl
from streams.sandbox.commercetools.fake import Commercetools
from streams.sandbox.commercetools.transport import CommercetoolsTransport
from streams.settings import Settings
from streams.topics.catalog import load

CLIENT = fake_control.Client(client_id="streams", client_secret="sample", scopes=("view_products", "view_orders"))
BASE = "http://sandbox/commercetools"


class Rows(dict[str, Any]):
    """A table as rules see it."""

    def put(self, key: str, row: Any) -> None:
        self[key] = row

    def drop(self, key: str) -> None:
        self.pop(key, None)

    def scan(self, prefix: str, after: str = "") -> Iterator[tuple[str, Any]]:
        return iter([(key, self[key]) for key in sorted(self) if key.startswith(prefix) and key > after])


class Looking(NamedTuple):
    tables: Mapping[str, Rows]
    now: int
    partition: int = 0

    def rows(self, table: Table) -> Rows:
        return self.tables[table.name]


def market(*channels: tuple[str, str] | str, name: str = "uk") -> Market:
    """Channels are keys, or (key, logic)."""
    named = [(one, "available") if isinstance(one, str) else one for one in channels]
    fed = [
        {"warehouse": str(number), "channels": [{"channel": key, "logic": logic, "share": 50}]}
        for number, (key, logic) in enumerate(named)
    ]
    return Market.model_validate({"name": name, "shop": {"region": "GB", "currency": "GBP"}, "warehouses": fed})


class Desk:
    """One project ``sandbox`` with the channels ``main`` and ``other``; our clock is ``now``."""

    def __init__(self, fake: Commercetools, markets: Markets, **settings: Any) -> None:
        transport = CommercetoolsTransport(fake)
        self.control = CommercetoolsControl(httpx.Client(transport=transport, base_url="http://sandbox"))
        self.now = time.time_ns() // 1_000_000
        self.client = Client(
            Access("sandbox", f"{BASE}/api", f"{BASE}/auth", CLIENT.client_id, CLIENT.client_secret),
            lambda: self.now,
            4,
            10_000,
            transport,
            Running(lambda: self.now, self._slept),
        )
        self._settings = Settings(commercetools_linger_ms=0, **settings)
        self.tables: dict[str, Rows] = {}
        self.events: list[tuple[str, str, Any]] = []
        self.emits: list[Emit] = []
        self.counts: dict[str, int] = {}
        self.wakes: dict[tuple[str, str], int] = {}
        self.following: list[tuple[str, str, Call]] = []
        """Calls that follow from answers."""
        self.start(markets)

    async def _slept(self, seconds: float) -> None:
        self.now += round(seconds * 1000)

    def start(self, markets: Markets) -> None:
        """A worker starts; rows outlive it."""
        catalog = load(partitions={"sku": 1})
        group = IntakeSource(self._settings, markets, self.client, catalog).group()
        self.flows: dict[str, Flow] = {flow.name: flow for flow in group.flows}
        self.callers: Mapping[str, Any] = group.callers
        for table in group.tables:
            self.tables.setdefault(table.name, Rows())
        for flow in group.flows:
            for entity, row in self.tables[flow.table.name].items():
                if flow.open_call is not None and flow.open_call(row):
                    self.events.append((flow.name, entity, Inherited()))
            for entity in flow.seeds(0) if flow.seeds is not None else ():
                if entity not in self.tables[flow.table.name]:
                    self.events.append((flow.name, entity, Due()))

    # -- what comes in ---------------------------------------------------------------------------

    def hint(self, key: str, reason: Any = "NOTIFICATION", **fields: Any) -> None:
        self.log("fetch-hints", key, FetchHint(reason, self.now, **fields))

    def hear(self, record: bytes) -> None:
        """A record of ct-notifications, as the relay takes it."""
        told = hints_of(record, self.now)
        for hint in told.hints if isinstance(told, Hints) else ():
            self.log("fetch-hints", hint.key, hint.value)

    def log(self, topic: str, key: str, value: Any) -> None:
        for flow in self.flows.values():
            self.events += [
                (flow.name, key, one.event(key, value, self.now)) for one in flow.inputs if one.topic == topic
            ]

    def restart(self, markets: Markets) -> None:
        """With what the engine does about flows whose fingerprint is another one than before."""
        before = {name: flow.fingerprint for name, flow in self.flows.items()}
        self.start(markets)
        for name, flow in self.flows.items():
            if flow.fingerprint != before[name]:
                self.events += [(name, key, Swept()) for key in self.tables[flow.table.name]]

    # -- what comes out --------------------------------------------------------------------------

    def changes(self) -> list[tuple[str, StockChange]]:
        """Since the last time."""
        found = [(key, value) for topic, key, value in self.emits if topic == "stock-changes"]
        self.emits = [one for one in self.emits if one.topic != "stock-changes"]
        return found

    def levels(self) -> dict[str, dict[str, int]]:
        """What the last change of each SKU says, since the last time."""
        return {key: {level.channel: level.quantity for level in change.levels} for key, change in self.changes()}

    def results(self) -> list[Any]:
        return [value for topic, _, value in self.emits if topic == "sync-results"]

    def codes(self) -> list[str]:
        return [result.code for result in self.results()]

    # -- life ------------------------------------------------------------------------------------

    async def quiet(self, most: int = 20_000) -> None:
        """Everything that can be done at this time is done."""
        for _ in range(most):
            if self.events:
                flow, entity, *events = self.events.pop(0)
                call = self._answer(flow, entity, *events)
                self.following += [] if call is None else [(flow, entity, call)]
                continue
            if self.woken():
                continue
            asked = [*self.following, *self.granted()]
            self.following.clear()
            if not asked:
                return
            answers = await asyncio.gather(
                *(self.callers[flow].call(QUEUE, call, Deadline.after(call.deadline_ms)) for flow, _, call in asked)
            )
            for (flow, entity, call), answer in zip(asked, answers, strict=True):
                self.events.append((flow, entity, Completion(call.token, answer)))
        raise AssertionError("never quiet")

    async def later(self, ms: int) -> None:
        self.now += ms
        await self.quiet()

    def woken(self) -> bool:
        """Rows whose time has come, such as a partition's that closes a pass."""
        due = [one for one, at in self.wakes.items() if at <= self.now]
        for flow, entity in due:
            del self.wakes[flow, entity]
            self.events.append((flow, entity, Due()))
        return bool(due)

    def granted(self) -> Sequence[tuple[str, str, Call]]:
        """Turns for all rows that want one, and the calls they make."""
        calls: list[tuple[str, str, Call]] = []
        looking = Looking(self.tables, self.now)
        for flow in self.flows.values():
            for entity, row in list(self.tables[flow.table.name].items()):
                assert flow.ready is not None
                wish = flow.ready(entity, row, looking)  # type: ignore[arg-type]
                if isinstance(wish, Ready) and not self.callers[flow.name].room(wish, self.now):
                    call = self._answer(flow.name, entity, Turn(wish.operations))
                    calls += [] if call is None else [(flow.name, entity, call)]
        return calls

    def _answer(self, name: str, entity: str, *events: Any) -> Call | None:
        flow = self.flows[name]
        table = self.tables[flow.table.name]
        step = flow.step(entity, table.get(entity), events, Looking(self.tables, self.now))  # type: ignore[arg-type]
        if step.state is None:
            table.pop(entity, None)
        else:
            table[entity] = step.state
        self.wakes.pop((name, entity), None)
        if step.wake is not None:
            self.wakes[name, entity] = step.wake
        for count, number in (step.counts or {}).items():
            self.counts[count] = self.counts.get(count, 0) + number
        for emit in step.emits:
            self.emits.append(emit)
            if emit.topic in ("fetch-hints", "source-sweeps"):
                self.log(*emit)
        return step.call


QUEUE = "commercetools"


def at_the_desk(
    play: Callable[[Desk], Awaitable[None]],
    *channels: tuple[str, str] | str,
    fake: Commercetools | None = None,
    **settings: Any,
) -> None:
    """Play against a fake, a fresh one if none is given; channels are those of the only market."""
    known, fake = fake is not None, fake or Commercetools()

    async def run() -> None:
        settings.setdefault("commercetools_sweep_hours", 0)
        desk = Desk(fake, Markets([market(*(channels or ("main",)))]), **settings)
        if not known:
            desk.control.add_projects(fake_control.Project(key="sandbox"))
        desk.control.add_clients(CLIENT)
        desk.control.add_channels("main", "other")
        async with desk.client:
            await play(desk)

    asyncio.run(run())
