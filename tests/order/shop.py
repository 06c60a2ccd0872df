"""A shop whose orders move while they are read: pages shift, changes show up late, ties come in any order.

It has memory and is asked by state; nothing of the product is used but the words of its calls.
"""

from collections.abc import Callable
from typing import NamedTuple

from streams.order.calls import OrdersFound, SearchOrders
from streams.outcome import Delivered
from tests.order.builders import START, order

PAGE = 3


class Change(NamedTuple):
    """An order changed."""

    order_id: str
    at: int
    shown_at: int
    """From when on searches know it."""


class Shop:
    """All changes ever made, and searches over them."""

    def __init__(self, skew: int, shuffled: Callable[[list[Change]], list[Change]], sorts: bool, counts: bool) -> None:
        self.changes: list[Change] = []
        self.skew = skew
        self.shuffled = shuffled
        self.sorts = sorts
        self.counts = counts

    def change(self, order_id: str, clock: int, late: int) -> None:
        """An order is placed, or changes again; ``clock`` is ours, its own differs by ``skew``."""
        self.changes.append(Change(order_id, clock + self.skew, clock + self.skew + late))

    def search(self, call: SearchOrders, clock: int) -> OrdersFound:
        """One page as things stand at this moment; tokens are places in the list."""
        now = clock + self.skew
        latest: dict[str, Change] = {}
        for change in self.changes:
            if change.shown_at <= now:
                latest[change.order_id] = change
        rows = [
            change for change in latest.values() if call.updated_from <= change.at // 1000 * 1000 < call.updated_before
        ]
        rows = self.shuffled(rows) if self.counts else sorted(rows)
        rows.sort(key=lambda change: change.at // 1000, reverse=not self.sorts)
        first = int(call.page_token or 0)
        page = rows[first : first + PAGE]
        return OrdersFound(
            Delivered(),
            tuple(order(id=row.order_id, updated_at=row.at // 1000 * 1000) for row in page),
            str(first + PAGE) if len(rows) > first + PAGE else "",
            len(rows) if self.counts else None,
            clock,
            clock,
            now // 1000 * 1000,
        )

    def unseen(self, until: int, seen: dict[str, int]) -> list[Change]:
        """Changes at or before a time that no reading has shown."""
        return [
            change
            for change in self.changes
            if change.at <= until and seen.get(change.order_id, 0) < change.at // 1000 * 1000
        ]


EPOCH = START + 3_600_000
"""When the tests' clock begins."""
