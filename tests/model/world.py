"""The outside world of one SKU: a shop where buyers order, a shelf, and commercetools.

Nothing in here knows our rules.  A unit is oversold when more units are promised to buyers than ever lay on
the shelf; whoever caused it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.model.clock import Clock


@dataclass
class Order:
    """One order in the shop."""

    name: str
    units: int
    placed_at: int
    updated_at: int
    cancelled: bool = False
    imported_at: int | None = None


@dataclass
class Shop:
    """TikTok Shop: a figure that moves with orders and cancellations, and that anyone may overwrite."""

    clock: Clock
    skew: int
    """Milliseconds its clock is ahead of ours."""
    figure: int = 0
    orders: dict[str, Order] = field(default_factory=dict)
    unseen: int | None = None
    """Units bought since somebody looked; None: there was a write since."""
    watch: Callable[[int], None] = lambda _: None
    """Told of every figure that is about to be written."""

    @property
    def now(self) -> int:
        """Whole seconds, as in its orders."""
        return (self.clock.now + self.skew) // 1000 * 1000

    @property
    def committed(self) -> int:
        return sum(order.units for order in self.orders.values() if not order.cancelled)

    def buy(self, units: int) -> Order | None:
        if units > self.figure:
            return None
        self.figure -= units
        self.unseen = None if self.unseen is None else self.unseen + units
        order = Order(f"O{len(self.orders)}", units, self.now, self.now)
        self.orders[order.name] = order
        return order

    def cancel(self, order: Order) -> None:
        order.cancelled = True
        order.updated_at = self.now
        self.figure += order.units

    def look(self) -> tuple[int, int]:
        """Figure and committed units."""
        self.unseen = 0
        return self.figure, self.committed

    def write(self, figure: int) -> None:
        self.watch(figure)
        self.figure, self.unseen = figure, None


@dataclass
class Shelf:
    """Units that exist, and what commercetools says about them."""

    clock: Clock
    chance: Random
    there: int
    """Units ever delivered."""
    available: int
    late: list[tuple[int, int]] = field(default_factory=list)
    """Deductions by orders that do not show yet: moment and units."""

    def deliver(self, units: int) -> None:
        self.there += units
        self.available += units

    def restock(self, units: int) -> None:
        self.available += units

    def deduct(self, units: int) -> None:
        """An import; shows up to ten seconds later."""
        self.available -= units
        self.late.append((self.clock.now + self.chance.randint(0, 10_000), units))

    def read(self) -> int:
        return self.available + sum(units for shows, units in self.late if shows > self.clock.now)


def length(chance: Random, longest: int) -> int:
    """A call: mostly a fifth of the longest, sometimes the longest."""
    return min(longest, round(chance.expovariate(5 / longest))) if longest else 0


@dataclass(frozen=True)
class Weather:
    """How bad the delays are, in milliseconds, and what goes wrong."""

    lag: int = 5_000
    """Longest time until something that happened is known."""
    call: int = 3_000
    """Longest time of a call."""
    lost: float = 0.05
    """Share of answers that never arrive."""
    buffer: int = 0
    low_water: int = 10
    """At or below it a write is preceded by a search; -1: never."""
    gap: int = 7_000
    """Mean time between two buyers; of all that comes, they want about as much as there is."""
    horizon: int = 600_000
