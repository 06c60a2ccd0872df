"""One random history: the world, the streams that tell of it, the real stock rules, and a deliverer."""

from collections.abc import Callable
from random import Random
from typing import Protocol

from streams.market.markets import Markets
from streams.records.order_hold import HoldStage, OrderHold
from streams.records.sku_link import SkuLink
from streams.records.sku_stock import SkuStock
from streams.records.stock_change import StockChange, StockLevel
from streams.records.stock_update import StockUpdate
from streams.stock.decide import Claim, HoldSeen, Input, Reading, decide
from tests.model.clock import Clock
from tests.model.world import Order, Shelf, Shop, Weather
from tests.stock.builders import SKU, T0, Rows, market

SETTLE = 30_000


class Deliverer(Protocol):
    """Brings updates to the shop."""

    def updated(self, update: StockUpdate) -> None: ...


DelivererMaker = Callable[[Clock, Random, Shop, Weather], Deliverer]


def market_for(weather: Weather) -> Markets:
    return Markets([market(buffer={"absolute": weather.buffer}, stock={"low_water": max(0, weather.low_water)})])


class History:
    """Built from a seed; ``run`` returns how many units were oversold at the worst moment."""

    def __init__(self, seed: int, weather: Weather, deliverer: DelivererMaker, markets: Markets) -> None:
        self.chance = Random(seed)
        self.weather = weather
        self.markets = markets
        self.clock = Clock(T0)
        self.shop = Shop(self.clock, self.chance.randint(-1_000, 1_000))
        start = self.chance.randint(3, 8)
        self.shelf = Shelf(self.clock, self.chance, start, start)
        self.deliverer = deliverer(self.clock, self.chance, self.shop, weather)
        self.state: SkuStock | None = None
        self.rows = Rows()
        self.waiting: list[Input] = []
        self.appended = T0
        self.versions = 0
        self.seen: dict[str, HoldStage] = {}
        self.oversold = 0
        self.blind = 0
        """Most units that a low write put on sale, and that were neither there nor bought after the look before it."""
        self.shop.watch = self._written
        self.last: StockUpdate | None = None

    # what happens outside

    def run(self) -> int:
        self._append(Claim(SkuLink("P1", 1, ("uk",)), T0))
        self._read()
        self._buyers()
        self._deliveries()
        self.clock.run(T0 + self.weather.horizon)
        return self.oversold

    def quiet(self) -> None:
        """Nobody buys any more; everything under way ends."""
        self._read()
        self.clock.run(self.clock.now + 300_000)

    def _buyers(self) -> None:
        self.clock.after(round(self.chance.expovariate(1 / self.weather.gap)), self._buy)

    def _buy(self) -> None:
        if self.clock.now >= T0 + self.weather.horizon:
            return
        self._buyers()
        order = self.shop.buy(self.chance.randint(1, 3))
        if order is None:
            return
        self._judge()
        self._tell(order)
        self.clock.after(self.chance.randint(3_000, 30_000), lambda: self._begin_import(order))
        if self.chance.random() < 0.3:
            self.clock.after(self.chance.randint(500, 10_000), lambda: self._cancel(order))

    def _judge(self) -> None:
        self.oversold = max(self.oversold, self.shop.committed - self.shelf.there)

    def _written(self, figure: int) -> None:
        if figure <= self.weather.low_water:
            beyond = figure - max(0, self.shelf.there - self.shop.committed)
            self.blind = max(self.blind, beyond - (self.shop.unseen or 0))

    def _cancel(self, order: Order) -> None:
        self.shop.cancel(order)
        self._tell(order)
        if self.seen.get(order.name) in ("IMPORTING", "IMPORTED"):
            self.clock.after(self.chance.randint(5_000, 40_000), lambda: self._restock(order))

    def _restock(self, order: Order) -> None:
        if order.imported_at is not None:
            self.shelf.restock(order.units)
            self._notice()

    def _deliveries(self) -> None:
        self.clock.after(round(self.chance.expovariate(1 / (4 * self.weather.gap))), self._deliver)

    def _deliver(self) -> None:
        if self.clock.now < T0 + self.weather.horizon:
            self._deliveries()
            self.shelf.deliver(self.chance.randint(1, 4))
            self._notice()

    # what is told of it: orders worker and intake

    def _lag(self) -> int:
        return self.chance.randint(0, self.weather.lag)

    def _tell(self, order: Order) -> None:
        """The orders worker hears of it, reads the order, and says how it is now; sometimes twice."""
        self.clock.after(self._lag(), lambda: self._fact(order))
        if self.chance.random() < 0.2:
            self.clock.after(self._lag() + self._lag(), lambda: self._fact(order))

    def _fact(self, order: Order, stage: HoldStage | None = None) -> None:
        known = self.seen.get(order.name, "OPEN")
        if stage is not None:
            known = stage
        elif known == "OPEN" and order.cancelled:
            known = "ABSENT"
        self.seen[order.name] = known
        lines = tuple(f"{order.name}-{line}" for line in range(order.units))
        fact = OrderHold(
            placed_at=order.placed_at,
            event_at=order.updated_at,
            warehouse="w1",
            channel="main",
            lines=lines,
            stage=known,
            cancelled=lines if order.cancelled else (),
            imported_at=order.imported_at if known == "IMPORTED" else None,
            deducted=known == "IMPORTED",
        )
        self._append(HoldSeen("uk", order.name, fact, self.clock.now))

    def _begin_import(self, order: Order) -> None:
        """Fetched again just before: a cancelled order is not imported."""
        if self.seen.get(order.name) == "ABSENT":
            return
        if order.cancelled:
            self._fact(order, "ABSENT")
            return
        self._fact(order, "IMPORTING")
        self.clock.after(self.chance.randint(0, self.weather.call), lambda: self._import(order))

    def _import(self, order: Order) -> None:
        """commercetools tells nobody of stock moved by orders: the orders worker asks for a reading."""
        order.imported_at = self.clock.now
        self.shelf.deduct(order.units)
        self.clock.after(self._lag(), lambda: self._fact(order, "IMPORTED"))
        self.clock.after(SETTLE + self._lag(), self._read)

    def _notice(self) -> None:
        """A notification of commercetools; now and then it gets lost, and the sweep finds the change later."""
        if self.chance.random() < 0.1:
            self.clock.after(20_000, self._read)
        else:
            self.clock.after(self._lag(), self._read)

    def _read(self) -> None:
        """Intake, the only fetcher: what it writes later was read later; an old reading may be repeated."""
        self.versions += 1
        levels = (StockLevel("main", self.shelf.read()),)
        change = StockChange("commercetools", self.clock.now, levels, version=self.versions)
        self.appended = max(self.appended, self.clock.now + self._lag())
        self.clock.at(self.appended, lambda: self._append(Reading(change, self.clock.now)))
        if self.chance.random() < 0.1:
            self.clock.at(self.appended + 3 * self._lag(), lambda: self._append(Reading(change, self.clock.now)))

    # the stock agent

    def _append(self, one: Input) -> None:
        """Steps come in micro-batches."""
        self.waiting.append(one)
        if len(self.waiting) == 1:
            self.clock.after(self.chance.choice((0, 10, 50)), self._step)

    def _step(self) -> None:
        inputs, self.waiting = tuple(self.waiting), []
        decision = decide(SKU, self.state, self.rows, inputs, self.clock.now, self.markets)
        self.state = decision.state
        for _, _, update in decision.updates:
            self.last = update
            self.clock.after(10, lambda told=update: self.deliverer.updated(told))  # type: ignore[misc]
