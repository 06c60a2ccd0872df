"""The merchant and the buyers: stock that changes, orders that are heard of late, and what is wanted from that."""

from dataclasses import dataclass, field
from random import Random

from streams.records.stock_update import CountedFact, OfferedLevel, StockUpdate
from tests.listing.fake_shop import FakeShop

LOW_WATER = 2


@dataclass
class Order:
    """One unit of one SKU."""

    sku: str
    warehouse: str
    placed_at: int
    cancelled_at: int | None = None
    shipped: bool = False
    heard: bool = False
    heard_cancelled: bool = False
    heard_shipped: bool = False


@dataclass
class Trade:
    random: Random
    shop: FakeShop
    orders: list[Order] = field(default_factory=list)
    sequence: int = 0
    gross: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def change_source(self, now: int) -> tuple[StockUpdate, ...]:
        """The merchant counts anew; units of orders not sent out are still there."""
        sku, warehouse = self.random.choice(list(self.shop.places))
        self.shop.places[sku, warehouse].source = self.random.choice((0, 1, 2, 20)) + self._held(sku, warehouse)
        return self.say(sku, now)

    def place_order(self, now: int) -> None:
        place = self.random.choice(list(self.shop.places))
        shown = self.shop.places[place]
        if shown.available > 0 and self.shop.on_sale:
            shown.available -= 1
            shown.committed += 1
            self.orders.append(Order(*place, now))

    def cancel_order(self, now: int) -> None:
        for order in self.orders:
            if order.cancelled_at is None and not order.shipped and self.random.random() < 0.3:
                shown = self.shop.places[order.sku, order.warehouse]
                shown.available += 1
                shown.committed -= 1
                order.cancelled_at = now
                return

    def ship_order(self) -> None:
        for order in self.orders:
            if order.cancelled_at is None and not order.shipped and self.random.random() < 0.3:
                self.shop.places[order.sku, order.warehouse].committed -= 1
                order.shipped = True
                return

    def hear(self, sku: str, now: int) -> tuple[StockUpdate, ...]:
        """The stock rule hears of the orders of a SKU."""
        facts: list[CountedFact] = []
        for order in self.orders:
            if order.sku != sku:
                continue
            if not order.heard:
                facts.append(CountedFact(order.warehouse, order.placed_at // 1000 * 1000, 1))
                order.heard = True
            if order.cancelled_at is not None and not order.heard_cancelled:
                facts.append(CountedFact(order.warehouse, order.cancelled_at // 1000 * 1000, -1))
                order.heard_cancelled = True
            order.heard_shipped = order.shipped
        return self.say(sku, now, tuple(facts))

    def sellable(self, sku: str, warehouse: str) -> int:
        return max(0, self.shop.places[sku, warehouse].source - self._held(sku, warehouse))

    def say(self, sku: str, now: int, facts: tuple[CountedFact, ...] = ()) -> tuple[StockUpdate, ...]:
        """The stock rule says what is wanted: when gross changed, or a fact was counted."""
        levels = []
        for warehouse in self.shop.warehouses:
            net = committed = 0
            for order in self.orders:
                if (order.sku, order.warehouse) == (sku, warehouse) and order.heard and not order.heard_cancelled:
                    net += 1
                    committed += not order.heard_shipped
            units = self.sellable(sku, warehouse)
            levels.append(OfferedLevel(warehouse, units + net, net, committed, units, units, 0, 0, "absolute"))
        gross = tuple(level.gross for level in levels)
        if gross == self.gross.get(sku) and not facts:
            return ()
        self.gross[sku] = gross
        self.sequence += 1
        low = any(level.sellable <= LOW_WATER for level in levels)
        update = StockUpdate(sku, self.sequence, now, "FIRST" if low else "STOCK", tuple(levels), facts, LOW_WATER)
        return (update,) * self.random.choice((1, 1, 1, 2))

    def _held(self, sku: str, warehouse: str) -> int:
        return sum(
            order.heard and not order.heard_cancelled
            for order in self.orders
            if (order.sku, order.warehouse) == (sku, warehouse)
        )

    def known_until(self, now: int) -> int:
        """All orders up to now are heard of, or the first that is not holds it back."""
        unheard = [
            min(order.placed_at if not order.heard else now, order.cancelled_at or now)
            for order in self.orders
            if not order.heard or (order.cancelled_at is not None and not order.heard_cancelled)
        ]
        return min([now, *(at - 1 for at in unheard)])
