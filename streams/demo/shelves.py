"""What one of the merchant's systems knows of its channels: units on shelves, and of those, units of open orders."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

LEFT = frozenset({"bought", "cancelled", "shipped"})
"""Rows of the simulator's history that orders make."""
Place = tuple[str, str]
"""SKU and channel."""


class Shelves:
    """Hears of orders in its channels, late."""

    def __init__(self, channels: tuple[str, ...], stock: Mapping[Place, int], lag_ms: int) -> None:
        self.channels = channels
        self.physical = {place: units for place, units in stock.items() if place[1] in channels}
        self.open: dict[Place, int] = {}
        """Units of orders heard of and not shipped."""
        self.changes = 0
        """What was told, in all."""
        self._lag_ms = lag_ms
        self._coming: deque[dict[str, Any]] = deque()

    def available(self, place: Place) -> int:
        """Units this system would still sell."""
        return self.physical[place] - self.open.get(place, 0)

    def come(self, row: dict[str, Any]) -> None:
        """An order's row is on its way here."""
        self._coming.append(row)

    @property
    def coming(self) -> int:
        return len(self._coming)

    def due(self, now: int, at_once: bool) -> Iterator[dict[str, Any]]:
        """Rows that have come through by now."""
        while self._coming and (at_once or self._coming[0]["at_ms"] <= now - self._lag_ms):
            yield self._coming.popleft()

    def opened(self, place: Place, units: int) -> None:
        """So many units more, or fewer, belong to open orders."""
        self.open[place] = self.open.get(place, 0) + units
