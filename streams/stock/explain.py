"""Why a market is offered what it is offered: one line per warehouse, for people."""

from streams.market.markets import Markets
from streams.records.sku_stock import SkuStock
from streams.records.stock_update import OfferedLevel
from streams.stock.buffer import Buffer
from streams.stock.draft import Draft
from streams.stock.gross import levels, summed
from streams.stock.plan import WarehouseRule, grounds_of, plan_for
from streams.stock.sellable import WHOLE

WORDS = {"available": "available", "on_stock": "on stock", "salable": "salable"}
"""What the figure of a source is called, by inventory logic."""


def explained(level: OfferedLevel, word: str = "available", share: str = "", terms: str = "") -> str:
    """``available 47, holds 3, buffer max(2, 10 %) = 5, sent 39``."""
    reason = terms or level.buffer_term
    if level.buffer_term == "threshold":
        reason = "threshold"
    buffer = f"buffer {level.buffer}" if reason == str(level.buffer) else f"buffer {reason} = {level.buffer}"
    if reason == "none" and not level.buffer:
        buffer = "no buffer"
    return f"{word} {level.source}{share}, holds {level.holds}, {buffer}, sent {level.sellable}"


def explain(sku: str, state: SkuStock, now: int, markets: Markets) -> dict[str, dict[str, str]]:
    """What every market should show now, and why, by market and warehouse."""
    grounds = grounds_of(markets)
    sums = summed(Draft(state), grounds, now)
    lines: dict[str, dict[str, str]] = {}
    for rule in plan_for(markets, state.markets, state.category, sku, now).rules:
        lines[rule.market] = {
            level.warehouse: explained(level, _word(warehouse, markets), _share(warehouse), formula(warehouse.buffer))
            for level, warehouse in zip(levels(rule, sums, grounds), rule.warehouses, strict=True)
        }
    return lines


def formula(buffer: Buffer) -> str:
    """The terms of a buffer as a formula: ``max(2, 10 %)``, ``2 + 10 %``, ``none``."""
    terms = []
    if buffer.absolute:
        terms.append(str(buffer.absolute))
    if buffer.percentage:
        terms.append(_percent(buffer.percentage))
    if buffer.window:
        terms.append(f"{buffer.velocity / 1000:g} x sold in {buffer.window // 60_000} min")
    if buffer.campaign:
        terms.append(f"campaign {buffer.campaign}")
    if buffer.campaign_percentage:
        terms.append(f"campaign {_percent(buffer.campaign_percentage)}")
    if len(terms) < 2:
        return "".join(terms) or "none"
    return " + ".join(terms) if buffer.combine == "sum" else f"max({', '.join(terms)})"


def _word(warehouse: WarehouseRule, markets: Markets) -> str:
    """One word when all channels mean the same, both when they do not."""
    logics = dict.fromkeys(WORDS[markets.supply[feed.channel].logic] for feed in warehouse.feeds)
    return " and ".join(logics)


def _share(warehouse: WarehouseRule) -> str:
    shares = [feed.share for feed in warehouse.feeds]
    if all(share == WHOLE for share in shares):
        return ""
    return f" (share {' and '.join(_percent(share) for share in shares)})"


def _percent(hundredths: int) -> str:
    return f"{hundredths / 100:g} %"
