"""What a plain poller would have oversold in the same history.

The poller writes the merchant's free units to every shop once per interval, without a buffer, and is generous to
itself: at every poll it knows all stock and all orders of that moment, and its writes take effect at once. Between two
polls each shop sells down what the last poll showed, knowing nothing of the other shops and of what left the shelves
meanwhile. Attempts that the real shop refused take part, since the poller might have accepted them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, assert_never, cast

Kind = Literal["stock", "bought", "refused", "cancelled", "shipped"]
ATTEMPTS = ("bought", "refused")


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: units moved on the merchant's shelf, or a buyer's attempt and what became of it."""

    at_ms: int
    kind: Kind
    seller_sku: str
    supply_channel: str
    units: int
    shop_id: str = ""
    order_id: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the poller would have done."""

    sold_units: int
    refused_units: int
    oversold_units: int


@dataclass(slots=True)
class _Shelf:
    """One SKU in one place: what is there, what is sold and not shipped, and what the last poll showed per shop."""

    units: int = 0
    open_units: int = 0
    polls: int = -1
    polled: int = 0
    shown: dict[str, int] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=dict)


def events(rows: Iterable[Mapping[str, Any]]) -> list[Event]:
    """The rows of the sandbox's history, oldest first."""
    return [
        Event(
            row["at_ms"],
            cast(Kind, row["kind"]),
            row["seller_sku"],
            row["supply_channel"],
            row["units"],
            str(row["shop_id"]),
            str(row["order_id"]),
        )
        for row in rows
    ]


def replayed(history: Iterable[Event], *, interval_seconds: float = 900, first_poll_ms: int | None = None) -> Outcome:
    """The same history under a poller; the first poll is at the first attempt unless it is given.

    A poll knows what moved in its own millisecond and comes before that millisecond's attempts.
    """
    happened = list(history)
    if first_poll_ms is None:
        first_poll_ms = next((one.at_ms for one in happened if one.kind in ATTEMPTS), 0)
    interval_ms = int(interval_seconds * 1000)
    shelves: dict[tuple[str, str], _Shelf] = {}
    sold = refused = oversold = 0
    for one in happened:
        shelf = shelves.setdefault((one.seller_sku, one.supply_channel), _Shelf())
        known_to_the_poll = 0 if one.kind in ATTEMPTS else 1
        _poll(shelf, (one.at_ms - known_to_the_poll - first_poll_ms) // interval_ms)
        match one.kind:
            case "stock":
                shelf.units += one.units
            case "bought" | "refused":
                taken, missing = _attempt(shelf, one)
                sold, oversold = sold + taken, oversold + missing
                refused += one.units - taken
            case "cancelled" | "shipped":
                _left(shelf, one)
            case _:
                assert_never(one.kind)
    return Outcome(sold, refused, oversold)


def _poll(shelf: _Shelf, polls: int) -> None:
    """Nothing happened on this shelf since the last poll before this event, so that poll saw what is there now."""
    if polls > shelf.polls:
        shelf.polls, shelf.polled = polls, max(0, shelf.units - shelf.open_units)
        shelf.shown.clear()


def _attempt(shelf: _Shelf, one: Event) -> tuple[int, int]:
    shown = shelf.shown.get(one.shop_id, shelf.polled)
    if shown < one.units:
        return 0, 0
    free = max(0, shelf.units - shelf.open_units)
    shelf.shown[one.shop_id] = shown - one.units
    shelf.open_units += one.units
    if one.kind == "bought":
        shelf.orders[one.order_id] = shelf.orders.get(one.order_id, 0) + one.units
    return one.units, max(0, one.units - free)


def _left(shelf: _Shelf, one: Event) -> None:
    """An order that the poller never got cannot be cancelled or shipped by it."""
    units = min(one.units, shelf.orders.get(one.order_id, 0))
    if not units:
        return
    shelf.orders[one.order_id] -= units
    shelf.open_units -= units
    if one.kind == "shipped":
        shelf.units -= units
    elif one.shop_id in shelf.shown:
        shelf.shown[one.shop_id] += units
