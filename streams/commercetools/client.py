"""The client of one project: a token, bounded concurrency, patience, and answers as values.

It never raises for what commercetools or the network does.  Readings are repeated with growing pauses until their
deadline; a write is sent once.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self

import httpx
import orjson

from streams.commercetools import back_off, query
from streams.commercetools.access import Access
from streams.commercetools.answer import Answer, lost
from streams.commercetools.back_off import BackOff
from streams.commercetools.errors import too_much, wrong_project
from streams.commercetools.exchange import Clock, Request, exchange, open_http
from streams.commercetools.token import Token
from streams.commercetools.token_keeper import TokenKeeper
from streams.outcome import Outcome, RetryLater, ShopStopped

log = logging.getLogger(__name__)
PAGE = 500
"""Most resources of one page; the API refuses more."""
STOPPED_MS = 2_000
LONGEST_STOPPED_MS = 60_000
"""Between looks at a project that cannot be read until a person acts: soon at first, for what passes by itself, then
ever more rarely."""
_PAUSE_MS = 200


class Running(NamedTuple):
    """Time that only runs forward, whatever is done to the clock: deadlines and pauses go by it."""

    ms: Callable[[], int]
    sleep: Callable[[float], Awaitable[None]]


RUNNING = Running(lambda: time.monotonic_ns() // 1_000_000, asyncio.sleep)


class Found(NamedTuple):
    """What a query brought."""

    first: Answer
    """Of the first page, or the failure of whichever page failed."""
    resources: Sequence[Mapping[str, Any]]
    """All of them; meaningless unless ``first`` is delivered."""


class Client:
    """Connections to one commercetools project."""

    def __init__(
        self,
        access: Access,
        clock: Clock,
        concurrency: int = 4,
        deadline_ms: int = 10_000,
        transport: httpx.AsyncBaseTransport | None = None,
        running: Running = RUNNING,
    ) -> None:
        self.access = access
        self.clock = clock
        self.deadline_ms = deadline_ms
        self.requests = 0
        """Sent, token calls not counted."""
        self.failures: dict[str, int] = {}
        """Answers that were no success, by code."""
        self.stopped: ShopStopped | None = None
        """Why nothing can be read until a person acts."""
        self.running = running
        self._http = open_http(transport, concurrency)
        self._keeper = TokenKeeper(access, self._http, clock)
        self._slots = asyncio.Semaphore(concurrency)
        self._back_off = BackOff()
        self._stopped_until = 0
        self._stops = 0

    def wait_ms(self) -> int:
        """How long not to ask for anything; 0: ask."""
        now = self.running.ms()
        return max(0, self._back_off.until - now, self._stopped_until - now)

    async def get(self, path: str, search: str = "", deadline_ms: int | None = None) -> Answer:
        """Read one resource or page; ``search`` is encoded already."""
        return await self._patiently("GET", path + search, deadline_ms or self.deadline_ms)

    async def post(self, path: str, body: object, deadline_ms: int | None = None) -> Answer:
        """Write once; what no answer came to may have been done."""
        return await self._authorized("POST", path, orjson.dumps(body), deadline_ms or self.deadline_ms)

    async def unauthorized(self, path: str) -> Answer:
        """Read without a token: the health of a Subscription is open."""
        request = Request("GET", self._url(path), {"Accept": "application/json"})
        self.requests += 1
        return await exchange(self._http, request, self.deadline_ms, self.clock)

    async def all(self, path: str, where: str | None, most: int | None = None) -> Found:
        """Every resource of a query, page after page behind the last id, under one deadline.

        ``most``: no more can exist, so that a first page with all of them needs no second.  When the time runs out
        behind the first page, the reaction is ``narrow``: less is to be asked for at once.
        """
        end = self.running.ms() + self.deadline_ms
        resources: list[Mapping[str, Any]] = []
        after: str | None = None
        first: Answer | None = None
        pages, quickest = 0, self.deadline_ms
        while True:
            left = end - self.running.ms()
            if first is not None and left < quickest:
                return self._too_much(first, pages)
            search = query.page(where, after=after, limit=PAGE)
            answer = query_answer(await self._patiently("GET", path + search, max(1, left), further=first is not None))
            if first is not None and answer.late:
                return self._too_much(first, pages)
            results = results_of(answer)
            if results is None:
                return Found(answer if not answer.delivered else unreadable(answer), ())
            first = first or answer
            pages, quickest = pages + 1, min(quickest, answer.took_ms)
            resources += results
            if len(results) < PAGE or len(resources) == most:
                return Found(first, resources)
            after = str(results[-1].get("id"))

    def _too_much(self, first: Answer, pages: int) -> Found:
        """Counted and told, and no reason to leave commercetools alone."""
        outcome, reaction = too_much(pages, self.deadline_ms)
        answer = first._replace(outcome=outcome, reaction=reaction)
        self._count(answer)
        return Found(answer, ())

    async def _patiently(
        self, method: Literal["GET"], target: str, deadline_ms: int, *, further: bool = False
    ) -> Answer:
        """``further``: a further page, whose time is what the ones before have left."""
        end = self.running.ms() + deadline_ms
        tries = 0
        answer = lost("no time was left to ask", self.clock(), 0)
        while True:
            now = self.running.ms()
            pause = max(self._back_off.until - now, _PAUSE_MS << min(tries, 5) if tries else 0)
            if now + pause >= end:
                return answer._replace(late=answer.late and tries <= 1)
            if pause > 0:
                await self.running.sleep(pause / 1000)
            answer = await self._authorized(method, target, None, max(1, end - self.running.ms()), further=further)
            if answer.reaction not in ("again", "slower"):
                return answer
            tries += 1

    async def _authorized(
        self, method: str, target: str, content: bytes | None, deadline_ms: int, *, further: bool = False
    ) -> Answer:
        """One request with a token; with a fresh one once more when it was refused."""
        asked_at, began = self.clock(), self.running.ms()
        try:
            async with asyncio.timeout(deadline_ms / 1000):
                async with self._slots:
                    answer = await self._with_token(method, target, content, deadline_ms)
                    if answer.reaction == "renew-token":
                        answer = await self._with_token(method, target, content, deadline_ms)
        except TimeoutError:
            answer = lost(f"no answer within {deadline_ms} ms", asked_at, deadline_ms, late=True)
        if answer.reaction == "renew-token":
            reason = f"a fresh token was refused: {_why(answer)}"
            remedy = "check that API and auth host belong to the region of the project"
            answer = answer._replace(outcome=ShopStopped("token-refused", reason, remedy), reaction="stop")
        if not (further and answer.late):
            self._heard(answer, began)
        return answer

    async def _with_token(self, method: str, target: str, content: bytes | None, deadline_ms: int) -> Answer:
        token = await self._keeper.token()
        if isinstance(token, Answer):
            return token
        headers = {"Authorization": f"Bearer {token.value}", "Accept": "application/json"}
        if content is not None:
            headers["Content-Type"] = "application/json"
        self.requests += 1
        request = Request(method, self._url(target), headers, content)
        answer = await exchange(self._http, request, deadline_ms, self.clock, self._hidden(token))
        if answer.reaction == "renew-token":
            self._keeper.refused(token)
        return answer

    def _hidden(self, token: Token) -> tuple[str, ...]:
        return (token.value, self.access.client_secret)

    def _heard(self, answer: Answer, began: int) -> None:
        """Learn from an answer for all requests."""
        now = self.running.ms()
        if answer.delivered:
            self.stopped, self._stopped_until, self._stops = None, 0, 0
            self._back_off = back_off.succeeded(self._back_off, began)
            return
        self._count(answer)
        if isinstance(answer.outcome, ShopStopped):
            self.stop(answer.outcome)
        elif answer.reaction == "slower":
            jitter = random.random()
            self._back_off = back_off.failed(self._back_off, began, now, answer.retry_after_ms, jitter)

    def _count(self, answer: Answer) -> None:
        code = str(getattr(answer.outcome, "code", "refused"))
        self.failures[code] = self.failures.get(code, 0) + 1
        if answer.status != 404:
            log.warning("commercetools: %s: %s", code, _why(answer))

    def stop(self, outcome: ShopStopped) -> None:
        """Nothing can be read until a person acts; looked at again from time to time."""
        if self.running.ms() < self._stopped_until:
            return
        self.stopped = outcome
        self._stopped_until = self.running.ms() + min(STOPPED_MS << self._stops, LONGEST_STOPPED_MS)
        self._stops = min(self._stops + 1, 10)

    def _url(self, target: str) -> str:
        return f"{self.access.api_url.rstrip('/')}/{self.access.project}/{target}"

    async def aclose(self) -> None:
        """Close all connections."""
        await self._keeper.aclose()
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def query_answer(answer: Answer) -> Answer:
    """Queries find nothing with 200; with 404 it is the project that is not there."""
    if answer.status != 404:
        return answer
    return answer._replace(outcome=wrong_project(_why(answer)), reaction="stop")


def results_of(answer: Answer) -> list[Mapping[str, Any]] | None:
    """The resources of a page; None: it is none."""
    results = answer.body.get("results") if answer.delivered and isinstance(answer.body, dict) else None
    if not isinstance(results, list) or not all(isinstance(one, dict) and one.get("id") for one in results):
        return None
    return results


def unreadable(answer: Answer) -> Answer:
    """A success that does not say what it should."""
    outcome: Outcome = RetryLater("unreadable", f"status {answer.status} with a body we cannot read", False)
    return answer._replace(outcome=outcome, reaction="again")


def _why(answer: Answer) -> str:
    return str(getattr(answer.outcome, "reason", ""))
