"""What a reading of the source brought, as values; the flows' callers make them."""

from __future__ import annotations

from typing import Literal, NamedTuple

from streams.outcome import Outcome

SOURCE = "commercetools"
"""Name of the source in readings of stock."""

Operation = Literal["inventory", "entries", "orders"]


class FetchRequest(NamedTuple):
    """One resource to read; the caller puts many into one request."""

    operation: Operation
    """inventory: all entries of a SKU.  entries: the SKU of an entry.  orders: the SKUs of an order."""
    id: str
    """SKU, or id of the resource."""
    lane: int
    sweep: int = 0
    """The pass that wants it; 0: none does."""


class StockRead(NamedTuple):
    """All configured channels of one SKU."""

    outcome: Outcome
    """Of the request; anything but ``Delivered``: the rest means nothing."""
    read_at: int = 0
    """Milliseconds, commercetools' clock: when the reading began, or a little before."""
    levels: tuple[tuple[str, int], ...] = ()
    complete: bool = True
    digest: int = 0
    entries: int = 0
    twice: tuple[str, ...] = ()
    """Channels that have more than one entry; the lower figure counts."""
    ids: tuple[str, ...] = ()
    """Of all its entries, whatever channel they are in, in order."""


class EntryRead(NamedTuple):
    """Which SKU an inventory entry belongs to."""

    outcome: Outcome
    sku: str | None = None
    """None: there is no such entry (any more)."""


class OrderRead(NamedTuple):
    """Which SKUs an order has."""

    outcome: Outcome
    skus: tuple[str, ...] | None = None
    """None: there is no such order (any more)."""


class PageRequest(NamedTuple):
    """The next page of a pass over all inventory entries."""

    behind: str | None
    """The last SKU that was seen; None: the first page."""


class PageRead(NamedTuple):
    """Whole SKUs, in the order of the source."""

    outcome: Outcome
    read_at: int = 0
    skus: tuple[tuple[str, int | None], ...] = ()
    """SKUs with entries in configured channels, and the digest of their levels; None: too many entries for one page."""
    entries: int = 0
    total: int | None = None
    """Entries there are, when the page said so."""
    last: str | None = None
    """The last SKU that is complete; the next page begins behind it."""
    more: bool = False


class HealthRequest(NamedTuple):
    """Ask whether the Subscription delivers."""

    subscription: str


class HealthRead(NamedTuple):
    """How the Subscription is."""

    status: Literal["healthy", "stopped", "temporary", "unknown"]
    """stopped: notifications may be lost.  temporary: they come later.  unknown: nobody answered."""
    reason: str = ""
