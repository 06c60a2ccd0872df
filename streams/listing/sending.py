"""From a task to a call, with the freshest figures, and what has to be remembered while it is under way."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from streams.listing.answers import ShownSku
from streams.listing.calls import (
    ActivateProduct,
    Call,
    DeactivateProduct,
    SearchInventory,
    SearchProducts,
    SkuQuantities,
    UpdateInventory,
    WarehouseQuantity,
)
from streams.listing.lanes import Task, sku_wish
from streams.listing.report import Report
from streams.listing.row import sku_named, with_skus
from streams.listing.shop import ShopView
from streams.listing.value import differs, foreign, is_partial, targets, worth_writing
from streams.records.listing import CallKind, Listing, ListingSku, OpenCall, Sent, SentLevel


class Turn(NamedTuple):
    """What a turn or an answer leads to, before results are added."""

    state: Listing
    call: Call | None = None


def begun(state: Listing, task: Task, token: str, now: int, shop: ShopView, report: Report) -> Turn:
    """The call of a task, marked as under way."""
    skus = [sku for name in task.skus if (sku := sku_named(state, name)) is not None]
    match task.kind:
        case "ADOPT":
            call: Call = SearchProducts(task.skus)
            sent = tuple(Sent(sku.sku) for sku in skus)
        case "SEARCH":
            call = SearchInventory(tuple(sku.sku_id or "" for sku in skus))
            sent = tuple(Sent(sku.sku, sku.sku_id or "", settling=_settles(sku)) for sku in skus)
        case "UPDATE":
            return writing(state, skus, {}, _about(task, token, now, shop), shop, report)
        case "DEACTIVATE":
            call, sent = DeactivateProduct(task.product_id), ()
        case "ACTIVATE":
            call, sent = ActivateProduct(task.product_id), ()
    return Turn(state._replace(call=_about(task, token, now, shop)._replace(sent=sent)), call)


def following(
    state: Listing, searched: OpenCall, rows: Mapping[str, ShownSku], token: str, shop: ShopView, report: Report
) -> Turn:
    """The write a search was made for, of the same turn: the SKUs looked at, and what else needs no look."""
    chosen: list[ListingSku] = []
    for sku in state.skus:
        if sku.product_id != searched.product_id or sku.group != searched.group or sku.blocked is not None:
            continue
        if sku.sku_id in rows:
            if worth_writing(sku, shop, report.now):
                chosen.append(sku)
        else:
            wish = sku_wish(state, sku, report.now, shop)
            if wish is not None and not isinstance(wish, int) and wish.kind == "UPDATE":
                chosen.append(sku)
    if shop.mode != "live":
        state = _unconfirmed(state, rows)
    if not chosen:
        return Turn(state)
    task = Task("UPDATE", 0, 0, searched.product_id, searched.group)
    chosen = chosen[: shop.policy.skus_per_call]
    return writing(state, chosen, rows, _about(task, token, report.now, shop), shop, report)


def writing(
    state: Listing,
    skus: Iterable[ListingSku],
    rows: Mapping[str, ShownSku],
    about: OpenCall,
    shop: ShopView,
    report: Report,
) -> Turn:
    """The write of these SKUs; only planned when the shop is in shadow."""
    sent: list[Sent] = []
    quantities: list[SkuQuantities] = []
    for sku in skus:
        levels = targets(sku, shop, report.now)
        sent.append(_sent(sku, levels))
        own = [WarehouseQuantity(level.warehouse, level.quantity) for level in levels]
        quantities.append(SkuQuantities(sku.sku_id or "", (*own, *_as_found(sku, rows))))
    if shop.mode != "live":
        return Turn(with_skus(state, [_planned(sku, row, report) for sku, row in zip(skus, sent, strict=True)]))
    call = UpdateInventory(about.product_id, tuple(quantities))
    return Turn(state._replace(call=about._replace(sent=tuple(sent))), call)


def _about(task: Task, token: str, now: int, shop: ShopView) -> OpenCall:
    kind: CallKind = task.kind
    return OpenCall(token, kind, now + shop.policy.deadline_ms, task.product_id, task.group)


def _sent(sku: ListingSku, levels: tuple[SentLevel, ...]) -> Sent:
    return Sent(
        sku.sku,
        sku.sku_id or "",
        sku.sequence,
        partial=is_partial(sku, levels),
        searched_from=sku.searched_from,
        searched_at=sku.searched_at,
        levels=levels,
    )


def _settles(sku: ListingSku) -> bool:
    """A reading for units whose order fact never came; a comparison may see orders nobody has heard of."""
    return not differs(sku) and any(level.left for level in sku.proof)


def _as_found(sku: ListingSku, rows: Mapping[str, ShownSku]) -> list[WarehouseQuantity]:
    """Warehouses the market does not map are left as they are: every warehouse must be named."""
    row = rows.get(sku.sku_id or "")
    unmapped = foreign(sku) if row is not None else ()
    return [WarehouseQuantity(shown.warehouse, shown.available) for shown in (row.levels if row else ())
            if shown.warehouse in unmapped]  # fmt: skip


def _unconfirmed(state: Listing, rows: Mapping[str, ShownSku]) -> Listing:
    """Shadow: a reading that found nothing to change confirms nothing either."""
    looked = [sku for sku in state.skus if sku.sku_id in rows and not differs(sku)]
    return with_skus(state, [sku._replace(planned=sku.sequence, known="UNKNOWN") for sku in looked])


def _planned(sku: ListingSku, sent: Sent, report: Report) -> ListingSku:
    """Shadow: what would be sent is published, and nothing is confirmed."""
    quantities = ", ".join(f"{level.warehouse}: {level.quantity}" for level in sent.levels)
    report.tell("PLANNED", sku, f"{sku.explanation}; would send {quantities}")
    sku = report.closed(sku, "planned")
    return sku._replace(planned=sku.sequence, known="UNKNOWN", proof=(), overwritten=False, dirty_since=0)
