"""The whole product, running: workers and sandbox as processes of their own, on a real broker.

Stories change something at one end (a stock change, an order, a fault) and wait for what must show at the other.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self, TypeVar

import orjson
from confluent_kafka import Producer

from streams.app import catalog_of
from streams.demo.processes import Process, free_port, wait_until_ready
from streams.records.sku_link import SkuLink
from streams.records.stock_change import StockChange, StockLevel
from streams.sandbox.control import Order, OrderItem, Product, Sku, StockMove
from streams.settings import Settings
from streams.tiktok_shop.token_box import new_key
from streams.topics.apply import apply_topics
from tests.cluster import Cluster
from tests.integration.end_to_end.heard import Heard
from tests.integration.end_to_end.places import PLACES, WMS, Place
from tests.integration.end_to_end.stage import APP_KEY, Stage

T = TypeVar("T")
WORKERS = ("decide", "deliver", "orders", "webhooks")
SECONDS = 30.0
"""How long a story waits for something that takes a second when all is well."""


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Running:
    """One set of processes and everything a story does with it."""

    def __init__(
        self,
        cluster: Cluster,
        prefix: str,
        folder: Path,
        places: Sequence[Place] = PLACES,
        more: Mapping[str, str] = MappingProxyType({}),
        left_out: str = "",
        sandbox: Sequence[str] = (),
        **switches: Any,
    ) -> None:
        self.cluster = cluster
        self.prefix = prefix
        self.folder = folder
        self.places = {place.market: place for place in places}
        self.ports = {name: free_port() for name in ("webhook", *WORKERS)}
        self.stage = stage = Stage(folder, places, f"http://127.0.0.1:{self.ports['webhook']}/", switches, sandbox)
        self.control = stage.control
        self.shops = stage.shops
        self.warehouses = stage.warehouses
        self.processes: dict[str, Process] = {"sandbox": stage.sandbox}
        self.environment = {**self._environment(), **more}
        self.settings = Settings.model_validate(
            {
                name.removeprefix("TTS_").lower(): value
                for name, value in self.environment.items()
                if name.removeprefix("TTS_").lower() in Settings.model_fields
            }
        )
        self.catalog = catalog_of(self.settings)
        apply_topics(self.catalog, dict(cluster.client))
        self.heard = Heard(self.catalog, cluster.client, left_out)
        self.heard.start()
        self.producer = Producer({**cluster.client, "linger.ms": 1, "enable.idempotence": True})

    # processes

    def write_market(self, place: Place) -> None:
        """Workers read it when they start."""
        self.stage.write_market(place)

    def _environment(self) -> dict[str, str]:
        return {
            "TTS_KAFKA_BOOTSTRAP": self.cluster.bootstrap,
            "TTS_TOPIC_PREFIX": self.prefix,
            "TTS_GROUP_PREFIX": self.prefix,
            "TTS_TRANSACTIONAL_PREFIX": self.prefix,
            "TTS_MARKETS_DIR": str(self.folder / "markets"),
            "TTS_WORKER_ID": "one",
            "TTS_SESSION_TIMEOUT_S": "6",
            "TTS_TIKTOK_API_URL": self.stage.url,
            "TTS_TIKTOK_AUTH_URL": self.stage.url,
            "TTS_TIKTOK_APP_KEY": APP_KEY,
            "TTS_TIKTOK_APP_SECRET": self.stage.secret,
            "TTS_TOKEN_KEYS": new_key(),
            "TTS_WEBHOOK_PORT": str(self.ports["webhook"]),
            "TTS_JOB_SECONDS": "3",
            "TTS_CALLS_START": "20",
            "TTS_CALL_DEADLINE_MS": "1500",
            "TTS_SKU_PARTITIONS": "2",
            "TTS_MARKET_PARTITIONS": "2",
            **{f"TTS_SHOP_{market.upper()}_AUTH_CODE": code for market, code in self.stage.codes.items()},
        }

    def environment_of(self, name: str) -> dict[str, str]:
        return {
            **self.environment,
            "TTS_HEALTH_PORT": str(self.ports[name]),
            "TTS_STATE_DIR": str(self.folder / "state" / name),
        }

    def start(self, *names: str) -> Self:
        """Start workers and wait until they are ready."""
        for name in names:
            log = self.folder / f"{name}.log"
            self.processes[name] = Process(name, ["worker", name], self.environment_of(name), log)
        for name in names:
            self.until_ready(name)
        return self

    def until_ready(self, name: str) -> None:
        wait_until_ready(self.processes[name], f"http://127.0.0.1:{self.ports[name]}/ready")

    def kill(self, name: str) -> None:
        """SIGKILL."""
        self.processes[name].signal(signal.SIGKILL)
        self.processes[name].wait()

    def restart(self, name: str) -> None:
        """Start it again after it ended, and wait until it is ready."""
        self.processes[name].restart()
        self.until_ready(name)

    def stop(self) -> dict[str, int]:
        """End everything; the workers' exit codes."""
        codes = {name: process.stop() for name, process in reversed(self.processes.items())}
        self.heard.stop()
        self.stage.http.close()
        return codes

    def secrets_in_logs(self) -> list[str]:
        """Logs of workers that show what nobody may read."""
        hidden = [self.stage.secret, self.environment["TTS_TOKEN_KEYS"], *self.stage.codes.values()]
        texts = {path.name: path.read_text("utf-8", "replace") for path in self.folder.glob("*.log")}
        return [name for name, text in texts.items() if any(secret in text for secret in hidden)]

    # what happens in the world

    def list_product(self, market: str, *skus: str, quantity: int = 0) -> dict[str, Any]:
        """A product of the shop with these SKUs, in every warehouse."""
        inventory = dict.fromkeys(self.warehouses[market], quantity)
        wanted = Product(title=skus[0], skus=tuple(Sku(seller_sku=sku, inventory=inventory) for sku in skus))
        return self.control.add_products(self.shops[market], [wanted])[0]

    def claim(self, sku: str, product: str, *markets: str) -> None:
        self.publish("sku-links", sku, SkuLink(product, now_ms(), markets))

    def change(
        self,
        sku: str,
        units: Mapping[str, int],
        *,
        heard_of: Sequence[str] = (),
        orders_until: int | None = None,
        complete: bool = True,
        trace: str | None = None,
    ) -> None:
        """The warehouse system says what it has, per channel, and which orders it has counted."""
        levels = tuple(StockLevel(channel, count) for channel, count in units.items())
        change = StockChange(
            source=WMS,
            read_at=now_ms(),
            levels=levels,
            complete=complete,
            orders_until=orders_until,
            acknowledged_orders=tuple(heard_of),
            trace=trace,
        )
        self.publish("stock-changes", sku, change)

    def publish(self, topic: str, key: str, value: Any) -> None:
        self.publish_raw(topic, key.encode(), self.catalog[topic].encode(value))

    def publish_raw(self, topic: str, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]] = ()) -> None:
        to = self.catalog[topic]
        self.producer.produce(to.full_name, value, key, to.partition_of(key), headers=list(headers))
        self.producer.flush(10)

    def on_sale(self, sku: str, *markets: str, **units: int) -> None:
        """A SKU of its own product, listed, claimed and in stock; waits until the shops show it."""
        for market in markets:
            self.list_product(market, sku)
        channels = [channel for market in markets for channel in self.places[market].channels]
        for channel in channels:
            self.control.move_stock(StockMove(seller_sku=sku, supply_channel=channel, counted=units[channel]))
        self.claim(sku, f"product-{sku}", *markets)
        self.change(sku, units)
        for market in markets:
            self.until_shown(market, sku, *self.offered(market, **units))

    def offered(self, market: str, **units: int) -> list[int]:
        """What the rule offers of these units, by warehouse."""
        place = self.places[market]
        return [max(0, units[channel] - place.buffer) for channel in place.channels]

    def order(self, market: str, sku: str, units: int = 1, *, paid: bool = True) -> str:
        """A buyer orders; the order's id."""
        item = OrderItem(seller_sku=sku, units=units)
        placed = self.control.place(Order(shop_id=self.shops[market], items=(item,), paid=paid))[0]
        assert placed["order_id"] is not None, placed
        return str(placed["order_id"])

    # what shows

    def shown(self, market: str, sku: str) -> list[int]:
        """Available units at TikTok Shop, by warehouse."""
        rows = self.control.see("stock", shop_id=self.shops[market], seller_sku=sku)["stock"]
        by_warehouse = {row["warehouse_id"]: row["available"] for row in rows}
        return [by_warehouse[one] for one in self.warehouses[market]]

    def writes(self, market: str, sku: str) -> list[tuple[str, int]]:
        """(warehouse, quantity) of every accepted inventory write of a SKU, oldest first."""
        rows = self.control.see("writes", shop_id=self.shops[market], seller_sku=sku)["writes"]
        return [(row["warehouse_id"], row["new_quantity"]) for row in rows]

    def calls(self, market: str, operation: str, kind: str = "calls") -> int:
        rows = self.control.see("calls")["calls"]
        shop = self.shops[market]
        return sum(row[kind] for row in rows if row["shop_id"] == shop and row["operation"] == operation)

    def fired(self) -> int:
        """How often faults have struck."""
        return sum(row["fired"] for row in self.control.see("faults")["faults"])

    def until_aged(self, market: str, sku: str) -> None:
        """Until its last write is so old that a new order cannot have been overwritten by it."""
        rows = self.control.see("writes", shop_id=self.shops[market], seller_sku=sku)["writes"]
        last = max(row["at_ms"] for row in rows)
        self.until(lambda: now_ms() > last + 3_100, "the last write is a little old")

    def metric(self, name: str, sample: str, **labels: str) -> float:
        """One sample of a worker's metrics; 0 when it has none."""
        from streams.demo.metrics import scrape

        found = scrape([f"http://127.0.0.1:{self.ports[name]}"])
        wanted = set(labels.items())
        return sum(value for (title, given), value in found.items() if title == sample and wanted <= set(given))

    def until(self, look: Callable[[], T], what: str, seconds: float = SECONDS) -> T:
        """Wait until a look shows something; fails with what was waited for."""
        deadline = time.monotonic() + seconds
        while True:
            found = look()
            if found:
                return found
            if self.heard.problem is not None:
                raise self.heard.problem
            ended = [name for name, process in self.processes.items() if process.code() not in (None, -9)]
            assert not ended, f"{ended} ended while waiting for {what}:\n{self.processes[ended[0]].tail(30)}"
            assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
            time.sleep(0.05)

    def until_shown(self, market: str, sku: str, *quantities: int, seconds: float = SECONDS) -> None:
        what = f"{sku} shows {list(quantities)} in {market}"
        try:
            self.until(lambda: self.shown(market, sku) == list(quantities), what, seconds)
        except AssertionError as problem:
            seen = [orjson.dumps(one._asdict()).decode() for one in self.heard.results(sku)[-3:]]
            raise AssertionError(f"{problem}; shown {self.shown(market, sku)}; results {seen}") from problem

    def until_told(self, sku: str, status: str, market: str, seconds: float = SECONDS) -> Any:
        """The newest result of a SKU with this status."""
        found = self.until(
            lambda: [one for one in self.heard.results(sku, status) if one.market == market],
            f"{sku} {status} in {market}",
            seconds,
        )
        return found[-1]

    def until_ended(self, sku: str, market: str, seconds: float = SECONDS) -> Any:
        """Wait until the newest update of a SKU has its result: nothing is under way for it."""

        def look() -> Any:
            updates = [one for key, one in list(self.heard.records["stock-updates"]) if key.startswith(f"{market}:")]
            newest = max((one.sequence for one in updates if one.sku == sku), default=0)
            results = [one for one in self.heard.results(sku, "APPLIED", "UNCHANGED") if one.market == market]
            return next((one for one in results if newest and one.sequence >= newest), None)

        return self.until(look, f"a result of the newest update of {sku} in {market}", seconds)
