"""What can happen to a SKU, and the rows of orders its rules may look at.

A time in another unit, or a figure nobody can mean, breaks the topic's contract and is refused before any rule sees it:
a reading of the year 56 000 would release every hold.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol

from streams.codec.poison import Poison
from streams.records.order_fact import OrderFact
from streams.records.order_hold import OrderHold
from streams.records.sku_link import SkuLink
from streams.records.stock_change import StockChange
from streams.stock.sellable import LIMIT

AHEAD_MS: Final = 24 * 3_600_000
"""Times further ahead of Kafka's time of their record are refused: no clock is wrong by so much."""
_new: Final = tuple.__new__


class Reading(NamedTuple):
    """A source says how much there is."""

    change: StockChange
    appended_at: int
    """Milliseconds, Kafka's time."""


class Claim(NamedTuple):
    """A product claims or releases the SKU."""

    link: SkuLink
    appended_at: int


class HoldSeen(NamedTuple):
    """An order of the SKU, as far as it is now; None: the orders worker will never speak of it again."""

    market: str
    order: str
    hold: OrderHold | None
    appended_at: int


Input = Reading | Claim | HoldSeen

_READING: Final = Reading


def reading(change: StockChange, appended_at: int) -> Reading:
    """A reading whose times and figures can be meant; else a ``Poison`` names the field."""
    _, read_at, levels, _, _, orders_until, _, _ = change
    latest = appended_at + AHEAD_MS
    if read_at > latest:
        raise ahead("read_at", read_at, appended_at)
    if orders_until is not None and orders_until > latest:
        raise ahead("orders_until", orders_until, appended_at)
    for _, quantity in levels:
        if not -LIMIT <= quantity <= LIMIT:
            raise _beyond(change)
    return _new(_READING, (change, appended_at))


def hold_seen(market: str, order: str, hold: OrderHold | None, appended_at: int) -> HoldSeen:
    """An order fact whose times can be meant; else a ``Poison`` names the field."""
    if hold is not None:
        latest = appended_at + AHEAD_MS
        for name, time in (
            ("placed_at", hold.placed_at),
            ("event_at", hold.event_at),
            ("imported_at", hold.imported_at),
        ):
            if time is not None and time > latest:
                raise ahead(name, time, appended_at)
    return HoldSeen(market, order, hold, appended_at)


def ahead(field: str, time: int, appended_at: int) -> Poison:
    """A time that cannot be meant."""
    remedy = (
        f"more than a day ahead of Kafka's time of the record, {appended_at}: send milliseconds since 1970, by a clock "
        "that is right"
    )
    return Poison("contract-violated", field, str(time), remedy)


def _beyond(change: StockChange) -> Poison:
    number, units = next((at, one.quantity) for at, one in enumerate(change.levels) if abs(one.quantity) > LIMIT)
    remedy = f"nobody has so many units: send at most {LIMIT}, negative or not"
    return Poison("contract-violated", f"levels[{number}].quantity", str(units), remedy)


class FactRows(Protocol):
    """Rows of table order_fact; what a step has put is found by the same step."""

    def get(self, key: str) -> OrderFact | None: ...

    def put(self, key: str, row: OrderFact) -> None: ...

    def drop(self, key: str) -> None: ...

    def scan(self, prefix: str) -> Iterable[tuple[str, OrderFact]]: ...
