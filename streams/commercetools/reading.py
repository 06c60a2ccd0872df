"""From the inventory entries of a SKU to what its configured channels hold, and when that was true.

=================  =====================================================================================
an entry is        the channel's figure is
=================  =====================================================================================
negative           negative, as it is: the stock rules floor it
missing, deleted   0
in a channel that  nothing: the channel is not part of the reading
is not configured
there twice        the lower one, and it is told (the API promises that it cannot be)
recreated          that of the new entry: only channels count, ids do not
of a SKU that no   read like any other; the stock rules keep it, tell no market, and publish it with the claim
product claims     (``tts_unclaimed_skus``)
=================  =====================================================================================

A configured channel that commercetools does not know has no figure at all: a slip in a market file must not sell a
shop out.  The reading is then not complete, and it is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import NamedTuple

from streams.commercetools.answer import Answer
from streams.commercetools.resources import InventoryEntry

Supply = Mapping[str, str]
"""Supply channel key (empty: general stock) to its logic: available, on_stock or salable."""


class Levels(NamedTuple):
    """All configured channels of one SKU."""

    levels: tuple[tuple[str, int], ...]
    """Channel key and units, in the order of keys."""
    complete: bool
    """False: commercetools does not know a configured channel."""
    entries: int
    """Inventory entries in configured channels; 0: there is none any more, or never was."""
    twice: tuple[str, ...] = ()
    """Channels with more than one entry."""

    @property
    def digest(self) -> int:
        """The levels in 64 bits: equal for equal levels."""
        text = "\0".join(f"{channel}\0{quantity}" for channel, quantity in (*self.levels, ("", int(self.complete))))
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


class Channels(NamedTuple):
    """What is known of the project's channels."""

    keys: Mapping[str, str]
    """Id to key."""
    supply: Supply

    @property
    def unknown(self) -> tuple[str, ...]:
        """Configured channels that commercetools does not know."""
        known = set(self.keys.values())
        return tuple(sorted(channel for channel in self.supply if channel and channel not in known))

    def has_all(self, entries: Iterable[InventoryEntry]) -> bool:
        """False: an entry lies in a channel that is newer than what is known."""
        return all(entry.channel_id is None or entry.channel_id in self.keys for entry in entries)


def levels_of(entries: Iterable[InventoryEntry], channels: Channels) -> Levels:
    """The levels of one SKU; ``entries`` are all it has."""
    unknown = channels.unknown
    found: dict[str, int] = {}
    twice: list[str] = []
    counted = 0
    for entry in {entry.id: entry for entry in sorted(entries, key=lambda one: one.version)}.values():
        channel = "" if entry.channel_id is None else channels.keys.get(entry.channel_id)
        logic = None if channel is None else channels.supply.get(channel)
        if channel is None or logic is None:
            continue
        counted += 1
        quantity = entry.on_stock if logic == "on_stock" else entry.available
        if channel in found:
            twice.append(channel)
            quantity = min(quantity, found[channel])
        found[channel] = quantity
    levels = tuple((channel, found.get(channel, 0)) for channel in sorted(channels.supply) if channel not in unknown)
    return Levels(levels, not unknown, counted, tuple(dict.fromkeys(twice)))


def read_at(first: Answer) -> int:
    """When a reading began, by commercetools' clock: never later than in truth.

    Its clock is known from the first answer, in whole seconds, cut off; what the request took is subtracted.  Without
    a Date header it is our clock.
    """
    return first.sent_at if first.server_date is None else first.server_date - first.took_ms
