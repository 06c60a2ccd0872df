"""What a listing would call next, and how urgent it is: zero first, then other stock, oldest first, comparisons last.

One call of a listing is under way at a time.  All SKUs of one product that differ travel in one write; a
SKU that needs a look first takes the others with it, except that a drop to zero never waits for a look.
"""

from typing import Final, NamedTuple

from streams.listing.calls import (
    ACTIVATE_PRODUCTS,
    DEACTIVATE_PRODUCTS,
    SEARCH_INVENTORY,
    SEARCH_PRODUCTS,
    SELLER_SKUS_PER_SEARCH,
    UPDATE_INVENTORY,
)
from streams.listing.off_sale import is_off, to_activate, to_deactivate
from streams.listing.row import product_named
from streams.listing.shop import ShopView
from streams.listing.value import (
    differs,
    drops,
    foreign,
    is_low,
    is_out,
    least_helps,
    settled,
    settled_at,
    targets,
    worth_writing,
)
from streams.records.listing import CallKind, Listing, ListingSku

FIRST: Final = 0
STOCK: Final = 1
COMPARE: Final = 2
"""Nothing is known to differ: a reading only looks for changes made by others."""

OPERATIONS: Final[dict[CallKind, tuple[str, ...]]] = {
    "ADOPT": (SEARCH_PRODUCTS,),
    "SEARCH": (SEARCH_INVENTORY, UPDATE_INVENTORY),
    "UPDATE": (UPDATE_INVENTORY,),
    "DEACTIVATE": (DEACTIVATE_PRODUCTS,),
    "ACTIVATE": (ACTIVATE_PRODUCTS,),
}
"""A search may be followed by the write it was made for, in the same turn."""


class Task(NamedTuple):
    """The next call, before its figures are known."""

    kind: CallKind
    lane: int
    since: int
    product_id: str = ""
    group: int = 0
    skus: tuple[str, ...] = ()


class _Wish(NamedTuple):
    kind: CallKind
    lane: int
    since: int
    sku: ListingSku
    drops: bool = False


def next_task(state: Listing, now: int, shop: ShopView) -> Task | int | None:
    """The most urgent call; or not before a time; or None, nothing to do."""
    if shop.mode == "off":
        return None
    tasks, wakes = _product_tasks(state, now, shop)
    wishes: dict[tuple[str, int], list[_Wish]] = {}
    for sku in state.skus:
        wish = sku_wish(state, sku, now, shop)
        if isinstance(wish, int):
            wakes.append(wish)
        elif wish is not None:
            bucket = ("", 0) if wish.kind == "ADOPT" else (sku.product_id or "", sku.group)
            wishes.setdefault(bucket, []).append(wish)
    tasks += [_task(bucket, rows, shop) for bucket, rows in wishes.items()]
    if tasks:
        return min(tasks, key=lambda task: (task.lane, task.since))
    return min(wakes, default=None)


def sku_wish(state: Listing, sku: ListingSku, now: int, shop: ShopView) -> _Wish | int | None:
    """What one SKU needs."""
    if sku.blocked is not None or not sku.levels or (shop.mode == "shadow" and sku.planned == sku.sequence):
        return None
    wish = _wish(sku, now, shop)
    if wish is None or is_off(state, sku) or _is_going_off(state, sku, shop):
        return None
    due = max(sku.not_before, sku.closed_until)
    return due if due > now else wish


def _is_going_off(state: Listing, sku: ListingSku, shop: ShopView) -> bool:
    if not sku.refused or sku.product_id is None:
        return False
    return to_deactivate(state, product_named(state, sku.product_id), shop)


def _wish(sku: ListingSku, now: int, shop: ShopView) -> _Wish | int | None:
    lane, since = FIRST if sku.lane == "FIRST" else STOCK, sku.dirty_since or now
    if sku.sku_id is None:
        return _Wish("ADOPT", lane, since, sku)
    if sku.known != "CONFIRMED":
        blind = is_out(sku) and sku.known == "UNKNOWN" and sku.warehouses and not foreign(sku) and not sku.refused
        return _Wish("UPDATE" if blind else "SEARCH", lane, since, sku, drops=bool(blind))
    if not differs(sku):
        if not any(level.left for level in sku.proof):
            return _Wish("SEARCH", COMPARE, sku.compare_since, sku) if sku.compare_since else None
        if settled(sku, shop):
            return _Wish("SEARCH", STOCK, now, sku)
        return max(now, settled_at(sku, shop)) + shop.policy.recheck_ms
    if not worth_writing(sku, shop, now):
        # what late orders may have left on offer is looked at, even while nothing may be raised
        return _Wish("SEARCH", lane, since, sku) if sku.overwritten else now + shop.policy.orders_unknown_ms
    levels = targets(sku, shop, now)
    dropping, low = drops(sku, levels), is_low(sku, levels)
    lane = FIRST if dropping or (low and sku.overwritten) else lane
    look = foreign(sku) or (low and not dropping and not least_helps(sku))
    return _Wish("SEARCH" if look else "UPDATE", lane, since, sku, drops=dropping and not look)


def _task(bucket: tuple[str, int], wishes: list[_Wish], shop: ShopView) -> Task:
    """One call for the wishes of one product; a comparison never holds up anything else."""
    wishes = [wish for wish in wishes if wish.lane != COMPARE] or wishes
    lane, since = min(wish.lane for wish in wishes), min(wish.since for wish in wishes)
    looks = [wish for wish in wishes if wish.kind == "SEARCH"]
    if wishes[0].kind == "ADOPT":
        chosen = sorted(wishes, key=lambda wish: (wish.lane, wish.since))[:SELLER_SKUS_PER_SEARCH]
        return Task("ADOPT", lane, since, skus=tuple(wish.sku.sku for wish in chosen))
    if looks and not any(wish.drops for wish in wishes):
        return Task("SEARCH", lane, since, *bucket, _names(looks, shop))
    return Task("UPDATE", lane, since, *bucket, _names([wish for wish in wishes if wish.kind == "UPDATE"], shop))


def _names(wishes: list[_Wish], shop: ShopView) -> tuple[str, ...]:
    chosen = sorted(wishes, key=lambda wish: (wish.lane, wish.since))[: shop.policy.skus_per_call]
    return tuple(wish.sku.sku for wish in chosen)


def _product_tasks(state: Listing, now: int, shop: ShopView) -> tuple[list[Task], list[int]]:
    tasks: list[Task] = []
    wakes: list[int] = []
    for product in state.products if shop.mode == "live" else ():
        kind: CallKind
        if to_deactivate(state, product, shop):
            kind, lane = "DEACTIVATE", FIRST
        elif to_activate(state, product):
            kind, lane = "ACTIVATE", STOCK
        else:
            continue
        due = max(product.not_before, product.closed_until)
        if due > now:
            wakes.append(due)
        else:
            tasks.append(Task(kind, lane, now, product.product_id))
    return tasks, wakes
