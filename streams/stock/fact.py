"""One order's units of a SKU: how a newer state of the order joins what is known, and how many units hold.

Joining the same state twice changes nothing, and neither does a state older than the known one: cancelling,
shipping and importing only ever go forward.

A unit stops holding in three ways and no other, above all not by time:

1. it is cancelled and the import is provably absent;
2. it was imported with deduction from its channel, and the reading in force of that channel, by commercetools,
   began at least the settle time after the import;
3. the channel's authority is a foreign source whose watermark passed the order, or that acknowledged it.

Where the authority's figure is physical stock (on_stock), an import does not show in it: there the goods'
leaving ends the hold (the unit is shipped, or cancelled after the import was settled, and a reading began
the settle time after that was seen), beside ways 1 and 3.

Because this is a function of the fact and the readings in force, it does not matter which came first.
"""

from typing import NamedTuple

from streams.market.model import COMMERCETOOLS
from streams.records.order_fact import FactStage, OrderFact
from streams.records.order_hold import OrderHold
from streams.records.sku_stock import ChannelLevel

RANK: dict[FactStage, int] = {"OPEN": 0, "IMPORTING": 1, "ABSENT": 2, "IMPORTED": 3, "CLOSED": 4}
SETTLED: frozenset[FactStage] = frozenset(("ABSENT", "IMPORTED", "CLOSED"))
"""Stages in which it is known whether the order was imported."""


class Cover(NamedTuple):
    """What is known about the channel an order's units leave from."""

    authority: str
    """Empty: no market file names the channel."""
    logic: str
    level: ChannelLevel | None
    """The reading in force, by the authority."""
    settle: int
    """Milliseconds."""
    unpaid_holds: bool


def joined(known: OrderFact | None, seen: OrderHold, cover: Cover) -> OrderFact:
    """The fact after a state of the order was seen.  ``held`` is left as it was: see ``held_units``."""
    lines = frozenset(seen.lines)
    cancelled = lines.intersection(seen.cancelled)
    shipped = lines.intersection(seen.shipped)
    fresh = OrderFact(
        placed_at=seen.placed_at,
        event_at=seen.event_at,
        warehouse=seen.warehouse,
        channel=seen.channel,
        units=len(lines),
        cancelled=len(cancelled),
        shipped=len(shipped),
        ended=len(shipped | cancelled),
        stage=seen.stage,
        unpaid=seen.unpaid,
        imported_at=seen.imported_at,
        deducted=seen.deducted,
    )
    if known is None:
        return _ending(None, fresh, cover)
    if seen.event_at < known.event_at:
        fact = known
    else:
        fact = fresh._replace(
            placed_at=known.placed_at,
            released=known.released,
            ended_at=known.ended_at,
            acknowledged_by=known.acknowledged_by,
            held=known.held,
            forgotten=known.forgotten,
        )
        if seen.event_at == known.event_at and fact.units == known.units:
            fact = fact._replace(
                cancelled=max(known.cancelled, fact.cancelled),
                shipped=max(known.shipped, fact.shipped),
                ended=max(known.ended, fact.ended),
                unpaid=known.unpaid and fact.unpaid,
            )
    later = fresh if RANK[fresh.stage] >= RANK[known.stage] else known
    imported_at, deducted = known.imported_at, known.deducted
    if fresh.imported_at is not None and (imported_at is None or later is fresh):
        imported_at, deducted = fresh.imported_at, fresh.deducted
    return _ending(known, fact._replace(stage=later.stage, imported_at=imported_at, deducted=deducted), cover)


def _ending(known: OrderFact | None, fact: OrderFact, cover: Cover) -> OrderFact:
    """Remember when units were last seen to end, and how many had left by then."""
    before = 0 if known is None else units_ended(known)
    if units_ended(fact) <= before:
        return fact
    released = fact.released if known is None or not _read_since(cover, known.ended_at) else before
    return fact._replace(ended_at=fact.event_at, released=released)


def units_ended(fact: OrderFact) -> int:
    """Units that physically left, or never will."""
    return fact.ended if fact.stage in SETTLED else fact.shipped


def net(fact: OrderFact) -> int:
    """Units TikTok Shop has taken minus given back."""
    return fact.units - fact.cancelled


def committed(fact: OrderFact) -> int:
    """Units neither shipped nor cancelled."""
    return fact.units - fact.ended


def held_units(fact: OrderFact, cover: Cover) -> int:
    """Units the source does not show yet, or will never show."""
    if fact.unpaid and fact.stage == "OPEN" and not cover.unpaid_holds:
        return 0
    open_units = fact.units - (fact.cancelled if _absent(fact) else 0)
    if open_units == 0:
        return 0
    authority = cover.authority
    level = cover.level
    if authority and authority != COMMERCETOOLS:
        if fact.acknowledged_by == authority:
            return 0
        if level is not None and level.orders_until is not None and level.orders_until >= fact.placed_at:
            return 0
    if cover.logic == "on_stock":
        left = units_ended(fact) if _read_since(cover, fact.ended_at) else fact.released
        return max(0, min(open_units, fact.units - left))
    if authority == COMMERCETOOLS and _deducted(fact) and _read_since(cover, fact.imported_at or 0):
        return 0
    return open_units


def due_read_at(fact: OrderFact, cover: Cover) -> int | None:
    """When a reading must have begun to let units of a holding fact leave; None: no reading can yet."""
    if cover.logic == "on_stock":
        return fact.ended_at + cover.settle if units_ended(fact) > fact.released else None
    if cover.authority == COMMERCETOOLS and _deducted(fact):
        return (fact.imported_at or 0) + cover.settle
    return None


def _absent(fact: OrderFact) -> bool:
    """The import never happened and never will."""
    return fact.imported_at is None and fact.stage in ("ABSENT", "CLOSED")


def _deducted(fact: OrderFact) -> bool:
    return fact.deducted and fact.imported_at is not None


def _read_since(cover: Cover, moment: int) -> bool:
    """The reading in force began at least the settle time after the moment."""
    return cover.level is not None and cover.level.read_at >= moment + cover.settle
