"""Orders on the wire: what the order watcher asks, and what comes back, never a person.

TikTok Shop has no quantity field: every unit is a line of its own.  It counts whole seconds; behind
this line times are milliseconds.  Unknown values of an enumeration are kept as they are.
"""

from typing import Any

from streams.order.calls import (
    BundlePart,
    LineSeen,
    OrderSeen,
    OrdersFound,
    OrdersRead,
    ReadOrders,
    SearchOrders,
)
from streams.outcome import Delivered, Outcome, RetryLater
from streams.tiktok_shop.answer import Answer
from streams.tiktok_shop.call import Call
from streams.tiktok_shop.envelope import list_of, number, text
from streams.tiktok_shop.paging import PAGE_TOKEN, next_page_token

SEARCH = "search_orders"
DETAILS = "order_details"
PAGE_SIZE = 100


def search(wanted: SearchOrders) -> Call:
    """A page of the orders changed in a span of time, oldest change first."""
    query = [("page_size", str(PAGE_SIZE)), ("sort_field", "update_time"), ("sort_order", "ASC")]
    if wanted.page_token:
        query.append((PAGE_TOKEN, wanted.page_token))
    body = {"update_time_ge": wanted.updated_from // 1000, "update_time_lt": -(-wanted.updated_before // 1000)}
    return Call(SEARCH, query=tuple(query), body=body)


def read(wanted: ReadOrders) -> Call:
    """Some orders by id: one parameter, joined by commas."""
    return Call(DETAILS, query=(("ids", ",".join(wanted.order_ids)),))


def found(answer: Answer) -> OrdersFound:
    """The answer to ``search``."""
    outcome, orders = _orders(answer)
    total = answer.data.get("total_count") if isinstance(answer.data, dict) else None
    return OrdersFound(
        outcome=outcome,
        orders=orders,
        next_page_token=next_page_token(answer) or "",
        total=total if isinstance(total, int) else None,
        sent_at=answer.sent_at,
        answered_at=answer.answered_at,
        server_date=answer.server_date,
    )


def known(answer: Answer) -> OrdersRead:
    """The answer to ``read``; one order of another shop may have failed all of them."""
    outcome, orders = _orders(answer)
    return OrdersRead(outcome, orders, answer.sent_at, answer.answered_at)


def _orders(answer: Answer) -> tuple[Outcome, tuple[OrderSeen, ...]]:
    if not isinstance(answer.outcome, Delivered):
        return answer.outcome, ()
    try:
        return answer.outcome, tuple(_order(order) for order in list_of(answer.data.get("orders")))
    except (AttributeError, ValueError):
        return RetryLater("unreadable", "the orders of the answer cannot be read"), ()


def _order(order: dict[str, Any]) -> OrderSeen:
    created_at = _ms(order.get("create_time"))
    return OrderSeen(
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


def _line(line: dict[str, Any]) -> LineSeen:
    return LineSeen(
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
