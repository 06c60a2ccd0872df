"""What the rules need of the market files for one kind of SKU, compiled once into plain tuples.

Reading a pydantic model costs more than the rule itself.  A plan is kept per (markets, category, SKU with
terms of its own) and replaced when a campaign starts or ends.
"""

from collections.abc import Mapping
from typing import NamedTuple

from streams.market.markets import Markets
from streams.market.model import Market
from streams.stock.buffer import NOTHING, Buffer, in_force
from streams.stock.sellable import Feed, Seller

FOREVER = 1 << 62


class WarehouseRule(NamedTuple):
    """One warehouse of a market."""

    warehouse: str
    feeds: tuple[Feed, ...]
    buffer: Buffer


class MarketRule(NamedTuple):
    """One market that may sell the SKU."""

    market: str
    warehouses: tuple[WarehouseRule, ...]
    cap: int
    low_water: int
    band: int
    above: int
    window: int
    """Milliseconds of the velocity window; 0: sales are not counted."""


class Single(NamedTuple):
    """The common shape, flat: one market, one warehouse, one whole channel, no velocity."""

    market: str
    warehouse: str
    channel: str
    authority: str
    buffer: Buffer
    absolute: int
    percentage: int
    """The only two terms; -1: there are others, ask the buffer."""
    cap: int
    low_water: int
    band: int
    above: int


class Plan(NamedTuple):
    """What one kind of SKU is decided by between two moments."""

    since: int
    until: int
    """First moment after; FOREVER: the market files name none."""
    rules: tuple[MarketRule, ...]
    single: Single | None
    alone: bool
    """The single channel is the only one of its authority, so that a complete reading of it says all."""


class Grounds(NamedTuple):
    """What holds for every SKU."""

    homes: Mapping[tuple[str, str, str], str]
    """Warehouse of ours by market, warehouse_id named by an order (or empty) and channel."""
    firsts: Mapping[str, str]
    """First warehouse by market."""
    mains: Mapping[Seller, str]
    """First channel by market and warehouse."""
    shares: Mapping[str, Mapping[Seller, int]]
    """By channel and seller, in hundredths of a percent."""
    settle: Mapping[str, int]
    """Milliseconds by market."""
    unpaid: Mapping[str, bool]
    """Whether an unpaid order holds, by market."""
    own_terms: frozenset[str]
    """SKUs some market has buffer terms for."""
    own_categories: frozenset[str]
    """Categories some market has buffer terms for."""
    plans: dict[tuple[tuple[str, ...], str | None, str], Plan]


def grounds_of(markets: Markets) -> Grounds:
    """Compiled once per set of market files."""
    found = markets.cache.get("stock")
    if found is None:
        found = markets.cache["stock"] = _grounds(markets)
    assert isinstance(found, Grounds)
    return found


def plan_for(markets: Markets, sold_in: tuple[str, ...], category: str | None, sku: str, now: int) -> Plan:
    """The plan for a SKU sold in these markets; a market without a file, or switched off, is left out."""
    grounds = grounds_of(markets)
    kind = (
        sold_in,
        category if category in grounds.own_categories else None,
        sku if sku in grounds.own_terms else "",
    )
    plan = grounds.plans.get(kind)
    if plan is None or not plan.since <= now < plan.until:
        plan = grounds.plans[kind] = _plan(markets, sold_in, category, sku, now)
    return plan


def home(grounds: Grounds, market: str, warehouse: str, channel: str) -> str | None:
    """The warehouse of ours an order's units leave from; None: it is not in the market's file."""
    if (market, warehouse) in grounds.mains:
        return warehouse
    if warehouse:
        return None
    return grounds.homes.get((market, "", channel)) or grounds.firsts.get(market)


def velocity_window(markets: Markets, market: str, category: str | None, sku: str, now: int) -> int:
    """Milliseconds sales of the SKU are looked back in a market; 0: they are not counted."""
    rules = plan_for(markets, (market,), category, sku, now).rules
    return rules[0].window if rules else 0


def _plan(markets: Markets, sold_in: tuple[str, ...], category: str | None, sku: str, now: int) -> Plan:
    rules = []
    buffers = []
    for name in dict.fromkeys(sold_in):
        market = markets.get(name)
        if market is None or market.modes.stock == "off":
            continue
        buffer = in_force(market.buffer.terms(category, sku), market.buffer.combine, now)
        buffers.append(buffer)
        rules.append(_market_rule(market, buffer))
    untils = [buffer.until for buffer in buffers if buffer.until is not None]
    since = max((buffer.since for buffer in buffers), default=0)
    single = _single(rules)
    alone = single is not None and [s.authority for s in markets.supply.values()].count(single.authority) == 1
    return Plan(since, min(untils, default=FOREVER), tuple(rules), single, alone)


def _market_rule(market: Market, buffer: Buffer) -> MarketRule:
    warehouses = []
    for warehouse in market.warehouses:
        feeds = tuple(Feed(c.channel, c.authority, int(c.share * 100)) for c in warehouse.channels)
        salable = warehouse.channels[0].logic == "salable"
        warehouses.append(WarehouseRule(warehouse.warehouse, feeds, NOTHING if salable else buffer))
    stock = market.stock
    return MarketRule(
        market.name,
        tuple(warehouses),
        stock.cap,
        stock.low_water,
        stock.dead_band.units,
        stock.dead_band.above,
        buffer.window,
    )


def _single(rules: list[MarketRule]) -> Single | None:
    if len(rules) != 1 or rules[0].window or len(rules[0].warehouses) != 1:
        return None
    market, warehouses, cap, low_water, band, above, _ = rules[0]
    warehouse, feeds, buffer = warehouses[0]
    if len(feeds) != 1 or feeds[0].share != 10_000:
        return None
    channel, authority, _ = feeds[0]
    plain = not (buffer.threshold or buffer.campaign or buffer.campaign_percentage or buffer.combine == "sum")
    absolute, percentage = (buffer.absolute, buffer.percentage) if plain else (-1, -1)
    return Single(market, warehouse, channel, authority, buffer, absolute, percentage, cap, low_water, band, above)


def _grounds(markets: Markets) -> Grounds:
    homes: dict[tuple[str, str, str], str] = {}
    shares: dict[str, dict[Seller, int]] = {}
    for market in markets:
        for warehouse in market.warehouses:
            for channel in warehouse.channels:
                homes.setdefault((market.name, "", channel.channel), warehouse.warehouse)
                shares.setdefault(channel.channel, {})[market.name, warehouse.warehouse] = int(channel.share * 100)
    return Grounds(
        homes=homes,
        firsts={market.name: market.warehouses[0].warehouse for market in markets},
        mains={
            (market.name, one.warehouse): one.channels[0].channel for market in markets for one in market.warehouses
        },
        shares=shares,
        settle={market.name: market.holds.settle_seconds * 1000 for market in markets},
        unpaid={market.name: market.holds.unpaid for market in markets},
        own_terms=frozenset(sku for market in markets for sku in market.buffer.sku),
        own_categories=frozenset(category for market in markets for category in market.buffer.category),
        plans={},
    )
