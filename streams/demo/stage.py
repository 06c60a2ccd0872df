"""Sets the stage: shops with their products in the simulator, market files that fit them, claims on the topic."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from streams.demo.erp import SETTLE_S
from streams.demo.scale import (
    CHANNELS,
    DEAD_BAND,
    MARKETS,
    SHARED_CHANNEL,
    WMS,
    MarketScale,
    Scale,
    product_name,
    sku_name,
)
from streams.sandbox.control import App, Limit, Product, SandboxControl, Shop, Sku, StockMove, Warehouse

APP_KEY = "demo-app"


class Stage(NamedTuple):
    """What the campaign is played on."""

    shops: dict[str, str]
    """Market to shop id."""
    codes: dict[str, str]
    """Market to the authorization code its seller gave."""
    stock: dict[tuple[str, str], int]
    """(sku, channel) to units at the beginning."""


def set_stage(
    control: SandboxControl,
    scale: Scale,
    markets_dir: Path,
    app_secret: str,
    webhook_address: str,
    progress: Callable[[int], None],
) -> Stage:
    """Fill the simulator and write the market files."""
    chance = random.Random(scale.seed)
    control.add_apps(App(app_key=APP_KEY, app_secret=app_secret, webhook_address=webhook_address))
    control.set_limits(Limit(rate=scale.calls_per_second, burst=max(1.0, scale.calls_per_second / 4)))
    control.switch(hold_seconds=3600, webhook_delay_seconds=0.3, webhook_jitter_seconds=0.7, webhook_duplicates=0.05)
    markets_dir.mkdir(parents=True, exist_ok=True)
    shops, codes = {}, {}
    for market in MARKETS:
        shop = control.add_shops(
            Shop(
                name=f"Demo {market.name.upper()}",
                region=market.region,
                currency=market.currency,
                remorse="held" if market.authority == WMS else "none",
                warehouses=(
                    Warehouse(name=market.channel, supply_channel=market.channel),
                    Warehouse(name=SHARED_CHANNEL, supply_channel=SHARED_CHANNEL),
                ),
            )
        )[0]
        own, shared = (warehouse["id"] for warehouse in shop["warehouses"])
        for first in range(0, scale.skus, 200):
            control.add_products(shop["id"], _products(first, min(first + 200, scale.skus), scale, (own, shared)))
            progress(200)
        shops[market.name] = shop["id"]
        codes[market.name] = control.auth_code(APP_KEY, shop["id"])
        (markets_dir / f"{market.name}.toml").write_text(_market_file(market, shop["id"], own, shared), "utf-8")
    stock = {}
    for number in range(scale.skus):
        for channel in CHANNELS:
            stock[sku_name(number), channel] = chance.randint(14, 80)
    moves = [StockMove(seller_sku=sku, supply_channel=channel, counted=n) for (sku, channel), n in stock.items()]
    for at in range(0, len(moves), 1000):
        control.move_stock(*moves[at : at + 1000])
    return Stage(shops, codes, stock)


def _products(first: int, end: int, scale: Scale, warehouses: tuple[str, str]) -> list[Product]:
    found: dict[str, list[Sku]] = {}
    for number in range(first, end):
        sku = Sku(seller_sku=sku_name(number), inventory=dict.fromkeys(warehouses, 0))
        found.setdefault(product_name(number, scale), []).append(sku)
    return [Product(title=f"Sample {name}", skus=tuple(skus)) for name, skus in found.items()]


def _market_file(market: MarketScale, shop_id: str, own: str, shared: str) -> str:
    return f"""[shop]
region = "{market.region}"
currency = "{market.currency}"
shop_id = "{shop_id}"

[stock]
low_water = 6
dead_band = {{ units = {DEAD_BAND[0]}, above = {DEAD_BAND[1]} }}

[orders]
poll_seconds = 1
margin_seconds = 1
overlap_seconds = 10
watermark_max_age_seconds = 30

[holds]
settle_seconds = {SETTLE_S}

[buffer]
absolute = {market.buffer}
percentage = {market.percentage}

[[warehouses]]
warehouse = "{own}"

[[warehouses.channels]]
channel = "{market.channel}"
authority = "{market.authority}"
logic = "{market.logic}"

[[warehouses]]
warehouse = "{shared}"

[[warehouses.channels]]
channel = "{SHARED_CHANNEL}"
authority = "{WMS}"
logic = "available"
share = 50
"""
