"""What is proven to be shown: only an answer that proves it changes this, and an unknown outcome forgets it."""

from streams.listing.answers import InventoryShown, ShownLevel, ShownSku
from streams.listing.overwritten import CLOCK_TOLERANCE_MS, noted
from streams.listing.report import Report
from streams.listing.value import differs, exposed_units, sellable
from streams.listing.wanted import unchanged_unless_different
from streams.outcome import Rejected
from streams.records.listing import ListingSku, ProofLevel, Sent, WantedLevel

ORDERS_NOT_KNOWN = Rejected(
    "orders-not-known", "", remedy="nothing to do: the increase follows when the orders of the market are read"
)
NOTHING_SHOWN = ShownLevel("", 0, 0)


def written(sku: ListingSku, sent: Sent, answered_at: int, report: Report) -> ListingSku:
    """The SKU after a write that is proven."""
    proven = sku._replace(
        known="CONFIRMED",
        proof=tuple(
            ProofLevel(level.warehouse, level.gross, level.quantity, level.net, level.unseen, level.unseen)
            for level in sent.levels
        ),
        answered_at=answered_at,
        searched_from=sent.searched_from,
        searched_at=sent.searched_at,
        overwritten=False,
        group=0,
        compare_since=0,
    )
    proven = noted(proven, sent.facts)
    quantities = ", ".join(f"{level.warehouse}: {level.quantity}" for level in sent.levels)
    if sent.partial:
        return _partly(proven, sent, quantities, report)
    overtaken = sku.sequence != sent.sequence
    why = f"sent {quantities}" if overtaken else f"{sku.explanation}; sent {quantities}"
    report.tell("APPLIED", sku, why, sequence=sent.sequence)
    if sent.open:
        report.count("applied")
    if not overtaken:
        proven = report.closed(proven, "applied")
    return clean(proven._replace(refused="", exposed=0), report)


def clean(sku: ListingSku, report: Report) -> ListingSku:
    """The SKU after a success: failures are forgotten, and if nothing differs any more so is the update."""
    sku = sku._replace(attempts=0, misses=0, failed_since=0, not_before=0, closed_until=0, waits_for="")
    sku = unchanged_unless_different(sku, report)
    return sku._replace(dirty_since=report.now) if differs(sku) else sku


def read(sku: ListingSku, sent: Sent, row: ShownSku, answer: InventoryShown, report: Report) -> ListingSku:
    """The SKU after a reading: proven, whether it shows what is wanted or not."""
    shown = _by_warehouse(sku, row)
    proof = tuple(_read_level(level, shown.get(level.warehouse, NOTHING_SHOWN)) for level in sku.levels)
    looked = sku._replace(
        known="CONFIRMED",
        proof=tuple(level._replace(left=0) for level in proof),
        answered_at=answer.answered_at,
        searched_from=answer.sent_at,
        searched_at=answer.answered_at,
        overwritten=False,
        warehouses=tuple(shown),
        compare_since=0,
    )
    # a fact of an event around the search may be in it or not
    around = answer.sent_at - CLOCK_TOLERANCE_MS
    looked = noted(looked, (fact for fact in sent.facts if fact.event_at > around))
    if not (sent.settling and not differs(looked)):
        looked = looked._replace(proof=tuple(level._replace(left=level.unseen) for level in looked.proof))
    if differs(looked):
        return looked._replace(dirty_since=sku.dirty_since or report.now)
    if looked.open and sku.known == "UNKNOWN" and sku.misses:
        report.tell("APPLIED", looked, f"{sku.explanation}; found applied when read back")
        looked = report.closed(looked, "applied")
    return clean(looked._replace(group=0, refused="", exposed=0), report)


def _by_warehouse(sku: ListingSku, row: ShownSku) -> dict[str, ShownLevel]:
    if len(row.levels) == 1 and not row.levels[0].warehouse and len(sku.levels) == 1:
        return {sku.levels[0].warehouse: row.levels[0]}
    return {level.warehouse: level for level in row.levels}


def _read_level(wanted: WantedLevel, shown: ShownLevel) -> ProofLevel:
    unseen = max(0, shown.committed - wanted.committed)
    expected = max(0, sellable(wanted) - unseen)
    gross = wanted.gross if shown.available == expected else shown.available + wanted.net + unseen
    return ProofLevel(wanted.warehouse, gross, shown.available, wanted.net, unseen, unseen)


def _partly(sku: ListingSku, sent: Sent, quantities: str, report: Report) -> ListingSku:
    """A write that says another thing than wanted is proven, and the rest of it goes on waiting."""
    if sent.open:
        report.count("superseded")
    if sku.refused:
        return told_exposed(sku, f"{sku.explanation}; sent {quantities}", report)
    if sku.waits_for != ORDERS_NOT_KNOWN.code:
        report.tell("WAITING", sku, f"{sku.explanation}; sent {quantities}, the rest waits", why=ORDERS_NOT_KNOWN)
    return sku._replace(waits_for=ORDERS_NOT_KNOWN.code, misses=0, attempts=0, failed_since=0, not_before=0)


def told_exposed(sku: ListingSku, explanation: str, report: Report) -> ListingSku:
    """Publish how many units stay on offer beyond the rule, once per figure."""
    units = exposed_units(sku)
    if units and units != sku.exposed:
        why = Rejected(sku.refused, "", "quantity", str(units), "end the promotion, or take the SKU off sale")
        report.tell("EXPOSED", sku, f"{units} units exposed; {explanation}", why=why)
    return sku._replace(exposed=units)
