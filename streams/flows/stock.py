"""Stock: changes, claims and order facts of a SKU come in, the minimal update per market goes out.

Routed by SKU, group ``decide``.  All rules are ``streams.stock``'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from streams.codec.poison import Poison, shown
from streams.engine.flow import Context, Due, Emit, Flow, Input, Quick, Step, Swept, Table
from streams.market.markets import Markets
from streams.records import order_fact, sku_stock
from streams.records.order_hold import OrderHold
from streams.records.sku_link import SkuLink
from streams.records.sku_stock import SkuStock
from streams.records.stock_change import StockChange
from streams.sku import REMEDY, SEPARATOR
from streams.stock.decide import Claim, HoldSeen, Reading, decide
from streams.stock.inputs import hold_seen, reading
from streams.stock.quick import Quick as Quickly
from streams.stock.quick import book_of, quick

SKU_STOCK = Table("sku_stock", sku_stock)
ORDER_FACTS = Table("order_fact", order_fact)
_ENGINE_EVENTS: Final = (Due, Swept)
OLDER: Final = "older"
"""What readings are counted as that come behind a later version of theirs."""
_new: Final = tuple.__new__
_STEP: Final = Step


def _reading(_: str, change: StockChange, at: int) -> Reading:
    return reading(change, at)


def _claim(_: str, link: SkuLink, at: int) -> Claim:
    return Claim(link, at)


def _hold_seen(key: str, hold: OrderHold | None, at: int) -> HoldSeen:
    _, market, order = key.split("|", 2)
    return hold_seen(market, order, hold, at)


def stock_flow(markets: Markets, sweep_every_ms: int = 0) -> Flow:
    """The flow for these markets; a changed market file sweeps every SKU."""

    def keep(sku: str, state: SkuStock | None, events: Sequence[Any], context: Context) -> Step:
        """All that happened to one SKU in this batch; one update at most per market."""
        if state is None and SEPARATOR in sku:
            raise Poison("contract-violated", "key", shown(sku), REMEDY)
        if type(events[-1]) in _ENGINE_EVENTS:
            events = [event for event in events if type(event) not in _ENGINE_EVENTS]
        decided = decide(sku, state, context.rows(ORDER_FACTS), events, context.now, markets)
        new_state, updates, results, wake, older = decided
        counts = {OLDER: older} if older else None
        if results:
            emits = [Emit("stock-updates", f"{market}:{product}", update) for market, product, update in updates]
            emits += [Emit("sync-results", sku, result) for result in results]
            return Step(new_state, emits, wake, None, counts)
        if not updates:
            return _new(_STEP, (new_state, (), wake, None, counts))
        return _new(
            _STEP,
            (
                new_state,
                [("stock-updates", market + ":" + product, update) for market, product, update in updates],
                wake,
                None,
                counts,
            ),
        )

    book, markets_hash = book_of(markets), markets.hash

    def keep_quickly(
        sku: bytes, row: bytes, start: int, wake: int | None, events: Sequence[Any], skip: int, head: bytes, now: int
    ) -> Quickly | None:
        """The same, for what may stay packed."""
        return quick(sku, row, start, wake, events, skip, head, now, markets_hash, book)

    return Flow(
        name="stock",
        inputs=(
            Input("stock-changes", _reading),
            Input("sku-links", _claim),
            Input("order-holds", _hold_seen, tombstones=True),
        ),
        table=SKU_STOCK,
        side=(ORDER_FACTS,),
        outputs=("stock-updates", "sync-results"),
        step=keep,
        leaves_out=(OLDER,),
        quick=Quick("stock-changes", "stock-updates", keep_quickly),
        fingerprint=markets.fingerprint,
        sweep_every_ms=sweep_every_ms,
    )
