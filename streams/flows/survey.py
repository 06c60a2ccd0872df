"""A figure over all rows of a table, gathered a portion at a time when metrics are asked for.

Nothing is counted while records are decided, and no scrape reads more than ``PORTION`` rows, so a figure is as old as a
pass: rows of the worker / ``PORTION`` scrapes.  Until the first pass is over it speaks of the rows seen so far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from streams.engine.flow import Context, Table

PORTION = 2_000
"""Rows read at one scrape: some 20 ms."""

Figures = dict[str, int]
"""By market, or by another name."""


@dataclass(slots=True)
class _Pass:
    """How far one partition has been looked at."""

    after: str = ""
    growing: Figures = field(default_factory=dict)
    known: Figures | None = None
    """Of the last whole pass."""


class Survey:
    """Figures of one table in the partitions this worker owns; ``joined``: name, figure and one more of the name."""

    def __init__(
        self,
        table: Table,
        contexts: Callable[[], Mapping[int, Context]],
        seen: Callable[[str, Any], Iterable[tuple[str, int]]],
        joined: Callable[[str, int, int], int],
    ) -> None:
        self._table = table
        self._contexts = contexts
        self._seen = seen
        self._joined = joined
        self._passes: dict[int, _Pass] = {}

    def figures(self) -> Figures:
        """Look at the next portion of every partition, and say what is known."""
        contexts = self._contexts()
        self._passes = {number: self._passes.get(number, _Pass()) for number in contexts}
        found: Figures = {}
        for number, context in contexts.items():
            one = self._passes[number]
            self._go_on(one, context, max(1, PORTION // len(contexts)))
            self._add(found, (one.growing if one.known is None else one.known).items())
        return found

    def _go_on(self, one: _Pass, context: Context, rows: int) -> None:
        portion = list(islice(context.rows(self._table).scan("", one.after), rows))
        for key, row in portion:
            self._add(one.growing, self._seen(key, row))
        if len(portion) == rows:
            one.after = portion[-1][0]
        else:
            one.known, one.growing, one.after = one.growing, {}, ""

    def _add(self, figures: Figures, more: Iterable[tuple[str, int]]) -> None:
        for name, value in more:
            figures[name] = value if name not in figures else self._joined(name, figures[name], value)
