"""How far one unit is, from the two statuses TikTok Shop shows: of the order and of the line.

Progress only moves to the right (OPEN, SHIPPED, DONE, CANCELLED), so the furthest of several readings is the truth
in whatever order they arrive. A status that is not listed moves nothing by itself.
"""

from typing import Final, Literal, NamedTuple

from streams.records.order_ledger import LINE_PROGRESS_SYMBOLS, LineProgress


class StatusRow(NamedTuple):
    """What an order's status says about its lines."""

    least: LineProgress
    """Every line is at least here."""
    lines: Literal["read", "ignored"]
    """Whether the lines' own status says more."""


BY_ORDER_STATUS: Final[dict[str, StatusRow]] = {  # in the order of an order's life
    "UNPAID": StatusRow("OPEN", "read"),
    "ON_HOLD": StatusRow("OPEN", "ignored"),  # what lines show in this hour is not documented
    "AWAITING_SHIPMENT": StatusRow("OPEN", "read"),
    "PARTIALLY_SHIPPING": StatusRow("OPEN", "read"),
    "AWAITING_COLLECTION": StatusRow("SHIPPED", "read"),
    "IN_TRANSIT": StatusRow("SHIPPED", "read"),
    "DELIVERED": StatusRow("DONE", "read"),
    "COMPLETED": StatusRow("DONE", "read"),
    "CANCELLED": StatusRow("CANCELLED", "ignored"),  # lines may follow late
    "CANCEL": StatusRow("CANCELLED", "ignored"),  # the spelling of events
}

BY_LINE_STATUS: Final[dict[str, LineProgress]] = {
    "UNPAID": "OPEN",
    "TO_SHIP": "OPEN",
    "ON_HOLD": "OPEN",
    "AWAITING_SHIPMENT": "OPEN",
    "AWAITING_COLLECTION": "SHIPPED",
    "IN_TRANSIT": "SHIPPED",
    "DELIVERED": "DONE",
    "COMPLETED": "DONE",
    "CANCELLED": "CANCELLED",
}

BY_PACKAGE_STATUS: Final[dict[str, LineProgress]] = {  # asked when the line shows no status of its own
    "": "OPEN",
    "TO_FULFILL": "OPEN",
    "PROCESSING": "SHIPPED",
    "FULFILLING": "SHIPPED",
    "COMPLETED": "DONE",
    "CANCELLED": "OPEN",  # of the package, not of the unit
}

RANK: Final[dict[LineProgress, int]] = {progress: rank for rank, progress in enumerate(LINE_PROGRESS_SYMBOLS)}
STATUS_RANK: Final[dict[str, int]] = {status: rank for rank, status in enumerate(BY_ORDER_STATUS)}


def further(one: LineProgress, other: LineProgress) -> LineProgress:
    """The one that is further to the right."""
    return one if RANK[one] >= RANK[other] else other


def line_progress(order_status: str, display_status: str, package_status: str) -> LineProgress:
    """How far a unit is; unlisted statuses say nothing."""
    row = BY_ORDER_STATUS.get(order_status, StatusRow("OPEN", "read"))
    if row.lines == "ignored":
        return row.least
    shown = BY_LINE_STATUS.get(display_status)
    if shown is None:
        shown = BY_PACKAGE_STATUS.get(package_status, "OPEN")
    return further(row.least, shown)
