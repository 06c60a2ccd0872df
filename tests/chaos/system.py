"""The whole system on a broker of its own: sandbox, workers, the merchant; and the hands that faults use."""

from __future__ import annotations

import os
import queue
import random
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import httpx
import orjson

from streams.local_kafka import LocalKafka, ports
from streams.records.sku_link import SkuLink
from streams.sandbox.commercetools.control import CommercetoolsControl
from tests.chaos.crew import Crew
from tests.chaos.faults import Stage
from tests.chaos.merchant import AUTHORITY, ERP, SITE, Merchant, Said
from tests.chaos.spoilt import MARK
from tests.cluster import Cluster
from tests.integration.end_to_end.places import DE, UK
from tests.integration.end_to_end.running import Running, now_ms

PLACES: Final = tuple(
    place._replace(
        channels=channels,
        authorities=tuple(AUTHORITY[channel] for channel in channels),
        buffer=3,
        low_water=8,
        max_attempts=50,
    )
    for place, channels in ((UK, ("leeds", "york", "dover")), (DE, ("bremen",)))
)
"""Buffer and low-water mark cover what is sold between a look and a write; nothing is given up, for nobody is there
to take it up again."""
PER_PRODUCT: Final = 4
WORKERS: Final = ("relay", "intake", "decide", "deliver", "orders", "webhooks")
FOREIGN: Final = "erp.stock"
FOREIGN_PARTITIONS: Final = 3
NOTIFICATIONS: Final = "ct-notifications"
STAGE: Final = Stage(
    workers=WORKERS,
    groups=("relay", "intake", "decide", "deliver", "orders"),
    poisoned=(
        "stock-changes",
        "sku-links",
        "order-holds",
        "stock-updates",
        "order-events",
        "fetch-hints",
        NOTIFICATIONS,
        FOREIGN,
    ),
    session_s=6.0,
)
PROJECT, CLIENT = "chaos", "streams"
SWEEP_S: Final = 6.0
"""Between two passes over commercetools: they find what notifications have lost."""
SWITCHES: Final = {"hold_seconds": 4, "webhook_delay_seconds": 0.1, "webhook_jitter_seconds": 0.5}
ADAPTER: Final = f"""topic = "{FOREIGN}"
format = "json"
source = "{ERP}"
complete = false
sku = {{ path = "article" }}
version = {{ path = "seq", form = "number" }}
read_at = {{ path = "counted_at", form = "epoch_ms" }}
acknowledged_orders = {{ each = "orders[*]" }}

[[levels]]
channel = {{ path = "site", values = {{ {SITE} = "bremen" }} }}
quantity = {{ path = "free" }}
"""
TICK_S: Final = 0.1


SETTINGS: Final = {
    "TTS_SKU_PARTITIONS": "4",
    "TTS_SESSION_TIMEOUT_S": str(STAGE.session_s),
    "TTS_CALLS_FLOOR": "4",
    "TTS_COMMERCETOOLS_PROJECT": PROJECT,
    "TTS_COMMERCETOOLS_CLIENT_ID": CLIENT,
    "TTS_COMMERCETOOLS_SWEEP_HOURS": str(SWEEP_S / 3600),
    "TTS_COMMERCETOOLS_DEADLINE_MS": "4000",
}


def _project(secret: str) -> dict[str, Any]:
    scopes = ["view_products", "view_orders", "manage_subscriptions"]
    client = {"client_id": CLIENT, "client_secret": secret, "scopes": scopes}
    return {"project": PROJECT, "clients": [client], "channels": [{"key": "dover"}]}


class Trade(threading.Thread):
    """The merchant's days, in real time, until told to stop."""

    def __init__(self, merchant: Merchant) -> None:
        super().__init__(name="trade", daemon=True)
        self.problem: BaseException | None = None
        self._merchant = merchant
        self._ended = threading.Event()

    def run(self) -> None:
        last = time.monotonic()
        try:
            while not self._ended.wait(TICK_S):
                now = time.monotonic()
                self._merchant.tick(now - last, now_ms())
                last = now
        except BaseException as problem:
            self.problem = problem

    def stop(self) -> None:
        self._ended.set()
        if self.ident is not None:
            self.join(60)


class BrokerHands(threading.Thread):
    """Kills, stops and starts the broker, one thing after the other, while all else goes on."""

    def __init__(self, broker: LocalKafka) -> None:
        super().__init__(name="broker", daemon=True)
        self.problem: BaseException | None = None
        self._broker = broker
        self._asked: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self.busy = 0
        """Faults not over yet."""

    def strike(self, *, kill: bool, away_s: float) -> None:
        """End the broker, and start it again after a while."""

        def work() -> None:
            if kill:
                self._broker.kill()
            else:
                self._broker.stop()
            time.sleep(away_s)
            until = time.monotonic() + 20
            while not all(map(ports.is_free, self._broker.ports)) and time.monotonic() < until:
                time.sleep(0.05)
            self._broker.resume()

        self.busy += 1
        self._asked.put(work)

    def run(self) -> None:
        while (work := self._asked.get()) is not None:
            try:
                work()
            except BaseException as problem:
                self.problem = problem
            self.busy -= 1

    def stop(self) -> None:
        self._asked.put(None)
        self.join(90)


class System:
    """Everything that runs, from an empty folder to the end."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.chance = random.Random(seed + 1)
        self.broker = LocalKafka.start(folder / "kafka")
        try:
            self._begin(seed)
        except BaseException:
            self.broker.kill()
            raise

    def _begin(self, seed: int) -> None:
        cluster = Cluster(self.broker.bootstrap, {**self.broker.client, "log_level": 0})
        secret, port_words = secrets.token_hex(16), ["--kafka", self.broker.bootstrap]
        project = self.folder / "sandbox.json"
        project.write_bytes(orjson.dumps({"commercetools": _project(secret)}))
        self.running = Running(
            cluster,
            "chaos.",
            self.folder,
            PLACES,
            {**SETTINGS, "TTS_COMMERCETOOLS_CLIENT_SECRET": secret, "TTS_ADAPTERS_DIR": str(self.folder / "adapters")},
            MARK,
            [*port_words, "--config", str(project)],
            **SWITCHES,
        )
        self._prepare_sources(cluster)
        self.control = self.running.control
        self.catalog = self.running.catalog
        self.crew = Crew(WORKERS, STAGE.groups, self.folder, self.running.environment)
        self.hands = BrokerHands(self.broker)
        self.hands.start()
        self.undelivered: list[str] = []
        """Records Kafka has refused to take from the harness: then nothing can be judged."""
        self.merchant = Merchant(self.control, self.running.shops, self, seed + 2)
        self.trade = Trade(self.merchant)

    def _prepare_sources(self, cluster: Cluster) -> None:
        """The ERP's topic and its adapter; a commercetools project whose notifications go to our Kafka."""
        url = self.running.stage.url
        self.running.environment |= {
            "TTS_COMMERCETOOLS_API_URL": f"{url}/commercetools/api",
            "TTS_COMMERCETOOLS_AUTH_URL": f"{url}/commercetools/auth",
        }
        adapters = self.folder / "adapters"
        adapters.mkdir()
        (adapters / "erp.toml").write_text(ADAPTER, "utf-8")
        cluster.create({FOREIGN: FOREIGN_PARTITIONS})
        self._http = httpx.Client(base_url=url, timeout=30.0)
        self.source = CommercetoolsControl(self._http, PROJECT)
        cloud = {"TTS_CONFLUENT_API_KEY": "chaos", "TTS_CONFLUENT_API_SECRET": secrets.token_hex(8)}
        words = ["setup", "subscription", "--create", "--server", "pkc-0.example.com:9092", "--record-key", PROJECT]
        made = subprocess.run(
            [sys.executable, "-m", "streams.cli", *words],
            env={**os.environ, **self.running.environment, **cloud},
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode != 0:
            raise RuntimeError(f"no subscription: {made.stderr}")

    def open_up(self) -> None:
        """The first wave of SKUs, and the workers."""
        self.merchant.open_wave(now_ms())
        for post in self.crew.posts.values():
            post.start()

    def enlist(self, skus: Sequence[str], in_commercetools: Sequence[str]) -> None:
        """Products of several SKUs in every shop, and their claims; entries in commercetools, of which it tells
        nobody."""
        for first in range(0, len(skus), PER_PRODUCT):
            box = skus[first : first + PER_PRODUCT]
            for place in PLACES:
                self.running.list_product(place.market, *box)
            for sku in box:
                link = SkuLink(f"box-{box[0]}", now_ms(), tuple(place.market for place in PLACES))
                self.send("sku-links", sku.encode(), self.catalog["sku-links"].encode(link))
        self.source.set_up({"dover": dict.fromkeys(in_commercetools, 0)})

    def change_commercetools(self, sku: str, channel: str, units: int) -> None:
        self.source.change_quantities({channel: {sku: units}})

    def say(self, said: Said) -> None:
        """What one of the merchant's systems says, to the topic that is its own."""
        if isinstance(said.told, bytes):
            self.send_foreign(FOREIGN, said.sku.encode(), said.told)
        else:
            self.send("stock-changes", said.sku.encode(), self.catalog["stock-changes"].encode(said.told))

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: tuple[tuple[str, bytes], ...] = (),
        astray: bool = False,
    ) -> None:
        """One record of somebody outside; ``astray`` puts it into a partition its key does not belong to."""
        to = self.catalog[topic]
        partition = 0 if key is None else to.partition_of(key)
        if astray:
            partition = (partition + 1) % to.partitions
        self._produce(to.full_name, key, value, partition, headers)

    def send_foreign(
        self, topic: str, key: bytes | None, value: bytes | None, headers: tuple[tuple[str, bytes], ...] = ()
    ) -> None:
        """One record to a topic that is not ours, whose producers use a partitioner of their own."""
        count = FOREIGN_PARTITIONS if topic == FOREIGN else self.catalog[NOTIFICATIONS].partitions
        name = FOREIGN if topic == FOREIGN else self.catalog[NOTIFICATIONS].full_name
        self._produce(name, key, value, crc32(key or b"") % count, headers)

    def _produce(
        self, topic: str, key: bytes | None, value: bytes | None, partition: int, headers: tuple[tuple[str, bytes], ...]
    ) -> None:
        while True:
            try:
                self.running.producer.produce(
                    topic, value, key, partition, headers=list(headers), on_delivery=self._delivered
                )
                self.running.producer.poll(0)
                return
            except BufferError:
                self.running.producer.poll(0.1)

    def _delivered(self, error: Any, message: Any) -> None:
        if error is not None:
            self.undelivered.append(f"{message.topic()}: {error}")

    def problems(self) -> list[str]:
        """What went wrong with the harness itself."""
        found = [
            f"{name}: {type(problem).__name__}: {problem}"
            for name, problem in (
                ("trade", self.trade.problem),
                ("broker", self.hands.problem),
                ("reader", self.running.heard.problem),
            )
            if problem is not None
        ]
        if self.running.processes["sandbox"].code() is not None:
            found.append(f"the sandbox ended:\n{self.running.processes['sandbox'].tail()}")
        return [*found, *self.undelivered[:5]]

    def close(self) -> None:
        """End what still runs, in whatever state it is."""
        self.trade.stop()
        self.crew.stop(5.0)
        self.hands.stop()
        self._http.close()
        self.running.stop()
        self.broker.kill()
