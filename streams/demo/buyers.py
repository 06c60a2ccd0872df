"""Buyers, played: they come at random, most of them for the same few SKUs, and some change their minds."""

from __future__ import annotations

import heapq
import random
from bisect import bisect_left
from collections.abc import Callable, Container

from streams.demo.scale import Scale, sku_name, zipf_weights
from streams.demo.steps import taken
from streams.sandbox.control import Order, OrderItem, SandboxControl


class Buyers:
    """Attempts of all shops."""

    def __init__(self, shops: dict[str, str], scale: Scale, control: SandboxControl, left: Container[str]) -> None:
        """``left``: orders whose goods have left; nobody cancels these."""
        self.attempts = 0
        self.placed = 0
        self.refused = 0
        self.cancelled = 0
        self._shops = list(shops.values())
        self._scale = scale
        self._control = control
        self._left = left
        self._chance = random.Random(scale.seed + 2)
        self._weights = zipf_weights(scale.skus)
        self._to_cancel: list[tuple[int, str]] = []
        self._to_pay: list[tuple[int, str]] = []

    def tick(self, seconds: float, now: int) -> None:
        """So many seconds of shopping."""
        wanted = self._scale.orders_per_second * seconds
        count = int(wanted) + (self._chance.random() < wanted % 1)
        orders = [self._order() for _ in range(count)]
        if orders:
            for order, answer in zip(orders, self._control.place(*orders), strict=True):
                self.attempts += 1
                if answer["order_id"] is None:
                    self.refused += 1
                    continue
                self.placed += 1
                if not order.paid:
                    heapq.heappush(self._to_pay, (now + int(self._chance.uniform(1_000, 4_000)), answer["order_id"]))
                if self._chance.random() < self._scale.cancelled_share:
                    when = now + int(self._chance.uniform(2_000, 20_000))
                    heapq.heappush(self._to_cancel, (when, answer["order_id"]))
        self.cancelled += self._follow(self._to_cancel, now, self._control.cancel)
        self.pay(now)

    def pay(self, now: int) -> None:
        """Those who took their time to pay do so."""
        self._follow(self._to_pay, now, self._control.pay)

    def _order(self) -> Order:
        sku = sku_name(bisect_left(self._weights, self._chance.random() * self._weights[-1]))
        units = self._chance.choice((1, 1, 1, 2))
        shop = self._chance.choice(self._shops)
        return Order(shop_id=shop, items=(OrderItem(seller_sku=sku, units=units),), paid=self._chance.random() < 0.9)

    def _follow(self, waiting: list[tuple[int, str]], now: int, step: Callable[..., object]) -> int:
        """Do what is due with orders; returns with how many it could still be done."""
        due = []
        while waiting and waiting[0][0] <= now:
            _, order_id = heapq.heappop(waiting)
            if order_id not in self._left:
                due.append(order_id)
        return len(taken(step, due))
