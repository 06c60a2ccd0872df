"""The worker group ``intake``: its flows and callers, built from settings and markets."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from streams.commercetools.client import Client
from streams.engine.flow import Caller, Context, Group
from streams.flows.channel_book import ChannelBook
from streams.flows.fetch import fetch_flow, fingerprint_of
from streams.flows.fetch_caller import Batch, FetchCaller
from streams.flows.source_alarms import SourceAlarms
from streams.flows.source_health import health_flow
from streams.flows.sweep import sweep_flow
from streams.flows.sweep_caller import HealthCaller, SweepCaller
from streams.market.markets import Markets
from streams.market.model import COMMERCETOOLS
from streams.settings import Settings
from streams.topics.catalog import Catalog

log = logging.getLogger(__name__)
NOT_WATCHED = (
    "TTS_COMMERCETOOLS_SUBSCRIPTION_ID is not set: nobody watches whether the Subscription delivers, and when it stops "
    "changes come with passes only (TTS_COMMERCETOOLS_SWEEP_HOURS).  Remedy: set it to the id that `streams setup "
    "subscription --create` prints, or to `id` in commercetools' answer to GET /%s/subscriptions"
)
_ANSWERED_MS = 60_000
"""An answer is given up after so long; readings wait for a place in a request, and repeating one does no harm."""
_FIXED_BYTES = 250
"""Of a request's address beside host, project and SKUs: path, order, cursor."""


def supply_of(markets: Markets) -> dict[str, str]:
    """Supply channels whose stock commercetools says, with their logic: ``Markets`` saw to it that each has one."""
    return {channel: supply.logic for channel, supply in markets.supply.items() if supply.authority == COMMERCETOOLS}


class IntakeSource:
    """Reads the stock of one commercetools project."""

    def __init__(self, settings: Settings, markets: Markets, client: Client, catalog: Catalog) -> None:
        self.client = client
        self._settings = settings
        self._supply = supply_of(markets)
        self._catalog = catalog
        self._book = ChannelBook(client, self._supply)
        if settings.commercetools_subscription_id is None:
            log.warning(NOT_WATCHED, client.access.project)
        address = len(client.access.api_url) + len(client.access.project)
        self._batch = Batch(
            settings.commercetools_skus_per_request,
            settings.commercetools_url_bytes - address - _FIXED_BYTES,
            settings.commercetools_concurrency,
            settings.commercetools_linger_ms,
        )

    @property
    def calls_per_queue(self) -> int:
        """Readings asked for at once: enough to fill all requests, twice, so that the next ones are full too."""
        return 2 * self._batch.most * self._batch.at_once

    def group(self) -> Group:
        settings, client = self._settings, self.client
        deadline_ms = settings.commercetools_deadline_ms + _ANSWERED_MS
        hours, fingerprint = settings.commercetools_sweep_hours, fingerprint_of(self._supply)
        flows = (
            fetch_flow(deadline_ms, fingerprint),
            sweep_flow(self._catalog["fetch-hints"], int(hours * 3_600_000), deadline_ms, fingerprint),
            health_flow(
                self._catalog["source-sweeps"],
                settings.commercetools_subscription_id,
                int(settings.commercetools_health_seconds * 1000),
                deadline_ms,
            ),
        )
        callers: dict[str, Caller] = {
            "fetch": FetchCaller(client, self._book, self._batch),
            "sweep": SweepCaller(client, self._book),
            "health": HealthCaller(client),
        }
        return Group("intake", flows, settings.sku_partitions, callers)

    def alarms(self, contexts: Callable[[], Mapping[int, Context]], clock: Callable[[], int]) -> SourceAlarms:
        return SourceAlarms(contexts, self.client, self._book, self._settings.commercetools_subscription_id, clock)
