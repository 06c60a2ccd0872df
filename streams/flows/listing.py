"""Listings: what should show and what is proven to show, one row per ``market:product``, group ``deliver``.

An update only sets what is wanted; a turn, granted when the shop's limits have room, sends the freshest values; the
answer proves them or not.  All of it is decided by ``streams.listing``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from streams.engine.flow import (
    Call,
    Completion,
    Context,
    Due,
    Emit,
    Flow,
    Held,
    Inherited,
    Input,
    Ready,
    Step,
    Swept,
    Table,
    Turn,
)
from streams.flows.access import SealedAccess
from streams.flows.listing_caller import ListingRequest
from streams.flows.shop import SHOP, sealed_access
from streams.listing import decide
from streams.listing.calls import UPDATE_INVENTORY
from streams.listing.shop import ShopView, orders_known
from streams.records import listing as listing_record
from streams.records.listing import Listing
from streams.records.shop import Shop
from streams.records.stock_update import StockUpdate

LISTING = Table("listing", listing_record)
HELD_MS = 300_000
"""How soon a listing looks again by itself while its shop has no tokens; a change of the shop's row wakes it."""


def frees(view: Callable[[str, Shop | None], ShopView]) -> Callable[[str, Shop | None, Shop, int], bool]:
    """Which changes of a shop's row let its listings go on: tokens that can be used again, orders known again."""

    def freed(market: str, before: Shop | None, after: Shop, now: int) -> bool:
        usable = sealed_access(after) is not None and sealed_access(before) is None
        known = orders_known(view(market, after), now) and not orders_known(view(market, before), now)
        return usable or known

    return freed


def listing_flow(
    view: Callable[[str, Shop | None], ShopView], call_deadline_ms: int, sweep_every_ms: int, fingerprint: str = ""
) -> Flow:
    """``view`` gives the shop as the rules see it: policy of the market, watermark of its row.

    A pass over all rows, on schedule or because modes or policies changed (``fingerprint``), compares them with
    TikTok Shop: they become ready in the last lane, and the shop's limits spread the readings.
    """

    def keep(key: str, state: Listing | None, events: Sequence[Any], context: Context) -> Step:
        """Updates, turns and answers of one listing, in this order."""
        market = key.partition(":")[0]
        row = context.rows(SHOP).get(market)
        shop = view(market, row)
        now = context.now
        emits: list[Emit] = []
        counts: dict[str, int] = {}
        call: Call | None = None

        def told(decided: Any) -> None:
            emits.extend(Emit("sync-results", result.sku or key, result) for result in decided.results)
            emits.extend(Emit("sync-retries", retry.entity, retry) for retry in getattr(decided, "retries", ()))
            for name, number in decided.counts:
                counts[name] = counts.get(name, 0) + number

        for event in events:
            if isinstance(event, StockUpdate):
                applied = decide.updated(key, state, event, now)
                state = applied.state
                told(applied)
                continue
            if state is None:
                continue
            match event:
                case Turn(operations=operations):
                    access = sealed_access(row)
                    if access is None or row is None:
                        continue
                    turn = decide.turn(key, state, now, shop, f"{now:x}-{len(state.skus)}", operations)
                    state = turn.state
                    told(turn)
                    call = _call(market, turn.call, state, access, row, call_deadline_ms) or call
                case Completion(token=token, answer=answer):
                    turn = decide.completed(key, state, token, answer, now, shop)
                    state = turn.state
                    told(turn)
                    access = sealed_access(row)
                    if turn.call is not None and access is not None and row is not None:
                        call = _call(market, turn.call, state, access, row, call_deadline_ms)
                case Inherited():
                    applied = decide.inherited(key, state, now, shop)
                    state = applied.state
                    told(applied)
                case Swept():
                    state = decide.reconsidered(key, state, now).state
                case Due():
                    pass
                case _:
                    raise TypeError(f"listing flow: unexpected event {event!r}")
        return Step(state, emits, None, call, counts)

    def ready(key: str, state: Listing, context: Context) -> Ready | Held | int | None:
        """Wants a turn when something differs from what is proven and the shop can be called."""
        market = key.partition(":")[0]
        row = context.rows(SHOP).get(market)
        shop = view(market, row)
        wish = decide.ready(state, context.now, shop)
        if wish is None:
            return None
        if isinstance(wish, int):
            return wish if orders_known(shop, context.now) else Held(market, wish)
        if sealed_access(row) is None:
            return Held(market, context.now + HELD_MS)
        return Ready(market, wish.lane, wish.since, wish.operations)

    return Flow(
        name="listing",
        inputs=(Input("stock-updates", lambda _, update, __: update),),
        table=LISTING,
        outputs=("sync-results", "sync-retries"),
        step=keep,
        ready=ready,
        counts_outcomes=True,
        open_call=lambda state: state.call is not None,
        follow_up=(UPDATE_INVENTORY,),
        fingerprint=fingerprint,
        sweep_every_ms=sweep_every_ms,
    )


def _call(market: str, wanted: Any, state: Listing, access: SealedAccess, row: Shop, deadline_ms: int) -> Call | None:
    if wanted is None or state.call is None:
        return None
    return Call(state.call.token, ListingRequest(market, wanted, access, row.limits), deadline_ms)
