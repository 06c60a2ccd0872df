"""What became of one record, and the two ways in which a value can fail."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from streams.codec.poison import Poison, shown
from streams.records.stock_change import StockChange


class _Missing:
    """A value that is not there, or null."""

    def __repr__(self) -> str:
        return "missing"


MISSING: Final = _Missing()


class Unmappable(Exception):
    """A value does not fit what the adapter says of it."""

    def __init__(self, place: "Where", value: object, remedy: str) -> None:
        super().__init__(place.path)
        self.place = place
        self.value = value
        """MISSING: there is none."""
        self.remedy = remedy

    def poison(self, adapter: str) -> Poison:
        try:
            held = None if self.value is MISSING else shown(self.value)
        except RecursionError:
            held = "(nested too deeply to be shown)"
        return Poison("unmappable", self.place.path or "value", held, f"adapter {adapter}: {self.remedy}")


RECORD, ITEM, LEVEL = range(3)
"""Parts of a record: the whole, what a SKU is about, what a level is about."""


class Where(NamedTuple):
    """Where a value stands."""

    path: str
    part: int
    """Which part the path begins in; RECORD for key and headers too."""

    def seen_from_outside(self, part: int, place: str) -> "Where":
        """The same, where the part that it begins in stands at ``place`` of the next one."""
        return Where(joined(place, self.path), part - 1) if self.part == part else self


def joined(place: str, path: str) -> str:
    """Two paths, one after the other."""
    if not place or not path:
        return place or path
    return place + path if path.startswith("[") else f"{place}.{path}"


class Leave(Exception):
    """The configuration says to leave this level or record out; why, as a word for counts."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


Form = Literal["iso", "epoch_s", "epoch_ms", "number"]


class Adapted(NamedTuple):
    """Stock changes by SKU, in the order of the record."""

    changes: Sequence[tuple[str, StockChange]]
    poison: Poison | None = None
    """Of a record with many SKUs: why some of them are not among the changes."""


class Skipped(NamedTuple):
    """Left out because the adapter says so."""

    reason: str
