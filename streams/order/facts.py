"""From the ledger of an order to one fact per SKU: the units it takes, and how far they are.

A fact is the whole latest state of one (SKU, market, order), so telling it twice is harmless. Bundles take their
parts; kinds that are not held take nothing. A SKU once told of and no longer in the order is told again, without
units.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

from streams.order.kinds import HOLDING
from streams.order.policy import HoldPolicy
from streams.records.order_hold import HoldStage, OrderHold
from streams.records.order_ledger import LedgerLine, LineProgress, OrderLedger
from streams.sku import SEPARATOR

STAGE_WITHOUT_IMPORT: Final[dict[frozenset[LineProgress], HoldStage]] = {  # by the progress of its units, all of them
    frozenset(): "ABSENT",
    frozenset({"CANCELLED"}): "ABSENT",
    frozenset({"DONE"}): "CLOSED",
    frozenset({"DONE", "CANCELLED"}): "CLOSED",
}
"""Any other mixture is OPEN: a shipped parcel can still be lost, and its order cancelled."""


def order_facts(ledger: OrderLedger, policy: HoldPolicy) -> dict[str, OrderHold]:
    """The facts of an order by SKU, including emptied ones told before."""
    units: dict[str, list[LedgerLine]] = {told.sku: [] for told in ledger.told}
    for line in ledger.lines:
        if HOLDING[line.kind] == "units":
            units.setdefault(line.sku, []).append(line)
    channel = policy.channels.get(ledger.warehouse, policy.channel)
    return {
        sku: OrderHold(
            placed_at=ledger.placed_at,
            event_at=ledger.updated_at,
            warehouse=ledger.warehouse,
            channel=channel,
            lines=tuple(line.id for line in lines),
            stage=stage(lines, policy),
            cancelled=tuple(line.id for line in lines if line.progress == "CANCELLED"),
            shipped=tuple(line.id for line in lines if line.progress in ("SHIPPED", "DONE")),
            unpaid=ledger.status == "UNPAID",
        )
        for sku, lines in sorted(units.items())
    }


def stage(lines: Iterable[LedgerLine], policy: HoldPolicy) -> HoldStage:
    """Where the fact stands; with imports of ours it stays OPEN, because an import may be under way."""
    if policy.imports == "ours":
        return "OPEN"
    return STAGE_WITHOUT_IMPORT.get(frozenset(line.progress for line in lines), "OPEN")


def digest(fact: OrderHold) -> int:
    """What tells two facts apart, the time of reading left out: a new reading of the same units is no news."""
    content = repr(tuple(fact._replace(event_at=0, trace=None)))
    return int.from_bytes(blake2b(content.encode(), digest_size=8).digest(), "big", signed=True)


def hold_key(entity: str, sku: str) -> str:
    """The key of a hold: sku|market|order, from the order's market:order."""
    market, _, order = entity.partition(":")
    return SEPARATOR.join((sku, market, order))
