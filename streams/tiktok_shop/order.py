"""Orders as far as stock needs them: units, warehouse, states and times, never a person.

TikTok Shop has no quantity field: every unit is a line of its own.  Times are milliseconds here.
Unknown values of an enumeration are kept as they are.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from streams.outcome import Delivered
from streams.tiktok_shop.answer import Answer
from streams.tiktok_shop.envelope import list_of, number, text

SEARCH = "search_orders"
DETAILS = "order_details"

PAGE_SIZE = 100
DETAIL_LIMIT = 50
"""Orders one detail call may name."""
CANCELLED = "CANCELLED"


class BundlePart(NamedTuple):
    """What a unit of a virtual bundle takes from stock."""

    sku_id: str
    seller_sku: str
    units: int


class OrderLine(NamedTuple):
    """One unit of one SKU."""

    id: str
    sku_id: str
    product_id: str
    seller_sku: str
    display_status: str
    """Not to be used while the order is ON_HOLD."""
    package_id: str
    package_status: str
    is_gift: bool
    bundle: tuple[BundlePart, ...]


class Order(NamedTuple):
    """One order, without its buyer."""

    id: str
    status: str
    created_at: int
    updated_at: int
    paid_at: int
    """0: not paid."""
    warehouse_id: str
    order_type: str
    fulfillment_type: str
    is_on_hold: bool
    """It has, or will have, the hour in which the buyer may think again."""
    is_sample: bool
    is_replacement: bool
    is_exchange: bool
    lines: tuple[OrderLine, ...]


def search_query() -> list[tuple[str, str]]:
    """Oldest change first, whole pages; ``paging`` adds the page token."""
    return [("page_size", str(PAGE_SIZE)), ("sort_field", "update_time"), ("sort_order", "ASC")]


def search_body(updated_from_ms: int, updated_before_ms: int | None) -> dict[str, Any]:
    """Orders changed since a time, rounded outwards to whole seconds; None: until now."""
    since = {"update_time_ge": updated_from_ms // 1000}
    return since if updated_before_ms is None else {**since, "update_time_lt": -(-updated_before_ms // 1000)}


def detail_queries(order_ids: Sequence[str]) -> list[list[tuple[str, str]]]:
    """One query per call, 50 orders each."""
    step = DETAIL_LIMIT
    return [[("ids", ",".join(order_ids[at : at + step]))] for at in range(0, len(order_ids), step)]


def orders(answer: Answer) -> tuple[Order, ...] | None:
    """The orders of a search or a detail call; None when it is not a success or cannot be read."""
    if not isinstance(answer.outcome, Delivered) or not isinstance(answer.data, dict):
        return None
    try:
        return tuple(_order(order) for order in list_of(answer.data.get("orders")))
    except (AttributeError, ValueError):
        return None


def _order(order: dict[str, Any]) -> Order:
    created_at = _ms(order.get("create_time"))
    return Order(
        id=text(order.get("id")),
        status=text(order.get("status")),
        created_at=created_at,
        updated_at=_ms(order.get("update_time")) or created_at,
        paid_at=_ms(order.get("paid_time")),
        warehouse_id=text(order.get("warehouse_id")),
        order_type=text(order.get("order_type")),
        fulfillment_type=text(order.get("fulfillment_type")),
        is_on_hold=order.get("is_on_hold_order") is True,
        is_sample=order.get("is_sample_order") is True,
        is_replacement=order.get("is_replacement_order") is True,
        is_exchange=order.get("is_exchange_order") is True,
        lines=tuple(_line(line) for line in list_of(order.get("line_items"))),
    )


def _line(line: dict[str, Any]) -> OrderLine:
    return OrderLine(
        id=text(line.get("id")),
        sku_id=text(line.get("sku_id")),
        product_id=text(line.get("product_id")),
        seller_sku=text(line.get("seller_sku")),
        display_status=text(line.get("display_status")),
        package_id=text(line.get("package_id")),
        package_status=text(line.get("package_status")),
        is_gift=line.get("is_gift") is True,
        bundle=tuple(
            BundlePart(text(part.get("sku_id")), text(part.get("seller_sku")), number(part.get("sku_count")))
            for part in list_of(line.get("combined_listing_skus"))
        ),
    )


def _ms(value: Any) -> int:
    return value * 1000 if isinstance(value, int) and not isinstance(value, bool) else 0
