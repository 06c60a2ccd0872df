"""When a market hears of a SKU: its gross changed, or an order was counted.

TikTok Shop's figure moves by itself when orders are placed or cancelled, so figures are compared as
``gross = sellable + net``: what TikTok Shop would show had no order been placed.  Placing, importing and an early
cancellation leave it as it is; a cancellation whose units did not come back lowers it.
"""

from collections.abc import Mapping
from typing import NamedTuple

from streams.market.markets import Markets
from streams.records.sku_stock import OfferedGross
from streams.records.stock_update import CountedFact, OfferedLevel, StockUpdate
from streams.stock.buffer import held_back
from streams.stock.draft import Draft
from streams.stock.plan import Grounds, MarketRule, grounds_of, home, plan_for
from streams.stock.sellable import Seller, sellable, supplied


class Sums(NamedTuple):
    """What orders and sources say, arranged for the formula."""

    quantities: Mapping[tuple[str, str], int]
    """By authority and channel."""
    holds: Mapping[str, Mapping[Seller, int]]
    """By channel and seller; units no warehouse of ours sold count for the seller the order names."""
    net: Mapping[Seller, int]
    committed: Mapping[Seller, int]
    sold: Mapping[str, int]


def summed(draft: Draft, grounds: Grounds, now: int) -> Sums:
    """All tallies, by the warehouse they belong to.

    Units said to leave from a channel no market file knows count against the warehouse that sold them.
    """
    holds: dict[str, dict[Seller, int]] = {}
    net: dict[Seller, int] = {}
    committed: dict[Seller, int] = {}
    for market, warehouse, channel, net_units, committed_units, held, _, _ in draft.tallies.values():
        ours = home(grounds, market, warehouse, channel)
        seller = (market, warehouse if ours is None else ours)
        net[seller] = net.get(seller, 0) + net_units
        committed[seller] = committed.get(seller, 0) + committed_units
        if held:
            if ours is not None and channel not in grounds.shares:
                channel = grounds.mains[seller]
            by_seller = holds.setdefault(channel, {})
            by_seller[seller] = by_seller.get(seller, 0) + held
    sold: dict[str, int] = {}
    for market, until, units in draft.sold:
        if until > now:
            sold[market] = sold.get(market, 0) + units
    return Sums({key: level[2] for key, level in draft.levels.items()}, holds, net, committed, sold)


def levels(rule: MarketRule, sums: Sums, grounds: Grounds) -> tuple[OfferedLevel, ...]:
    """What one market should offer, in every warehouse."""
    offered = []
    for warehouse, feeds, buffer in rule.warehouses:
        seller = (rule.market, warehouse)
        source, shared, holds = supplied(seller, feeds, sums.quantities, sums.holds, grounds.shares)
        back, term = held_back(buffer, shared, sums.sold.get(rule.market, 0))
        units = sellable(shared, back, rule.cap, holds)
        net = sums.net.get(seller, 0)
        committed = sums.committed.get(seller, 0)
        offered.append(OfferedLevel(warehouse, units + net, net, committed, units, source, holds, back, term))
    return tuple(offered)


def updates(
    draft: Draft, sku: str, former_product: str | None, now: int, markets: Markets
) -> list[tuple[str, str, StockUpdate]]:
    """What the markets must hear now; remembers it in the draft."""
    grounds = grounds_of(markets)
    plan = plan_for(markets, draft.markets, draft.category, sku, now)
    sums = summed(draft, grounds, now)
    said: dict[str, dict[str, int]] = {}
    for market, warehouse, gross in draft.offered:
        said.setdefault(market, {})[warehouse] = gross
    emitted: list[tuple[str, str, StockUpdate]] = []
    offered: list[OfferedGross] = []
    rules = {rule.market: rule for rule in plan.rules} if draft.product is not None else {}
    for market, before in said.items():
        moved = former_product != draft.product
        if former_product is not None and (market not in draft.markets or moved) and _decides(markets, market):
            emitted.append((market, former_product, _released(draft, sku, market, before, sums, now)))
            if moved:
                said[market] = {}
    for market, rule in rules.items():
        before = said.get(market, {})
        if not before and not _heard_of(rule, sums):
            continue
        found = levels(rule, sums, grounds)
        counted = _facts(draft, market, grounds)
        heard = bool(counted) or _stirred(draft, market, grounds)
        if not heard and not _worth_a_call(found, before, rule):
            offered += [OfferedGross(market, warehouse, gross) for warehouse, gross in before.items()]
            continue
        touched = {fact.warehouse for fact in counted}
        first = any(
            level.sellable <= rule.low_water
            and (level.gross != before.get(level.warehouse) or level.warehouse in touched)
            for level in found
        )
        update = _numbered(draft, sku, now, found, "FIRST" if first else "STOCK", counted, rule.low_water)
        assert draft.product is not None
        emitted.append((market, draft.product, update))
        offered += [OfferedGross(market, level.warehouse, level.gross) for level in found]
    draft.offered = tuple(offered)
    return emitted


def _decides(markets: Markets, name: str) -> bool:
    """The market has a file, and stock is not switched off in it."""
    market = markets.get(name)
    return market is not None and market.modes.stock != "off"


def _heard_of(rule: MarketRule, sums: Sums) -> bool:
    """An authority has spoken about one of the market's channels: before that we do not know, and say nothing."""
    return any((feed.authority, feed.channel) in sums.quantities for one in rule.warehouses for feed in one.feeds)


def _worth_a_call(found: tuple[OfferedLevel, ...], before: Mapping[str, int], rule: MarketRule) -> bool:
    """A gross changed, and not only within the dead band."""
    if len(found) != len(before):
        return True
    for level in found:
        gross = before.get(level.warehouse)
        if gross is None:
            return True
        change = level.gross - gross
        if change and (abs(change) > rule.band or min(level.sellable, level.sellable - change) <= rule.above):
            return True
    return False


def _facts(draft: Draft, market: str, grounds: Grounds) -> tuple[CountedFact, ...]:
    """Facts counted in this batch, by our warehouses; those of other warehouses show in no level."""
    found = []
    for channel, fact in draft.counted.get(market, ()):
        warehouse = home(grounds, market, fact.warehouse, channel)
        if warehouse is not None:
            found.append(CountedFact(warehouse, fact.event_at, fact.units))
    return tuple(found)


def _stirred(draft: Draft, market: str, grounds: Grounds) -> bool:
    """What TikTok Shop should show as committed changed: the search before a write needs to know."""
    return any(key[0] == market and home(grounds, *key) is not None for key in draft.stirred)


def _released(draft: Draft, sku: str, market: str, before: Mapping[str, int], sums: Sums, now: int) -> StockUpdate:
    """The last word to a listing the SKU has left: nothing to sell here any more."""
    zeros = []
    for warehouse in before:
        net = sums.net.get((market, warehouse), 0)
        committed = sums.committed.get((market, warehouse), 0)
        zeros.append(OfferedLevel(warehouse, net, net, committed, 0, 0, 0, 0, "released"))
    return _numbered(draft, sku, now, tuple(zeros), "FIRST", (), 0)._replace(released=True)


def _numbered(
    draft: Draft,
    sku: str,
    now: int,
    found: tuple[OfferedLevel, ...],
    lane: str,
    counted: tuple[CountedFact, ...],
    low_water: int,
) -> StockUpdate:
    draft.sequence = max(draft.sequence + 1, now)
    changed_at, trace = draft.cause or draft.weak_cause or (now, None)
    return StockUpdate(
        sku=sku,
        sequence=draft.sequence,
        changed_at=changed_at,
        lane="FIRST" if lane == "FIRST" else "STOCK",
        levels=found,
        facts=counted,
        low_water=low_water,
        trace=trace,
    )
