"""Valid things of a listing's world; a test shows only what matters to it."""

from streams.listing.answers import (
    FoundSku,
    InventoryShown,
    InventoryUpdated,
    ProductsFound,
    ShownLevel,
    ShownSku,
    SkuFailed,
)
from streams.listing.calls import UpdateInventory
from streams.listing.decide import Ready, Turn, completed, ready, turn, updated
from streams.listing.lanes import OPERATIONS
from streams.listing.shop import ListingPolicy, ShopView
from streams.outcome import Delivered, Outcome
from streams.records.listing import Listing
from streams.records.stock_update import CountedFact, OfferedLevel, StockLane, StockUpdate

KEY = "uk:mug"
NOW = 1_780_000_000_000
POLICY = ListingPolicy(jitter_ms=0)
EVERY = tuple(operation for operations in OPERATIONS.values() for operation in operations)
"""A turn that may call whatever is wanted."""


def shop(**changed: object) -> ShopView:
    """A live shop whose orders are known."""
    return ShopView("uk", NOW, 60_000, "live", POLICY)._replace(**changed)  # type: ignore[arg-type]


def level(sellable: int = 10, warehouse: str = "w1", net: int = 0, committed: int = 0) -> OfferedLevel:
    return OfferedLevel(warehouse, sellable + net, net, committed, sellable, sellable, 0, 0, "absolute")


def update(
    sku: str = "blue",
    sequence: int = 1,
    *levels: OfferedLevel,
    facts: tuple[CountedFact, ...] = (),
    lane: StockLane = "STOCK",
    low_water: int = 2,
) -> StockUpdate:
    return StockUpdate(sku, sequence, NOW, lane, levels or (level(),), facts, low_water)


def order(event_at: int, units: int = 1, warehouse: str = "w1") -> CountedFact:
    return CountedFact(warehouse, event_at, units)


def found(*skus: str, product: str = "p1", status: str = "ACTIVATE") -> ProductsFound:
    rows = tuple(FoundSku(product, f"id-{sku}", sku, status) for sku in skus)
    return ProductsFound(Delivered(), rows, NOW, NOW)


def shown(available: dict[str, int], committed: int = 0, at: int = NOW) -> InventoryShown:
    """One warehouse per SKU."""
    rows = tuple(ShownSku(f"id-{sku}", (ShownLevel("w1", units, committed),)) for sku, units in available.items())
    return InventoryShown(Delivered(), rows, at, at)


def accepted(*failed: tuple[str, Outcome], at: int = NOW) -> InventoryUpdated:
    return InventoryUpdated(Delivered(), tuple(SkuFailed(f"id-{sku}", outcome) for sku, outcome in failed), at, at)


def failure(outcome: Outcome, at: int = NOW) -> InventoryUpdated:
    return InventoryUpdated(outcome, (), at, at)


def wanting(*updates: StockUpdate, state: Listing | None = None, now: int = NOW) -> Listing:
    for one in updates:
        state = updated(KEY, state, one, now).state
    assert state is not None
    return state


def granted(state: Listing, now: int = NOW, view: ShopView | None = None) -> Turn:
    view = view or shop()
    assert isinstance(ready(state, now, view), Ready), ready(state, now, view)
    return turn(KEY, state, now, view, "t", EVERY)


def answered(state: Listing, answer: object, now: int = NOW, view: ShopView | None = None) -> Turn:
    assert state.call is not None
    return completed(KEY, state, state.call.token, answer, now, view or shop())  # type: ignore[arg-type]


def adopted(*updates: StockUpdate) -> Listing:
    """A listing found in the shop, not looked at yet."""
    state = wanting(*updates)
    return answered(granted(state).state, found(*{one.sku for one in updates})).state


def confirmed(*updates: StockUpdate) -> Listing:
    """A listing that shows what it wants."""
    state = granted(adopted(*updates)).state
    available = {one.sku: sum(level.sellable for level in one.levels) for one in updates}
    return answered(state, shown(available)).state


def quantities(call: object) -> dict[str, dict[str, int]]:
    """SKU to warehouse to quantity."""
    assert isinstance(call, UpdateInventory), call
    return {
        sku.sku_id.removeprefix("id-"): {level.warehouse: level.quantity for level in sku.levels} for sku in call.skus
    }


def statuses(results: object) -> list[tuple[str, str | None]]:
    return [(result.status, result.code) for result in results]  # type: ignore[attr-defined]


def open_updates(state: Listing) -> dict[str, int]:
    """Updates received and not ended yet, so that the counts of a job add up."""
    counts = {"waiting": 0, "retrying": 0}
    for sku in state.skus:
        if sku.open:
            counts["retrying" if sku.misses and not sku.waits_for else "waiting"] += 1
    if state.call is not None:
        counts["waiting"] += sum(sent.open for sent in state.call.sent)
    return counts
