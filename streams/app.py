"""Builds everything once: settings, clients, flows, worker.  The only place where the parts meet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from prometheus_client.core import Metric

from streams.commercetools.access import Access, hosts
from streams.commercetools.client import Client as CommercetoolsClient
from streams.engine.engine import wall_clock
from streams.engine.faust_app import FaustSettings
from streams.engine.flow import Caller, Context, Flow, Group
from streams.engine.settings import EngineSettings
from streams.engine.worker import Worker
from streams.flows.access import AccessBook
from streams.flows.alarms import HoldAlarms, ShopAlarms
from streams.flows.intake import IntakeSource
from streams.flows.listing import frees, listing_flow
from streams.flows.listing_caller import ListingCaller
from streams.flows.orders import access_flow, watch_flow
from streams.flows.orders_caller import OrdersCaller
from streams.flows.policies import listing_fingerprint, shop_view, watch_policies
from streams.flows.pressure import Pressure
from streams.flows.shop import Learned, deadline_ms, shop_flow
from streams.flows.shop_caller import ShopCaller, consents, stem
from streams.flows.stock import stock_flow
from streams.kafka_security import faust_credentials, librdkafka_config
from streams.market.files import load_markets
from streams.market.markets import Markets
from streams.schema_registry import registry_of
from streams.secrets import required
from streams.setting_names import of_unknown_markets
from streams.settings import Settings, SettingsProblem, surroundings
from streams.tiktok_shop.access import AppAccess
from streams.tiktok_shop.client import Client
from streams.tiktok_shop.limiter import Pace
from streams.tiktok_shop.token_box import TokenBox
from streams.topics.catalog import Catalog, load

GROUPS = ("intake", "decide", "deliver", "orders")


def catalog_of(settings: Settings) -> Catalog:
    """The topics under the names and sizes of this installation."""
    return load(
        prefix=settings.topic_prefix,
        names=settings.topic_names,
        partitions={"sku": settings.sku_partitions, "market": settings.market_partitions},
        result_format=settings.result_format,
        registry=registry_of(settings),
    )


def group_id(settings: Settings, name: str) -> str:
    """Consumer group of a worker group."""
    return f"{settings.group_prefix}{name}"


def build_worker(settings: Settings, name: str) -> Worker:
    """A worker of one group, nothing connected yet."""
    if name not in GROUPS:
        raise SettingsProblem(f"worker {name!r} does not exist; there are {', '.join(GROUPS)}, webhooks, relay and all")
    catalog = catalog_of(settings)
    markets = load_markets(settings.markets_dir)
    worker: list[Worker] = []

    def post(flow: str) -> Callable[[str, Any], None]:
        """Give an entity of a flow an event from outside the log."""
        return lambda entity, event: worker[0].engine.post(flow, entity, event)

    def markets_at(partition: int) -> Sequence[str]:
        topic = catalog["shop-watermarks"]
        return [market.name for market in markets if topic.partition_of(market.name.encode()) == partition]

    def watched_at(partition: int) -> Sequence[str]:
        return [name for name in markets_at(partition) if markets[name].modes.stock != "off"]

    def contexts() -> Mapping[int, Context]:
        """The partitions owned now, as rules see them."""
        return {number: one.stepper.looking for number, one in worker[0].engine.partitions.items()}

    metrics: list[Callable[[], Iterable[Metric]]] = []
    calls_per_queue: int | None = None
    match name:
        case "intake":
            source = IntakeSource(settings, markets, commercetools_client(settings), catalog)
            group, calls_per_queue = source.group(), source.calls_per_queue
            metrics.append(source.alarms(contexts, wall_clock).collect)
        case "decide":
            metrics.append(HoldAlarms(contexts, wall_clock).collect)
            group = Group(name, (stock_flow(markets, _sweep_ms(settings)),), settings.sku_partitions)
        case "deliver":
            to_shop = post("shop")
            pressure = Pressure(_pace(settings), lambda market, limits: to_shop(market, Learned(limits)))
            metrics += [pressure.collect, ShopAlarms(contexts, watched_at, wall_clock).collect]
            group = _deliver(settings, markets, markets_at, to_shop, pressure)
        case _:
            pressure = Pressure(_pace(settings))
            metrics.append(pressure.collect)
            group = _orders(settings, markets, markets_at, post("orders"), pressure)
    worker.append(
        Worker(
            group,
            catalog,
            engine_settings(settings, catalog, name, calls_per_queue),
            faust_settings(settings, name),
            (settings.health_host, settings.health_port) if settings.health_port else None,
            lambda: chain.from_iterable(collect() for collect in metrics),
        )
    )
    return worker[0]


def engine_settings(
    settings: Settings, catalog: Catalog, name: str, calls_per_queue: int | None = None
) -> EngineSettings:
    """The engine's part of the settings; ``calls_per_queue``: where it is not the engine's usual."""
    usual = EngineSettings(
        group_id=group_id(settings, name),
        changelog=catalog[f"{name}-state"].full_name,
        transactional_prefix=f"{settings.transactional_prefix}{name}",
        state_dir=settings.state_dir,
        kafka=librdkafka_config(settings),
        client_id=f"tts-{name}-{settings.worker_id}",
        batch_records=settings.batch_records,
        pacing_ms=settings.pacing_ms,
        job_ms=int(settings.job_seconds * 1000),
        cache_rows=settings.cache_rows,
    )
    return usual if calls_per_queue is None else replace(usual, calls_per_queue=calls_per_queue)


def faust_settings(settings: Settings, name: str) -> FaustSettings:
    """Faust's part of the settings."""
    return FaustSettings(
        bootstrap=settings.bootstrap,
        group_id=group_id(settings, name),
        instance_id=f"{name}-{settings.worker_id}",
        data_dir=_made(settings.state_dir / name),
        session_timeout_s=settings.session_timeout_s,
        credentials=faust_credentials(settings),
        poll_records=settings.batch_records,
    )


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        reason = f"TTS_STATE_DIR={str(folder.parent)!r}: {folder} cannot be made: {problem.strerror}"
        raise SettingsProblem(f"{reason}. Remedy: name a folder this user may write to") from None
    return folder


def tiktok_client(settings: Settings) -> Client:
    """The client of this installation's app."""
    if not settings.tiktok_app_key:
        raise SettingsProblem("calling TikTok Shop needs TTS_TIKTOK_APP_KEY, the key of your app in Partner Center")
    secret = required("TIKTOK_APP_SECRET", settings.secret("TIKTOK_APP_SECRET"), "calling TikTok Shop")
    access = AppAccess(
        settings.tiktok_app_key,
        secret.get_secret_value(),
        settings.tiktok_api_url,
        settings.tiktok_auth_url,
        settings.tiktok_versions,
    )
    try:
        return Client(access, wall_clock)
    except ValueError as problem:
        raise SettingsProblem(f"TTS_TIKTOK_VERSIONS: {problem}") from None


def commercetools_client(settings: Settings) -> CommercetoolsClient:
    """The client of this installation's project."""
    return CommercetoolsClient(
        commercetools_access(settings),
        wall_clock,
        settings.commercetools_concurrency,
        settings.commercetools_deadline_ms,
    )


def commercetools_setup_client(settings: Settings) -> CommercetoolsClient:
    """For what is done once, by a client of its own if there is one, with what rights it has."""
    number = settings.commercetools_setup_client_id
    access = commercetools_access(settings, None if number is None else "COMMERCETOOLS_SETUP_CLIENT_SECRET")
    access = access._replace(client_id=number or access.client_id, scopes=())
    return CommercetoolsClient(access, wall_clock, 1, settings.commercetools_deadline_ms)


def commercetools_access(settings: Settings, secret_name: str | None = None) -> Access:
    """Hosts, client and scopes."""
    name = secret_name or "COMMERCETOOLS_CLIENT_SECRET"
    project = settings.commercetools_project
    if not project or not (settings.commercetools_client_id or secret_name):
        missing = "TTS_COMMERCETOOLS_CLIENT_ID" if project else "TTS_COMMERCETOOLS_PROJECT"
        raise SettingsProblem(f"reading stock from commercetools needs {missing}; see docs/settings.md")
    secret = required(name, settings.secret(name), "reading commercetools")
    api, auth = hosts(settings.commercetools_region)
    return Access(
        project,
        settings.commercetools_api_url or api,
        settings.commercetools_auth_url or auth,
        settings.commercetools_client_id or "",
        secret.get_secret_value(),
        tuple(f"{scope}:{project}" if ":" not in scope else scope for scope in settings.commercetools_scopes.split()),
    )


_MAKE_KEY = "Make one: streams setup key"


def token_box(settings: Settings) -> TokenBox:
    """What seals tokens on topics and in state."""
    keys = required("TOKEN_KEYS", settings.secret("TOKEN_KEYS"), "sealing shop tokens")
    try:
        return TokenBox([key.strip() for key in keys.get_secret_value().split(",")])
    except ValueError:
        reason = "secret TTS_TOKEN_KEYS does not hold Fernet keys, comma separated"
        raise SettingsProblem(f"{reason}. {_MAKE_KEY}") from None


def _sweep_ms(settings: Settings) -> int:
    return int(settings.sweep_hours * 3_600_000)


Post = Callable[[str, Any], None]
MarketsAt = Callable[[int], Sequence[str]]


def _deliver(settings: Settings, markets: Markets, markets_at: MarketsAt, to_shop: Post, pressure: Pressure) -> Group:
    client, box = tiktok_client(settings), token_box(settings)
    view = shop_view(markets, settings.call_deadline_ms)
    _refuse_unknown_markets(settings, markets)
    given = consents(markets, settings.secret)
    flows: tuple[Flow, ...] = (
        shop_flow(
            markets_at,
            {market: consent.digest for market, consent in given.items()},
            deadline_ms(settings.session_timeout_s),
            frees(view),
        ),
        listing_flow(view, settings.call_deadline_ms, _sweep_ms(settings), listing_fingerprint(markets)),
    )
    callers: dict[str, Caller] = {
        "shop": ShopCaller(client, box, markets, given, pressure.resume),
        "listing": ListingCaller(client, AccessBook(box), pressure, wall_clock, to_shop),
    }
    return Group("deliver", flows, settings.market_partitions, callers)


def _refuse_unknown_markets(settings: Settings, markets: Markets) -> None:
    """A misspelled consent would leave its shop without tokens."""
    names = of_unknown_markets(surroundings(), map(stem, markets.by_name))
    if names:
        files = ", ".join(sorted(markets.by_name))
        raise SettingsProblem(
            f"{', '.join(names)}: no such market file in {settings.markets_dir}. Remedy: remove it, or name one of "
            f"{files} in capitals"
        )


def _orders(settings: Settings, markets: Markets, markets_at: MarketsAt, to_orders: Post, pressure: Pressure) -> Group:
    client, box = tiktok_client(settings), token_box(settings)
    watch = watch_flow(
        watch_policies(markets, settings.call_deadline_ms),
        markets_at,
        settings.call_deadline_ms,
        markets.fingerprint,
        _sweep_ms(settings),
    )
    caller = OrdersCaller(client, AccessBook(box), pressure, wall_clock, to_orders)
    return Group("orders", (access_flow(), watch), settings.market_partitions, {"orders": caller})


def _pace(settings: Settings) -> Pace:
    return Pace(start=settings.calls_start, floor=settings.calls_floor, ceiling=settings.calls_ceiling)
