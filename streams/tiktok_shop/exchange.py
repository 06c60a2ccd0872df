"""One HTTP exchange under a hard deadline, for operations and token calls alike.

Every failure of the network is a value here.  What matters afterwards is one fact: could the
request have reached TikTok Shop?  httpcore's trace answers it; where there is no trace, only a
failed connect counts as not sent.

No request leaves after its deadline, not even out of a process that was frozen meanwhile: the last look at the clock
is between the last wait and the bytes.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import httpx

from streams.deadline import Deadline
from streams.tiktok_shop.connections import Connections
from streams.tiktok_shop.errors import Loss
from streams.tiktok_shop.request import SignedRequest

Clock = Callable[[], int]
"""Our clock in milliseconds since 1970."""

ANSWER_LIMIT = 32 * 1024 * 1024
"""Bytes of an answer we are willing to hold; a page of orders is far below."""


EMPTY = httpx.ByteStream(b"")
_LEAVING = ("send_request_headers.started", "send_request_body.started")
"""httpcore's last words before bytes leave; without all of them TikTok Shop has no request."""


class TooLate(TimeoutError):
    """Nobody may send this any more."""


class Received(NamedTuple):
    """An answer as it came, not yet judged."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    sent_at: int
    answered_at: int


class Lost(NamedTuple):
    """No answer, and whether the request can have arrived."""

    loss: Loss
    reason: str
    sent_at: int
    given_up_at: int


async def exchange(
    connections: Connections, request: SignedRequest, deadline: Deadline, clock: Clock
) -> Received | Lost:
    """Send and read everything within the deadline, or say what is known instead."""
    seen: set[str] = set()

    async def trace(event: str, _info: Mapping[str, Any]) -> None:
        if event.endswith(_LEAVING) and deadline.passed:
            raise TooLate
        seen.add(event)

    sent_at, left_ms = clock(), deadline.left_ms
    if left_ms <= 0:
        return Lost("too-late", _reason(TooLate(), 0), sent_at, sent_at)
    try:
        with connections.least_busy() as http:
            async with asyncio.timeout(left_ms / 1000):
                prepared = http.build_request(
                    request.method,
                    request.url,
                    headers=list(request.headers),
                    content=request.body or None,
                    extensions={"trace": trace},
                )
                response = await http.send(prepared, stream=True)
                try:
                    body = await _bounded(response)
                finally:
                    await response.aclose()
                    response.stream = EMPTY  # httpx's stream and response hold each other: garbage for the collector
                return Received(response.status_code, response.headers, body, sent_at, clock())
    except (TimeoutError, httpx.HTTPError, OSError) as failure:
        return Lost(_loss(failure, seen), _reason(failure, left_ms), sent_at, clock())


async def _bounded(response: httpx.Response) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > ANSWER_LIMIT:
            raise httpx.DecodingError("the answer is too large")
        parts.append(part)
    return b"".join(parts)


def _loss(failure: Exception, seen: set[str]) -> Loss:
    if any(event.endswith("send_request_headers.started") for event in seen):
        return "no-answer"
    if isinstance(failure, TooLate):
        return "too-late"
    connecting = any(event.startswith("connection.") for event in seen)
    never = isinstance(failure, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError))
    return "not-sent" if connecting or never else "no-answer"


def _reason(failure: Exception, left_ms: int) -> str:
    """Words without address: the query of a token call is a secret."""
    if isinstance(failure, TooLate):
        return "its time had passed before it could be sent"
    if isinstance(failure, TimeoutError):
        return f"no answer within {left_ms} ms"
    return f"connection failed ({type(failure).__name__})"
