"""What sort of unit an order line is, and whether its stock is held for it.

Two literal tables without a default row: an unlisted order type is a kind of its own, and is held, because a hold
too many delays a sale while a hold too few sells a unit twice.
"""

from typing import Final, Literal

from streams.order.calls import LineSeen, OrderSeen
from streams.records.order_ledger import LineKind
from streams.sku import is_usable

Holding = Literal["units", "nothing"]

HOLDING: Final[dict[LineKind, Holding]] = {
    "NORMAL": "units",
    "PRE_ORDER": "units",  # sold from a later delivery, yet counted down by TikTok Shop like any other
    "MADE_TO_ORDER": "units",
    "BACK_ORDER": "units",
    "VIRTUAL_ORDER": "units",
    "AUCTION": "units",
    "ZERO_LOTTERY": "units",
    "UNLISTED": "units",
    "SAMPLE": "units",  # free for the creator, but it leaves our shelf
    "REPLACEMENT": "units",
    "EXCHANGE": "units",
    "GIFT": "units",
    "BUNDLE": "units",  # its parts, each by its own SKU
    "UNLINKED": "nothing",  # no seller_sku: there is nothing to hold it by
    "UNUSABLE_SKU": "nothing",
    "FULFILLED_BY_TIKTOK": "nothing",  # from TikTok Shop's own warehouse: not our stock
    "FULFILLED_BY_TOKOPEDIA": "nothing",
}

BY_FULFILLMENT: Final[dict[str, LineKind | None]] = {  # None: goes on with the next question
    "": None,
    "FULFILLMENT_BY_SELLER": None,
    "FULFILLMENT_BY_TIKTOK": "FULFILLED_BY_TIKTOK",
    "FULFILLMENT_BY_DILAYANI_TOKOPEDIA": "FULFILLED_BY_TOKOPEDIA",
}

BY_ORDER_TYPE: Final[dict[str, LineKind]] = {
    "": "NORMAL",
    "NORMAL": "NORMAL",
    "PRE_ORDER": "PRE_ORDER",
    "MADE_TO_ORDER": "MADE_TO_ORDER",
    "BACK_ORDER": "BACK_ORDER",
    "VIRTUAL_ORDER": "VIRTUAL_ORDER",
    "AUCTION": "AUCTION",
    "ZERO_LOTTERY": "ZERO_LOTTERY",
}


def line_kind(order: OrderSeen, line: LineSeen, sku: str, in_bundle: Literal["alone", "part"]) -> LineKind:
    """The kind of one unit: who fulfils it is asked first, then whether it can be held, then why it is sent."""
    fulfilled = BY_FULFILLMENT.get(order.fulfillment_type)
    if fulfilled is not None:
        return fulfilled
    if not sku:
        return "UNLINKED"
    if not is_usable(sku):
        return "UNUSABLE_SKU"
    if in_bundle == "part":
        return "BUNDLE"
    if line.is_gift:
        return "GIFT"
    if order.is_sample:
        return "SAMPLE"
    if order.is_replacement:
        return "REPLACEMENT"
    if order.is_exchange:
        return "EXCHANGE"
    if order.fulfillment_type not in BY_FULFILLMENT:
        return "UNLISTED"
    return BY_ORDER_TYPE.get(order.order_type, "UNLISTED")
