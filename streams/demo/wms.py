"""The merchant's warehouse system, played: it sells elsewhere, receives goods, hears of orders late, and tells Kafka.

What it says of a SKU is always the whole set of its channels, with the orders it has counted since the last time.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Callable
from typing import Any

from streams.demo.scale import MARKETS, SHARED_CHANNEL, WMS, Scale, sku_name, zipf_weights
from streams.records.stock_change import StockChange, StockLevel
from streams.sandbox.control import SandboxControl, StockMove

_KEPT = 6
"""Units the merchant's other shops leave alone."""
_RECEIVED = 0.02
"""How often somebody asks for a SKU that is short and goods arrive just then."""

CHANNELS = (*(market.channel for market in MARKETS), SHARED_CHANNEL)


class Wms:
    """Units per (SKU, channel) as the warehouse system knows them."""

    def __init__(
        self,
        stock: dict[tuple[str, str], int],
        scale: Scale,
        control: SandboxControl,
        publish: Callable[[str, StockChange], None],
    ) -> None:
        self.physical = dict(stock)
        self.open: dict[tuple[str, str], int] = {}
        """Units of orders heard of and not shipped."""
        self.changes = 0
        self.acknowledged = 0
        self._scale = scale
        self._control = control
        self._publish = publish
        self._chance = random.Random(scale.seed + 1)
        self._weights = zipf_weights(scale.skus)
        self._cursor = 0
        self._waiting: list[dict[str, Any]] = []
        self._units: dict[tuple[str, str, str], int] = {}
        """(order, SKU, channel) to its units still open here."""

    def publish_all(self, now: int) -> None:
        """The first full load."""
        for number in range(self._scale.skus):
            self._tell(sku_name(number), now, ())

    def tick(self, seconds: float, now: int) -> None:
        """So many seconds of trade elsewhere, and the orders that have come through by now."""
        wanted = self._scale.changes_per_second * seconds
        count = int(wanted) + (self._chance.random() < wanted % 1)
        moves: dict[tuple[str, str], int] = {}
        for _ in range(count):
            sku = sku_name(bisect_left(self._weights, self._chance.random() * self._weights[-1]))
            channel = self._chance.choice(CHANNELS)
            place = (sku, channel)
            free = self.available(place) + moves.get(place, 0)
            if free > _KEPT:
                move = -1
            elif self._chance.random() < _RECEIVED:
                move = self._chance.randint(10, 30)
            else:
                continue
            moves[place] = moves.get(place, 0) + move
        self._apply(moves, now)
        self.hear_orders(now)

    def _apply(self, moves: dict[tuple[str, str], int], now: int) -> None:
        if not moves:
            return
        self._control.move_stock(
            *(StockMove(seller_sku=sku, supply_channel=channel, add=n) for (sku, channel), n in moves.items())
        )
        for place, units in moves.items():
            self.physical[place] += units
        for sku in dict.fromkeys(sku for sku, _ in moves):
            self._tell(sku, now, ())

    def hear_orders(self, now: int, lag_ms: int | None = None) -> int:
        """Take in orders and cancellations older than the lag; returns how many are still on their way."""
        lag = int(self._scale.wms_lag_seconds * 1000) if lag_ms is None else lag_ms
        for row in self._control.see("history", after=self._cursor, limit=5000)["history"]:
            self._cursor = row["id"]
            if row["kind"] in ("bought", "cancelled", "shipped"):
                self._waiting.append(row)
        heard: dict[str, list[str]] = {}
        while self._waiting and self._waiting[0]["at_ms"] <= now - lag:
            row = self._waiting.pop(0)
            place = (row["seller_sku"], row["supply_channel"])
            order = (str(row["order_id"]), *place)
            if row["kind"] == "bought":
                self.open[place] = self.open.get(place, 0) + row["units"]
                self._units[order] = self._units.get(order, 0) + row["units"]
                heard.setdefault(row["seller_sku"], []).append(order[0])
                self.acknowledged += 1
            else:
                self.open[place] = self.open.get(place, 0) - row["units"]
                heard.setdefault(row["seller_sku"], [])
                if row["kind"] == "shipped":
                    self.physical[place] -= row["units"]
        for sku, orders in heard.items():
            self._tell(sku, now, tuple(orders))
        return len(self._waiting)

    def available(self, place: tuple[str, str]) -> int:
        """Units the warehouse system would still sell."""
        return self.physical[place] - self.open.get(place, 0)

    def levels(self, sku: str) -> tuple[StockLevel, ...]:
        return tuple(StockLevel(channel, self.available((sku, channel))) for channel in CHANNELS)

    def _tell(self, sku: str, now: int, acknowledged: tuple[str, ...]) -> None:
        self.changes += 1
        self._publish(
            sku,
            StockChange(source=WMS, read_at=now, levels=self.levels(sku), acknowledged_orders=acknowledged),
        )
