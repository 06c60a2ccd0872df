"""Buyers, played: they come at random, most of them for the same few SKUs, and some change their minds."""

from __future__ import annotations

import heapq
import random
from bisect import bisect_left

from streams.demo.scale import Scale, sku_name, zipf_weights
from streams.sandbox.control import ControlRefused, Order, OrderItem, SandboxControl


class Buyers:
    """Attempts of all shops."""

    def __init__(self, shops: dict[str, str], scale: Scale, control: SandboxControl) -> None:
        self.attempts = 0
        self.placed = 0
        self.refused = 0
        self.cancelled = 0
        self._shops = list(shops.values())
        self._scale = scale
        self._control = control
        self._chance = random.Random(scale.seed + 2)
        self._weights = zipf_weights(scale.skus)
        self._to_cancel: list[tuple[int, str]] = []

    def tick(self, seconds: float, now: int) -> None:
        """So many seconds of shopping."""
        wanted = self._scale.orders_per_second * seconds
        count = int(wanted) + (self._chance.random() < wanted % 1)
        orders = [self._order() for _ in range(count)]
        if orders:
            for answer in self._control.place(*orders):
                self.attempts += 1
                if answer["order_id"] is None:
                    self.refused += 1
                    continue
                self.placed += 1
                if self._chance.random() < self._scale.cancelled_share:
                    when = now + int(self._chance.uniform(2_000, 20_000))
                    heapq.heappush(self._to_cancel, (when, answer["order_id"]))
        self._cancel(now)

    def _order(self) -> Order:
        sku = sku_name(bisect_left(self._weights, self._chance.random() * self._weights[-1]))
        units = self._chance.choice((1, 1, 1, 2))
        shop = self._chance.choice(self._shops)
        return Order(shop_id=shop, items=(OrderItem(seller_sku=sku, units=units),), paid=self._chance.random() < 0.9)

    def _cancel(self, now: int) -> None:
        while self._to_cancel and self._to_cancel[0][0] <= now:
            _, order_id = heapq.heappop(self._to_cancel)
            try:
                self._control.cancel(order_id)
            except ControlRefused:
                continue
            self.cancelled += 1
