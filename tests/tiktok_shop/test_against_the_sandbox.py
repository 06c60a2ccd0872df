"""The client against the simulator over a real socket: two programs that share no code agree on the contract."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import httpx
import pytest
from aiohttp import web

from streams.deadline import Deadline
from streams.listing import calls as listing_calls
from streams.listing.answers import InventoryUpdated, ProductsFound
from streams.listing.calls import (
    ActivateProduct,
    DeactivateProduct,
    SearchInventory,
    SearchProducts,
    SkuQuantities,
    UpdateInventory,
    WarehouseQuantity,
)
from streams.order.calls import OrdersFound, ReadOrders, SearchOrders
from streams.outcome import Delivered, Rejected, RetryLater, ShopStopped, Unknown
from streams.sandbox.control import App, Fault, Limit, Order, OrderItem, Product, SandboxControl, Shop, Sku, Warehouse
from streams.sandbox.server import application
from streams.sandbox.simulator import Simulator
from streams.sandbox.transport import SandboxTransport
from streams.tiktok_shop import order, shop
from streams.tiktok_shop.access import AppAccess, ShopAccess
from streams.tiktok_shop.answer import Answer
from streams.tiktok_shop.client import Client
from streams.tiktok_shop.limiter import Pace, next_at, opened, room, succeeded, taken, throttled
from streams.tiktok_shop.listing import answer_to, call_for
from streams.tiktok_shop.token import Token
from streams.tiktok_shop.token_call import exchange_code, refresh

T = TypeVar("T")
KEY, SECRET = "app-1", "d0d0cafe"
WAREHOUSES = (Warehouse(name="North", supply_channel="north"), Warehouse(name="South", supply_channel="south"))


class Stage(NamedTuple):
    """One shop with one product of two SKUs in two warehouses, and our client in front of it."""

    control: SandboxControl
    client: Client
    shop_id: str
    access: ShopAccess
    token: Token
    product_id: str
    skus: dict[str, str]
    """Seller SKU to SKU id."""
    warehouses: tuple[str, ...]

    async def ask(self, wanted: listing_calls.Call, **how: Any) -> tuple[Any, Answer]:
        """The answer in the listing's words, and as it came."""
        how = {"shop": self.access, **how}

        async def turn(_: Answer) -> None:
            return None

        pages = await self.client.send_all(call_for(wanted), turn=turn, **how)
        return answer_to(wanted, pages), pages[-1]

    async def write(self, quantities: dict[str, tuple[int, ...]], **how: Any) -> tuple[InventoryUpdated, Answer]:
        """Quantities by seller SKU, one per warehouse from the first on."""
        skus = tuple(
            SkuQuantities(self.skus[sku], tuple(map(WarehouseQuantity, self.warehouses, figures)))
            for sku, figures in quantities.items()
        )
        return await self.ask(UpdateInventory(self.product_id, skus), **how)

    async def shown(self) -> dict[str, tuple[tuple[int, int], ...]]:
        """Available and committed by seller SKU, per warehouse."""
        found, _ = await self.ask(SearchInventory(tuple(self.skus.values())))
        assert found.outcome == Delivered()
        names = {sku_id: sku for sku, sku_id in self.skus.items()}
        return {
            names[row.sku_id]: tuple((level.available, level.committed) for level in sorted(row.levels))
            for row in found.rows
        }


def on_stage(play: Callable[[Stage], Awaitable[T]], path: Path) -> T:
    async def run() -> T:
        simulator = Simulator(path / "sandbox.db")
        control = SandboxControl(httpx.Client(transport=SandboxTransport(simulator), base_url="http://sandbox"))
        runner = web.AppRunner(application(simulator), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        app = AppAccess(KEY, SECRET, url, url)
        try:
            async with Client(app, lambda: time.time_ns() // 1_000_000) as client:
                return await play(await set_up(control, client))
        finally:
            await runner.cleanup()

    return asyncio.run(run())


async def set_up(control: SandboxControl, client: Client) -> Stage:
    control.add_apps(App(app_key=KEY, app_secret=SECRET))
    (made,) = control.add_shops(Shop(name="Cups", region="GB", currency="GBP", warehouses=WAREHOUSES))
    warehouses = tuple(sorted(w["id"] for w in made["warehouses"]))
    skus = tuple(Sku(seller_sku=s, inventory=dict.fromkeys(warehouses, 5)) for s in ("CUP-RED", "CUP-BLUE"))
    (listed,) = control.add_products(made["id"], [Product(skus=skus)])
    got = await exchange_code(client, control.auth_code(KEY, made["id"]))
    assert got.token is not None
    found = shop.shops(await client.call(shop.SHOPS, shop=ShopAccess(got.token.access_token, "")))
    assert found is not None
    access = ShopAccess(got.token.access_token, found[0].cipher)
    ids = {sku["seller_sku"]: sku["id"] for sku in listed["skus"]}
    return Stage(control, client, made["id"], access, got.token, listed["id"], ids, warehouses)


def test_writes_stock_and_reads_it_back(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        updated, answer = await stage.write({"CUP-RED": (7, 0), "CUP-BLUE": (1, 2)})
        assert updated.outcome == Delivered() and answer.server_date is not None
        assert await stage.shown() == {"CUP-RED": ((7, 0), (0, 0)), "CUP-BLUE": ((1, 0), (2, 0))}

    on_stage(play, tmp_path)


def test_finds_a_listing_by_its_seller_sku(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        found, _ = await stage.ask(SearchProducts(("CUP-RED", "CUP-GREEN")))
        (row,) = [row for row in found.rows if row.seller_sku == "CUP-RED"]
        assert (row.sku_id, row.product_id, row.status) == (stage.skus["CUP-RED"], stage.product_id, "ACTIVATE")
        assert not [row for row in found.rows if row.seller_sku == "CUP-GREEN"]

    on_stage(play, tmp_path)


def test_pages_of_a_search_hold_every_product_once(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        more = [Product(skus=(Sku(seller_sku=f"CUP-{n}"),)) for n in range(7)]
        stage.control.add_products(stage.shop_id, more)
        wanted = SearchProducts(("CUP-RED", *(f"CUP-{n}" for n in range(7))))
        call = call_for(wanted)._replace(query=(("page_size", "3"),))
        turns: list[Answer] = []

        async def turn(answer: Answer) -> None:
            turns.append(answer)

        pages = await stage.client.send_all(call, shop=stage.access, turn=turn)
        found = answer_to(wanted, pages)
        assert isinstance(found, ProductsFound) and turns == pages and len(pages) == 3
        assert sorted(row.seller_sku for row in found.rows) == sorted([*wanted.seller_skus, "CUP-BLUE"])

    on_stage(play, tmp_path)


def test_one_refused_sku_leaves_the_others_confirmed(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        stage.control.add_faults(Fault(kind="partial_failure", seller_sku="CUP-BLUE", count=1))
        updated, answer = await stage.write({"CUP-RED": (7, 7), "CUP-BLUE": (8, 8)})
        assert answer.code == 0 and updated.outcome == Delivered()
        assert [error.sku_id for error in updated.errors] == [stage.skus["CUP-BLUE"]]
        assert await stage.shown() == {"CUP-RED": ((7, 0), (7, 0)), "CUP-BLUE": ((5, 0), (5, 0))}

    on_stage(play, tmp_path)


def test_a_missing_warehouse_is_refused_by_name(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        updated, _ = await stage.write({"CUP-RED": (3,)})
        (error,) = updated.errors
        assert isinstance(error.outcome, Rejected) and error.outcome.field == "warehouse_id" and error.outcome.remedy

    on_stage(play, tmp_path)


def test_a_refused_decrease_says_so(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        stage.control.switch(zero_quantity="refused")
        updated, _ = await stage.write({"CUP-RED": (0, 0)})
        (error,) = updated.errors
        assert isinstance(error.outcome, Rejected)
        assert (error.outcome.code, error.outcome.field) == ("12052055", "quantity")

    on_stage(play, tmp_path)


def test_takes_a_product_off_sale_and_puts_it_back(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        for wanted in (DeactivateProduct(stage.product_id), ActivateProduct(stage.product_id)):
            changed, _ = await stage.ask(wanted)
            assert changed.outcome == Delivered()
        unknown, _ = await stage.ask(DeactivateProduct("1700000000000000001"))
        assert isinstance(unknown.outcome, Rejected)

    on_stage(play, tmp_path)


@pytest.mark.parametrize("kind", ["timeout_after", "delayed"])
def test_an_answer_lost_after_applying_is_unknown_and_the_truth_can_be_read(tmp_path: Path, kind: Any) -> None:
    async def play(stage: Stage) -> None:
        stage.control.add_faults(Fault(kind=kind, operation="update_inventory", count=1, seconds=2.0))
        updated, answer = await stage.write({"CUP-RED": (1, 1)}, deadline=Deadline.after(300))
        assert isinstance(updated.outcome, Unknown) and answer.sent and answer.code is None
        assert (await stage.shown())["CUP-RED"] == ((1, 0), (1, 0))

    on_stage(play, tmp_path)


def test_an_answer_lost_before_applying_looks_the_same(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        stage.control.add_faults(Fault(kind="timeout_before", operation="update_inventory", count=1, seconds=2.0))
        updated, answer = await stage.write({"CUP-RED": (1, 1)}, deadline=Deadline.after(300))
        assert isinstance(updated.outcome, Unknown) and answer.sent
        assert (await stage.shown())["CUP-RED"] == ((5, 0), (5, 0))

    on_stage(play, tmp_path)


@pytest.mark.parametrize("kind", ["internal_error", "bad_gateway", "unavailable", "gateway_timeout"])
def test_a_failing_gateway_leaves_a_write_unknown_and_a_read_for_later(tmp_path: Path, kind: Any) -> None:
    async def play(stage: Stage) -> None:
        stage.control.add_faults(Fault(kind=kind, count=2))
        updated, _ = await stage.write({"CUP-RED": (1, 1)})
        assert isinstance(updated.outcome, Unknown)
        shown, read = await stage.ask(SearchInventory(tuple(stage.skus.values())))
        assert isinstance(shown.outcome, RetryLater)
        assert read.pressure == ("overloaded" if kind == "unavailable" else None)

    on_stage(play, tmp_path)


def test_too_many_requests_change_nothing_and_name_the_wait(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        stage.control.switch(retry_after_seconds=3)
        stage.control.set_limits(Limit(rate=0.001, burst=1))
        answers = [(await stage.write({"CUP-RED": (q, q)}))[1] for q in (1, 2)]
        assert answers[0].outcome == Delivered() and answers[1].pressure == "throttled"
        late = answers[1].outcome
        assert isinstance(late, RetryLater) and (late.costs_attempt, late.not_before_ms) == (False, 3_000)

    on_stage(play, tmp_path)


def test_the_limiter_settles_below_a_limit_nobody_told_it(tmp_path: Path) -> None:
    """Ours waits by its own clock; the simulator's limit is 20 calls per second of real time."""

    async def play(stage: Stage) -> tuple[int, int]:
        stage.control.set_limits(Limit(rate=20, burst=2, operation="search_inventory"))
        loop = asyncio.get_running_loop()
        bucket, calls, refused = opened(Pace(start=5.0, growth=0.5), 0), 0, 0
        end = loop.time() + 2.5
        while (real := loop.time()) < end:
            now = int(real * 1000)
            if not room(bucket, now):
                await asyncio.sleep((next_at(bucket, now) - now) / 1000)
                continue
            bucket, calls = taken(bucket, now), calls + 1
            _, answer = await stage.ask(SearchInventory(tuple(stage.skus.values())))
            now = int(loop.time() * 1000)
            refused += answer.pressure == "throttled"
            bucket = throttled(bucket, now) if answer.pressure == "throttled" else succeeded(bucket, now)
        return calls, refused

    calls, refused = on_stage(play, tmp_path)
    assert calls > 8 and refused <= 4


def test_an_expired_token_is_refreshed_once_and_the_call_repeated_once(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        stage.control.set_clock(step=8 * 86_400)
        _, expired = await stage.write({"CUP-RED": (3, 3)})
        assert expired.cure == "refresh-token" and expired.code == 105002
        fresh = await refresh(stage.client, stage.token)
        assert fresh.token is not None and fresh.token.generation == 2
        access = stage.access._replace(access_token=fresh.token.access_token)
        updated, _ = await stage.write({"CUP-RED": (3, 3)}, shop=access)
        assert updated.outcome == Delivered()
        again = await refresh(stage.client, stage.token)
        assert isinstance(again.outcome, ShopStopped), "a refresh token works once"

    on_stage(play, tmp_path)


def test_a_token_replaced_meanwhile_asks_for_the_current_one(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        fresh = await refresh(stage.client, stage.token)
        assert fresh.token is not None
        _, late = await stage.write({"CUP-RED": (3, 3)})
        assert late.cure == "refresh-token"
        assert fresh.token.generation > stage.token.generation

    on_stage(play, tmp_path)


def test_a_revoked_consent_stops_the_shop(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        stage.control.deauthorize(stage.shop_id)
        _, answer = await stage.write({"CUP-RED": (3, 3)})
        assert isinstance(answer.outcome, ShopStopped) and answer.outcome.remedy
        assert isinstance((await refresh(stage.client, stage.token)).outcome, ShopStopped)

    on_stage(play, tmp_path)


def test_a_changed_cipher_asks_for_the_shops_again(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        cipher = stage.control.new_cipher(stage.shop_id)
        _, answer = await stage.write({"CUP-RED": (3, 3)})
        assert answer.cure == "refetch-shops"
        found = shop.shops(await stage.client.call(shop.SHOPS, shop=stage.access))
        assert found is not None and found[0].cipher == cipher

    on_stage(play, tmp_path)


def test_a_wrong_secret_a_wrong_clock_and_a_retired_version_stop_the_shop(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        call = call_for(SearchInventory(tuple(stage.skus.values())))
        for app, ahead in (
            (stage.client.app._replace(app_secret="wrong"), 0),
            (stage.client.app._replace(app_key="wrong"), 0),
            (stage.client.app, 120_000),
            (stage.client.app, -600_000),
            (stage.client.app._replace(versions={"search_inventory": "209901"}), 0),
        ):
            async with Client(app, lambda ahead=ahead: stage.client.clock() + ahead) as client:  # type: ignore[misc]
                answer = await client.send(call, shop=stage.access)
            assert isinstance(answer.outcome, ShopStopped) and answer.outcome.remedy, answer

    on_stage(play, tmp_path)


def test_a_scope_the_seller_did_not_grant_stops_the_shop_and_names_the_remedy(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        data = stage.control.token(KEY, stage.shop_id, ["seller.product.basic"])
        _, answer = await stage.write(
            {"CUP-RED": (3, 3)}, shop=stage.access._replace(access_token=data["access_token"])
        )
        assert isinstance(answer.outcome, ShopStopped) and "scope" in answer.outcome.remedy

    on_stage(play, tmp_path)


def test_reads_orders_and_what_they_commit(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        since = stage.client.clock() // 1000 * 1000 - 1000
        items = (OrderItem(seller_sku="CUP-RED", units=2),)
        (placed,) = stage.control.place(Order(shop_id=stage.shop_id, items=items))
        available = [level for level in (await stage.shown())["CUP-RED"]]
        assert sum(a for a, _ in available) == 8 and sum(c for _, c in available) == 2
        wanted = SearchOrders(since, since + 3_600_000)
        page: OrdersFound = order.found(await stage.client.send(order.search(wanted), shop=stage.access))
        (seen,) = page.orders
        assert (seen.id, page.next_page_token) == (placed["order_id"], "")
        assert [line.seller_sku for line in seen.lines] == ["CUP-RED", "CUP-RED"]
        assert seen.warehouse_id in stage.warehouses and seen.created_at >= since
        stage.control.cancel(seen.id)
        read = order.known(await stage.client.send(order.read(ReadOrders((seen.id,))), shop=stage.access))
        assert read.outcome == Delivered() and [o.status for o in read.orders] == ["CANCELLED"]
        both = ReadOrders((seen.id, "579000000000000001"))
        foreign = order.known(await stage.client.send(order.read(both), shop=stage.access))
        assert isinstance(foreign.outcome, Rejected) and foreign.outcome.code == "21008111"

    on_stage(play, tmp_path)


def test_reads_warehouses(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        found = shop.warehouses(await stage.client.call(shop.WAREHOUSES, shop=stage.access))
        assert found is not None and {w.id for w in found if w.type == shop.SALES} == set(stage.warehouses)

    on_stage(play, tmp_path)
