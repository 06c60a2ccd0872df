"""The stock rules of one SKU: what is known and what happened in, what is known and what to say out.

All inputs of a batch are applied in log order; afterwards each market hears at most once about each of its
listings.  Without inputs everything is computed again: for a timer, or after a market file changed.
"""

from collections.abc import Sequence
from typing import assert_never

from streams.market.markets import Markets
from streams.records.sku_stock import SkuStock
from streams.stock.claim import claim
from streams.stock.decision import Decision
from streams.stock.draft import EMPTY, Draft
from streams.stock.gross import updates
from streams.stock.holds import see
from streams.stock.inputs import Claim, FactRows, HoldSeen, Input, Reading
from streams.stock.plan import FOREVER, plan_for
from streams.stock.settle import acknowledge, forget, settle
from streams.stock.source import read

__all__ = ["Claim", "Decision", "FactRows", "HoldSeen", "Input", "Reading", "decide"]


def decide(
    sku: str, state: SkuStock | None, facts: FactRows, inputs: Sequence[Input], now: int, markets: Markets
) -> Decision:
    """Apply what happened to one SKU and decide what its markets must hear."""
    known = EMPTY if state is None else state
    draft = Draft(known)
    if known.markets_hash != markets.hash:
        draft.reopen.update(key[0] for key in draft.tallies)
        settle(draft, sku, facts, markets)
    for one in inputs:
        _apply(draft, sku, one, facts, now, markets)
    settle(draft, sku, facts, markets)
    forget(draft, sku, facts, now)
    draft.sold = [slice_ for slice_ in draft.sold if slice_.until > now]
    emitted = updates(draft, sku, known.product, now, markets)
    row = draft.row(markets.hash)
    return Decision(
        known if state is not None and row == known else row,
        tuple(emitted),
        tuple(draft.results),
        _wake(draft, sku, now, markets),
        draft.older,
    )


def _apply(draft: Draft, sku: str, one: Input, facts: FactRows, now: int, markets: Markets) -> None:
    match one:
        case Reading(change, appended_at):
            read(draft, sku, change, appended_at, now, markets)
            if change.acknowledged_orders:
                acknowledge(draft, sku, change.source, change.acknowledged_orders, facts, change.read_at)
            settle(draft, sku, facts, markets)
        case Claim(link, appended_at):
            claim(draft, link, appended_at)
        case HoldSeen():
            if one.hold is None:
                settle(draft, sku, facts, markets)
            see(draft, sku, one, facts, now, markets)
        case _:
            assert_never(one)


def _wake(draft: Draft, sku: str, now: int, markets: Markets) -> int | None:
    """The next campaign boundary, slice of sales leaving its window, or row to forget."""
    until = plan_for(markets, draft.markets, draft.category, sku, now).until
    moments = [slice_.until for slice_ in draft.sold]
    if until != FOREVER:
        moments.append(until)
    if draft.forget_at is not None:
        moments.append(draft.forget_at)
    return min(moments, default=None)
