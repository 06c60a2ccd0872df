"""What the order watcher asks of TikTok Shop, and what it gets: an order without its buyer.

The two calls are read-only, so an answer that was lost costs nothing but another call. How they look on the wire is
the client's business. Times are milliseconds by TikTok Shop's clock unless a field says otherwise; TikTok Shop
itself counts whole seconds.
"""

from typing import Final, NamedTuple

from streams.outcome import Outcome

DETAIL_LIMIT: Final = 50
"""Orders one detail call may name."""


class BundlePart(NamedTuple):
    """What one unit of a virtual bundle takes from stock."""

    sku_id: str
    seller_sku: str
    units: int


class LineSeen(NamedTuple):
    """One unit of one SKU: TikTok Shop has no quantity field."""

    id: str
    sku_id: str
    product_id: str
    seller_sku: str
    display_status: str
    package_id: str
    package_status: str
    is_gift: bool
    bundle: tuple[BundlePart, ...]


class OrderSeen(NamedTuple):
    """One order as one reading showed it. Unknown values of an enumeration are kept."""

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
    is_sample: bool
    is_replacement: bool
    is_exchange: bool
    lines: tuple[LineSeen, ...]


class SearchOrders(NamedTuple):
    """Orders changed in a span of time, oldest change first, as many as a page holds."""

    updated_from: int
    """Inclusive, whole seconds."""
    updated_before: int
    """Exclusive, whole seconds."""
    page_token: str = ""
    """Opaque; empty: the first page."""


class ReadOrders(NamedTuple):
    """Some orders by id, at most ``DETAIL_LIMIT``."""

    order_ids: tuple[str, ...]


class OrdersFound(NamedTuple):
    """Answer of ``SearchOrders``."""

    outcome: Outcome
    orders: tuple[OrderSeen, ...] = ()
    next_page_token: str = ""
    """Empty: this was the last page."""
    total: int | None = None
    """Orders in the whole span, when the answer says so."""
    sent_at: int = 0
    """Our clock."""
    answered_at: int = 0
    """Our clock."""
    server_date: int | None = None
    """TikTok Shop's clock when it answered, rounded down to the second."""


class OrdersRead(NamedTuple):
    """Answer of ``ReadOrders``: orders TikTok Shop skipped are missing."""

    outcome: Outcome
    orders: tuple[OrderSeen, ...] = ()
    sent_at: int = 0
    """Our clock."""
    answered_at: int = 0
    """Our clock."""
