"""A call that waits for its place when its process is frozen is not sent when the process goes on."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from streams.deadline import Deadline, since_boot
from streams.engine.flow import Call
from streams.flows.access import AccessBook, SealedAccess
from streams.flows.listing_caller import ListingCaller, ListingRequest
from streams.flows.pressure import Pressure
from streams.listing.calls import SkuQuantities, UpdateInventory, WarehouseQuantity
from streams.outcome import Delivered, RetryLater
from streams.tiktok_shop.access import AppAccess
from streams.tiktok_shop.client import Client
from streams.tiktok_shop.limiter import Pace
from streams.tiktok_shop.token import Token
from streams.tiktok_shop.token_box import TokenBox, new_key
from tests.flows.desk import clock


async def test_it_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The row says until when it may be applied; whoever has taken the row over acts upon that."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, json={"code": 0, "message": "Success", "data": {}})

    box = TokenBox([new_key()])
    app = AppAccess("key", "secret", "http://api.example", "http://auth.example")
    access = SealedAccess(1, box.sealed(Token("a", "r", 0, 0, 1, 0)), box.sealed_text("c"), 0, 0)
    async with Client(app, clock, httpx.MockTransport(answer)) as client:
        caller = ListingCaller(client, AccessBook(box), Pressure(Pace(start=5.0)), clock, lambda *_: None)

        def write(product: str) -> asyncio.Task[Any]:
            wanted = UpdateInventory(product, (SkuQuantities("1", (WarehouseQuantity("2", 3),)),))
            call = Call("t", ListingRequest("uk", wanted, access, ()), 3_000)
            return asyncio.ensure_future(caller.call("uk", call, Deadline.after(call.deadline_ms)))

        first, second = write("first"), write("second")
        await first
        monkeypatch.setattr("streams.deadline.since_boot", lambda: since_boot() + 8.0)
        frozen = await second
        assert (await first).outcome == Delivered()
    assert isinstance(frozen.outcome, RetryLater) and not frozen.outcome.costs_attempt
    assert len(asked) == 1 and "first" in asked[0]
