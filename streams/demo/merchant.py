"""The merchant, played: sells elsewhere and receives goods, in the halls of two systems at once."""

from __future__ import annotations

import random
from bisect import bisect_left

from streams.demo.erp import Erp
from streams.demo.scale import Scale, sku_name, zipf_weights
from streams.demo.shelves import LEFT, Place
from streams.demo.wms import Wms
from streams.sandbox.control import SandboxControl, StockMove

_KEPT = 6
"""Units the merchant's other shops leave alone."""
_RECEIVED = 0.02
"""How often somebody asks for a SKU that is short and goods arrive just then."""


class Merchant:
    """Both systems, and the trade they hear of."""

    def __init__(self, wms: Wms, erp: Erp, scale: Scale, control: SandboxControl) -> None:
        self.wms = wms
        self.erp = erp
        self._systems = {channel: system for system in (wms, erp) for channel in system.channels}
        self._channels = tuple(self._systems)
        self._scale = scale
        self._control = control
        self._chance = random.Random(scale.seed + 1)
        self._weights = zipf_weights(scale.skus)
        self._cursor = 0

    def tick(self, seconds: float, now: int) -> None:
        """So many seconds of trade elsewhere, and the orders that have come through by now."""
        wanted = self._scale.changes_per_second * seconds
        count = int(wanted) + (self._chance.random() < wanted % 1)
        moves: dict[Place, int] = {}
        for _ in range(count):
            sku = sku_name(bisect_left(self._weights, self._chance.random() * self._weights[-1]))
            channel = self._chance.choice(self._channels)
            place = (sku, channel)
            free = self._systems[channel].available(place) + moves.get(place, 0)
            if free > _KEPT:
                move = -1
            elif self._chance.random() < _RECEIVED:
                move = self._chance.randint(10, 30)
            else:
                continue
            moves[place] = moves.get(place, 0) + move
        self._apply(moves, now)
        self.hear(now)

    def _apply(self, moves: dict[Place, int], now: int) -> None:
        if not moves:
            return
        self._control.move_stock(
            *(StockMove(seller_sku=sku, supply_channel=channel, add=n) for (sku, channel), n in moves.items())
        )
        for place, units in moves.items():
            self._systems[place[1]].physical[place] += units
        for system in (self.wms, self.erp):
            system.take([place for place in moves if self._systems[place[1]] is system], now)

    def hear(self, now: int, at_once: bool = False) -> int:
        """Pass on what orders did; returns how much of it the systems have not dealt with."""
        for row in self._control.see("history", after=self._cursor, limit=5000)["history"]:
            self._cursor = row["id"]
            if row["kind"] in LEFT:
                self._systems[row["supply_channel"]].come(row)
        return self.wms.hear(now, at_once) + self.erp.hear(now, at_once)
