"""Valid orders and policies; a test names only what matters to it. All data is invented."""

from typing import Any

from streams.order.calls import BundlePart, LineSeen, OrderSeen
from streams.order.policy import HintPolicy, HoldPolicy, PollPolicy
from streams.records.order_event import OrderEvent

START = 1_700_000_000_000
KEY = "uk:900001"
WAREHOUSE = "7001"
HOLDS = HoldPolicy(cut_over=START, channels={WAREHOUSE: "leeds"}, channel="anywhere")
POLLS = PollPolicy(cut_over=START)
HINTS = HintPolicy()


def line(id: str = "1", sku: str = "MUG", status: str = "AWAITING_SHIPMENT", **more: Any) -> LineSeen:
    seen = LineSeen(id, f"sku-{sku}", "product", sku, status, "", "", False, ())
    return seen._replace(**more)


def bundle(id: str, **units: int) -> LineSeen:
    return line(id, "BOX", bundle=tuple(BundlePart(f"sku-{sku}", sku, count) for sku, count in units.items()))


def order(
    *lines: LineSeen, id: str = "900001", status: str = "AWAITING_SHIPMENT", at: int = 10, **more: Any
) -> OrderSeen:
    """An order placed at START and last changed ``at`` seconds later."""
    seen = OrderSeen(
        id, status, START, START + at * 1000, START, WAREHOUSE, "NORMAL", "FULFILLMENT_BY_SELLER", False, False, False,
        False, lines or (line(),),
    )  # fmt: skip
    return seen._replace(**more)


def event(id: str = "900001", at: int = 10, status: str = "AWAITING_SHIPMENT", **more: Any) -> OrderEvent:
    seen = OrderEvent(
        id, "ORDER_STATUS_CHANGE", START + at * 1000, START + at * 1000, "WEBHOOK", status, f"n-{id}-{at}"
    )
    return seen._replace(**more)
