"""Readings of single resources: many rows' calls become few requests to commercetools."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from streams.commercetools import query
from streams.commercetools.answer import Answer
from streams.commercetools.client import Client, Found
from streams.commercetools.hints import skus_of_lines
from streams.commercetools.reading import levels_of, read_at
from streams.commercetools.resources import InventoryEntry, inventory_entries
from streams.deadline import Deadline
from streams.engine.flow import Call, Ready
from streams.flows.channel_book import ChannelBook
from streams.flows.coalescing import Coalescer
from streams.flows.portion import Portion
from streams.outcome import Delivered, Outcome, Rejected, RetryLater, ShopStopped
from streams.source.answers import EntryRead, FetchRequest, OrderRead, StockRead
from streams.source.wishes import CALM

log = logging.getLogger(__name__)
REFUSED_IN_A_ROW = 12
"""Requests for a single resource that were refused, without a success between them: not the resources are wrong."""
MOST_REFUSALS = 40
"""Of one request and its halves; what is left of it waits for another."""
LONGEST_MS = 40_000
"""Of a request that was too much, with all that becomes of it: what is left then waits for another."""
ALONE_MS = 600_000
"""So long a resource that does not come in time by itself is kept apart from others."""
FEW = 8
"""What is left of a request that was too much is asked for one by one next time, if it is not more."""
_UNREADABLE = RetryLater("unreadable", "a resource of the answer has not the fields it must have", False)
_ANOTHER_REQUEST = RetryLater("others-first", "what is left of a request that asked for too much", False)
_NO_ROOM = RetryLater("no-room", "urgent readings came first until its time had passed", False)
_BAD_ENTRY = Rejected(
    "inventory-entry-unreadable",
    "an inventory entry of the SKU has not the fields it must have",
    remedy="look at its entries in commercetools; report it if they are as they should be",
)
_LOOK_AGAIN_MS = 25

Read = StockRead | EntryRead | OrderRead
_KINDS: dict[str, Callable[[Outcome], Read]] = {"inventory": StockRead, "entries": EntryRead, "orders": OrderRead}
Judged = Callable[[Sequence[str], Found], Awaitable[Mapping[str, Any]]]


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
        self._portion = Portion(batch.most, batch.most)
        self._too_much_alone: dict[tuple[str, str], int] = {}
        """Field and name to until when, by the running clock."""
        self._refused = 0
        self._calm = 0
        """Turns and calls of passes that are not answered yet."""
        self._calm_granted = 0
        self._granted_at = 0
        self._pools: dict[str, Coalescer[Any]] = {
            "inventory": self._pool(self._inventory, lambda: self._portion.now),
            "entries": self._pool(self._entries, lambda: batch.most),
            "orders": self._pool(self._orders, lambda: batch.most),
        }

    def _pool(
        self, send: Callable[[Sequence[str]], Awaitable[Mapping[str, Any]]], most: Callable[[], int]
    ) -> Coalescer[Any]:
        def fitting(names: Sequence[str]) -> int:
            return query.fitting(names, most(), self._most_bytes)

        return Coalescer(send, fitting, self._batch.at_once, self._batch.linger_ms)

    def room(self, ready: Ready, now: int) -> int:
        """Nothing while commercetools is left alone; passes leave half of the room to hints of single resources."""
        wait = self._client.wait_ms()
        if wait or ready.lane < CALM:
            return wait
        if not self._granted_at <= now < self._granted_at + 1_000:
            self._calm_granted = 0
        full = self._calm + self._calm_granted >= self._portion.now * self._batch.at_once
        return _LOOK_AGAIN_MS if full else 0

    def take(self, ready: Ready, now: int) -> None:
        if ready.lane >= CALM:
            self._calm_granted += 1
            self._granted_at = now

    def give_back(self, ready: Ready, now: int) -> None:
        if ready.lane >= CALM:
            self._calm_granted = max(0, self._calm_granted - 1)

    async def call(self, queue: str, call: Call, deadline: Deadline) -> Read:
        request: FetchRequest = call.request
        self._book.passes(request.sweep)
        calm = request.lane >= CALM
        if calm:
            self._calm += 1
            self._calm_granted = max(0, self._calm_granted - 1)
        try:
            async with asyncio.timeout(max(0, deadline.left_ms) / 1000):
                answer: Read = await self._pools[request.operation].ask(request.id, request.lane)
            return answer
        except TimeoutError:
            return _KINDS[request.operation](_NO_ROOM)
        finally:
            if calm:
                self._calm -= 1

    async def _inventory(self, skus: Sequence[str]) -> Mapping[str, StockRead]:
        """All entries of the SKUs, whatever channel they are in."""
        return await self._read("inventory", "sku", skus, self._stock_of, StockRead)

    async def _entries(self, ids: Sequence[str]) -> Mapping[str, EntryRead]:
        return await self._read("inventory", "id", ids, _skus_of_entries, EntryRead)

    async def _orders(self, ids: Sequence[str]) -> Mapping[str, OrderRead]:
        """Only the SKUs of the lines leave this module: the rest of an order is personal."""
        return await self._read("orders", "id", ids, _skus_of_orders, OrderRead)

    async def _read(
        self, path: str, field: str, names: Sequence[str], judged: Judged, kind: Callable[[Outcome], Any]
    ) -> Mapping[str, Any]:
        """One request for all.  When it is refused, halves of it, so that one bad name does not hold up the others;
        when it is too much, smaller ones."""
        answers: dict[str, Any] = {}
        running = self._client.running.ms
        began = running()
        alone = [name for name in names if self._too_much_alone.get((field, name), began) > began]
        together = [name for name in names if name not in alone]
        left, refusals, succeeded = [*([name] for name in alone), *([together] if together else [])], 0, False
        while left:
            some = left.pop()
            if field == "sku" and len(some) > self._portion.now:
                left += [some[self._portion.now :], some[: self._portion.now]]
                continue
            asked_at = running()
            if asked_at - began > LONGEST_MS:
                rest = _all_of(some, left)
                if len(rest) <= FEW:
                    self._apart(field, rest, asked_at)
                answers.update(dict.fromkeys(rest, kind(_ANOTHER_REQUEST)))
                break
            found = await self._client.all(path, query.among(field, some), len(some) if field == "id" else None)
            outcome = found.first.outcome
            if isinstance(outcome, Delivered):
                succeeded, self._refused = True, 0
                if len(some) == 1:
                    self._too_much_alone.pop((field, some[0]), None)
                if field == "sku":
                    self._portion = self._portion.answered(len(some), running() - asked_at, self._client.deadline_ms)
                answers.update(await judged(some, found))
                continue
            if found.first.reaction == "narrow" and isinstance(outcome, RetryLater):
                if len(some) == 1:
                    # it was what made requests too large: those to come are as large as ever
                    self._portion = self._portion._replace(now=self._portion.most)
                    self._apart(field, some, running())
                    answers[some[0]] = kind(outcome)
                else:
                    self._too_much(some)
                    left[:0] = _halves(some)
                continue
            if not isinstance(outcome, Rejected):
                answers.update(dict.fromkeys(_all_of(some, left), kind(outcome)))
                break
            refusals += 1
            if found.first.status in (413, 414, 431):
                self._most_bytes = max(500, sum(map(query.size, some)) // 2)
            if refusals > MOST_REFUSALS:
                answers.update(dict.fromkeys(_all_of(some, left), kind(self._stopped(outcome, succeeded))))
                break
            if len(some) == 1:
                self._refused += 1
                doubtful = not succeeded and self._refused >= REFUSED_IN_A_ROW
                answers[some[0]] = kind(self._stopped(outcome, False) if doubtful else outcome)
            else:
                left += _halves(some)
        return answers

    def _too_much(self, some: Sequence[str]) -> None:
        """Remembered for all requests to come."""
        self._portion = self._portion.halved(len(some))
        log.info("%s SKUs are too much for one request: at most %s from now on", len(some), self._portion.now)

    def _apart(self, field: str, names: Sequence[str], now: int) -> None:
        """Resources of which one does not come in time by itself: asked for one by one for a while, after others."""
        known = {one: until for one, until in self._too_much_alone.items() if until > now}
        self._too_much_alone = known | dict.fromkeys(((field, name) for name in names), now + ALONE_MS)

    def _stopped(self, outcome: Rejected, succeeded: bool) -> Outcome:
        """Too much is refused.  When nothing else succeeds it is a fault of ours or of the set-up, upon which no
        resource is given up."""
        if succeeded:
            return RetryLater("others-first", "many resources of the request are refused", False)
        stopped = ShopStopped(
            "requests-refused",
            f"commercetools refuses every request: {outcome.code}: {outcome.reason}",
            "look at the reason; if it speaks of the query, report it",
        )
        self._client.stop(stopped)
        return stopped

    async def _stock_of(self, skus: Sequence[str], found: Found) -> Mapping[str, StockRead]:
        entries = inventory_entries(found.resources)
        if entries is None:
            return dict.fromkeys(skus, StockRead(_UNREADABLE))
        channels = await self._book.channels(entries.good)
        if isinstance(channels, Answer):
            return dict.fromkeys(skus, StockRead(channels.outcome))
        of_sku: dict[str, list[InventoryEntry]] = {sku: [] for sku in skus}
        for entry in entries.good:
            if entry.sku in of_sku:
                of_sku[entry.sku].append(entry)
        began = read_at(found.first)
        answers: dict[str, StockRead] = {}
        for sku in skus:
            if sku in entries.bad:
                answers[sku] = StockRead(_BAD_ENTRY)
                continue
            levels = levels_of(of_sku[sku], channels)
            ids = tuple(sorted({entry.id for entry in of_sku[sku]}))
            answers[sku] = StockRead(
                Delivered(), began, levels.levels, levels.complete, levels.digest, levels.entries, levels.twice, ids
            )
        return answers


def _halves(some: list[str]) -> list[list[str]]:
    return [some[len(some) // 2 :], some[: len(some) // 2]]


def _all_of(some: Sequence[str], left: Sequence[Sequence[str]]) -> list[str]:
    return [*some, *(one for rest in left for one in rest)]


async def _skus_of_entries(ids: Sequence[str], found: Found) -> Mapping[str, EntryRead]:
    entries = inventory_entries(found.resources)
    if entries is None:
        return dict.fromkeys(ids, EntryRead(_UNREADABLE))
    skus = {entry.id: entry.sku for entry in entries.good}
    return {one: EntryRead(Delivered(), skus.get(one)) for one in ids}


async def _skus_of_orders(ids: Sequence[str], found: Found) -> Mapping[str, OrderRead]:
    skus = {str(order["id"]): tuple(skus_of_lines(order.get("lineItems"))) for order in found.resources}
    return {one: OrderRead(Delivered(), skus.get(one)) for one in ids}
