"""The formula: sellable = share of (source - holds) - buffer, floored at zero, capped.

A warehouse sells its shares of its channels.  Its own orders are subtracted whole from what was shared to
it, after cap and buffer: TikTok Shop took exactly these units, so placing an order changes nothing but the
figure TikTok Shop has changed already.  Orders of others count only as far as they exceed what was shared to
those others; otherwise one sale would move the quantities of every market that shares the channel.  The
sum over all sellers of a channel never exceeds what the source shows less all holds.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

WHOLE = 10_000
"""A share of 100 percent, in hundredths of a percent."""

LIMIT = 1_000_000_000_000
"""Figures of a source beyond this are refused: nobody has so many units, and sums stay within 64 bits."""


class Feed(NamedTuple):
    """A channel a warehouse is fed from."""

    channel: str
    authority: str
    share: int
    """In hundredths of a percent."""


Seller = tuple[str, str]
"""Market and warehouse."""


class Supplied(NamedTuple):
    """What is left to one warehouse before its buffer."""

    source: int
    """Units the sources show for its channels."""
    shared: int
    """Of those, its share."""
    holds: int
    """Units held by its own orders, and by others' beyond their share."""


def supplied(
    seller: Seller,
    feeds: Sequence[Feed],
    quantities: Mapping[tuple[str, str], int],
    holds: Mapping[str, Mapping[Seller, int]],
    shares: Mapping[str, Mapping[Seller, int]],
) -> Supplied:
    """Source, share and holds of one warehouse.

    ``quantities`` by authority and channel, ``holds`` by channel and seller, ``shares`` of all sellers by channel.
    """
    source = shared = held = 0
    for channel, authority, share in feeds:
        units = quantities.get((authority, channel), 0)
        source += units
        shared += units * share // WHOLE
        holding = holds.get(channel)
        if holding:
            for other, taken in holding.items():
                if other == seller:
                    held += taken
                else:
                    theirs = max(0, units) * shares[channel].get(other, 0) // WHOLE
                    held += max(0, taken - theirs)
    return Supplied(source, shared, held)


def sellable(shared: int, buffer: int, cap: int, holds: int) -> int:
    """Units to offer."""
    return max(0, min(shared - buffer, cap) - holds)
