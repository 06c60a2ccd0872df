"""Calls of the listing flow: from what the rules want to TikTok Shop's operations, and back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

from streams.deadline import Deadline
from streams.engine.flow import Call, Ready
from streams.flows.access import AccessBook, SealedAccess, Unreadable
from streams.flows.pressure import Pressure
from streams.flows.shop import CipherRefused, TokenRefused
from streams.listing import calls
from streams.listing.answers import Answer
from streams.outcome import RetryLater, ShopStopped
from streams.records.shop import LearnedLimit
from streams.tiktok_shop import answer as wire
from streams.tiktok_shop.client import Client
from streams.tiktok_shop.listing import answer_to, call_for
from streams.tiktok_shop.paging import next_page_token

Post = Callable[[str, Any], None]
"""Give the shop's flow an event: market, event."""


class ListingRequest(NamedTuple):
    """A call of the rules, and whose shop it is for."""

    market: str
    call: calls.Call
    access: SealedAccess
    limits: tuple[LearnedLimit, ...]
    """What the shop's row has kept, for a worker that has learned nothing yet."""


class ListingCaller:
    """Implements ``flow.Caller`` for the listing flow."""

    def __init__(
        self, client: Client, book: AccessBook, pressure: Pressure, clock: Callable[[], int], post: Post
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

    async def call(self, queue: str, call: Call, deadline: Deadline) -> Answer:
        request: ListingRequest = call.request
        now = self._clock()
        self._pressure.remember(request.market, request.limits, now)
        access = self._book.open(request.market, request.access)
        if isinstance(access, str):
            generation = request.access.generation
            self._post(request.market, TokenRefused(generation) if access == "token" else CipherRefused(generation))
            return answer_to(request.call, [_unreadable(access, now)])
        wanted = call_for(request.call)
        await self._pressure.queue_up(request.market, wanted.operation, now, deadline)
        if not isinstance(request.call, calls.SearchProducts):
            came = await self._client.send(wanted, shop=access, deadline=deadline)
            self._heard(request, wanted.operation, came)
            return answer_to(request.call, [came])

        async def turn(came: wire.Answer) -> None:
            """A further page is a further call: it waits for room, but not beyond the deadline."""
            self._heard(request, wanted.operation, came)
            if next_page_token(came) is None:
                return
            while (wait := self._pressure.wait(request.market, (wanted.operation,), self._clock())) > 0:
                if (left := deadline.left_ms) <= 0:
                    return
                await asyncio.sleep(min(wait, left) / 1000)
            self._pressure.take(request.market, (wanted.operation,), self._clock())

        pages = await self._client.send_all(wanted, shop=access, turn=turn, deadline=deadline)
        return answer_to(request.call, pages)

    def _heard(self, request: ListingRequest, operation: str, came: wire.Answer) -> None:
        self._pressure.hear(request.market, operation, came, self._clock())
        if came.cure == "refresh-token":
            self._post(request.market, TokenRefused(request.access.generation))
        elif came.cure == "refetch-shops":
            self._post(request.market, CipherRefused(request.access.generation))


def _unreadable(what: Unreadable, now: int) -> wire.Answer:
    """Nothing can be sent without the shop's token and cipher."""
    outcome: RetryLater | ShopStopped
    if what == "cipher":
        outcome = RetryLater("cipher-key", "the stored shop cipher cannot be decrypted; it is asked for again", False)
    else:
        outcome = ShopStopped(
            "token-key",
            "the stored token cannot be decrypted",
            "put the key it was sealed with into TTS_TOKEN_KEYS again",
        )
    return wire.Answer(outcome, None, outcome.reason, None, (), (), "", 0, now, now, None, False)
