"""Pages of a pass over all inventory entries, and the health of the Subscription: one request each."""

from __future__ import annotations

import logging

from streams.commercetools import query
from streams.commercetools.answer import Answer
from streams.commercetools.client import PAGE, Client, query_answer, results_of, unreadable
from streams.commercetools.inventory_page import inventory_page
from streams.commercetools.reading import read_at
from streams.commercetools.resources import inventory_entries
from streams.commercetools.subscription import health_of
from streams.deadline import Deadline
from streams.engine.flow import Call, Ready
from streams.flows.channel_book import ChannelBook
from streams.outcome import Delivered
from streams.source.answers import HealthRead, HealthRequest, PageRead, PageRequest

log = logging.getLogger(__name__)


class SweepCaller:
    """Implements ``flow.Caller`` for the sweep flow."""

    def __init__(self, client: Client, book: ChannelBook) -> None:
        self._client = client
        self._book = book

    def room(self, ready: Ready, now: int) -> int:
        return self._client.wait_ms()

    def take(self, ready: Ready, now: int) -> None:
        """Pages come one after the other: there is nothing to count."""

    def give_back(self, ready: Ready, now: int) -> None:
        """Nothing was counted."""

    async def call(self, queue: str, call: Call, deadline: Deadline) -> PageRead:
        request: PageRequest = call.request
        first = request.behind is None
        if first:
            self._book.expire()
        search = query.skus_behind(request.behind, limit=PAGE, with_total=first)
        answer = query_answer(await self._client.get("inventory", search))
        results = results_of(answer)
        if results is None:
            return PageRead(answer.outcome if not answer.delivered else unreadable(answer).outcome)
        found = inventory_entries(results)
        if found is None:
            return PageRead(unreadable(answer).outcome)
        channels = await self._book.channels(found.good)
        if isinstance(channels, Answer):
            return PageRead(channels.outcome)
        page = inventory_page(results, found, channels, PAGE)
        total = answer.body.get("total")
        return PageRead(
            Delivered(),
            read_at(answer),
            page.skus,
            page.entries,
            total if isinstance(total, int) else None,
            page.last,
            page.more,
        )


class HealthCaller:
    """Implements ``flow.Caller`` for the health flow."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known = "healthy"

    def room(self, ready: Ready, now: int) -> int:
        """One question a minute needs no limit, and is asked also while nothing else is."""
        return 0

    def take(self, ready: Ready, now: int) -> None:
        """Nothing is counted."""

    def give_back(self, ready: Ready, now: int) -> None:
        """Nothing was counted."""

    async def call(self, queue: str, call: Call, deadline: Deadline) -> HealthRead:
        request: HealthRequest = call.request
        found = health_of(await self._client.unauthorized(f"subscriptions/{request.subscription}/health"))
        if found.status != self._known:
            level = logging.INFO if found.status == "healthy" else logging.ERROR
            log.log(level, "Subscription %s is %s. %s", request.subscription, found.status, found.reason)
            self._known = found.status
        return found
