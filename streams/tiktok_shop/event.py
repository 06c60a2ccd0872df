"""Webhooks: what an event says, as a hint and never as truth.

Unknown types are kept by number and answered like any other.  The order is fetched before anything
is believed; ids come as integers in some types, and are strings here.
"""

from typing import Any, NamedTuple

import orjson

from streams.tiktok_shop.envelope import EXACT, text

NAMES: dict[int, str] = {
    1: "ORDER_STATUS_CHANGE",
    2: "REVERSE_STATUS_UPDATE",
    3: "RECIPIENT_ADDRESS_UPDATE",
    4: "PACKAGE_UPDATE",
    5: "PRODUCT_STATUS_CHANGE",
    6: "SELLER_DEAUTHORIZATION",
    7: "UPCOMING_AUTHORIZATION_EXPIRATION",
    11: "CANCELLATION_STATUS_CHANGE",
    12: "RETURN_STATUS_CHANGE",
    13: "NEW_CONVERSATION",
    14: "NEW_MESSAGE",
    15: "PRODUCT_INFORMATION_CHANGE",
    16: "PRODUCT_CREATION",
    18: "PRODUCT_CATEGORY_CHANGE",
    27: "INVENTORY_STATUS_CHANGE",
    33: "NEW_MESSAGE_LISTENER",
    36: "INVOICE_STATUS_CHANGE",
    37: "PRODUCT_AUDIT_STATUS_CHANGE",
}
"""Types that have a name; names are those the configuration call takes, where it takes one."""

STATUS_NAMES: dict[str, str] = {"CANCEL": "CANCELLED"}
"""Events spell some states differently from orders."""

ORDER_KINDS = frozenset({"ORDER_STATUS_CHANGE", "CANCELLATION_STATUS_CHANGE", "RETURN_STATUS_CHANGE", "PACKAGE_UPDATE"})
"""Events after which the units an order takes may differ."""


class Event(NamedTuple):
    """One webhook."""

    kind: str
    """Name, or ``TYPE_<number>`` for types without one."""
    notification_id: str
    shop_id: str
    sent_at: int
    """Milliseconds, TikTok Shop's clock: the only time that is signed."""
    updated_at: int
    """Milliseconds, TikTok Shop's clock: of the thing, or of the event when the thing has none."""
    order_ids: tuple[str, ...]
    order_status: str
    """In the words of orders; unverified, empty when the event names none."""

    def key(self) -> tuple[str, ...]:
        """What makes it the same event when it comes again."""
        if self.notification_id:
            return (self.notification_id,)
        return (self.kind, self.shop_id, *self.order_ids, str(self.updated_at))


def event(body: bytes) -> Event | None:
    """Read a verified body; None when it is no event."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(parsed, dict) or not isinstance(parsed.get("type"), int):
        return None
    data = parsed.get("data")
    data = data if isinstance(data, dict) else {}
    sent_at = _ms(parsed.get("timestamp"))
    status = text(data.get("order_status"))
    return Event(
        kind=NAMES.get(parsed["type"], f"TYPE_{parsed['type']}"),
        notification_id=text(parsed.get("tts_notification_id")),
        shop_id=text(parsed.get("shop_id")),
        sent_at=sent_at,
        updated_at=_ms(data.get("update_time")) or _ms(data.get("create_time")) or sent_at,
        order_ids=_order_ids(data),
        order_status=STATUS_NAMES.get(status, status),
    )


def _order_ids(data: dict[str, Any]) -> tuple[str, ...]:
    packages = data.get("package_list")
    packages = packages if isinstance(packages, list) else []
    listed = [
        order for package in packages if isinstance(package, dict) for order in package.get("order_id_list") or ()
    ]
    return tuple(dict.fromkeys(filter(None, map(text, [data.get("order_id"), *listed]))))


def _ms(value: Any) -> int:
    return value * 1000 if isinstance(value, int) and 0 < value < EXACT // 1000 else 0
