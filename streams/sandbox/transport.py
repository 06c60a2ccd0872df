"""The simulator as an httpx transport: no network, no event loop, no waiting.

Lost and late answers look as they do to a client that waited too long: `httpx.ReadTimeout`. Requests held back are
applied when the test says so.
"""

import httpx

from streams.sandbox.simulator import Simulator
from streams.sandbox.wire import Request, Response


class SandboxTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Carries requests to a simulator for a client that is patient for `patience` seconds."""

    def __init__(self, simulator: Simulator, patience: float = 30.0) -> None:
        self.simulator = simulator
        self.patience = patience
        self.waiting: list[int] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return self._carried(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self._carried(request)

    def apply_waiting(self) -> list[Response]:
        """Every request that was held back reaches the shop now."""
        tickets, self.waiting = self.waiting, []
        return [self.simulator.release(ticket) for ticket in tickets]

    def _carried(self, request: httpx.Request) -> httpx.Response:
        answer = self.simulator.handle(received(request))
        if answer.ticket is not None:
            self.waiting.append(answer.ticket)
        if answer.lost or answer.ticket is not None or answer.delay >= self.patience:
            raise httpx.ReadTimeout("the sandbox did not answer in time", request=request)
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body, request=request)


def received(request: httpx.Request) -> Request:
    """The request as a server would see it."""
    target = request.url.raw_path.decode()
    path, _, query = target.partition("?")
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Request(request.method, path, query, headers, request.content)
