"""In a rush of order events the poller goes on: the watermark that lets increases through depends on it."""

from __future__ import annotations

import asyncio
import time
from typing import Any, cast

from rocksdict import WriteBatch

from streams.deadline import Deadline, since_boot
from streams.engine.decided import Decided
from streams.engine.dispatcher import Dispatcher
from streams.engine.flow import Call, Completion, Ready, Turn
from streams.flows.orders import WatchPolicy, watch_flow
from streams.order.calls import OrdersFound, OrdersRead, ReadOrders
from streams.order.policy import PollPolicy
from streams.outcome import Delivered
from tests.flows.test_orders import Shop
from tests.order.builders import HOLDS, event, line, order

READING_S, SEARCH_S, COMMIT_S = 0.1, 0.02, 0.005
RUSH_S, EVERY_S = 1.5, 0.02


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Partition:
    """One market's row; a step at a time, committed after a moment."""

    number = 0

    def __init__(self) -> None:
        began = now_ms() - 60_000
        policy = WatchPolicy(HOLDS._replace(cut_over=began), PollPolicy(began, interval=200))
        self.flow = watch_flow({"uk": policy}, lambda _: ("uk",), 3_000, "same", 0)
        self.looking = Shop(now_ms())
        self.stepper = self
        self.state: Any = None
        self.events: list[Any] = []
        self.wanted = asyncio.Event()

    def row(self, _flow: Any, _entity: bytes) -> Any:
        return None if self.state is None else (self.state, None)

    def post(self, _flow: str, _entity: bytes, event: Any) -> None:
        self.events.append(event)
        self.wanted.set()

    async def run(self, dispatcher: Dispatcher) -> None:
        while True:
            await self.wanted.wait()
            self.wanted.clear()
            events, self.events = self.events, []
            began, self.looking.now = since_boot(), now_ms()
            step = self.flow.step("uk", self.state, events, cast(Any, self.looking))
            await asyncio.sleep(COMMIT_S)
            self.state = step.state
            mine = ("orders", b"uk")
            turns, answers = ([mine for one in events if type(one) is kind] for kind in (Turn, Completion))
            calls = [] if step.call is None else [(*mine, step.call)]
            touched = {"orders": {b"uk": step.state}}
            batch = WriteBatch(raw_mode=True)
            decided = Decided(batch, {}, calls, touched, turns, answers, {}, 0, 0, 0, None)
            dispatcher.committed(cast(Any, self), decided, began)


class Caller:
    """A shop without limits, whose readings take longer than the next event."""

    def __init__(self) -> None:
        self.readings = self.searches = 0

    def room(self, ready: Ready, now: int) -> int:
        return 0

    def take(self, ready: Ready, now: int) -> None:
        """Limits are not the matter here."""

    def give_back(self, ready: Ready, now: int) -> None:
        """Nor here."""

    async def call(self, queue: str, call: Call, deadline: Deadline) -> Any:
        wanted, sent = call.request.call, now_ms()
        if not isinstance(wanted, ReadOrders):
            self.searches += 1
            await asyncio.sleep(SEARCH_S)
            return OrdersFound(Delivered(), sent_at=sent, answered_at=now_ms())
        self.readings += 1
        await asyncio.sleep(READING_S)
        late = now_ms() + 60_000
        read = tuple(order(line("1"), id=one)._replace(updated_at=late) for one in wanted.order_ids)
        return OrdersRead(Delivered(), read, sent, now_ms())


async def test_the_poller_is_not_starved_by_readings() -> None:
    partition, caller, failures = Partition(), Caller(), list[BaseException]()
    dispatcher = Dispatcher(
        {"orders": partition.flow}, {"orders": caller}, cast(Any, {0: partition}), 8, now_ms, failures.append
    )
    tasks = [asyncio.create_task(partition.run(dispatcher)), asyncio.create_task(dispatcher.run())]
    for number in range(int(RUSH_S / EVERY_S)):
        partition.post("orders", b"uk", event(str(number))._replace(updated_at=now_ms()))
        await asyncio.sleep(EVERY_S)
    readings, searches = caller.readings, caller.searches
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert not failures and readings > 2
    assert searches > 1, "readings are wanted all the time, and searches never got their turn"
