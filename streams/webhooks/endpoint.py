"""The endpoint TikTok Shop calls.

Any path takes a POST: the address is registered at TikTok Shop, a proxy before us terminates TLS. 200 with an empty
body is said only after Kafka has the records, 503 otherwise, both within the three seconds TikTok Shop waits.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from aiohttp import web

from streams.webhooks.metrics import Metrics
from streams.webhooks.publisher import NotPublished
from streams.webhooks.receive import Outgoing, Received, Receiver, received

log = logging.getLogger(__name__)

BODY_LIMIT: Final = 1_048_576
ANSWER_S: Final = 2.7
"""We answer after so long at the latest."""


class Publishes(Protocol):
    """What the endpoint needs of a publisher."""

    async def publish(self, records: Sequence[Outgoing]) -> None: ...


def endpoint(
    receiver: Receiver, publisher: Publishes, metrics: Metrics, now_ms: Callable[[], int], answer_s: float = ANSWER_S
) -> web.Application:
    """The public application."""

    async def take(request: web.Request) -> web.Response:
        began = time.monotonic()
        kind, verdict, records = "", "", 0
        try:
            async with asyncio.timeout(answer_s):
                body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            verdict, status = "too-large", 413
        except TimeoutError:
            verdict, status = "too-slow", 408
        else:
            judged = received(receiver, request.headers.get("Authorization", ""), body, now_ms())
            kind, verdict, records, status = judged.kind, judged.verdict, len(judged.records), judged.status
            _tell(judged, len(body))
            if records and not await _published(judged, answer_s - (time.monotonic() - began)):
                status = 503
        metrics.answered(kind, verdict, status, records, time.monotonic() - began)
        return web.Response(status=status)

    async def _published(judged: Received, seconds: float) -> bool:
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await publisher.publish(judged.records)
        except NotPublished as problem:
            log.warning("%s of shop %s not published: %s", judged.kind, judged.shop_id, problem)
            return False
        except TimeoutError:
            log.warning("%s of shop %s not published: Kafka did not answer in time", judged.kind, judged.shop_id)
            return False
        return True

    app = web.Application(client_max_size=BODY_LIMIT)
    app.router.add_post("/{address:.*}", take)
    return app


def _tell(judged: Received, size: int) -> None:
    """What a person may want to look at; never the body."""
    match judged.verdict:
        case "foreign" | "outdated" | "empty":
            log.warning("%s of shop %s: %s", judged.kind, judged.shop_id, judged.verdict)
        case "unreadable":
            log.error("a genuine delivery of %d bytes is no event", size)
        case "published" if any(record.topic == "sync-results" for record in judged.records):
            log.warning("%s of shop %s", judged.kind, judged.shop_id)
