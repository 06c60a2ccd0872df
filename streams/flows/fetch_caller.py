"""Readings of single resources: many rows' calls become few requests to commercetools."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from streams.commercetools import query
from streams.commercetools.answer import Answer
from streams.commercetools.client import Client, Found
from streams.commercetools.hints import skus_of_lines
from streams.commercetools.reading import levels_of, read_at
from streams.commercetools.resources import InventoryEntry, inventory_entries
from streams.engine.flow import Call, Ready
from streams.flows.channel_book import ChannelBook
from streams.flows.coalescing import Coalescer
from streams.outcome import Delivered, Outcome, Rejected, RetryLater, ShopStopped
from streams.source.answers import EntryRead, FetchRequest, OrderRead, StockRead
from streams.source.wishes import CALM

REFUSED_IN_A_ROW = 12
"""Requests for a single resource that were refused, without a success between them: not the resources are wrong."""
_UNREADABLE = RetryLater("unreadable", "a resource of the answer has not the fields it must have", False)
_LOOK_AGAIN_MS = 25

Read = StockRead | EntryRead | OrderRead


class Batch(NamedTuple):
    """How much goes into one request."""

    most: int = 500
    most_bytes: int = 8_000
    at_once: int = 4
    linger_ms: int = 25


class FetchCaller:
    """Implements ``flow.Caller`` for the fetch flow."""

    def __init__(self, client: Client, book: ChannelBook, batch: Batch) -> None:
        self._client = client
        self._book = book
        self._batch = batch
        self._most_bytes = batch.most_bytes
        self._refused = 0
        self._calm = 0
        """Turns and calls of passes that are not answered yet."""
        self._calm_granted = 0
        self._granted_at = 0
        self._pools: dict[str, Coalescer[Any]] = {
            "inventory": self._pool(self._inventory),
            "entries": self._pool(self._entries),
            "orders": self._pool(self._orders),
        }

    def _pool(self, send: Callable[[Sequence[str]], Awaitable[Mapping[str, Any]]]) -> Coalescer[Any]:
        return Coalescer(send, self._fitting, self._batch.at_once, self._batch.linger_ms)

    def _fitting(self, names: Sequence[str]) -> int:
        return query.fitting(names, self._batch.most, self._most_bytes)

    def room(self, ready: Ready, now: int) -> int:
        """Nothing while commercetools is left alone; passes leave half of the room to hints of single resources."""
        wait = self._client.wait_ms()
        if wait or ready.lane < CALM:
            return wait
        if not self._granted_at <= now < self._granted_at + 1_000:
            self._calm_granted = 0
        full = self._calm + self._calm_granted >= self._batch.most * self._batch.at_once
        return _LOOK_AGAIN_MS if full else 0

    def take(self, ready: Ready, now: int) -> None:
        if ready.lane >= CALM:
            self._calm_granted += 1
            self._granted_at = now

    async def call(self, queue: str, call: Call) -> Read:
        request: FetchRequest = call.request
        calm = request.lane >= CALM
        if calm:
            self._calm += 1
            self._calm_granted = max(0, self._calm_granted - 1)
        try:
            answer: Read = await self._pools[request.operation].ask(request.id, request.lane)
            return answer
        finally:
            if calm:
                self._calm -= 1

    async def _inventory(self, skus: Sequence[str]) -> Mapping[str, StockRead]:
        """All entries of the SKUs, whatever channel they are in."""
        found = await self._query("inventory", "sku", skus, self._inventory)
        if not isinstance(found, Found):
            return found
        entries = inventory_entries(found.resources) if found.first.delivered else []
        if entries is None:
            return dict.fromkeys(skus, StockRead(_UNREADABLE))
        channels = await self._book.channels(entries) if found.first.delivered else found.first
        if isinstance(channels, Answer):
            return dict.fromkeys(skus, StockRead(channels.outcome))
        of_sku: dict[str, list[InventoryEntry]] = {sku: [] for sku in skus}
        for entry in entries:
            if entry.sku in of_sku:
                of_sku[entry.sku].append(entry)
        began = read_at(found.first)
        answers: dict[str, StockRead] = {}
        for sku in skus:
            levels = levels_of(of_sku[sku], channels)
            answers[sku] = StockRead(
                Delivered(), began, levels.levels, levels.complete, levels.digest, levels.entries, levels.twice
            )
        return answers

    async def _entries(self, ids: Sequence[str]) -> Mapping[str, EntryRead]:
        found = await self._query("inventory", "id", ids, self._entries)
        if not isinstance(found, Found):
            return found
        if not found.first.delivered:
            return dict.fromkeys(ids, EntryRead(found.first.outcome))
        entries = inventory_entries(found.resources)
        if entries is None:
            return dict.fromkeys(ids, EntryRead(_UNREADABLE))
        skus = {entry.id: entry.sku for entry in entries}
        return {one: EntryRead(Delivered(), skus.get(one)) for one in ids}

    async def _orders(self, ids: Sequence[str]) -> Mapping[str, OrderRead]:
        """Only the SKUs of the lines leave this function: the rest of an order is personal."""
        found = await self._query("orders", "id", ids, self._orders)
        if not isinstance(found, Found):
            return found
        if not found.first.delivered:
            return dict.fromkeys(ids, OrderRead(found.first.outcome))
        skus = {str(order["id"]): tuple(skus_of_lines(order.get("lineItems"))) for order in found.resources}
        return {one: OrderRead(Delivered(), skus.get(one)) for one in ids}

    async def _query(
        self,
        path: str,
        field: str,
        names: Sequence[str],
        again: Callable[[Sequence[str]], Awaitable[Mapping[str, Any]]],
    ) -> Found | Mapping[str, Any]:
        """One request for all; when it is refused, halves of it, so that one bad name does not hold up the others."""
        most = len(names) if field == "id" else None
        found = await self._client.all(path, query.among(field, names), most)
        outcome = found.first.outcome
        if not isinstance(outcome, Rejected):
            self._refused = 0 if found.first.delivered else self._refused
            return found
        if len(names) == 1:
            self._refused += 1
            return Found(found.first._replace(outcome=self._systematic(outcome) or outcome), ())
        if self._refused >= REFUSED_IN_A_ROW:
            return Found(found.first._replace(outcome=self._systematic(outcome) or outcome), ())
        if found.first.reaction == "narrow" and found.first.status in (413, 414, 431):
            self._most_bytes = max(500, sum(map(query.size, names)) // 2)
        half = len(names) // 2
        return {**await again(names[:half]), **await again(names[half:])}

    def _systematic(self, outcome: Rejected) -> Outcome | None:
        """Everything is refused: a fault of ours or of the set-up, upon which no resource is given up."""
        if self._refused < REFUSED_IN_A_ROW:
            return None
        stopped = ShopStopped(
            "requests-refused",
            f"commercetools refuses every request: {outcome.code}: {outcome.reason}",
            "look at the reason; if it speaks of the query, report it",
        )
        self._client.stop(stopped)
        self._refused = 0
        return stopped
