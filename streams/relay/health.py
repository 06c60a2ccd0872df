"""``/live``, ``/ready`` and ``/metrics`` of a relay, read from its measures at the moment they are asked."""

from __future__ import annotations

import time
from collections.abc import Iterable

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from streams.relay.counts import GROUP
from streams.relay.measures import Measures

STUCK_S = 300.0
"""A loop that does not go round for this long is stuck; an outage of the brokers stops it as well."""
HUNG_S = 30.0
"""No call of the Kafka library is given more than 5 s; one that has not returned by then never will."""


class Health:
    """Answers from the loop's present measures."""

    def __init__(self, measures: Measures) -> None:
        self._measures = measures

    def ready(self) -> str | None:
        """None when ready, else why not."""
        if not self._measures.joined:
            return "not assigned yet"
        if self._measures.holding:
            return f"{self._measures.holding} partitions wait for the schema registry"
        if time.monotonic() - self._measures.looked_at > STUCK_S / 10:
            return "waiting for the brokers"
        return None

    def stuck(self) -> str | None:
        """What has not moved for too long; None: all moves."""
        now = time.monotonic()
        hung = now - self._measures.alive_at
        if hung > HUNG_S:
            return f"a call of the Kafka library has not returned for {hung:.0f} s"
        since = now - self._measures.looked_at
        return f"the loop has not gone round for {since:.0f} s" if since > STUCK_S else None

    def collect(self) -> Iterable[Metric]:
        """Prometheus metrics, built at scrape time only."""
        measures = self._measures
        records = CounterMetricFamily(
            "tts_relay_records", "Foreign records carried, by outcome.", labels=["topic", "outcome"]
        )
        for (topic, outcome), number in list(measures.outcomes.items()):
            records.add_metric([topic, outcome], number)
        yield records
        sums = {
            "outputs": ("tts_relay_outputs", "Records published."),
            "dead": ("tts_relay_dead_letters", "Records sent to the dead letters."),
            "transactions": ("tts_relay_transactions", "Transactions committed."),
            "aborted": ("tts_relay_aborted", "Transactions aborted; their records were read again."),
            "seconds": ("tts_relay_seconds", "Time from begun to committed."),
        }
        for attribute, (name, text) in sums.items():
            yield CounterMetricFamily(name, text, value=getattr(measures, attribute))
        lag = GaugeMetricFamily("tts_lag_records", "Records behind the end.", labels=["group", "partition", "topic"])
        for (topic, partition), behind in list(measures.lag.items()):
            lag.add_metric([GROUP, str(partition), topic], behind)
        yield lag
        yield GaugeMetricFamily("tts_relay_partitions", "Foreign partitions of this relay.", value=measures.assigned)
        yield GaugeMetricFamily(
            "tts_relay_waiting", "Partitions that wait for the schema registry.", value=measures.holding
        )
        ready = GaugeMetricFamily("tts_ready", "1 when assigned and nothing waits.", labels=["group"])
        ready.add_metric([GROUP], 0 if self.ready() else 1)
        yield ready


def application(health: Health) -> web.Application:
    """The endpoints."""
    registry = CollectorRegistry()
    registry.register(health)

    def answer(word: str, problem: str | None) -> web.Response:
        return web.json_response({word: problem is None, "reason": problem}, status=503 if problem else 200)

    async def live(_: web.Request) -> web.Response:
        return answer("live", health.stuck())

    async def ready(_: web.Request) -> web.Response:
        return answer("ready", health.ready())

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), content_type="text/plain")

    app = web.Application()
    app.add_routes([web.get("/live", live), web.get("/ready", ready), web.get("/metrics", metrics)])
    return app
