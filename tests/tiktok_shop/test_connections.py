"""Connections: small pools that share the requests, and nothing left behind by a call."""

import asyncio
import gc

import httpx
import pytest

from streams.deadline import Deadline
from streams.tiktok_shop.connections import POOLS, Connections
from streams.tiktok_shop.exchange import Received, exchange
from streams.tiktok_shop.request import SignedRequest


def responses() -> int:
    return sum(isinstance(one, httpx.Response) for one in gc.get_objects())


async def test_requests_under_way_are_spread_over_the_pools() -> None:
    connections = Connections()
    with connections.least_busy() as first, connections.least_busy() as second:
        assert first is not second
        others = [connections.least_busy() for _ in range(POOLS - 2)]
        clients = {first, second, *(other.__enter__() for other in others)}
        assert len(clients) == POOLS
        with connections.least_busy() as again:
            assert again in clients
        others[0].__exit__(None, None, None)
        with connections.least_busy() as freed:
            assert freed not in (first, second)
    await connections.aclose()


async def test_a_request_that_raises_gives_its_place_back() -> None:
    connections = Connections()
    for _ in range(2 * POOLS):
        with pytest.raises(RuntimeError), connections.least_busy():
            raise RuntimeError
    with connections.least_busy() as first, connections.least_busy() as second:
        assert first is not second
    await connections.aclose()


def test_a_call_leaves_nothing_for_the_garbage_collector() -> None:
    """The collector runs seldom in a worker: what calls leave would pile up until it comes, and cost a pause."""
    request = SignedRequest("POST", "http://shop.example/x", (("content-type", "application/json"),), b"{}")

    async def calls() -> int:
        connections = Connections(httpx.MockTransport(lambda _: httpx.Response(200, json={"code": 0})))
        for _ in range(20):
            came = await exchange(connections, request, Deadline.after(1_000), lambda: 0)
            assert isinstance(came, Received) and came.status == 200
        return responses()

    gc.collect()
    before = responses()
    gc.disable()
    try:
        after = asyncio.run(calls())
    finally:
        gc.enable()
    assert after == before
