"""What can happen to a SKU, and the rows of orders its rules may look at."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from streams.records.order_fact import OrderFact
from streams.records.order_hold import OrderHold
from streams.records.sku_link import SkuLink
from streams.records.stock_change import StockChange


class Reading(NamedTuple):
    """A source says how much there is."""

    change: StockChange
    appended_at: int
    """Milliseconds, Kafka's time."""


class Claim(NamedTuple):
    """A product claims or releases the SKU."""

    link: SkuLink
    appended_at: int


class HoldSeen(NamedTuple):
    """An order of the SKU, as far as it is now; None: the orders worker will never speak of it again."""

    market: str
    order: str
    hold: OrderHold | None
    appended_at: int


Input = Reading | Claim | HoldSeen


class FactRows(Protocol):
    """Rows of table order_fact; what a step has put is found by the same step."""

    def get(self, key: str) -> OrderFact | None: ...

    def put(self, key: str, row: OrderFact) -> None: ...

    def drop(self, key: str) -> None: ...

    def scan(self, prefix: str) -> Iterable[tuple[str, OrderFact]]: ...
