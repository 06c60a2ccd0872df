"""The merchant, played while faults strike: three systems that know stock, and buyers.

A warehouse system writes ``stock-changes`` in our own words, an ERP a topic of its own, and the rest lies in
commercetools.  Which of them counts for a channel stands in ``AUTHORITY``.

Three kinds of SKUs.  *Bought* ones leave through TikTok Shop alone, so that every oversold unit of theirs is our own
doing.  *Moved* ones are never ordered, so that TikTok Shop's figure moves by our writes alone.  *Mixed* ones do both.
Goods in commercetools are never ordered here: nothing imports orders there, so their holds would rightly stay.

They come in waves: each wave is listed, claimed, traded for a while and then left alone for ever.  So what a fault did
to it is still to be seen at the end, and not mended by the next reading.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

import orjson

from streams.market.model import COMMERCETOOLS
from streams.records.stock_change import StockChange, StockLevel
from streams.sandbox.control import ControlRefused, Order, OrderItem, SandboxControl, StockMove
from tests.integration.end_to_end.places import WMS

ERP: Final = "erp"
AUTHORITY: Final = {"leeds": WMS, "york": WMS, "dover": COMMERCETOOLS, "bremen": ERP}
"""Channel to the system whose word counts there."""

MOVES_PER_SECOND: Final = 12.0
ORDERS_PER_SECOND: Final = 5.0
LAG_MS: Final = 2_000
"""How late the systems hear of an order."""
CANCELLED, UNPAID, SHIPPED, NEVER_TOLD, ONE_CHANNEL = 0.15, 0.1, 0.3, 0.5, 0.3
"""Shares: orders cancelled, not paid, shipped; cancellations nobody ever hears of; readings of one channel only."""
WAVE: Final[dict[str, int]] = {"BOUGHT": 12, "MOVED": 6, "MIXED": 6}
"""SKUs of each kind in one wave."""
WAVE_S: Final = 25.0
PLENTY, FEW = (20, 60), (5, 20)
"""Units at first, of SKUs that are moved and of SKUs that are bought."""
FIRST_VERSION: Final = 1_000
"""Versions of readings begin here; made-up old ones lie below."""
SITE: Final = "BRE"
"""What the ERP calls its channel."""


class Said(NamedTuple):
    """Something one of the systems has told Kafka."""

    sku: str
    told: StockChange | bytes
    """A reading in our words, or a record in the ERP's."""


class Outlets(Protocol):
    """Where the merchant's systems speak."""

    def say(self, said: Said) -> None:
        """A record on Kafka."""

    def change_commercetools(self, sku: str, channel: str, units: int) -> None:
        """A quantity in commercetools, which is told by a notification, as a rule."""

    def enlist(self, skus: Sequence[str], in_commercetools: Sequence[str]) -> None:
        """Put SKUs on sale in every shop, claim them, and make their entries in commercetools."""


def is_bought(sku: str) -> bool:
    """Its units leave through TikTok Shop alone."""
    return sku.startswith("BOUGHT")


def is_moved(sku: str) -> bool:
    """Nobody ever orders it."""
    return sku.startswith("MOVED")


def erp_record(sku: str, version: int, free: int, now: int, orders: Sequence[str] = ()) -> bytes:
    """What the ERP writes."""
    return orjson.dumps(
        {"article": sku, "seq": version, "site": SITE, "free": free, "counted_at": now, "orders": list(orders)}
    )


class Merchant:
    """Units per (SKU, channel) as the systems know them, and the orders they have not counted yet."""

    def __init__(self, control: SandboxControl, shops: Mapping[str, str], outlets: Outlets, seed: int) -> None:
        self.control = control
        self.skus: list[str] = []
        """Of all waves."""
        self.waves = 0
        self.orders = 0
        self.history: deque[Said] = deque(maxlen=3_000)
        """What was said lately."""
        self._active: tuple[str, ...] = ()
        self._before: tuple[str, ...] = ()
        """The wave before: its goods move no more, and buyers still come."""
        self._wave_s = 0.0
        self._shops = tuple(shops.values())
        self._outlets = outlets
        self._chance = random.Random(seed)
        self._physical: dict[tuple[str, str], int] = {}
        self._open: dict[tuple[str, str], int] = {}
        self._version: dict[str, int] = {}
        self._cursor = 0
        self._waiting: deque[dict[str, Any]] = deque()
        self._to_cancel: list[tuple[int, str]] = []
        self._to_ship: list[tuple[int, str]] = []

    def open_wave(self, now: int) -> None:
        """New SKUs and their first full load; the one before the last is left alone."""
        self.waves += 1
        self._wave_s = 0.0
        self._before, self._active = (
            self._active,
            tuple(f"{kind}-{self.waves}-{number}" for kind, count in WAVE.items() for number in range(count)),
        )
        for sku in self._active:
            self._version[sku] = FIRST_VERSION
            for channel in channels_of(sku):
                self._physical[sku, channel] = self._chance.randint(*(FEW if is_bought(sku) else PLENTY))
        moves = [
            StockMove(seller_sku=sku, supply_channel=channel, counted=self._physical[sku, channel])
            for sku in self._active
            for channel in channels_of(sku)
        ]
        self.control.move_stock(*moves)
        self._outlets.enlist(self._active, [sku for sku in self._active if is_moved(sku)])
        for sku in self._active:
            for source in sources_of(sku):
                self.tell(sku, source, now)
        self.skus += self._active

    def tick(self, seconds: float, now: int) -> None:
        """So many seconds of trade."""
        self._wave_s += seconds
        if self._wave_s > WAVE_S:
            self.open_wave(now)
        for _ in range(self._times(MOVES_PER_SECOND * seconds)):
            self._move(now)
        orders = [self._order() for _ in range(self._times(ORDERS_PER_SECOND * seconds))]
        if orders:
            for answer in self.control.place(*orders):
                self._placed(answer["order_id"], now)
        self._follow(self._to_cancel, now, self.control.cancel)
        self._follow(self._to_ship, now, self.control.ship)
        self.hear(now, LAG_MS)

    def _times(self, expected: float) -> int:
        return int(expected) + (self._chance.random() < expected % 1)

    # its own shelves

    def _move(self, now: int) -> None:
        sku = self._chance.choice(self._active)
        channel = self._chance.choice(channels_of(sku))
        free = self.available(sku, channel)
        if is_bought(sku):
            units = self._chance.randint(1, 5) if free < 15 else 0
        elif free < 8:
            units = self._chance.randint(10, 40)
        else:
            units = -self._chance.randint(1, min(9, free))
        if units:
            self.control.move_stock(StockMove(seller_sku=sku, supply_channel=channel, add=units))
            self._physical[sku, channel] += units
        only = channel if self._chance.random() < ONE_CHANNEL else None
        self.tell(sku, AUTHORITY[channel], now, only=only)

    def available(self, sku: str, channel: str) -> int:
        return self._physical[sku, channel] - self._open.get((sku, channel), 0)

    def truth(self, sku: str, source: str, now: int) -> StockChange:
        """All one system has of a SKU."""
        levels = tuple(
            StockLevel(channel, self.available(sku, channel))
            for channel in channels_of(sku)
            if AUTHORITY[channel] == source
        )
        return StockChange(source, now, levels)

    def tell(self, sku: str, source: str, now: int, heard: Sequence[str] = (), only: str | None = None) -> None:
        """A system tells what it has: all its channels, or the one that changed."""
        self._version[sku] += 1
        change = self.truth(sku, source, now)
        if source == COMMERCETOOLS:
            for level in change.levels:
                self._outlets.change_commercetools(sku, level.channel, level.quantity)
            return
        told: StockChange | bytes
        if source == ERP:
            told = erp_record(sku, self._version[sku], change.levels[0].quantity, now, heard)
        else:
            told = change._replace(version=self._version[sku], acknowledged_orders=tuple(heard))
            if only is not None:
                levels = tuple(level for level in change.levels if level.channel == only)
                told = told._replace(levels=levels, complete=False)
        self.history.append(Said(sku, told))
        self._outlets.say(self.history[-1])

    # its buyers

    def _order(self) -> Order:
        sku = self._chance.choice([sku for sku in (*self._before, *self._active) if not is_moved(sku)])
        item = OrderItem(seller_sku=sku, units=self._chance.choice((1, 1, 1, 2)))
        shop = self._chance.choice(self._shops)
        return Order(shop_id=shop, items=(item,), paid=self._chance.random() >= UNPAID)

    def _placed(self, order: str | None, now: int) -> None:
        if order is None:
            return
        self.orders += 1
        drawn = self._chance.random()
        if drawn < CANCELLED:
            heapq.heappush(self._to_cancel, (now + self._chance.randint(200, 12_000), order))
        elif drawn < CANCELLED + SHIPPED:
            heapq.heappush(self._to_ship, (now + self._chance.randint(5_000, 20_000), order))

    def _follow(self, waiting: list[tuple[int, str]], now: int, step: Callable[[str], object]) -> None:
        while waiting and waiting[0][0] <= now:
            _, order = heapq.heappop(waiting)
            try:
                step(order)
            except ControlRefused:
                continue  # an unpaid order is not shipped, a shipped one not cancelled

    # orders, as its systems hear of them

    def hear(self, now: int, lag_ms: int) -> int:
        """Count orders older than the lag, and tell; returns how many are still on their way."""
        for row in self.control.see("history", after=self._cursor, limit=5_000)["history"]:
            self._cursor = row["id"]
            if row["kind"] in ("bought", "cancelled", "shipped"):
                self._waiting.append({**row, "seen_at": now})
        cancelled = {row["order_id"] for row in self._waiting if row["kind"] == "cancelled"}
        untold: set[str] = set()
        heard: dict[tuple[str, str], list[str]] = {}
        while self._waiting and self._waiting[0]["seen_at"] <= now - lag_ms:
            row = self._waiting.popleft()
            order, place = str(row["order_id"]), (row["seller_sku"], row["supply_channel"])
            told = (place[0], AUTHORITY[place[1]])
            if row["kind"] == "bought":
                self._open[place] = self._open.get(place, 0) + row["units"]
                if order in cancelled and self._chance.random() < NEVER_TOLD:
                    untold.add(order)
                    continue
                heard.setdefault(told, []).append(order)
                continue
            self._open[place] -= row["units"]
            if row["kind"] == "shipped":
                self._physical[place] -= row["units"]
            if order not in untold:
                heard.setdefault(told, [])
        for (sku, source), orders in heard.items():
            self.tell(sku, source, now, orders)
        return len(self._waiting)


def channels_of(sku: str) -> list[str]:
    """Where a SKU lies."""
    return [name for name, source in AUTHORITY.items() if is_moved(sku) or source != COMMERCETOOLS]


def sources_of(sku: str) -> list[str]:
    """Who knows of a SKU."""
    return list(dict.fromkeys(AUTHORITY[channel] for channel in channels_of(sku)))
