"""The endpoint: 200 only after Kafka has the records."""

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import generate_latest

from streams.webhooks.endpoint import BODY_LIMIT, endpoint
from streams.webhooks.metrics import Metrics
from streams.webhooks.publisher import NotPublished
from streams.webhooks.receive import Outgoing
from tests.webhooks.builders import NOW, RECEIVER, body, signature


class Kafka:
    """Takes records, refuses them, or never answers."""

    def __init__(self, mood: str = "takes") -> None:
        self.mood = mood
        self.has: list[Outgoing] = []

    async def publish(self, records: Sequence[Outgoing]) -> None:
        if self.mood == "silent":
            await asyncio.Event().wait()
        if self.mood == "refuses":
            raise NotPublished("_MSG_TIMED_OUT")
        self.has += records


@asynccontextmanager
async def receiving(kafka: Kafka, metrics: Metrics | None = None) -> AsyncIterator[TestClient]:  # type: ignore[type-arg]
    app = endpoint(RECEIVER, kafka, metrics or Metrics(), lambda: NOW, answer_s=0.2)
    async with TestClient(TestServer(app)) as client:
        yield client


async def post(client: TestClient, raw: bytes, path: str = "/", given: str | None = None) -> tuple[int, bytes]:  # type: ignore[type-arg]
    headers = {"Authorization": signature(raw) if given is None else given}
    async with client.post(path, data=raw, headers=headers) as answer:
        return answer.status, await answer.read()


async def test_what_kafka_has_is_answered_with_an_empty_200_on_any_path() -> None:
    kafka = Kafka()
    async with receiving(kafka) as client:
        assert await post(client, body()) == (200, b"")
        assert await post(client, body(), "/tiktok/events") == (200, b"")
    assert [record.key for record in kafka.has] == ["uk:579000000000000001"] * 2


async def test_what_kafka_refuses_is_asked_for_again() -> None:
    async with receiving(Kafka("refuses")) as client:
        assert (await post(client, body()))[0] == 503


async def test_a_silent_kafka_is_not_waited_for_longer_than_the_caller_waits() -> None:
    async with receiving(Kafka("silent")) as client:
        assert (await post(client, body()))[0] == 503


async def test_a_wrong_signature_gets_401_and_nothing_is_published() -> None:
    kafka = Kafka()
    async with receiving(kafka) as client:
        assert (await post(client, body(), given="0" * 64))[0] == 401
        assert (await client.post("/", data=body())).status == 401
    assert kafka.has == []


async def test_unlisted_kinds_get_200_also_while_kafka_is_away() -> None:
    async with receiving(Kafka("refuses")) as client:
        assert (await post(client, body(9999)))[0] == 200


async def test_a_body_beyond_the_limit_is_not_read() -> None:
    async with receiving(Kafka()) as client:
        assert (await client.post("/", data=io.BytesIO(b" " * (BODY_LIMIT + 1)))).status == 413


async def test_other_methods_are_not_taken() -> None:
    async with receiving(Kafka()) as client:
        assert (await client.get("/")).status == 405


async def test_deliveries_are_counted_by_words_of_ours_only() -> None:
    metrics = Metrics()
    async with receiving(Kafka(), metrics) as client:
        await post(client, body())
        await post(client, body(9999))
        await post(client, body(), given="")
    text = generate_latest(metrics.registry).decode()
    assert 'tts_webhooks_total{kind="ORDER_STATUS_CHANGE",status="200",verdict="published"} 1.0' in text
    assert 'tts_webhooks_total{kind="other",status="200",verdict="unlisted"} 1.0' in text
    assert 'tts_webhooks_total{kind="other",status="401",verdict="unsigned"} 1.0' in text
    assert "tts_webhook_records_total 1.0" in text and "9999" not in text
