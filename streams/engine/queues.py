"""Rows that want to make a call, by queue (shop), lane and age.  Derived from rows; rebuilt when a partition opens."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from streams.engine.flow import Held, Ready

Entry = tuple[int, str, bytes]
"""partition, flow, entity"""
Line = tuple[str, tuple[str, ...]]
"""queue, operations"""


_SPARE = 1000
_PORTION = 500
"""Rows looked at in one go, so that many at once do not hold up the steps."""


@dataclass(slots=True)
class ReadyQueues:
    """One heap per queue and set of operations, so that an operation without room does not hold up another.

    Entries that are no longer true are dropped when they come up.
    """

    _wish: dict[Entry, Ready] = field(default_factory=dict)
    _heaps: dict[Line, list[tuple[int, int, Entry]]] = field(default_factory=dict)
    _later: list[tuple[int, Entry]] = field(default_factory=list)
    _later_at: dict[Entry, int] = field(default_factory=dict)
    _held: dict[tuple[int, str], set[Entry]] = field(default_factory=dict)
    """Partition and queue to the rows that wait for the queue to be freed; some of them may not any more."""

    def put(self, entry: Entry, wish: Ready | Held | int | None) -> None:
        """The row's present wish replaces its former one."""
        if isinstance(wish, Held):
            self._held.setdefault((entry[0], wish.queue), set()).add(entry)
            wish = wish.until
        if isinstance(wish, Ready):
            self._later_at.pop(entry, None)
            if self._wish.get(entry) == wish:
                return
            self._wish[entry] = wish
            line = (wish.queue, wish.operations)
            heap = self._heaps.setdefault(line, [])
            heapq.heappush(heap, (wish.lane, wish.since, entry))
            if len(heap) > _SPARE + 4 * len(self._wish):
                self._heaps[line] = self._true_entries(line)
            return
        self._wish.pop(entry, None)
        if wish is None:
            self._later_at.pop(entry, None)
        elif self._later_at.get(entry) != wish:
            self._later_at[entry] = wish
            heapq.heappush(self._later, (wish, entry))
            if len(self._later) > _SPARE + 4 * len(self._later_at):
                self._later = sorted((when, entry) for entry, when in self._later_at.items())

    def _true_entries(self, line: Line) -> list[tuple[int, int, Entry]]:
        """The line without entries that are no longer true: rows that change their wish leave them behind."""
        return sorted(
            (wish.lane, wish.since, entry)
            for entry, wish in self._wish.items()
            if (wish.queue, wish.operations) == line
        )

    def first(self, line: Line) -> tuple[Entry, Ready] | None:
        """The most urgent wish of a line."""
        heap = self._heaps.get(line)
        while heap:
            lane, since, entry = heap[0]
            wish = self._wish.get(entry)
            if wish is not None and (wish.queue, wish.operations, wish.lane, wish.since) == (*line, lane, since):
                return entry, wish
            heapq.heappop(heap)
        return None

    def waits(self, queue: str) -> bool:
        """Whether any row waits for a turn in the queue."""
        return any(line[0] == queue and self.first(line) is not None for line in self._heaps)

    def remove(self, entry: Entry) -> None:
        """A turn was granted: the wish is spent until the row is decided again."""
        self._wish.pop(entry, None)

    def free(self, partition: int, queue: str, now: int) -> None:
        """The rows held in the queue are to be looked at again; those that wait for something else do so in vain."""
        for entry in self._held.pop((partition, queue), ()):
            if self._later_at.get(entry, now) > now:
                self.put(entry, now)

    def overdue(self, now: int) -> list[Entry]:
        """Rows whose wish must be looked at again; a portion of them, the rest is overdue still."""
        found: list[Entry] = []
        while self._later and self._later[0][0] <= now and len(found) < _PORTION:
            when, entry = heapq.heappop(self._later)
            if self._later_at.get(entry) == when:
                del self._later_at[entry]
                found.append(entry)
        return found

    def next_look(self) -> int | None:
        """When ``overdue`` may have something."""
        return self._later[0][0] if self._later else None

    def drop_partition(self, partition: int) -> None:
        self._wish = {entry: wish for entry, wish in self._wish.items() if entry[0] != partition}
        self._later_at = {entry: when for entry, when in self._later_at.items() if entry[0] != partition}
        self._held = {line: entries for line, entries in self._held.items() if line[0] != partition}

    def lines(self) -> list[Line]:
        """Lines with a wish, the most urgent first."""
        found = []
        for line in list(self._heaps):
            head = self.first(line)
            if head is None:
                del self._heaps[line]
            else:
                found.append((head[1].lane, head[1].since, line))
        return [line for _, _, line in sorted(found)]

    def depth(self) -> dict[tuple[str, int], int]:
        """Wishes by queue and lane, for metrics."""
        counts: dict[tuple[str, int], int] = {}
        for wish in self._wish.values():
            counts[wish.queue, wish.lane] = counts.get((wish.queue, wish.lane), 0) + 1
        return counts
