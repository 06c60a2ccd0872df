"""Runs the campaign from an empty broker to the verdict."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
from confluent_kafka import Producer
from rich.console import Console
from rich.live import Live
from rich.progress import Progress

from streams.app import catalog_of
from streams.demo import metrics, sources
from streams.demo.buyers import Buyers
from streams.demo.environment import settings_of, worker_environment
from streams.demo.erp import Erp
from streams.demo.expected import expected_quantities
from streams.demo.facts import facts
from streams.demo.merchant import Merchant
from streams.demo.processes import Process, free_port, wait_until_ready
from streams.demo.results import Results, percentile
from streams.demo.scale import CHANNELS, DEAD_BAND, MARKETS, WMS, Scale, product_name, sku_name
from streams.demo.stage import Stage, set_stage
from streams.demo.truth import readings_of, true_levels
from streams.demo.verdict import differing, exit_code, jobs_off, misheard, promises
from streams.demo.view import LiveView, Moment, final_table
from streams.demo.wms import Wms
from streams.kafka_security import librdkafka_config
from streams.market.files import load_markets
from streams.market.model import COMMERCETOOLS
from streams.records.sku_link import SkuLink
from streams.sandbox.commercetools.control import CommercetoolsControl
from streams.sandbox.control import SandboxControl
from streams.topics.apply import apply_topics

WORKERS = ("relay", "intake", "decide", "deliver", "orders", "webhooks")
_TICK_S = 0.2
_LONGEST_STEP_S = 1.0
"""A machine that cannot keep up sees less trade, not the same in lumps that no buffer was meant for."""
_QUIET_LIMIT_S = 180.0


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Campaign:
    """One run; ``folder`` holds everything it leaves behind."""

    def __init__(self, scale: Scale, bootstrap: str, folder: Path, console: Console) -> None:
        self._scale = scale
        self._folder = folder
        self._console = console
        self._bootstrap = bootstrap
        self._prefix = f"demo-{int(time.time())}."
        self._secret = secrets.token_hex(20)
        self._processes: list[Process] = []
        self._health = {name: free_port() for name in WORKERS}
        self._webhook_port = free_port()
        self._sandbox_port = free_port()
        self._environment: dict[str, str] = {}

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self._sandbox_port}"

    def run(self) -> int:
        """0 when every promise was kept, else 1."""
        try:
            return self._run()
        finally:
            for process in reversed(self._processes):
                process.stop()

    def _run(self) -> int:
        self._folder.mkdir(parents=True, exist_ok=True)
        sandbox = Process(
            "sandbox",
            [
                *("sandbox", "--port", str(self._sandbox_port), "--data", str(self._folder / "sandbox")),
                *("--kafka", self._bootstrap),
            ],
            {},
            self._folder / "sandbox.log",
        )
        self._processes.append(sandbox)
        wait_until_ready(sandbox, f"{self.sandbox_url}/_sandbox/summary")
        client = httpx.Client(base_url=self.sandbox_url, timeout=60.0)
        control, source = SandboxControl(client), CommercetoolsControl(client)
        with Progress(console=self._console, transient=True) as progress:
            task = progress.add_task("products into the simulator", total=self._scale.skus * len(MARKETS))
            stage = set_stage(
                control,
                self._scale,
                self._folder / "markets",
                self._secret,
                f"http://127.0.0.1:{self._webhook_port}/",
                lambda done: progress.advance(task, done),
            )
        sources.fill_project(source, stage.stock, self._secret)
        adapters = self._folder / "adapters"
        self._environment = worker_environment(
            *(self._bootstrap, self._prefix, self._folder, self.sandbox_url, self._webhook_port, self._secret, stage)
        ) | sources.environment(self.sandbox_url, source.project, self._secret, adapters)
        settings = settings_of(self._environment)
        catalog = catalog_of(settings)
        kafka = librdkafka_config(settings)
        apply_topics(catalog, kafka)
        wms_topic = f"{self._prefix}halls"
        sources.foreign_topic(wms_topic, adapters, kafka)
        sources.subscribe(self._environment, self._secret)
        results = Results(catalog, kafka)
        results.start()
        producer = Producer({**kafka, "linger.ms": 5, "enable.idempotence": True, "compression.type": "lz4"})

        def send(topic: str, key: bytes, value: bytes, partition: int) -> None:
            producer.produce(topic, value, key, partition)
            producer.poll(0)

        self._start_workers()
        lag_ms = int(self._scale.wms_lag_seconds * 1000)
        wms = Wms(stage.stock, lag_ms, partial(send, wms_topic))
        erp = Erp(stage.stock, lag_ms, control, source)
        merchant = Merchant(wms, erp, self._scale, control)
        links = catalog["sku-links"]
        claimed = tuple(market.name for market in MARKETS)
        for number in range(self._scale.skus):
            sku = sku_name(number)
            link = SkuLink(product_name(number, self._scale), now_ms(), claimed)
            send(links.full_name, sku.encode(), links.encode(link), links.partition_of(sku.encode()))
            wms.tell(sku, now_ms(), ())
        producer.flush()
        buyers = Buyers(stage.shops, self._scale, control, erp.shipped)
        view = LiveView(self._scale.seconds)

        def leave() -> int:
            buyers.pay(now_ms())
            return merchant.hear(now_ms(), at_once=True)

        with Live(console=self._console, refresh_per_second=2) as live:
            began = time.monotonic()
            self._until_quiet(results, control, merchant, buyers, view, live, began, "first load", lambda: 0)
            results.freshness.clear()
            began = time.monotonic()
            self._sale(results, control, merchant, buyers, view, live, began, producer)
            drained = self._until_quiet(results, control, merchant, buyers, view, live, began, "settling", leave)
        producer.flush()
        ended = [process.name for process in self._processes if process.code() is not None]
        codes = [(process.name, process.stop()) for process in reversed(self._processes) if process is not sandbox]
        ended += [f"{name} exit {code}" for name, code in codes if code != 0]
        time.sleep(1.0)
        results.stop()
        return self._verdict(results, control, source, merchant, buyers, ended, drained, stage)

    def _start_workers(self) -> None:
        for name in WORKERS:
            environment = {
                **self._environment,
                "TTS_HEALTH_PORT": str(self._health[name]),
                "TTS_STATE_DIR": str(self._folder / "state" / name),
            }
            self._processes.append(Process(name, ["worker", name], environment, self._folder / f"{name}.log"))
        for process in self._processes[1:]:
            wait_until_ready(process, f"http://127.0.0.1:{self._health[process.name]}/ready")

    def _sale(
        self,
        results: Results,
        control: SandboxControl,
        merchant: Merchant,
        buyers: Buyers,
        view: LiveView,
        live: Live,
        began: float,
        producer: Producer,
    ) -> None:
        """Trade, buy and look, in real time."""
        last = began
        shown = 0.0
        while (passed := time.monotonic() - began) < self._scale.seconds:
            step = min(_LONGEST_STEP_S, time.monotonic() - last)
            last = time.monotonic()
            merchant.tick(step, now_ms())
            buyers.tick(step, now_ms())
            producer.poll(0)
            if passed - shown >= 1.0:
                shown = passed
                self._show(results, control, merchant, buyers, view, live, passed, "flash sale")
            time.sleep(max(0.0, _TICK_S - (time.monotonic() - last)))

    def _until_quiet(
        self,
        results: Results,
        control: SandboxControl,
        merchant: Merchant,
        buyers: Buyers,
        view: LiveView,
        live: Live,
        began: float,
        phase: str,
        keep_going: Callable[[], int],
    ) -> bool:
        """Until every decided update is proven and nothing is on its way; False when that takes too long."""
        deadline = time.monotonic() + _QUIET_LIMIT_S
        calm = 0
        while time.monotonic() < deadline:
            undone = keep_going()
            before = results.updates
            time.sleep(0.5)
            samples = self._show(results, control, merchant, buyers, view, live, time.monotonic() - began, phase)
            enough = len(results.wanted) >= self._scale.skus * len(MARKETS)
            enough &= len(results.given) >= self._scale.skus * len(CHANNELS) and not undone
            idle = metrics.total(samples, "tts_lag_records") == 0 and metrics.total(samples, "tts_calls_waiting") == 0
            calm = calm + 1 if enough and idle and not results.unproven() and results.updates == before else 0
            if calm >= 6:
                return True
        return False

    def _show(
        self,
        results: Results,
        control: SandboxControl,
        merchant: Merchant,
        buyers: Buyers,
        view: LiveView,
        live: Live,
        seconds: float,
        phase: str,
    ) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        samples = metrics.scrape(f"http://127.0.0.1:{port}" for port in self._health.values())
        summary = control.see("summary")
        recent = list(results.recent)
        moment = Moment(
            seconds,
            results.changes[WMS],
            results.changes[COMMERCETOOLS],
            results.updates,
            summary["calls"],
            summary["calls_limited"],
            results.statuses["APPLIED"],
            int(metrics.total(samples, "tts_lag_records")),
            int(metrics.total(samples, "tts_calls_waiting")),
            percentile(recent, 0.5),
            percentile(recent, 0.99),
            buyers.placed,
            buyers.refused,
            summary["oversold_units"],
        )
        limits = {
            f"{dict(labels)['queue']} {dict(labels)['operation']}": value
            for (name, labels), value in samples.items()
            if name == "tts_call_rate" and dict(labels)["operation"] == "update_inventory"
        }
        live.update(view.render(moment, limits, list(results.explanations), phase))
        return samples

    def _verdict(
        self,
        results: Results,
        control: SandboxControl,
        source: CommercetoolsControl,
        merchant: Merchant,
        buyers: Buyers,
        ended: list[str],
        drained: bool,
        stage: Stage,
    ) -> int:
        markets = load_markets(self._folder / "markets")
        truth = true_levels(control, source)
        expected = expected_quantities(
            readings_of(truth, now_ms()), [market.name for market in MARKETS], markets, now_ms()
        )
        market_of = {shop_id: market for market, shop_id in stage.shops.items()}
        shown = {
            (market_of[str(row["shop_id"])], row["seller_sku"], str(row["warehouse_id"])): row["available"]
            for row in control.every("stock")
        }
        oversold = [
            (row["seller_sku"], row["supply_channel"], row["oversold_units"])
            for row in control.see("physical")["physical"]
            if row["oversold_units"]
        ]
        unproven = results.unproven() if drained else [("not quiet", str(len(results.unproven()))), *results.unproven()]
        unlike = differing(shown, expected, DEAD_BAND)
        unheard = misheard(results.given, truth)
        kept = promises(oversold, unheard, unlike, unproven, jobs_off(results.jobs), results.dead, ended)
        self._console.print(final_table(facts(results, control, source, merchant, buyers), kept))
        return exit_code(kept)
