"""The job of all systems: what is known of a SKU, what a change does to it, what must be said out.

Decode an Avro stock change, compare it with the last state of the SKU, hold back the larger of an absolute and a
relative buffer, keep the new state durably, and say out a delta when what is offered changed.  Standard
library only, because every Python peer imports it, also from a virtual environment of its own.
"""

from __future__ import annotations

import struct

MARKET = "bench"
WAREHOUSE = "7000000000000000900"
CHANNEL = "main"
SOURCE = "commercetools"
ABSOLUTE = 2
"""Units always held back..."""
PERCENTAGE = 10
"""...or this percentage, rounded up, when it is more."""
LOW_WATER = 5
"""At or below: first lane."""
CAP = 99_999

MAGIC = b"\xc3\x01"
"""Begins a value in Avro's single-object encoding; eight bytes of fingerprint follow."""
BODY = 10
"""Where the record begins behind them."""

STATE = struct.Struct(">qqqq")
"""A peer's row: quantity, time of reading, gross last said out (-1: nothing yet), sequence."""


def sku_name(number: int) -> str:
    return f"SKU-{number:07d}"


def product_of(sku: str) -> str:
    """The product of a SKU.  Peers compute it; the engine knows it from claims, as in production."""
    return "product-" + sku[4:]


def held_back(quantity: int) -> tuple[int, str]:
    """Units held back, and the term that decided."""
    part = -(-quantity * PERCENTAGE // 100) if quantity > 0 else 0
    return (part, "percentage") if part > ABSOLUTE else (ABSOLUTE, "absolute")


def sellable(quantity: int) -> int:
    return max(0, min(CAP, quantity - held_back(quantity)[0]))
