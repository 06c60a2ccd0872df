"""What must be known of the source: is it read, does it deliver, how old is the last pass and what did it find.

Built when metrics are asked for, from committed rows and from the client.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from streams.commercetools.client import Client
from streams.engine.flow import Context, Table
from streams.flows.channel_book import ChannelBook
from streams.flows.source_health import SOURCE_HEALTH, key_of
from streams.flows.sweep import SWEEP
from streams.records.source_health import SourceHealth
from streams.records.sweep import Sweep
from streams.source import sweep

STATUSES = ("healthy", "temporary", "stopped", "unknown")


class SourceAlarms:
    """Of the group ``intake``."""

    def __init__(
        self,
        contexts: Callable[[], Mapping[int, Context]],
        client: Client,
        book: ChannelBook,
        subscription: str | None,
        clock: Callable[[], int],
    ) -> None:
        self._contexts = contexts
        self._client = client
        self._book = book
        self._subscription = subscription
        self._clock = clock

    def collect(self) -> Iterable[Metric]:
        yield from self._source()
        yield from self._passes()
        watched = GaugeMetricFamily("tts_subscription_watched", "0: nobody asks whether the Subscription delivers.")
        watched.add_metric([], int(self._subscription is not None))
        yield watched
        if self._subscription is not None:
            yield from self._health(key_of(self._subscription))

    def _source(self) -> Iterable[Metric]:
        sent = CounterMetricFamily("tts_source_requests", "Requests sent to commercetools.")
        sent.add_metric([], self._client.requests)
        failures = CounterMetricFamily("tts_source_failures", "Answers that were no success.", labels=["code"])
        for code, number in sorted(self._client.failures.items()):
            failures.add_metric([code], number)
        stopped = GaugeMetricFamily("tts_source_stopped", "1: nothing can be read.", labels=["code"])
        if self._client.stopped is not None:
            stopped.add_metric([self._client.stopped.code], 1)
        unknown = GaugeMetricFamily(
            "tts_source_channel_unknown", "1: a market file names a channel that does not exist.", labels=["channel"]
        )
        for channel in self._book.unknown:
            unknown.add_metric([channel], 1)
        yield from (sent, failures, stopped, unknown)

    def _passes(self) -> Iterable[Metric]:
        row: Sweep | None = self._row(SWEEP, sweep.KEY)
        age = GaugeMetricFamily("tts_sweep_age_seconds", "Since when no pass over the source was complete.")
        found = GaugeMetricFamily("tts_sweep_found", "What the last complete pass came to.", labels=["what"])
        if row is not None and (row.started_at or row.finished_at):
            since = row.finished_at
            age.add_metric([], max(0.0, (self._clock() - since) / 1000) if since else float("inf"))
            if not row.running:
                for what, number in sweep.total(row).items():
                    found.add_metric([what], number)
        yield from (age, found)

    def _health(self, key: str) -> Iterable[Metric]:
        row: SourceHealth | None = self._row(SOURCE_HEALTH, key)
        status = GaugeMetricFamily("tts_subscription_status", "1: how the Subscription is.", labels=["status"])
        if row is not None and row.status:
            for name in STATUSES:
                status.add_metric([name], int(row.status == name))
        yield status

    def _row(self, table: Table, key: str) -> Any:
        """Where this worker has it; its partition is one worker's at a time."""
        for context in self._contexts().values():
            found = context.rows(table).get(key)
            if found is not None:
                return found
        return None
