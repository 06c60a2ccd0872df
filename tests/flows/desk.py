"""The flows of ``deliver`` and their callers against the simulator, without Kafka: one step after another."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from aiohttp import web
from pydantic import SecretStr

from streams.deadline import Deadline
from streams.engine.flow import Completion, Due, Emit, Flow, Ready, Swept, Table, Turn
from streams.flows.access import AccessBook
from streams.flows.listing import frees, listing_flow
from streams.flows.listing_caller import ListingCaller
from streams.flows.policies import listing_fingerprint, shop_view
from streams.flows.pressure import Pressure
from streams.flows.shop import shop_flow
from streams.flows.shop_caller import Consent, ShopCaller
from streams.market.markets import Markets
from streams.market.model import Market
from streams.records.shop_watermark import ShopWatermark
from streams.records.stock_update import OfferedLevel, StockUpdate
from streams.sandbox.control import App, Product, SandboxControl, Shop, Sku, Warehouse
from streams.sandbox.server import application
from streams.sandbox.simulator import Simulator
from streams.sandbox.transport import SandboxTransport
from streams.tiktok_shop.access import AppAccess
from streams.tiktok_shop.client import Client
from streams.tiktok_shop.limiter import Pace
from streams.tiktok_shop.token_box import TokenBox

KEY, SECRET = "app-1", "d0d0cafe"
LISTING = "uk:mug"


def clock() -> int:
    return time.time_ns() // 1_000_000


class Looking(NamedTuple):
    """What rules see: the time and all rows."""

    tables: dict[str, dict[str, Any]]
    now: int
    partition: int = 0

    def rows(self, table: Table) -> dict[str, Any]:
        return self.tables[table.name]


class Desk:
    """One shop ``uk`` with one listing of SKU ``MUG``; ``start`` is a worker's start, rows outlive it."""

    def __init__(self, control: SandboxControl, client: Client) -> None:
        self.control = control
        self._client = client
        control.add_apps(App(app_key=KEY, app_secret=SECRET))
        (made,) = control.add_shops(Shop(name="Mugs", region="GB", currency="GBP", warehouses=(Warehouse(name="A"),)))
        self.shop_id: str = made["id"]
        self.warehouse: str = made["warehouses"][0]["id"]
        control.add_products(self.shop_id, [Product(skus=(Sku(seller_sku="MUG", inventory={self.warehouse: 5}),))])
        self.rows: dict[str, dict[str, Any]] = {"shop": {}, "listing": {}}
        self.emits: list[Emit] = []
        self.calls: list[str] = []
        self._events: list[tuple[str, str, Any]] = []

    @property
    def shop(self) -> Any:
        return self.rows["shop"]["uk"]

    def quantity(self) -> int:
        (row,) = self.control.every("stock", shop_id=self.shop_id)
        return int(row["available"])

    def new_code(self) -> Consent:
        return Consent(SecretStr(self.control.auth_code(KEY, self.shop_id)), "code")

    def start(self, keys: list[str], consent: Consent | None, mode: str = "live") -> None:
        """A worker starts with these token keys and this code."""
        market = Market.model_validate(
            {
                "name": "uk",
                "shop": {"region": "GB", "currency": "GBP"},
                "modes": {"stock": mode},
                "warehouses": [{"warehouse": self.warehouse, "channels": [{"channel": ""}]}],
            }
        )
        markets, given = Markets([market]), {} if consent is None else {"uk": consent}
        box, view = TokenBox(keys), shop_view(markets, 3_000)
        self.pressure = Pressure(Pace(start=50.0))
        digests = {name: one.digest for name, one in given.items()}
        self.flows: dict[str, Flow] = {
            "shop": shop_flow(lambda _: ["uk"], digests, 5_000, frees(view)),
            "listing": listing_flow(view, 3_000, 0, listing_fingerprint(markets)),
        }
        self.callers: dict[str, Any] = {
            "shop": ShopCaller(self._client, box, markets, given, self.pressure.resume),
            "listing": ListingCaller(
                self._client, AccessBook(box), self.pressure, clock, lambda name, event: self.tell("shop", name, event)
            ),
        }
        self.tell("shop", "uk", Due())
        self.tell("shop", "uk", ShopWatermark(clock(), clock()))

    def tell(self, flow: str, entity: str, *events: Any) -> None:
        self._events += [(flow, entity, event) for event in events]

    def offer(self, units: int) -> None:
        level = OfferedLevel(self.warehouse, units, 0, 0, units, units, 0, 0, "absolute")
        self.tell("listing", LISTING, StockUpdate("MUG", clock(), clock(), "STOCK", (level,), (), 0))

    def sweep(self) -> None:
        self.tell("listing", LISTING, Swept())

    def looking(self) -> Looking:
        return Looking(self.rows, clock())

    async def quiet(self, most: int = 60) -> None:
        """Everything that can be done now is done; what waits for a time goes on waiting."""
        for _ in range(most):
            if self._events:
                await self._step(*self._events.pop(0))
                continue
            wish = self._wish()
            if wish is None:
                return
            await self._step(*wish)
        raise AssertionError(f"never quiet: {self.calls}")

    def _wish(self) -> tuple[str, str, Any] | None:
        looking = self.looking()
        for name, flow in self.flows.items():
            for entity, row in self.rows[name].items():
                assert flow.ready is not None
                wish = flow.ready(entity, row, looking)  # type: ignore[arg-type]
                if isinstance(wish, Ready) and self.callers[name].room(wish, looking.now) < 100:
                    self.callers[name].take(wish, looking.now)
                    return name, entity, Turn(wish.operations)
        return None

    async def _step(self, name: str, entity: str, event: Any) -> None:
        step = self.flows[name].step(entity, self.rows[name].get(entity), [event], self.looking())  # type: ignore[arg-type]
        self.rows[name][entity] = step.state
        self.emits += step.emits
        if step.call is not None:
            self.calls.append(getattr(step.call.request, "kind", None) or type(step.call.request.call).__name__)
            answer = await self.callers[name].call("uk", step.call, Deadline.after(step.call.deadline_ms))
            self.tell(name, entity, Completion(step.call.token, answer))


def at_the_desk(play: Callable[[Desk], Awaitable[None]], path: Path) -> None:
    async def run() -> None:
        simulator = Simulator(path / "sandbox.db")
        control = SandboxControl(httpx.Client(transport=SandboxTransport(simulator), base_url="http://sandbox"))
        runner = web.AppRunner(application(simulator), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with AsyncExitStack() as stack:
            stack.push_async_callback(runner.cleanup)
            client = await stack.enter_async_context(Client(AppAccess(KEY, SECRET, url, url), clock))
            await play(Desk(control, client))

    asyncio.run(run())
