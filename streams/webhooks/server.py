"""The worker ``webhooks``: endpoint, health and publisher, from settings to SIGTERM.

Health and metrics are served on a port of their own, which is not the public one.
"""

import asyncio
import logging
import signal
import time
from typing import Final

import uvloop
from aiohttp import web
from prometheus_client import generate_latest

from streams.kafka_security import librdkafka_config
from streams.schema_registry import registry_of
from streams.settings import Settings, SettingsProblem
from streams.topics.catalog import load
from streams.webhooks.endpoint import ANSWER_S, endpoint
from streams.webhooks.metrics import Metrics
from streams.webhooks.publisher import KafkaAway, Publisher
from streams.webhooks.setup import receiver_of

log = logging.getLogger(__name__)

TOPICS: Final = ("order-events", "sync-results")
DELIVERY_MS: Final = 2_300
"""Kafka has so long to acknowledge."""
START_S: Final = 15.0
WATCH_S: Final = 1.0
DONE, BROKEN = 0, 1
"""Ended as asked; to be started again.  What somebody must change first is a SettingsProblem."""


def run(settings: Settings) -> int:
    """Receive until SIGTERM, answer what is under way, return the exit code."""

    async def main() -> int:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        return await serve(settings, stop)

    return uvloop.run(main())


async def serve(settings: Settings, stop: asyncio.Event) -> int:
    """Receive until told to stop; a SettingsProblem says what is missing."""
    receiver = receiver_of(settings)
    catalog = load(
        prefix=settings.topic_prefix,
        names=settings.topic_names,
        partitions={"sku": settings.sku_partitions, "market": settings.market_partitions},
        result_format=settings.result_format,
        registry=registry_of(settings),
    )
    metrics = Metrics()
    publisher = Publisher(librdkafka_config(settings), {name: catalog[name] for name in TOPICS}, DELIVERY_MS)
    runners: list[web.AppRunner] = []
    try:
        await asyncio.to_thread(publisher.check, START_S)
        metrics.ready.set_function(lambda: float(publisher.takes_records))
        public = endpoint(receiver, publisher, metrics, _wall_clock)
        runners.append(await _listen(public, settings.webhook_host, settings.webhook_port, "TTS_WEBHOOK"))
        if settings.health_port:
            inner = health(metrics, publisher)
            runners.append(await _listen(inner, settings.health_host, settings.health_port, "TTS_HEALTH"))
        log.info("webhooks are taken on %s:%d", settings.webhook_host, settings.webhook_port)
        await _watch(publisher, stop)
    except KafkaAway as problem:
        log.critical("%s", problem)
        return BROKEN
    finally:
        for runner in runners:
            await runner.cleanup()
        await asyncio.to_thread(publisher.close, ANSWER_S)
    if publisher.broken is None:
        return DONE
    log.critical("the producer cannot go on: %s", publisher.broken)
    return BROKEN


async def _watch(publisher: Publisher, stop: asyncio.Event) -> None:
    """Until told to stop or broken; while Kafka takes nothing, ask whether it is back."""
    waiting = asyncio.ensure_future(stop.wait())
    while publisher.broken is None:
        await asyncio.wait((waiting,), timeout=WATCH_S)
        if stop.is_set():
            return
        if not publisher.takes_records:
            await asyncio.to_thread(publisher.look_again, WATCH_S)
    waiting.cancel()


def health(metrics: Metrics, publisher: Publisher) -> web.Application:
    """/live, /ready and /metrics."""

    def answer(word: str, problem: str | None) -> web.Response:
        return web.json_response({word: problem is None, "reason": problem}, status=503 if problem else 200)

    async def live(_: web.Request) -> web.Response:
        return answer("live", publisher.broken)

    async def ready(_: web.Request) -> web.Response:
        away = None if publisher.takes_records else "Kafka does not take records"
        return answer("ready", publisher.broken or away)

    async def scrape(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(metrics.registry), content_type="text/plain")

    app = web.Application()
    app.add_routes([web.get("/live", live), web.get("/ready", ready), web.get("/metrics", scrape)])
    return app


async def _listen(app: web.Application, host: str, port: int, setting: str) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=ANSWER_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as problem:
        await runner.cleanup()
        raise SettingsProblem(
            f"{setting}_HOST={host} {setting}_PORT={port}: {problem.strerror}; choose an address that is free"
        ) from None
    return runner


def _wall_clock() -> int:
    return time.time_ns() // 1_000_000
