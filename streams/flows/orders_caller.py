"""Calls of the order watcher: searches and readings of one shop's orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streams.deadline import Deadline
from streams.engine.flow import Call, Ready
from streams.flows.access import AccessBook
from streams.flows.orders import AccessRefused, OrdersRequest
from streams.flows.pressure import Pressure
from streams.order.calls import OrdersFound, OrdersRead, SearchOrders
from streams.outcome import RetryLater, ShopStopped
from streams.tiktok_shop import order
from streams.tiktok_shop.client import Client

_NO_ACCESS = ShopStopped(
    "token-key", "the published token cannot be decrypted", "give this worker the same TTS_TOKEN_KEYS as the others"
)
_NO_CIPHER = RetryLater("cipher-key", "the published shop cipher cannot be decrypted; it is asked for again", False)


class OrdersCaller:
    """Implements ``flow.Caller`` for the orders flow."""

    def __init__(
        self,
        client: Client,
        book: AccessBook,
        pressure: Pressure,
        clock: Callable[[], int],
        post: Callable[[str, Any], None],
    ) -> None:
        self._client = client
        self._book = book
        self._pressure = pressure
        self._clock = clock
        self._post = post

    def room(self, ready: Ready, now: int) -> int:
        return self._pressure.wait(ready.queue, ready.operations, now)

    def take(self, ready: Ready, now: int) -> None:
        self._pressure.take(ready.queue, ready.operations, now)

    def give_back(self, ready: Ready, now: int) -> None:
        self._pressure.give_back(ready.queue, ready.operations, now)

    async def call(self, queue: str, call: Call, deadline: Deadline) -> OrdersFound | OrdersRead:
        request: OrdersRequest = call.request
        searching = isinstance(request.call, SearchOrders)
        access = self._book.open(request.market, request.access)
        if isinstance(access, str):
            if access == "cipher":
                self._post(request.market, AccessRefused(0))
            outcome = _NO_ACCESS if access == "token" else _NO_CIPHER
            return OrdersFound(outcome) if searching else OrdersRead(outcome)
        wanted = order.search(request.call) if isinstance(request.call, SearchOrders) else order.read(request.call)
        await self._pressure.queue_up(queue, wanted.operation, self._clock(), deadline)
        answer = await self._client.send(wanted, shop=access, deadline=deadline)
        self._pressure.hear(request.market, wanted.operation, answer, self._clock())
        if answer.cure == "refresh-token":
            self._post(request.market, AccessRefused(request.access.generation))
        elif answer.cure == "refetch-shops":
            self._post(request.market, AccessRefused(0))
        return order.found(answer) if searching else order.known(answer)
