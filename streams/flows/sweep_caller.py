"""Pages of a pass over all inventory entries, and the health of the Subscription: one request each."""

from __future__ import annotations

from itertools import groupby

from streams.commercetools import query
from streams.commercetools.answer import Answer
from streams.commercetools.client import PAGE, Client, query_answer, results_of, unreadable
from streams.commercetools.reading import levels_of, read_at
from streams.commercetools.resources import InventoryEntry, inventory_entries
from streams.commercetools.subscription import health_of
from streams.engine.flow import Call, Ready
from streams.flows.channel_book import ChannelBook
from streams.outcome import Delivered
from streams.source.answers import HealthRead, HealthRequest, PageRead, PageRequest


class SweepCaller:
    """Implements ``flow.Caller`` for the sweep flow."""

    def __init__(self, client: Client, book: ChannelBook) -> None:
        self._client = client
        self._book = book

    def room(self, ready: Ready, now: int) -> int:
        return self._client.wait_ms()

    def take(self, ready: Ready, now: int) -> None:
        """Pages come one after the other: there is nothing to count."""

    async def call(self, queue: str, call: Call) -> PageRead:
        request: PageRequest = call.request
        first = request.behind is None
        search = query.skus_behind(request.behind, limit=PAGE, with_total=first)
        answer = query_answer(await self._client.get("inventory", search))
        results = results_of(answer)
        if results is None:
            return PageRead(answer.outcome if not answer.delivered else unreadable(answer).outcome)
        entries = inventory_entries(results)
        if entries is None:
            return PageRead(unreadable(answer).outcome)
        channels = await self._book.channels(entries)
        if isinstance(channels, Answer):
            return PageRead(channels.outcome)
        more = len(results) >= PAGE
        skus: list[tuple[str, list[InventoryEntry]]] = [
            (sku, list(some)) for sku, some in groupby(entries, key=lambda entry: entry.sku)
        ]
        whole = more and len(skus) == 1
        if more and not whole:
            skus.pop()  # the rest of its entries is on the next page, which begins with it
        seen: list[tuple[str, int | None]] = []
        for sku, some in skus:
            levels = levels_of(some, channels)
            if levels.entries or whole:
                seen.append((sku, None if whole else levels.digest))
        total = answer.body.get("total")
        return PageRead(
            Delivered(),
            read_at(answer),
            tuple(seen),
            sum(len(some) for _, some in skus),
            total if isinstance(total, int) else None,
            skus[-1][0] if skus else None,
            more,
        )


class HealthCaller:
    """Implements ``flow.Caller`` for the health flow."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def room(self, ready: Ready, now: int) -> int:
        """One question a minute needs no limit, and is asked also while nothing else is."""
        return 0

    def take(self, ready: Ready, now: int) -> None:
        """Nothing is counted."""

    async def call(self, queue: str, call: Call) -> HealthRead:
        request: HealthRequest = call.request
        return health_of(await self._client.unauthorized(f"subscriptions/{request.subscription}/health"))
