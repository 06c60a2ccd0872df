"""From settings and adapter files to a relay, nothing connected yet."""

import logging

from streams.adapter.files import load_adapters
from streams.adapter.heard import all_unheard
from streams.adapter.model import Adapter
from streams.codec.registry import Registry
from streams.kafka_security import librdkafka_config
from streams.market.errors import MarketError
from streams.market.files import load_markets
from streams.relay.feeds import adapter_feeds
from streams.relay.notifications import notification_feed
from streams.relay.settings import RelaySettings
from streams.relay.transform import Feed
from streams.relay.worker import Relay
from streams.schema_registry import registry_of
from streams.settings import Settings
from streams.topics.catalog import Catalog, load

log = logging.getLogger(__name__)


def adapters_of(settings: Settings) -> tuple[Adapter, ...]:
    """The adapters of this installation; none where no folder is named."""
    return () if settings.adapters_dir is None else load_adapters(settings.adapters_dir)


def has_feeds(settings: Settings) -> bool:
    """Whether there is something to relay."""
    return settings.commercetools_project is not None or bool(adapters_of(settings))


def relay_of(settings: Settings) -> Relay:
    """A relay process."""
    warn_of_unheard(settings)
    registry = registry_of(settings)
    catalog = load(
        prefix=settings.topic_prefix,
        names=settings.topic_names,
        partitions={"sku": settings.sku_partitions, "market": settings.market_partitions},
        result_format=settings.result_format,
        registry=registry,
    )
    address = (settings.health_host, settings.health_port) if settings.health_port else None
    return Relay(feeds_of(settings, catalog, registry), catalog, relay_settings(settings), address)


def warn_of_unheard(settings: Settings) -> None:
    """Names in the adapters that no market file knows.  A relay needs no market files, and carries all the same."""
    adapters = adapters_of(settings)
    if not adapters:
        return
    try:
        markets = load_markets(settings.markets_dir)
    except MarketError as problem:
        log.warning("sources and channels of the adapters are not compared with the market files: %s", problem)
        return
    for warning in all_unheard(adapters, markets):
        log.warning("%s", warning)


def feeds_of(settings: Settings, catalog: Catalog, registry: Registry | None) -> list[Feed]:
    """What is relayed."""
    feeds = adapter_feeds(adapters_of(settings), None if registry is None else registry.schema)
    if settings.commercetools_project is None:
        return feeds
    topic, settle_ms = catalog["ct-notifications"].full_name, int(settings.commercetools_settle_seconds * 1000)
    return [*feeds, notification_feed(topic, settings.commercetools_project, settle_ms)]


def relay_settings(settings: Settings) -> RelaySettings:
    """The relay's part of the settings."""
    return RelaySettings(
        group_id=f"{settings.group_prefix}relay",
        transactional_id=f"{settings.transactional_prefix}relay-{settings.worker_id}",
        kafka=librdkafka_config(settings),
        client_id=f"tts-relay-{settings.worker_id}",
        batch_records=settings.batch_records,
        session_timeout_s=settings.session_timeout_s,
        job_ms=int(settings.job_seconds * 1000),
    )
