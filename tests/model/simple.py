"""Deliverers of growing care, as the design tells them: what each rule is worth can be counted.

figures      writes when the quantity it wants differs from the last one it wrote
gross        compares gross instead, writes gross - net
overwritten  and looks at orders that a write may have given back
search       and looks TikTok Shop up before a write at or below the low-water mark
"""

from random import Random
from typing import Literal

from streams.records.stock_update import StockUpdate
from tests.model.clock import Clock
from tests.model.world import Shop, Weather, length

Care = Literal["figures", "gross", "overwritten", "search"]
TOLERANCE = 2_000


class SimpleDeliverer:
    """One SKU in one warehouse, one call at a time; an answer that got lost makes it write again."""

    def __init__(self, care: Care, clock: Clock, chance: Random, shop: Shop, weather: Weather) -> None:
        self.care, self.clock, self.chance, self.shop, self.weather = care, clock, chance, shop, weather
        self.wanted: StockUpdate | None = None
        self.proven: int | None = None
        self.answered_at = 0
        self.late_facts: list[int] = []
        self.dirty = False
        self.busy = False

    def updated(self, update: StockUpdate) -> None:
        if self.wanted is not None and update.sequence <= self.wanted.sequence:
            return
        self.wanted = update
        for fact in update.facts:
            if self.busy:
                self.late_facts.append(fact.event_at)
            elif fact.event_at <= self.answered_at + TOLERANCE:
                self.dirty = True
        self._next()

    def _target(self) -> int:
        assert self.wanted is not None
        level = self.wanted.levels[0]
        return level.sellable if self.care == "figures" else level.gross

    def _next(self) -> None:
        if self.busy or self.wanted is None:
            return
        doubt = self.dirty and self.care in ("overwritten", "search")
        if self._target() == self.proven and not doubt:
            return
        self.busy = True
        self.late_facts = []
        level = self.wanted.levels[0]
        if self.care == "search" and 0 < level.sellable <= self.weather.low_water:
            took = length(self.chance, self.weather.call)
            sampled = self.chance.randint(0, took)
            self.clock.after(sampled, lambda: self._searched(took - sampled))
        else:
            self._write(0)

    def _searched(self, rest: int) -> None:
        _, committed = self.shop.look()
        self.clock.after(rest, lambda: self._look(committed))

    def _look(self, committed: int) -> None:
        assert self.wanted is not None
        self._write(max(0, committed - self.wanted.levels[0].committed))

    def _write(self, unseen: int) -> None:
        assert self.wanted is not None
        level = self.wanted.levels[0]
        quantity = max(0, level.gross - level.net - unseen)
        target = self._target()
        self.dirty = False
        self.late_facts = []
        took = length(self.chance, self.weather.call)
        applied = self.chance.randint(0, took)
        lost = self.chance.random() < self.weather.lost
        if not lost or self.chance.random() < 0.5:
            self.clock.after(applied, lambda: self.shop.write(quantity))
        self.clock.after(took, lambda: self._answered(None if lost else target))

    def _answered(self, target: int | None) -> None:
        self.busy = False
        self.proven = target
        self.answered_at = self.clock.now + self.shop.skew
        self.dirty = any(event_at <= self.answered_at + TOLERANCE for event_at in self.late_facts)
        self._next()
