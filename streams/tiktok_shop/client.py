"""The client of TikTok Shop's API: build, send, read, and nothing else.

It never repeats a call, never refreshes a token and keeps no limit: who calls decides that from
the answer.  It never raises for what the other side or the network does.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

import httpx

from streams.deadline import Deadline
from streams.tiktok_shop.access import AppAccess, ShopAccess
from streams.tiktok_shop.answer import Answer, answered, lost
from streams.tiktok_shop.call import Call
from streams.tiktok_shop.connections import Connections
from streams.tiktok_shop.exchange import Clock, Lost, exchange
from streams.tiktok_shop.operation import Operation
from streams.tiktok_shop.operations import in_force
from streams.tiktok_shop.paging import next_page_token, with_page_token
from streams.tiktok_shop.request import signed_request


class Client:
    """One app's connections to TikTok Shop, shared by all its shops."""

    def __init__(self, app: AppAccess, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.app = app
        self.clock = clock
        self.connections = Connections(transport)
        self.operations = in_force(app.versions)

    async def call(
        self,
        operation: Operation | str,
        *,
        shop: ShopAccess,
        path: Mapping[str, str] | None = None,
        query: Sequence[tuple[str, str]] = (),
        body: object | None = None,
        deadline: Deadline | None = None,
    ) -> Answer:
        """One call of one operation; the answer says what became of it.

        ``deadline``: the operation's own, from now on, unless given.
        """
        row = self.operations[operation] if isinstance(operation, str) else operation
        request = signed_request(
            row, app=self.app, shop=shop, path=path or {}, query=query, body=body, now_ms=self.clock()
        )
        came = await exchange(self.connections, request, deadline or Deadline.after(row.deadline_ms), self.clock)
        if isinstance(came, Lost):
            return lost(row, came.loss, came.reason, came.sent_at, came.given_up_at)
        hidden = (self.app.app_secret, shop.access_token, shop.shop_cipher)
        return answered(row, came.status, came.headers, came.body, came.sent_at, came.answered_at, hidden)

    async def send(self, call: Call, *, shop: ShopAccess, deadline: Deadline | None = None) -> Answer:
        """One call that was built as a value."""
        path, query = dict(call.path), call.query
        return await self.call(call.operation, shop=shop, path=path, query=query, body=call.body, deadline=deadline)

    async def send_all(
        self,
        call: Call,
        *,
        shop: ShopAccess,
        turn: Callable[[Answer], Awaitable[None]],
        deadline: Deadline | None = None,
    ) -> list[Answer]:
        """All pages of a search, one answer each, under one deadline; the last may be a failure.

        ``turn`` sees every answer, the last one too, and may wait before the next page is asked for.
        """
        row = self.operations[call.operation]
        deadline = deadline or Deadline.after(row.deadline_ms)
        answers: list[Answer] = []
        seen: set[str] = set()
        page: str | None = None
        while True:
            paged = call._replace(query=with_page_token(call.query, page))
            answers.append(await self.send(paged, shop=shop, deadline=deadline))
            await turn(answers[-1])
            page = next_page_token(answers[-1])
            if page is None or page in seen:
                return answers
            seen.add(page)
            if deadline.passed:
                now = self.clock()
                answers.append(lost(row, "too-late", "no time was left for the next page", now, now))
                return answers

    async def aclose(self) -> None:
        """Close all connections."""
        await self.connections.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
