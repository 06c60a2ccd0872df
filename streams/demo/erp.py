"""The merchant's ERP, played: it keeps what lies on a shelf as ``quantityOnStock`` in commercetools, and ships.

Nothing imports orders into commercetools, so the channel's logic is ``on_stock``: what ends a hold is that the goods
have left, and a reading after that.  The ERP books goods out before it says shipped, or their units would be offered
once more in between; and what has left is replaced by a delivery some seconds later, whose notification leads to the
reading that lets the last holds go.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterable, Mapping
from typing import Final

from streams.demo.scale import MARKETS
from streams.demo.shelves import Place, Shelves
from streams.demo.steps import taken
from streams.sandbox.commercetools.control import CommercetoolsControl
from streams.sandbox.control import SandboxControl, StockMove

CHANNEL: Final = MARKETS[1].channel
SETTLE_S: Final = 1
"""The market file's: a reading so long after the shipping covers it."""
_PICKED_MS: Final = 1_500
_AGAIN_MS: Final = 2_000
_DELIVERED_MS: Final = 4_000
"""Behind the shipping: above the settle time and commercetools' clock, which is known to the second."""
_DELIVERED: Final = 2


class Erp(Shelves):
    """One channel."""

    def __init__(
        self, stock: Mapping[Place, int], lag_ms: int, control: SandboxControl, source: CommercetoolsControl
    ) -> None:
        super().__init__((CHANNEL,), stock, lag_ms)
        self.shipped: set[str] = set()
        """Orders whose goods have left."""
        self._control = control
        self._source = source
        self._to_ship: list[tuple[int, str, str, int]] = []
        """When, order, SKU, units."""
        self._cancelled: set[str] = set()
        self._to_deliver: dict[str, int] = {}
        """SKU to when."""

    def take(self, places: Iterable[Place], now: int) -> None:
        """Units moved there."""
        self._tell(sku for sku, _ in places)

    def hear(self, now: int, at_once: bool = False) -> int:
        """Take in, ship and replace what is due; returns how much is still to be done."""
        for row in self.due(now, at_once):
            order, sku, units = str(row["order_id"]), row["seller_sku"], row["units"]
            if row["kind"] == "bought":
                self.opened((sku, CHANNEL), units)
                heapq.heappush(self._to_ship, (now + _PICKED_MS, order, sku, units))
            elif row["kind"] == "cancelled":
                self.opened((sku, CHANNEL), -units)
                self._cancelled.add(order)
        self._ship(now)
        self._deliver(now)
        return self.coming + len(self._to_ship) + len(self._to_deliver)

    def _ship(self, now: int) -> None:
        began = time.monotonic()
        due = []
        while self._to_ship and self._to_ship[0][0] <= now:
            one = heapq.heappop(self._to_ship)
            if one[1] not in self._cancelled:
                due.append(one)
                self.physical[one[2], CHANNEL] -= one[3]
        self._tell(sku for _, _, sku, _ in due)
        shipped = taken(self._control.ship, [order for _, order, _, _ in due])
        after = now + int((time.monotonic() - began) * 1000)
        kept = []
        for _, order, sku, units in due:
            if order in shipped:
                self.opened((sku, CHANNEL), -units)
                self.shipped.add(order)
                self._to_deliver[sku] = after + _DELIVERED_MS
            else:  # not paid yet, or cancelled, which we shall hear
                self.physical[sku, CHANNEL] += units
                kept.append(sku)
                heapq.heappush(self._to_ship, (now + _AGAIN_MS, order, sku, units))
        self._tell(kept)

    def _deliver(self, now: int) -> None:
        due = [sku for sku, at in self._to_deliver.items() if at <= now]
        if due:
            self._control.move_stock(
                *(StockMove(seller_sku=sku, supply_channel=CHANNEL, add=_DELIVERED) for sku in due)
            )
        for sku in due:
            del self._to_deliver[sku]
            self.physical[sku, CHANNEL] += _DELIVERED
        self._tell(due)

    def _tell(self, skus: Iterable[str]) -> None:
        levels = {sku: self.physical[sku, CHANNEL] for sku in skus}
        if levels:
            self.changes += self._source.change_quantities({CHANNEL: levels})
