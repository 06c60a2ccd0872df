"""A virtual clock: what is due next happens next."""

import heapq
from collections.abc import Callable


class Clock:
    """Milliseconds; nothing ever waits."""

    def __init__(self, now: int) -> None:
        self.now = now
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def at(self, moment: int, act: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._due, (max(moment, self.now), self._count, act))

    def after(self, pause: int, act: Callable[[], None]) -> None:
        self.at(self.now + pause, act)

    def run(self, until: int) -> None:
        while self._due and self._due[0][0] <= until:
            self.now, _, act = heapq.heappop(self._due)
            act()
        self.now = until
