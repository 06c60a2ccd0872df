"""What is done with each kind of event, as a table.

An event is only a hint, so an event that leads to nothing is no loss: polling reads every changed order. Kinds that
a later flow will follow are counted until then.
"""

from typing import Final, Literal, NamedTuple

from streams.records.sync_result import SyncStatus

Treatment = Literal["order", "shop", "counted"]

TREATMENT: Final[dict[str, Treatment]] = {
    "ORDER_STATUS_CHANGE": "order",
    "REVERSE_STATUS_UPDATE": "order",
    "RECIPIENT_ADDRESS_UPDATE": "order",
    "PACKAGE_UPDATE": "order",
    "CANCELLATION_STATUS_CHANGE": "order",
    "RETURN_STATUS_CHANGE": "order",
    "SELLER_DEAUTHORIZATION": "shop",
    "UPCOMING_AUTHORIZATION_EXPIRATION": "shop",
    "PRODUCT_STATUS_CHANGE": "counted",  # listings: from here on
    "PRODUCT_INFORMATION_CHANGE": "counted",
    "PRODUCT_CREATION": "counted",
    "PRODUCT_CATEGORY_CHANGE": "counted",
    "PRODUCT_AUDIT_STATUS_CHANGE": "counted",
    "INVENTORY_STATUS_CHANGE": "counted",
    "INVOICE_STATUS_CHANGE": "counted",  # Brazil
    "NEW_CONVERSATION": "counted",  # customer service: not ours
    "NEW_MESSAGE": "counted",
    "NEW_MESSAGE_LISTENER": "counted",
}
"""A kind that is not listed is answered like any other, and counted as unlisted."""


class ShopNotice(NamedTuple):
    """What a shop event means to a person."""

    status: SyncStatus
    code: str
    remedy: str


SHOP_NOTICES: Final[dict[str, ShopNotice]] = {
    "SELLER_DEAUTHORIZATION": ShopNotice(
        "REJECTED", "shop-deauthorized", "the seller withdrew the authorization: ask for it again in Partner Center"
    ),
    "UPCOMING_AUTHORIZATION_EXPIRATION": ShopNotice(
        "WAITING", "authorization-expiring", "ask the seller to authorize the app again before it ends"
    ),
}
