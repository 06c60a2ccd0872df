"""Further pages of a product search are calls too: they wait for the limiter, but not beyond the deadline."""

from __future__ import annotations

from typing import Any

import httpx

from streams.deadline import Deadline
from streams.engine.flow import Call, Ready
from streams.flows.access import AccessBook, SealedAccess
from streams.flows.listing_caller import ListingCaller, ListingRequest
from streams.flows.pressure import Pressure
from streams.listing.calls import SearchProducts
from streams.outcome import Delivered, RetryLater
from streams.tiktok_shop.access import AppAccess
from streams.tiktok_shop.client import Client
from streams.tiktok_shop.limiter import Pace
from streams.tiktok_shop.token import Token
from streams.tiktok_shop.token_box import TokenBox, new_key
from tests.flows.desk import clock

PAGES = 4


async def searched(rate: float, deadline_ms: int) -> tuple[Any, list[int]]:
    """The answer, and when each page was asked for, from the first on."""
    asked: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(clock())
        more = {"next_page_token": f"p{len(asked)}"} if len(asked) < PAGES else {}
        return httpx.Response(200, json={"code": 0, "message": "", "data": {"products": [], "total_count": 0, **more}})

    box, pressure = TokenBox([new_key()]), Pressure(Pace(start=rate))
    app = AppAccess("key", "secret", "http://api.example", "http://auth.example")
    async with Client(app, clock, httpx.MockTransport(answer)) as client:
        caller = ListingCaller(client, AccessBook(box), pressure, clock, lambda *_: None)
        access = SealedAccess(1, box.sealed(Token("a", "r", 0, 0, 1, 0)), box.sealed_text("c"), 0, 0)
        caller.take(Ready("uk", 0, 0, ("search_products",)), clock())
        call = Call("t", ListingRequest("uk", SearchProducts(("MUG",)), access, ()), deadline_ms)
        found = await caller.call("uk", call, Deadline.after(deadline_ms))
    return found, [at - asked[0] for at in asked]


async def test_every_further_page_waits_for_its_room() -> None:
    found, asked = await searched(rate=25.0, deadline_ms=3_000)
    assert found.outcome == Delivered() and len(asked) == PAGES
    assert asked[-1] >= 60, "one page may follow at once, the others come at the rate"


async def test_without_room_before_the_deadline_the_search_is_tried_again_later() -> None:
    found, asked = await searched(rate=0.2, deadline_ms=200)
    assert len(asked) == 1, "no call is made that could not be waited for"
    assert isinstance(found.outcome, RetryLater) and not found.outcome.costs_attempt
