"""Two streams of stock changes, the same in every run, and the state they must end in.

``uniform``: the SKUs in turn, every record changes what is offered.  ``campaign``: drawn by Zipf's law, a few
SKUs take most of the changes, and a third of the records repeat what is known.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import NamedTuple

from bench.job import sellable

SKUS = 100_000
ZIPF = 1.0
"""Exponent: the first SKU takes one record in twelve, the first hundred four in ten."""
FIRST_READING = 1_760_000_000_000
RECORDS_PER_MS = 50
"""By the source's clock; a million records are twenty seconds of it."""


class Change(NamedTuple):
    """One record."""

    sku: int
    quantity: int
    read_at: int


def uniform(records: int, chance: random.Random) -> Iterator[Change]:
    """Every SKU in turn, in one shuffled order; every record changes what is offered."""
    order = list(range(SKUS))
    chance.shuffle(order)
    last: dict[int, int] = {}
    for number in range(records):
        sku = order[number % SKUS]
        last[sku] = quantity = _other(last.get(sku), chance)
        yield Change(sku, quantity, FIRST_READING + number // RECORDS_PER_MS)


def campaign(records: int, chance: random.Random) -> Iterator[Change]:
    """Drawn by Zipf's law; a third of the records repeat what is known."""
    order = list(range(SKUS))
    chance.shuffle(order)
    weights = list(accumulate(1 / rank**ZIPF for rank in range(1, SKUS + 1)))
    last: dict[int, int] = {}
    owed = 0
    for number, sku in enumerate(chance.choices(order, cum_weights=weights, k=records)):
        owed += chance.random() < 1 / 3
        known = last.get(sku)
        if owed and known is not None:
            owed -= 1
            quantity = known
        else:
            last[sku] = quantity = _other(known, chance)
        yield Change(sku, quantity, FIRST_READING + number // RECORDS_PER_MS)


def _other(known: int | None, chance: random.Random) -> int:
    """A quantity that offers something else than the known one."""
    while True:
        quantity = int(chance.random() * 480) + 20
        if known is None or sellable(quantity) != sellable(known):
            return quantity


WORKLOADS: dict[str, Callable[[int, random.Random], Iterator[Change]]] = {"uniform": uniform, "campaign": campaign}


def changes_of(workload: str, records: int) -> Iterator[Change]:
    """The workload's records; the same in every run."""
    return WORKLOADS[workload](records, random.Random(f"{workload} {records}"))
