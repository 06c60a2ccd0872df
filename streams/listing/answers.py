"""Answers of calls, parsed: an outcome and the data the rules look at.

``sent_at`` and ``answered_at`` are milliseconds by TikTok Shop's clock where it is known, else by ours.
The data are read only when the outcome is ``Delivered``.
"""

from typing import NamedTuple

from streams.outcome import Outcome


class FoundSku(NamedTuple):
    """One SKU of a product that a product search found, asked for or not."""

    product_id: str
    sku_id: str
    seller_sku: str
    status: str
    """Of the product."""


class ProductsFound(NamedTuple):
    """Answer of ``SearchProducts``, all pages of it."""

    outcome: Outcome
    rows: tuple[FoundSku, ...] = ()
    sent_at: int = 0
    answered_at: int = 0


class ShownLevel(NamedTuple):
    """What one warehouse shows."""

    warehouse: str
    """Empty: the seller's only warehouse."""
    available: int
    committed: int


class ShownSku(NamedTuple):
    """What is shown for one SKU."""

    sku_id: str
    levels: tuple[ShownLevel, ...]


class InventoryShown(NamedTuple):
    """Answer of ``SearchInventory``; a SKU that is missing is unknown to TikTok Shop."""

    outcome: Outcome
    rows: tuple[ShownSku, ...] = ()
    sent_at: int = 0
    answered_at: int = 0


class SkuFailed(NamedTuple):
    """A SKU the answer names as failed."""

    sku_id: str
    outcome: Outcome


class InventoryUpdated(NamedTuple):
    """Answer of ``UpdateInventory``.

    ``outcome`` is the call's own: ``Delivered`` when it was accepted, even if SKUs in ``errors`` failed;
    a SKU that is not named did what the call did.  A failed item without a name makes it ``Unknown``.
    """

    outcome: Outcome
    errors: tuple[SkuFailed, ...] = ()
    sent_at: int = 0
    answered_at: int = 0


class ProductChanged(NamedTuple):
    """Answer of ``DeactivateProduct`` and ``ActivateProduct``."""

    outcome: Outcome
    sent_at: int = 0
    answered_at: int = 0


Answer = ProductsFound | InventoryShown | InventoryUpdated | ProductChanged
