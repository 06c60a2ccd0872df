"""The real listing rules, with a caller that takes its time and loses answers."""

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
)
from streams.listing.calls import Call, SearchInventory, SearchProducts, UpdateInventory
from streams.listing.decide import Ready, Turn, completed, ready, turn, updated
from streams.listing.shop import ShopView
from streams.outcome import Delivered, Unknown
from streams.records.listing import Listing
from streams.records.stock_update import StockUpdate
from tests.listing.builders import EVERY
from tests.model.clock import Clock
from tests.model.world import Shop, Weather, length
from tests.stock.builders import SKU

KEY = "uk:P1"
WATERMARK_AGE = 15_000


class RealDeliverer:
    """One listing; the call after a search is made in the same turn."""

    def __init__(self, clock: Clock, chance: Random, shop: Shop, weather: Weather) -> None:
        self.clock, self.chance, self.shop, self.weather = clock, chance, shop, weather
        self.listing: Listing | None = None
        self.tokens = 0
        self.calls = 0
        self.poked_at = 0

    def view(self) -> ShopView:
        """Orders are known until the longest lag ago; the shop's clock counts."""
        until = self.clock.now + self.shop.skew - self.weather.lag - 1_000
        return ShopView("uk", until, self.weather.lag + WATERMARK_AGE, "live")

    def updated(self, update: StockUpdate) -> None:
        self.listing = updated(KEY, self.listing, update, self.clock.now).state
        self._poke()

    def _poke(self) -> None:
        if self.listing is None:
            return
        found = ready(self.listing, self.clock.now, self.view())
        if isinstance(found, Ready):
            self.tokens += 1
            self._turned(turn(KEY, self.listing, self.clock.now, self.view(), f"T{self.tokens}", EVERY))
        elif isinstance(found, int):
            self.clock.at(max(found, self.clock.now + 1), self._poke_once)

    def _poke_once(self) -> None:
        if self.poked_at != self.clock.now:
            self.poked_at = self.clock.now
            self._poke()

    def _turned(self, found: Turn) -> None:
        self.listing = found.state
        if found.call is not None:
            assert found.state.call is not None
            self._call(found.call, found.state.call.token)
        elif found.wake is not None:
            self.clock.at(max(found.wake, self.clock.now + 1), self._poke_once)

    def _call(self, call: Call, token: str) -> None:
        self.calls += 1
        took = length(self.chance, self.weather.call)
        applied = self.chance.randint(0, took)
        lost = self.chance.random() < self.weather.lost
        sent_at = self.clock.now + self.shop.skew
        answers: list[Answer] = []
        if not lost or self.chance.random() < 0.5:
            self.clock.after(applied, lambda: answers.append(self._apply(call, sent_at)))
        self.clock.after(took, lambda: self._answer(token, call, None if lost else answers[0], sent_at))

    def _apply(self, call: Call, sent_at: int) -> Answer:
        match call:
            case SearchProducts():
                return ProductsFound(Delivered(), (FoundSku("TP", "TS", SKU, "ACTIVATE"),), sent_at)
            case SearchInventory():
                level = ShownLevel("w1", *self.shop.look())
                return InventoryShown(Delivered(), (ShownSku("TS", (level,)),), sent_at)
            case UpdateInventory():
                ((one,),) = [sku.levels for sku in call.skus]
                self.shop.write(one.quantity)
                return InventoryUpdated(Delivered(), (), sent_at)
            case _:
                raise AssertionError(call)

    def _answer(self, token: str, call: Call, answer: Answer | None, sent_at: int) -> None:
        answered_at = self.clock.now + self.shop.skew
        if answer is None:
            lost = Unknown("lost", "no answer")
            match call:
                case SearchProducts():
                    answer = ProductsFound(lost)
                case SearchInventory():
                    answer = InventoryShown(lost)
                case UpdateInventory():
                    answer = InventoryUpdated(lost)
                case _:
                    answer = ProductChanged(lost)
        assert self.listing is not None
        timed = answer._replace(sent_at=sent_at, answered_at=answered_at)
        found = completed(KEY, self.listing, token, timed, self.clock.now, self.view())
        self._turned(found)
        if found.call is None:
            self._poke()
