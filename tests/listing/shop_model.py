"""A tiny world around one listing: a shop, a stock rule, orders that are heard of late, calls that get lost.

Everything is drawn from few values by one random generator; time is a number.  The world keeps what every
received update was counted as, so that a test can demand that the counts add up.
"""

from dataclasses import dataclass, field
from random import Random

from streams.listing.answers import (
    Answer,
    FoundSku,
    InventoryShown,
    InventoryUpdated,
    ProductChanged,
    ProductsFound,
    ShownLevel,
    ShownSku,
    SkuFailed,
)
from streams.listing.calls import (
    ActivateProduct,
    Call,
    DeactivateProduct,
    SearchInventory,
    SearchProducts,
    UpdateInventory,
)
from streams.listing.decide import Ready, completed, inherited, ready, turn, updated
from streams.listing.report import open_updates
from streams.listing.shop import ListingPolicy, ShopView
from streams.outcome import Delivered, Outcome, Rejected, RetryLater, ShopStopped, Unknown
from streams.records.listing import Listing, decode, encode
from streams.records.stock_update import CountedFact, OfferedLevel, StockUpdate

KEY = "uk:mug"
POLICY = ListingPolicy(
    deadline_ms=4_000,
    max_attempts=50,
    backoff_ms=(500, 1_000),
    jitter_ms=100,
    slow_ms=(2_000, 4_000),
    recheck_ms=500,
    settle_ms=3_000,
)
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
class Place:
    """What TikTok Shop shows of one SKU in one warehouse, and what the source has."""

    available: int = 0
    committed: int = 0
    source: int = 0


@dataclass
class Request:
    """A call on its way: applied at the shop at most once, before its deadline."""

    call: Call
    token: str
    sent_at: int
    until: int
    applied: bool = False
    answer: Answer | None = None


@dataclass
class World:
    random: Random
    skus: tuple[str, ...] = ("blue", "white", "red")
    warehouses: tuple[str, ...] = ("w1",)
    spoiled: frozenset[str] = frozenset()
    strict: bool = False
    """Quantity 0 is refused."""
    now: int = 1_780_000_000_000
    places: dict[tuple[str, str], Place] = field(default_factory=dict)
    orders: list[Order] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    state: Listing | None = None
    sequence: int = 0
    gross: dict[str, tuple[int, ...]] = field(default_factory=dict)
    orders_until: int | None = None
    on_sale: bool = True
    received: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    turns: int = 0
    calls: int = 0

    def __post_init__(self) -> None:
        for sku in self.skus:
            for warehouse in self.warehouses:
                self.places[sku, warehouse] = Place(available=self.random.choice((0, 1, 5)))

    # the merchant and the buyers

    def change_source(self) -> None:
        sku, warehouse = self.random.choice(list(self.places))
        self.places[sku, warehouse].source = self.random.choice((0, 1, 2, 20)) + self._open(sku, warehouse)
        self.say(sku)

    def place_order(self) -> None:
        place = self.random.choice(list(self.places))
        shown = self.places[place]
        if shown.available > 0 and self.on_sale:
            shown.available -= 1
            shown.committed += 1
            self.orders.append(Order(*place, self.now))

    def cancel_order(self) -> None:
        for order in self.orders:
            if order.cancelled_at is None and not order.shipped and self.random.random() < 0.3:
                shown = self.places[order.sku, order.warehouse]
                shown.available += 1
                shown.committed -= 1
                order.cancelled_at = self.now
                return

    def ship_order(self) -> None:
        for order in self.orders:
            if order.cancelled_at is None and not order.shipped and self.random.random() < 0.3:
                self.places[order.sku, order.warehouse].committed -= 1
                order.shipped = True
                return

    def hear(self, sku: str) -> None:
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
        self.say(sku, tuple(facts))

    def watermark(self) -> None:
        """All orders up to now are heard of, or the first that is not holds it back."""
        unheard = [
            min(order.placed_at if not order.heard else self.now, order.cancelled_at or self.now)
            for order in self.orders
            if not order.heard or (order.cancelled_at is not None and not order.heard_cancelled)
        ]
        self.orders_until = min([self.now, *(at - 1 for at in unheard)])

    def sellable(self, sku: str, warehouse: str) -> int:
        return max(0, self.places[sku, warehouse].source - self._held(sku, warehouse))

    def say(self, sku: str, facts: tuple[CountedFact, ...] = ()) -> None:
        """The stock rule says what is wanted: when gross changed, or a fact was counted."""
        levels = []
        for warehouse in self.warehouses:
            net = committed = 0
            for order in self.orders:
                if (order.sku, order.warehouse) == (sku, warehouse) and order.heard and not order.heard_cancelled:
                    net += 1
                    committed += not order.heard_shipped
            units = self.sellable(sku, warehouse)
            levels.append(OfferedLevel(warehouse, units + net, net, committed, units, units, 0, 0, "absolute"))
        gross = tuple(level.gross for level in levels)
        if gross == self.gross.get(sku) and not facts:
            return
        self.gross[sku] = gross
        self.sequence += 1
        low = any(level.sellable <= LOW_WATER for level in levels)
        update = StockUpdate(sku, self.sequence, self.now, "FIRST" if low else "STOCK", tuple(levels), facts, LOW_WATER)
        for _ in range(self.random.choice((1, 1, 1, 2))):
            self.received += 1
            self._keep(updated(KEY, self.state, update, self.now))

    def _open(self, sku: str, warehouse: str) -> int:
        """Units of orders the source still holds: they leave it never in this world."""
        return self._held(sku, warehouse)

    def _held(self, sku: str, warehouse: str) -> int:
        return sum(
            order.heard and not order.heard_cancelled
            for order in self.orders
            if (order.sku, order.warehouse) == (sku, warehouse)
        )

    # the worker

    def view(self) -> ShopView:
        return ShopView("uk", self.orders_until, 3_000, "live", POLICY)

    def grant(self) -> bool:
        """A turn, when the listing wants one."""
        if self.state is None or not isinstance(ready(self.state, self.now, self.view()), Ready):
            return False
        self.turns += 1
        took = turn(KEY, self.state, self.now, self.view(), f"turn-{self.turns}")
        self._keep(took)
        self._send(took.call)
        return True

    def crash(self) -> None:
        """The worker dies: the row is what was committed, and its call goes on without it."""
        if self.state is None:
            return
        self.state = decode(encode(self.state))
        for request in self.requests:
            request.token = ""
        if self.state.call is not None:
            self._keep(inherited(KEY, self.state, self.now))

    def _keep(self, decided: object) -> None:
        self.state = decided.state  # type: ignore[attr-defined]
        for name, number in decided.counts:  # type: ignore[attr-defined]
            self.counts[name] = self.counts.get(name, 0) + number

    def _send(self, call: Call | None) -> None:
        if call is not None:
            self.calls += 1
            assert self.state is not None
            assert self.state.call is not None
            open_call = self.state.call
            self.requests.append(Request(call, open_call.token, self.now, open_call.until))

    # the shop

    def reach(self, request: Request) -> None:
        """The request arrives at TikTok Shop."""
        assert not request.applied
        assert self.now < request.until
        request.applied = True
        request.answer = self._apply(request.call)

    def answer(self, request: Request, answer: Answer) -> None:
        """The answer comes back, or what the client says instead of one."""
        self.requests.remove(request)
        answer = answer._replace(sent_at=request.sent_at, answered_at=self.now)
        if self.state is None:
            return
        took = completed(KEY, self.state, request.token, answer, self.now, self.view())
        self._keep(took)
        self._send(took.call)

    def _apply(self, call: Call) -> Answer:
        match call:
            case SearchProducts(seller_skus):
                asked = set(seller_skus) & set(self.skus)
                rows = tuple(FoundSku("p1", f"id-{sku}", sku, "ACTIVATE") for sku in self.skus if asked)
                return ProductsFound(Delivered(), rows)
            case SearchInventory(sku_ids):
                return InventoryShown(Delivered(), tuple(self._shown(sku_id) for sku_id in sku_ids))
            case UpdateInventory():
                return self._write(call)
            case DeactivateProduct() | ActivateProduct():
                self.on_sale = isinstance(call, ActivateProduct)
                return ProductChanged(Delivered())

    def _shown(self, sku_id: str) -> ShownSku:
        sku = sku_id.removeprefix("id-")
        rows = (
            ShownLevel(name, self.places[sku, name].available, self.places[sku, name].committed)
            for name in self.warehouses
        )
        return ShownSku(sku_id, tuple(rows))

    def _write(self, call: UpdateInventory) -> Answer:
        names = {sku.sku_id.removeprefix("id-") for sku in call.skus}
        if names & self.spoiled:
            if len(names) == 1 or self.random.random() < 0.5:
                return InventoryUpdated(Rejected("12052097", "warehouse unknown"))
            errors = tuple(SkuFailed(f"id-{sku}", Rejected("12052097", "warehouse")) for sku in names & self.spoiled)
        else:
            errors = ()
        for sku in call.skus:
            name = sku.sku_id.removeprefix("id-")
            assert {level.warehouse for level in sku.levels} == set(self.warehouses)
            if name in self.spoiled:
                continue
            if self.strict and any(level.quantity == 0 for level in sku.levels):
                errors = (*errors, SkuFailed(sku.sku_id, Rejected("12052055", "quantity out of range")))
                continue
            for level in sku.levels:
                self.places[name, level.warehouse].available = level.quantity
        return InventoryUpdated(Delivered(), errors)

    # a history

    def step(self) -> None:
        """One thing happens."""
        match self.random.randrange(17):
            case 0 | 1:
                self.change_source()
            case 2 | 3:
                self.place_order()
            case 4:
                self.cancel_order() if self.random.random() < 0.5 else self.ship_order()
            case 5:
                self.hear(self.random.choice(self.skus))
            case 6:
                self.watermark()
            case 7 | 8 | 13:
                self.grant()
            case 9 | 14 | 15:
                self._reach_some()
            case 10 | 16:
                self._answer_some()
            case 11:
                self.now += self.random.choice((10, 400, 1_500, 4_000))
                self._expire()
            case _ if self.random.random() < 0.2:
                self.crash()

    def _reach_some(self) -> None:
        """Requests overtake one another."""
        on_their_way = [request for request in self.requests if not request.applied and self.now < request.until]
        if on_their_way:
            self.reach(self.random.choice(on_their_way))

    def _answer_some(self) -> None:
        for request in list(self.requests):
            if request.applied and request.answer is not None and self.random.random() < 0.8:
                self.answer(request, request.answer)
                return
            if not request.applied and isinstance(request.call, UpdateInventory) and self.random.random() < 0.2:
                self._end_early(request)
                return

    def _end_early(self, request: Request) -> None:
        """It is refused and never applied; or the connection breaks, and it may still be applied."""
        if self.random.random() < 0.5:
            self.answer(request, InventoryUpdated(self._refusal()))
            return
        self.requests.append(Request(request.call, "", request.sent_at, request.until))
        self.answer(request, InventoryUpdated(Unknown("no-answer", "broken")))

    def _refusal(self) -> Outcome:
        return self.random.choice(
            (
                RetryLater("36009002", "limit", costs_attempt=False),
                RetryLater("36009003", "internal"),
                ShopStopped("105001", "consent", "authorize again"),
            )
        )

    def _expire(self) -> None:
        """Answers that did not come by the deadline are unknown, whether the request was applied or not."""
        for request in list(self.requests):
            if self.now >= request.until:
                lost: Answer
                match request.call:
                    case SearchProducts():
                        lost = ProductsFound(RetryLater("no-answer", "lost"))
                    case SearchInventory():
                        lost = InventoryShown(RetryLater("no-answer", "lost"))
                    case UpdateInventory():
                        lost = InventoryUpdated(Unknown("no-answer", "lost"))
                    case _:
                        lost = ProductChanged(Unknown("no-answer", "lost"))
                self.answer(request, lost)

    def come_to_rest(self, most: int = 400) -> None:
        """No more changes and orders, everything is heard of, every call is answered: the listing must end."""
        for sku in self.skus:
            self.hear(sku)
        for _ in range(most):
            self.watermark()
            if self.requests:
                request = self.requests[0]
                if not request.applied and self.now < request.until:
                    self.reach(request)
                if request.answer is not None:
                    self.answer(request, request.answer)
                else:
                    self.now = max(self.now, request.until)
                    self._expire()
                continue
            if self.grant():
                continue
            assert self.state is not None
            wake = ready(self.state, self.now, self.view())
            if wake is None:
                return
            assert isinstance(wake, int)
            assert wake > self.now
            self.now = wake
        raise AssertionError("the listing never comes to rest")

    def pending(self) -> int:
        return 0 if self.state is None else sum(open_updates(self.state).values())
