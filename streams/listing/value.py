"""The freshest value: what a write of this moment should say, per warehouse.

*Gross* is compared, never the figure shown: TikTok Shop's figure moves by itself with orders and
cancellations, gross does not.  What is written is gross less the newest net, less units a search has
seen committed that no order fact explains yet.
"""

from streams.listing.overwritten import CLOCK_TOLERANCE_MS
from streams.listing.refusal import REFUSED_DECREASE
from streams.listing.shop import ShopView, orders_known
from streams.records.listing import ListingSku, ProofLevel, SentLevel, WantedLevel


def sellable(level: WantedLevel) -> int:
    """What the rule offers now."""
    return max(0, level.gross - level.net)


def is_out(sku: ListingSku) -> bool:
    """Nothing of the SKU is to be sold."""
    return all(sellable(level) == 0 for level in sku.levels)


def differs(sku: ListingSku) -> bool:
    """Wanted is not what is proven to be shown."""
    if sku.known != "CONFIRMED":
        return bool(sku.levels)
    if sku.overwritten:
        return True
    proof = {level.warehouse: level.gross for level in sku.proof}
    return any(proof.get(level.warehouse) != level.gross for level in sku.levels)


def shown_gross(level: ProofLevel) -> int:
    """The gross a warehouse really shows, as far as known: a capped or floored write stands for another one."""
    return level.quantity + level.net + level.unseen


def shown_quantity(wanted: WantedLevel, proof: ProofLevel | None) -> int:
    """Units on offer now, as far as known."""
    return 0 if proof is None else max(0, shown_gross(proof) + proof.drift - wanted.net - proof.left)


def exposed_units(sku: ListingSku) -> int:
    """Units on offer beyond what the rule allows."""
    proof = {level.warehouse: level for level in sku.proof}
    return sum(max(0, shown_quantity(level, proof.get(level.warehouse)) - sellable(level)) for level in sku.levels)


def settled(sku: ListingSku, shop: ShopView) -> bool:
    """Every order the last search can have seen has become a fact by now; what is left is no order."""
    return shop.orders_until is not None and shop.orders_until >= settled_at(sku, shop)


def settled_at(sku: ListingSku, shop: ShopView) -> int:
    """When the orders have to be known until, for the units seen by the last search to be explained."""
    return sku.searched_at + CLOCK_TOLERANCE_MS + shop.policy.settle_ms


def targets(sku: ListingSku, shop: ShopView, now: int) -> tuple[SentLevel, ...]:
    """What to write; an increase is left out while the orders are not known."""
    proof = {level.warehouse: level for level in sku.proof}
    fresh, over = orders_known(shop, now), settled(sku, shop)
    levels = tuple(_target(level, proof.get(level.warehouse), fresh, over) for level in sku.levels)
    return _at_least(sku, levels)


def worth_writing(sku: ListingSku, shop: ShopView, now: int) -> bool:
    """Whether a write now changes anything: an increase alone waits until the orders are known."""
    if not differs(sku):
        return False
    if orders_known(shop, now):
        return True
    proof = {level.warehouse: level for level in sku.proof}
    return any(level.warehouse in proof and _lowers(level, proof[level.warehouse]) for level in targets(sku, shop, now))


def least_helps(sku: ListingSku) -> bool:
    """Zero was refused, and the least quantity that TikTok Shop accepts is less than what it shows."""
    row = REFUSED_DECREASE.get(sku.refused)
    return row is not None and row.least > 0 and is_out(sku) and max(_shown_quantities(sku), default=0) > row.least


def drops(sku: ListingSku, levels: tuple[SentLevel, ...]) -> bool:
    """Some warehouse goes to zero: that is sent at once, without a search."""
    proof = {level.warehouse: level for level in sku.proof}
    return any(
        level.quantity == 0 and (level.warehouse not in proof or _lowers(level, proof[level.warehouse]))
        for level in levels
    )


def is_low(sku: ListingSku, levels: tuple[SentLevel, ...]) -> bool:
    """Some warehouse would be left at or below the low-water mark: look before writing.

    Also one whose gross is as it was: every warehouse is named in a write, so what it has just sold unheard of
    would be given back; and facts that make up for each other may have been overwritten one by one.
    """
    return any(0 < level.quantity <= sku.low_water for level in levels)


def foreign(sku: ListingSku) -> tuple[str, ...]:
    """Warehouses TikTok Shop shows and the market does not map: they are written as they were found."""
    own = {level.warehouse for level in sku.levels}
    return tuple(name for name in sku.warehouses if name not in own)


def is_partial(sku: ListingSku, levels: tuple[SentLevel, ...]) -> bool:
    """The write says another thing than wanted, so the SKU stays dirty after it."""
    wanted = {level.warehouse: level.gross for level in sku.levels}
    return any(level.gross != wanted[level.warehouse] for level in levels)


def _target(wanted: WantedLevel, proof: ProofLevel | None, fresh: bool, over: bool) -> SentLevel:
    gross = wanted.gross
    if not fresh:
        ceiling = wanted.net if proof is None else shown_gross(proof) + min(proof.drift, 0)
        gross = min(gross, ceiling)
    left = 0 if proof is None or over else proof.left
    return SentLevel(wanted.warehouse, gross, max(0, gross - wanted.net - left), wanted.net, left)


def _at_least(sku: ListingSku, levels: tuple[SentLevel, ...]) -> tuple[SentLevel, ...]:
    """The least quantity TikTok Shop accepts, where it has refused zero and shows more than that."""
    if not least_helps(sku):
        return levels
    least = REFUSED_DECREASE[sku.refused].least
    return tuple(
        level._replace(gross=least + level.net + level.unseen, quantity=least) if quantity > 0 else level
        for level, quantity in zip(levels, _shown_quantities(sku), strict=True)
    )


def _shown_quantities(sku: ListingSku) -> list[int]:
    proof = {level.warehouse: level for level in sku.proof}
    return [shown_quantity(level, proof.get(level.warehouse)) for level in sku.levels]


def _lowers(level: SentLevel, proof: ProofLevel) -> bool:
    return level.gross < shown_gross(proof) + max(proof.drift, 0)
