"""What TikTok Shop refuses about a listing, by literal tables of its codes and statuses.

A code that stands in none of them is an ordinary rejection of the SKU.
"""

from typing import Final, Literal, NamedTuple


class Refusal(NamedTuple):
    """How to go on after a refused decrease."""

    least: int
    """The least quantity worth trying instead of zero; 0: no other quantity helps."""
    meaning: str
    remedy: str


REFUSED_DECREASE: Final[dict[str, Refusal]] = {
    "12052055": Refusal(1, "quantity 0 is out of range for this shop", "take the SKU off sale in Seller Center"),
    "12019024": Refusal(1, "quantity 0 is not accepted by this shop", "take the SKU off sale in Seller Center"),
    "12052146": Refusal(0, "orders or a campaign lock more units than wanted", "end the campaign of this SKU"),
    "12052393": Refusal(0, "a promotion forbids to lower the stock", "end the promotion of this product"),
}
"""First, when all SKUs of the product are out, the product is deactivated; then the least quantity is tried;
what stays on offer is published as exposed.  Wanted stays in every case."""

PRODUCT_GONE: Final[frozenset[str]] = frozenset(("12019150", "12052032", "12052260", "12052048", "12052034"))
"""The product is unknown or not ours: the adoption is forgotten and the SKU is searched again, slowly."""

STATE_FORBIDS: Final[frozenset[str]] = frozenset(("12052901", "12052308", "12052371", "12052332", "12019113"))
"""The product's state takes no stock now: as if gone, the search shows when it does again."""

WAREHOUSES_MISSED: Final[frozenset[str]] = frozenset(("12019028", "12052533", "12052516", "12052486"))
"""The write did not name the warehouses TikTok Shop has: worth one look at them."""

Editable = Literal["write", "wait", "gone"]

STATUS: Final[dict[str, Editable]] = {
    "DRAFT": "write",
    "PENDING": "write",
    "FAILED": "write",
    "ACTIVATE": "write",
    "SCHEDULED": "write",
    "SELLER_DEACTIVATED": "write",
    "PLATFORM_DEACTIVATED": "wait",
    "FREEZE": "wait",
    "DELETED": "gone",
}
"""Product statuses; an unknown one is tried, its refusal would name a code."""


def editable(status: str) -> Editable:
    """Whether a product of this status takes stock."""
    return STATUS.get(status, "write")
