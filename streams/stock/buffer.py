"""Units held back from sale: the terms of a market file, compiled for speed, and how they combine.

The base of every term is what the source shows for the warehouse after sharing and before holds, so that
an order never moves the buffer by itself; only the speed of sales (velocity) and the clock do.
"""

from decimal import Decimal
from typing import NamedTuple

from streams.market.buffer import BufferTerms


class Buffer(NamedTuple):
    """The terms of one market, category and SKU between two moments; whole numbers only."""

    since: int
    """Milliseconds: first moment these terms are valid for."""
    until: int | None
    """Milliseconds: first moment after; None: for ever."""
    combine: str
    absolute: int
    percentage: int
    """In hundredths of a percent."""
    threshold: int
    velocity: int
    """Thousandths of a unit held back per unit sold."""
    window: int
    """Milliseconds of the velocity window; 0: no such term."""
    campaign: int
    campaign_percentage: int
    """In hundredths of a percent."""


def in_force(terms: BufferTerms, combine: str, now: int) -> Buffer:
    """The terms valid at ``now``, and for how long they stay so."""
    moments: set[int] = set()
    campaign = percentage = 0
    for one in terms.campaigns or ():
        starts, ends = round(one.starts.timestamp() * 1000), round(one.ends.timestamp() * 1000)
        moments.update((starts, ends))
        if starts <= now < ends:
            campaign = max(campaign, one.absolute)
            percentage = max(percentage, _hundredths(one.percentage))
    velocity = terms.velocity
    factor = int(velocity.factor * 1000) if velocity is not None else 0
    return Buffer(
        since=max((moment for moment in moments if moment <= now), default=0),
        until=min((moment for moment in moments if moment > now), default=None),
        combine=combine,
        absolute=terms.absolute or 0,
        percentage=_hundredths(terms.percentage or Decimal(0)),
        threshold=terms.threshold or 0,
        velocity=factor,
        window=velocity.minutes * 60_000 if velocity is not None and factor else 0,
        campaign=campaign,
        campaign_percentage=percentage,
    )


NOTHING = Buffer(0, None, "max", 0, 0, 0, 0, 0, 0, 0)
"""No unit is held back."""


def held_back(buffer: Buffer, shared: int, sold: int) -> tuple[int, str]:
    """Units held back of ``shared`` units when ``sold`` were sold within the window, and the deciding term."""
    base = shared if shared > 0 else 0
    terms = (
        ("absolute", buffer.absolute),
        ("percentage", part(base, buffer.percentage)),
        ("velocity", -(-sold * buffer.velocity // 1000)),
        ("campaign", max(buffer.campaign, part(base, buffer.campaign_percentage))),
    )
    if base < buffer.threshold:
        return max(base, *(units for _, units in terms)), "threshold"
    if buffer.combine == "sum":
        units = sum(units for _, units in terms)
        return units, "sum" if units else "none"
    units, term = 0, "none"
    for name, held in terms:
        if held > units:
            units, term = held, name
    return units, term


def part(base: int, hundredths: int) -> int:
    """A percentage of units, rounded up: half a unit cannot be shipped."""
    return -(-base * hundredths // 10_000)


def _hundredths(percent: Decimal) -> int:
    return int(percent * 100)
