"""What a listing should show, by the newest update of each SKU.

Consuming an update changes only this; whether and when to call is decided later, with the freshest value.
"""

from streams.listing.overwritten import noted
from streams.listing.report import Report
from streams.listing.row import sent_about, sku_named, with_sent, with_skus
from streams.listing.value import differs
from streams.records.listing import LateFact, Listing, ListingSku, WantedLevel
from streams.records.stock_update import StockUpdate


def wanting(state: Listing, update: StockUpdate, report: Report) -> Listing:
    """The row after one update, in log order; a lower sequence than known changes nothing."""
    former = sku_named(state, update.sku) or ListingSku(update.sku)
    if update.sequence <= former.sequence:
        report.count("superseded")
        return state
    state = _overtaken(state, former, report)
    under_way = sent_about(state, update.sku)
    if under_way is not None and update.facts:
        facts = (LateFact(fact.warehouse, fact.event_at, fact.units) for fact in update.facts)
        state = with_sent(state, under_way._replace(facts=(*under_way.facts, *facts)))
    sku = _renewed(former, update)
    if sku.blocked is not None:
        return with_skus(state, [report.closed(sku, "rejected")])
    if under_way is None:
        sku = unchanged_unless_different(sku, report)
    if sku.open and sku.dirty_since == 0:
        sku = sku._replace(dirty_since=report.now)
    return with_skus(state, [sku])


def unchanged_unless_different(sku: ListingSku, report: Report) -> ListingSku:
    """The SKU, its update ended when the listing already shows what it wants."""
    if differs(sku):
        return sku
    if sku.open:
        report.tell("UNCHANGED", sku, sku.explanation)
    return report.closed(sku, "unchanged")._replace(dirty_since=0)


def without_released(state: Listing) -> Listing:
    """The row without SKUs that left the listing and are out, or were never listed."""
    gone = {
        sku.sku
        for sku in state.skus
        if sku.released and not sku.open and not sku.blocked and not differs(sku) and sent_about(state, sku.sku) is None
    }
    return state._replace(skus=tuple(sku for sku in state.skus if sku.sku not in gone)) if gone else state


def _overtaken(state: Listing, sku: ListingSku, report: Report) -> Listing:
    """The former update ends now, unless a call that carries it is under way: then the answer decides."""
    if not sku.open:
        return state
    sent = sent_about(state, sku.sku)
    if sent is not None and sent.levels and sent.sequence == sku.sequence:
        return with_sent(state, sent._replace(open=True))
    report.count("superseded")
    return state


def _renewed(sku: ListingSku, update: StockUpdate) -> ListingSku:
    levels = tuple(WantedLevel(level.warehouse, level.gross, level.net, level.committed) for level in update.levels)
    moved = _gross(levels) != _gross(sku.levels)
    sku = noted(sku, update.facts)._replace(
        sequence=update.sequence,
        changed_at=update.changed_at,
        lane=update.lane,
        low_water=update.low_water,
        levels=levels,
        released=update.released,
        explanation=explained(update),
        trace=update.trace,
        open=True,
    )
    if sku.blocked is not None and (moved or sku.blocked.end == "DEAD"):
        sku = revived(sku)
    if moved and sku.refused:
        sku = sku._replace(refused="", not_before=0, misses=0)
    return sku


def revived(sku: ListingSku) -> ListingSku:
    """The SKU as if it had never failed; one that spoiled a call stays apart until it succeeds."""
    return sku._replace(blocked=None, attempts=0, misses=0, failed_since=0, not_before=0, waits_for="")


def explained(update: StockUpdate) -> str:
    """Why these figures, one line for people."""
    return "; ".join(
        f"{level.warehouse}: source {level.source}, holds {level.holds}, "
        f"buffer {level.buffer} ({level.buffer_term}), sellable {level.sellable}"
        for level in update.levels
    )


def _gross(levels: tuple[WantedLevel, ...]) -> dict[str, int]:
    return {level.warehouse: level.gross for level in levels}
