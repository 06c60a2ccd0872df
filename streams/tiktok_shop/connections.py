"""Connections to TikTok Shop, in several small pools.

With every request httpcore looks at every connection of its pool, twice, so that thirty of them cost a call as much
again as the call itself.  Requests are spread over pools that stay small; each goes where the fewest are under way.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

IDLE_S = 20.0
"""Seconds an idle connection is kept: below what gateways keep, so that writes seldom meet a closed one."""
POOLS = 16
KEPT = 16
"""Idle connections kept per pool; httpcore counts busy ones too."""


class Connections:
    """HTTP/1.1 clients without redirects and without time-outs of their own."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        logging.getLogger("httpx").addFilter(_without_query)
        context = httpx.create_ssl_context() if transport is None else False
        clients = [_client(transport, context) for _ in range(POOLS if transport is None else 1)]
        self._under_way = dict.fromkeys(clients, 0)

    @contextmanager
    def least_busy(self) -> Iterator[httpx.AsyncClient]:
        """A client for one request."""
        client = min(self._under_way, key=self._under_way.__getitem__)
        self._under_way[client] += 1
        try:
            yield client
        finally:
            self._under_way[client] -= 1

    async def aclose(self) -> None:
        for client in self._under_way:
            await client.aclose()


def _client(transport: httpx.AsyncBaseTransport | None, context: ssl.SSLContext | bool) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=transport,
        verify=context,
        timeout=None,  # noqa: S113 (exchange has one deadline over everything)
        follow_redirects=False,
        trust_env=True,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=KEPT, keepalive_expiry=IDLE_S),
    )


def _without_query(record: logging.LogRecord) -> bool:
    """httpx logs whole addresses; ours carry secrets in the query."""
    if isinstance(record.args, tuple):
        record.args = tuple(arg.copy_with(query=None) if isinstance(arg, httpx.URL) else arg for arg in record.args)
    return True
