"""The whole product on one machine, for what a worker alone cannot show: sandbox, workers, one market.

Nothing is pinned to a core: broker, sandbox, workers and whoever measures share them, as they would in a small shop.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import httpx
from confluent_kafka import Producer

from streams.app import catalog_of
from streams.demo.metrics import scrape
from streams.demo.processes import Process, free_port, wait_until_ready
from streams.records.sku_link import SkuLink
from streams.sandbox.commercetools.control import CommercetoolsControl
from streams.sandbox.control import App, Limit, Product, SandboxControl, Shop, Sku, Warehouse
from streams.settings import Settings
from streams.tiktok_shop.token_box import new_key
from streams.topics.apply import apply_topics

MARKETS = {"uk": ("GB", "GBP", "leeds"), "de": ("DE", "EUR", "bremen")}
"""Region, currency and supply channel."""
APP_KEY, PROJECT, CLIENT = "bench", "bench", "bench"
SECONDS = 300.0


class Installation:
    """Begun with an empty prefix; ``authority`` says whose stock counts."""

    def __init__(
        self, bootstrap: str, folder: Path, prefix: str, markets: Sequence[str], authority: str, **settings: str
    ) -> None:
        self.folder = folder
        self.markets = markets
        self.authority = authority
        self.processes: dict[str, Process] = {}
        self._ports = {name: free_port() for name in ("sandbox", "relay", "intake", "decide", "deliver", "orders")}
        self._secret = secrets.token_hex(16)
        folder.mkdir(parents=True)
        (folder / "sandbox.json").write_text(json.dumps({"commercetools": self._project()}))
        words = ["sandbox", "--port", str(self._ports["sandbox"]), "--data", str(folder / "sandbox")]
        words += ["--kafka", bootstrap, "--config", str(folder / "sandbox.json")]
        self.url = f"http://127.0.0.1:{self._ports['sandbox']}"
        self.processes["sandbox"] = Process("sandbox", words, {}, folder / "sandbox.log")
        wait_until_ready(self.processes["sandbox"], f"{self.url}/_sandbox/summary")
        http = httpx.Client(base_url=self.url, timeout=120.0)
        self.control, self.source = SandboxControl(http), CommercetoolsControl(http, PROJECT)
        self.shops: dict[str, str] = {}
        codes = self._open_shops()
        self.environment = self._environment(bootstrap, prefix, codes) | settings
        fields = {name.removeprefix("TTS_").lower(): value for name, value in self.environment.items()}
        chosen = {name: value for name, value in fields.items() if name in Settings.model_fields}
        self.catalog = catalog_of(Settings.model_validate(chosen))
        kafka: dict[str, Any] = {"bootstrap.servers": bootstrap, "log_level": 3}
        self.kafka = kafka
        apply_topics(self.catalog, kafka)
        self.producer = Producer({**kafka, "enable.idempotence": True, "linger.ms": 2, "compression.type": "lz4"})

    def _project(self) -> dict[str, Any]:
        client = {"client_id": CLIENT, "client_secret": self._secret, "scopes": ["view_products", "view_orders"]}
        channels = [{"key": MARKETS[market][2]} for market in self.markets]
        return {"project": PROJECT, "clients": [client], "channels": channels}

    def _open_shops(self) -> dict[str, str]:
        self.control.add_apps(App(app_key=APP_KEY, app_secret=self._secret))
        self.control.set_limits(Limit(rate=5_000))
        folder = self.folder / "markets"
        folder.mkdir()
        codes = {}
        for market in self.markets:
            region, currency, channel = MARKETS[market]
            warehouses = (Warehouse(name=channel, supply_channel=channel),)
            shop = self.control.add_shops(Shop(name=market, region=region, currency=currency, warehouses=warehouses))[0]
            self.shops[market] = shop["id"]
            codes[market] = self.control.auth_code(APP_KEY, shop["id"])
            text = _market_file(region, currency, shop["id"], shop["warehouses"][0]["id"], channel, self.authority)
            (folder / f"{market}.toml").write_text(text)
        return codes

    def _environment(self, bootstrap: str, prefix: str, codes: Mapping[str, str]) -> dict[str, str]:
        return {
            "TTS_KAFKA_BOOTSTRAP": bootstrap,
            "TTS_TOPIC_PREFIX": prefix,
            "TTS_GROUP_PREFIX": prefix,
            "TTS_TRANSACTIONAL_PREFIX": prefix,
            "TTS_MARKETS_DIR": str(self.folder / "markets"),
            "TTS_WORKER_ID": "bench",
            "TTS_TIKTOK_API_URL": self.url,
            "TTS_TIKTOK_AUTH_URL": self.url,
            "TTS_TIKTOK_APP_KEY": APP_KEY,
            "TTS_TIKTOK_APP_SECRET": self._secret,
            "TTS_TOKEN_KEYS": new_key(),
            "TTS_COMMERCETOOLS_PROJECT": PROJECT,
            "TTS_COMMERCETOOLS_API_URL": f"{self.url}/commercetools/api",
            "TTS_COMMERCETOOLS_AUTH_URL": f"{self.url}/commercetools/auth",
            "TTS_COMMERCETOOLS_CLIENT_ID": CLIENT,
            "TTS_COMMERCETOOLS_CLIENT_SECRET": self._secret,
            "TTS_COMMERCETOOLS_SWEEP_HOURS": "0",
            **{f"TTS_SHOP_{market.upper()}_AUTH_CODE": code for market, code in codes.items()},
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.processes.values()):
            process.stop()

    def start(self, *names: str) -> None:
        """Workers, until they are ready."""
        for name in names:
            environment = {
                **self.environment,
                "TTS_HEALTH_PORT": str(self._ports[name]),
                "TTS_STATE_DIR": str(self.folder / "state" / name),
            }
            self.processes[name] = Process(name, ["worker", name], environment, self.folder / f"{name}.log")
        for name in names:
            wait_until_ready(self.processes[name], f"http://127.0.0.1:{self._ports[name]}/ready", SECONDS)

    def metric(self, worker: str, name: str) -> float:
        """The sum of a metric of a worker over its labels."""
        found = scrape([f"http://127.0.0.1:{self._ports[worker]}"])
        return sum(value for (title, _), value in found.items() if title == name)

    def list_products(self, market: str, products: Mapping[str, Sequence[str]]) -> None:
        """Products with their SKUs, nothing of them in stock."""
        wanted = [
            Product(title=title, skus=tuple(Sku(seller_sku=sku) for sku in skus)) for title, skus in products.items()
        ]
        for first in range(0, len(wanted), 500):
            self.control.add_products(self.shops[market], wanted[first : first + 500])

    def claim(self, products: Mapping[str, Sequence[str]]) -> None:
        for product, skus in products.items():
            for sku in skus:
                self.publish("sku-links", sku, SkuLink(product, 1, tuple(self.markets)))

    def publish(self, topic: str, key: str, value: Any, told: Callable[[Any, Any], None] | None = None) -> None:
        to, raw = self.catalog[topic], key.encode()
        while True:
            try:
                self.producer.produce(to.full_name, to.encode(value), raw, to.partition_of(raw), on_delivery=told)
                self.producer.poll(0)
                return
            except BufferError:
                self.producer.poll(0.1)

    def until(self, look: Callable[[], Any], what: str, seconds: float = SECONDS) -> Any:
        """The first true answer; an error names what did not come."""
        deadline = time.monotonic() + seconds
        while not (found := look()):
            ended = [process for process in self.processes.values() if process.code() is not None]
            if ended:
                raise RuntimeError(f"{ended[0].name} ended with {ended[0].code()}:\n{ended[0].tail()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{what}: not within {seconds:.0f} s; logs in {self.folder}")
            time.sleep(0.1)
        return found


def _market_file(region: str, currency: str, shop: str, warehouse: str, channel: str, authority: str) -> str:
    return f"""[shop]
region = "{region}"
currency = "{currency}"
shop_id = "{shop}"

[orders]
poll_seconds = 2
margin_seconds = 1

[[warehouses]]
warehouse = "{warehouse}"

[[warehouses.channels]]
channel = "{channel}"
authority = "{authority}"
"""
