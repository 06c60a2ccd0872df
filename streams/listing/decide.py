"""One listing: from updates, turns and answers to the next row, the next call and what is told.

The flow calls these six functions and nothing else of this folder decides anything.  All are pure: the
time, the shop and the token are arguments, and the same arguments give the same answer.

    updated     an update arrived: only what is wanted changes
    ready       what the listing would call, and how urgent it is
    turn        the limits of these operations have room: the call, with the freshest figures
    completed   its answer
    inherited   the call's answer will never come: a crash, or a change of owner
    reconsidered   a pass over all listings: compare with TikTok Shop what is proven, try again what was given up
"""

from typing import NamedTuple, assert_never

from streams.listing import answered
from streams.listing.answers import Answer, InventoryShown, InventoryUpdated, ProductChanged, ProductsFound
from streams.listing.calls import Call
from streams.listing.failed import Lapse
from streams.listing.lanes import OPERATIONS, next_task
from streams.listing.off_sale import changed
from streams.listing.report import Report
from streams.listing.row import NEW, product_named, sku_named, with_product, with_skus
from streams.listing.sending import begun, following
from streams.listing.shop import ShopView
from streams.listing.wanted import revived, unchanged_unless_different, wanting, without_released
from streams.outcome import Delivered
from streams.records.listing import Knowledge, Listing, ListingSku, OpenCall
from streams.records.stock_update import StockUpdate
from streams.records.sync_result import SyncResult
from streams.records.sync_retry import SyncRetry


class Ready(NamedTuple):
    """A call may be made now."""

    lane: int
    since: int
    """Milliseconds: order within a lane."""
    operations: tuple[str, ...]
    """All must have room."""


class Applied(NamedTuple):
    """A row after something that makes no call."""

    state: Listing
    results: tuple[SyncResult, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()


class Turn(NamedTuple):
    """A row after a turn or an answer."""

    state: Listing
    call: Call | None = None
    """To be made after the commit, in the same turn, under the token of the row's open call."""
    results: tuple[SyncResult, ...] = ()
    retries: tuple[SyncRetry, ...] = ()
    wake: int | None = None
    """When to look at the row again if nothing else happens."""
    counts: tuple[tuple[str, int], ...] = ()


def updated(key: str, state: Listing | None, update: StockUpdate, now: int) -> Applied:
    """An update: the newest is wanted, lower sequences are dropped, facts the proof missed make it dirty."""
    report = Report(key, now)
    state = without_released(wanting(state or NEW, update, report))
    return Applied(state, tuple(report.results), tuple(report.counted.items()))


def ready(state: Listing, now: int, shop: ShopView) -> Ready | int | None:
    """A call now; or not before a time; or nothing to do."""
    if state.call is not None:
        if now < state.call.until:
            return state.call.until
        state = _given_up(state, Report(":", now))
    task = next_task(state, now, shop)
    if task is None or isinstance(task, int):
        return task
    return Ready(task.lane, task.since, OPERATIONS[task.kind])


def turn(key: str, state: Listing, now: int, shop: ShopView, token: str, operations: tuple[str, ...]) -> Turn:
    """The most urgent call with the freshest figures, marked as under way; none if it needs other operations."""
    report = Report(key, now)
    if state.call is not None:
        if now < state.call.until:
            return Turn(state, wake=state.call.until)
        state = _given_up(state, report)
    task = next_task(state, now, shop)
    if task is None or isinstance(task, int):
        return _turn(state, None, report, task)
    if not all(operation in operations for operation in OPERATIONS[task.kind]):
        return _turn(state, None, report, now)
    state, call = begun(state, task, token, now, shop, report)
    return _turn(state, call, report, _wake(state, now, shop))


def completed(key: str, state: Listing, token: str, answer: Answer, now: int, shop: ShopView) -> Turn:
    """The answer of the call under way; one of another token changes nothing."""
    call = state.call
    if call is None or call.token != token:
        return Turn(state, wake=_wake(state, now, shop))
    report = Report(key, now)
    lapse = Lapse(token, call.until, shop.policy)
    state = state._replace(call=None)
    next_call: Call | None = None
    match answer:
        case ProductsFound():
            state = answered.found(state, call, answer, lapse, report)
        case InventoryShown():
            state = answered.shown(state, call, answer, lapse, report)
            if isinstance(answer.outcome, Delivered):
                rows = {row.sku_id: row for row in answer.rows}
                state, next_call = following(state, call, rows, f"{token}+", shop, report)
        case InventoryUpdated():
            state = answered.updated(state, call, answer, lapse, report)
        case ProductChanged():
            state = changed(state, call, answer.outcome, lapse, report)
        case _:
            assert_never(answer)
    state = without_released(_ended(state, call, report))
    return _turn(state, next_call, report, _wake(state, now, shop))


def inherited(key: str, state: Listing, now: int, shop: ShopView) -> Applied:
    """Nobody will hear the answer: what was sent is unknown, and left alone until it can no longer be applied.

    That is counted anew by our clock: the former owner's may have been another one.
    """
    report = Report(key, now)
    if state.call is not None:
        state = state._replace(call=state.call._replace(until=now + shop.policy.deadline_ms))
    state = _given_up(state, report)
    return Applied(state, tuple(report.results), tuple(report.counted.items()))


def reconsidered(key: str, state: Listing, now: int) -> Applied:
    """A reconcile: what was given up is tried again, and what is confirmed is compared with TikTok Shop."""
    state = with_skus(state, [_reconsidered(sku, now) for sku in state.skus])
    for product in state.products:
        if product.gave_up:
            state = with_product(state, product._replace(gave_up="", misses=0, not_before=0))
    return Applied(state)


def _reconsidered(sku: ListingSku, now: int) -> ListingSku:
    """What is proven stays proven until the comparison says otherwise; what waits for people goes on waiting."""
    if sku.blocked is not None or sku.refused:
        known: Knowledge = "NEVER" if sku.known == "NEVER" else "UNKNOWN"
        return revived(sku)._replace(known=known, warehouses=(), refused="", dirty_since=now)
    if sku.known == "CONFIRMED":
        return sku._replace(compare_since=sku.compare_since or now)
    return sku


def _given_up(state: Listing, report: Report) -> Listing:
    call = state.call
    if call is None:
        return state
    state = state._replace(call=None)
    match call.kind:
        case "ADOPT" | "SEARCH":
            return _ended(state, call, report)
        case "DEACTIVATE" | "ACTIVATE":
            product = product_named(state, call.product_id)
            return with_product(state, product._replace(closed_until=call.until))
        case "UPDATE":
            for sent in call.sent:
                sku = sku_named(state, sent.sku)
                assert sku is not None
                lost = sku._replace(known="UNKNOWN", closed_until=call.until, misses=sku.misses + 1)
                if sent.open:
                    report.count("superseded")
                state = with_skus(state, [lost])
            return state
        case _:
            assert_never(call.kind)


def _ended(state: Listing, call: OpenCall, report: Report) -> Listing:
    """Updates that came back to what is shown anyway, while the call was under way, end with it."""
    skus = [sku for sent in call.sent if (sku := sku_named(state, sent.sku)) is not None]
    idle = [sku for sku in skus if sku.open and sku.known == "CONFIRMED" and sku.blocked is None]
    return with_skus(state, [unchanged_unless_different(sku, report) for sku in idle])


def _wake(state: Listing, now: int, shop: ShopView) -> int | None:
    if state.call is not None:
        return state.call.until
    task = next_task(state, now, shop)
    return task if isinstance(task, int) else None


def _turn(state: Listing, call: Call | None, report: Report, wake: int | None) -> Turn:
    return Turn(state, call, tuple(report.results), tuple(report.retries.values()), wake, tuple(report.counted.items()))
