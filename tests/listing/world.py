"""A tiny world around one listing: a shop, a stock rule, orders that are heard of late, calls that get lost.

Everything is drawn from few values by one random generator; time is a number.  The world keeps what every
received update was counted as, so that a test can demand that the counts add up.
"""

from dataclasses import dataclass, field
from random import Random

from streams.listing.answers import (
    Answer,
    InventoryShown,
    InventoryUpdated,
    ProductChanged,
    ProductsFound,
)
from streams.listing.calls import (
    Call,
    SearchInventory,
    SearchProducts,
    UpdateInventory,
)
from streams.listing.decide import Ready, completed, inherited, ready, reconsidered, turn, updated
from streams.listing.shop import ListingPolicy, ShopView
from streams.outcome import Outcome, RetryLater, ShopStopped, Unknown
from streams.records.listing import Listing, decode, encode
from streams.records.stock_update import StockUpdate
from tests.listing.builders import EVERY, open_updates
from tests.listing.fake_shop import FakeShop
from tests.listing.trade import Trade

KEY = "uk:mug"
POLICY = ListingPolicy(
    deadline_ms=4_000,
    max_attempts=50,
    backoff_ms=(500, 1_000),
    jitter_ms=100,
    slow_ms=(2_000, 4_000),
    recheck_ms=500,
    orders_unknown_ms=500,
    settle_ms=3_000,
)


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
    now: int = 1_780_000_000_000
    requests: list[Request] = field(default_factory=list)
    state: Listing | None = None
    orders_until: int | None = None
    received: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    turns: int = 0
    calls: int = 0

    def __post_init__(self) -> None:
        self.shop = FakeShop(self.random, self.skus, self.warehouses, self.spoiled)
        self.places = self.shop.places
        self.trade = Trade(self.random, self.shop)

    # what happens outside

    def tell(self, updates: tuple[StockUpdate, ...]) -> None:
        """The worker reads updates, some of them twice."""
        for update in updates:
            self.received += 1
            self._keep(updated(KEY, self.state, update, self.now))

    def wanted(self) -> dict[tuple[str, str], int]:
        """What the shop has to show in the end, of SKUs that were spoken of."""
        return {place: self.trade.sellable(*place) for place in self.places if place[0] in self.trade.gross}

    def hear(self, sku: str) -> None:
        self.tell(self.trade.hear(sku, self.now))

    def watermark(self) -> None:
        self.orders_until = self.trade.known_until(self.now)

    # the worker

    def view(self) -> ShopView:
        return ShopView("uk", self.orders_until, 3_000, "live", POLICY)

    def grant(self) -> bool:
        """A turn, when the listing wants one."""
        if self.state is None or not isinstance(ready(self.state, self.now, self.view()), Ready):
            return False
        self.turns += 1
        took = turn(KEY, self.state, self.now, self.view(), f"turn-{self.turns}", EVERY)
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
            self._keep(inherited(KEY, self.state, self.now, self.view()))

    def reconcile(self) -> None:
        """A pass over all listings."""
        if self.state is not None:
            self._keep(reconsidered(KEY, self.state, self.now))

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

    def meddle(self) -> None:
        """Somebody changes a figure by hand."""
        self.random.choice(list(self.places.values())).available = self.random.choice((0, 2, 7))

    def reach(self, request: Request) -> None:
        """The request arrives at TikTok Shop."""
        assert not request.applied
        assert self.now < request.until
        request.applied = True
        request.answer = self.shop.apply(request.call)

    def answer(self, request: Request, answer: Answer) -> None:
        """The answer comes back, or what the client says instead of one."""
        self.requests.remove(request)
        answer = answer._replace(sent_at=request.sent_at, answered_at=self.now)
        if self.state is None:
            return
        took = completed(KEY, self.state, request.token, answer, self.now, self.view())
        self._keep(took)
        self._send(took.call)

    # a history

    def step(self) -> None:
        """One thing happens."""
        match self.random.randrange(17):
            case 0 | 1:
                self.tell(self.trade.change_source(self.now))
            case 2 | 3:
                self.trade.place_order(self.now)
            case 4:
                self.trade.cancel_order(self.now)
                self.trade.ship_order()
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
