"""One HTTP exchange under a hard deadline; every failure of the network is a value."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import httpx

from streams.commercetools.answer import Answer, answered, lost

Clock = Callable[[], int]
"""Our clock in milliseconds since 1970."""

ANSWER_LIMIT = 64 * 1024 * 1024
"""Bytes of an answer we are willing to hold: 500 orders with all their lines are below."""
IDLE_S = 20.0
"""Seconds an idle connection is kept: below what gateways keep."""

EMPTY = httpx.ByteStream(b"")


class Request(NamedTuple):
    """What is sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None = None


def open_http(transport: httpx.AsyncBaseTransport | None, connections: int) -> httpx.AsyncClient:
    """A pooled HTTP/1.1 client without redirects and without time-outs of its own."""
    logging.getLogger("httpx").addFilter(_without_query)
    return httpx.AsyncClient(
        transport=transport,
        timeout=None,  # noqa: S113 (exchange has one deadline over everything)
        follow_redirects=False,
        trust_env=True,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=connections + 1, keepalive_expiry=IDLE_S),
    )


async def exchange(
    http: httpx.AsyncClient, request: Request, deadline_ms: int, clock: Clock, hidden: Sequence[str] = ()
) -> Answer:
    """Send and read everything within the deadline, or say what is known instead."""
    sent_at = clock()
    running = asyncio.get_running_loop().time
    began = running()

    def took() -> int:
        return int((running() - began) * 1000) + 1

    try:
        async with asyncio.timeout(max(deadline_ms, 1) / 1000):
            prepared = http.build_request(
                request.method, request.url, headers=dict(request.headers), content=request.content
            )
            response = await http.send(prepared, stream=True)
            try:
                content = await _bounded(response)
            finally:
                await response.aclose()
                response.stream = EMPTY  # httpx's stream and response hold each other: garbage for the collector
            return answered(response.status_code, response.headers, content, sent_at, took(), hidden)
    except TimeoutError:
        return lost(f"no answer within {deadline_ms} ms", sent_at, took(), late=True)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as failure:
        return lost(f"connection failed ({type(failure).__name__})", sent_at, took())


async def _bounded(response: httpx.Response) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > ANSWER_LIMIT:
            raise httpx.DecodingError("the answer is too large")
        parts.append(part)
    return b"".join(parts)


def _without_query(record: logging.LogRecord) -> bool:
    """httpx logs whole addresses, and a query of 500 SKUs is too long for a log."""
    if isinstance(record.args, tuple):
        record.args = tuple(arg.copy_with(query=None) if isinstance(arg, httpx.URL) else arg for arg in record.args)
    return True
