"""Which SKUs can be sold: keys of holds are ``sku|market|order``, so orders of a SKU with ``|`` could not be held.

They are refused where stock comes in: a SKU that is never offered needs no holds.
"""

from typing import Final

SEPARATOR: Final = "|"
"""Between SKU, market and order in the key of a hold."""
UNUSABLE: Final = "sku-unusable"
REMEDY: Final = "a SKU must not contain '|': its orders could not be held, so it is not offered; rename the SKU"


def is_usable(sku: str) -> bool:
    """Orders of it can be held."""
    return SEPARATOR not in sku
