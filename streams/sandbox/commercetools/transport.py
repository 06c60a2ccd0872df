"""The fake as an httpx transport: no network, no event loop, no waiting.

Lost and late answers look as they do to a client that waited too long: `httpx.ReadTimeout`.
"""

import httpx

from streams.sandbox.commercetools.fake import Commercetools
from streams.sandbox.transport import received


class CommercetoolsTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Carries requests to a fake for a client that is patient for `patience` seconds."""

    def __init__(self, fake: Commercetools, patience: float = 30.0) -> None:
        self.fake = fake
        self.patience = patience

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return self._carried(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self._carried(request)

    def _carried(self, request: httpx.Request) -> httpx.Response:
        answer = self.fake.handle(received(request))
        if answer.ticket is not None:
            answer = self.fake.release(answer.ticket, self.fake.probe(answer.ticket))
        if answer.lost or answer.delay >= self.patience:
            raise httpx.ReadTimeout("the sandbox did not answer in time", request=request)
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body, request=request)
