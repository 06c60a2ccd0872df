"""Overwritten orders: a proof that did not count an order it may have overwritten is no proof.

A write is absolute.  An order placed before TikTok Shop applied it, but heard of only later, is given
back by it, and gross does not change when it is heard of.  So every proof remembers what it had counted
and when it was answered; a fact it did not count, of an event not later than that, makes the SKU dirty.
"""

from collections.abc import Iterable
from typing import Final, Protocol

from streams.records.listing import ListingSku, ProofLevel

CLOCK_TOLERANCE_MS: Final = 2_000
"""Times of events come in whole seconds, and the time of an answer may be by our own clock."""


class Fact(Protocol):
    """An order fact: units taken (positive) or given back (negative)."""

    @property
    def warehouse(self) -> str: ...

    @property
    def event_at(self) -> int: ...

    @property
    def units(self) -> int: ...


def noted(sku: ListingSku, facts: Iterable[Fact]) -> ListingSku:
    """The SKU after facts its proof did not count as facts."""
    if sku.known != "CONFIRMED":
        return sku
    for fact in facts:
        sku = _noted(sku, fact)
    return sku


def _noted(sku: ListingSku, fact: Fact) -> ListingSku:
    in_doubt = fact.event_at <= sku.answered_at + CLOCK_TOLERANCE_MS
    own = [level for level in sku.proof if level.warehouse == fact.warehouse]
    if not own:
        # no warehouse known: the units may be missing in any of them
        drifted = tuple(level._replace(drift=level.drift + max(fact.units, 0)) for level in sku.proof)
        return sku._replace(overwritten=True, proof=drifted) if in_doubt else sku
    level, missed = _met(own[0], fact, sku)
    if missed and in_doubt:
        level = level._replace(drift=level.drift + missed)
        sku = sku._replace(overwritten=True)
    return sku._replace(proof=tuple(level if row.warehouse == level.warehouse else row for row in sku.proof))


def _met(level: ProofLevel, fact: Fact, sku: ListingSku) -> tuple[ProofLevel, int]:
    """The level with its unseen units met by a fact, and the units of the fact the proof did not count.

    A fact around the time of the search may be one of the unseen units or a later one: then the unit is no
    longer expected, and the proof is doubted all the same.
    """
    met = 0
    if fact.event_at <= sku.searched_at + CLOCK_TOLERANCE_MS:
        met = min(level.left, max(fact.units, 0))
    certain = fact.event_at <= sku.searched_from - CLOCK_TOLERANCE_MS
    return level._replace(left=level.left - met), fact.units - (met if certain else 0)
