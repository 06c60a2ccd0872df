"""Valid things for the stock rules; a test says only what matters to it."""

from collections.abc import Iterable, Sequence
from typing import Any

from streams.market.markets import Markets
from streams.market.model import Market
from streams.records import sku_stock, stock_change, stock_update
from streams.records.order_fact import OrderFact
from streams.records.order_hold import HoldStage, OrderHold
from streams.records.sku_link import SkuLink
from streams.records.sku_stock import SkuStock
from streams.records.stock_change import StockChange, StockLevel
from streams.stock.decide import Claim, Decision, HoldSeen, Input, Reading, decide
from streams.stock.quick import book_of, quick

SKU = "SHOE-42"
T0 = 1_800_000_000_000
SECOND = 1_000
DAY = 24 * 3_600 * SECOND


class Rows:
    """Table order_fact in memory."""

    def __init__(self, rows: dict[str, OrderFact] | None = None) -> None:
        self.rows: dict[str, OrderFact] = dict(rows or {})

    def get(self, key: str) -> OrderFact | None:
        return self.rows.get(key)

    def put(self, key: str, row: OrderFact) -> None:
        self.rows[key] = row

    def drop(self, key: str) -> None:
        self.rows.pop(key, None)

    def scan(self, prefix: str) -> Iterable[tuple[str, OrderFact]]:
        return [(key, self.rows[key]) for key in sorted(self.rows) if key.startswith(prefix)]


def warehouse(name: str = "w1", channel: str = "main", **channel_settings: Any) -> dict[str, Any]:
    return {"warehouse": name, "channels": [{"channel": channel, **channel_settings}]}


def market(name: str = "uk", warehouses: list[dict[str, Any]] | None = None, **settings: Any) -> Market:
    values = {"shop": {"region": "GB", "currency": "GBP"}, "warehouses": warehouses or [warehouse()], **settings}
    return Market.model_validate({"name": name, **values})


def markets(*some: Market) -> Markets:
    return Markets(some or (market(),))


def reading(quantity: int | dict[str, int], at: int = 0, source: str = "commercetools", **settings: Any) -> Reading:
    """Seconds since T0; a number is the quantity of channel main."""
    quantities = {"main": quantity} if isinstance(quantity, int) else quantity
    levels = tuple(StockLevel(channel, units) for channel, units in quantities.items())
    settings = {"read_at": T0 + at * SECOND, **settings}
    return Reading(StockChange(source=source, levels=levels, **settings), T0 + at * SECOND)


def claim(*names: str, product: str = "P1", claimed_at: int = 1, category: str | None = None, at: int = 0) -> Claim:
    return Claim(SkuLink(product, claimed_at, names, category), T0 + at * SECOND)


def hold(
    units: int = 1,
    stage: HoldStage = "OPEN",
    order: str = "O1",
    at: int = 0,
    placed: int | None = None,
    cancelled: int = 0,
    shipped: int = 0,
    imported: int | None = None,
    warehouse: str = "w1",
    channel: str = "main",
    market: str = "uk",
    unpaid: bool = False,
    deducted: bool = True,
) -> HoldSeen:
    """Times in seconds since T0."""
    lines = tuple(f"{order}-{line}" for line in range(units))
    fact = OrderHold(
        placed_at=T0 + (at if placed is None else placed) * SECOND,
        event_at=T0 + at * SECOND,
        warehouse=warehouse,
        channel=channel,
        lines=lines,
        stage=stage,
        cancelled=lines[:cancelled],
        shipped=lines[len(lines) - shipped :],
        imported_at=None if imported is None else T0 + imported * SECOND,
        deducted=deducted and imported is not None,
        unpaid=unpaid,
    )
    return HoldSeen(market, order, fact, T0 + at * SECOND)


def tombstone(order: str = "O1", market: str = "uk", at: int = 0) -> HoldSeen:
    return HoldSeen(market, order, None, T0 + at * SECOND)


def quickly(
    sku: str, state: SkuStock, wake: int | None, inputs: Sequence[Input], now: int, of: Markets
) -> Decision | None:
    """What the quick path makes of the inputs, readings as packed records; None: it leaves them to the rule."""
    head, before, behind = b"row", b"change", b"update"
    row = head + sku_stock.encode(state)
    events: list[Any] = [
        (place, one.appended_at, sku.encode(), before + stock_change.encode(one.change), [])
        if isinstance(one, Reading)
        else one
        for place, one in enumerate(inputs)
    ]
    found = quick(sku.encode(), row, len(head), wake, events, len(before), behind, now, of.hash, book_of(of))
    if found is None:
        return None
    new_row, key, value = found
    assert new_row is None or new_row.startswith(head)
    updates = []
    if value is not None:
        assert value.startswith(behind)
        name, _, product = key.decode().partition(":")
        updates.append((name, product, stock_update.decode(value, len(behind))))
    new_state = state if new_row is None else sku_stock.decode(new_row, len(head))
    return Decision(new_state, tuple(updates), (), wake)


class World:
    """A SKU's state and rows, fed step by step."""

    def __init__(self, *some: Market, sku: str = SKU) -> None:
        self.markets = markets(*some)
        self.sku = sku
        self.state: SkuStock | None = None
        self.wake: int | None = None
        self.rows = Rows()
        self.now = T0
        self.last: dict[tuple[str, str], Any] = {}

    def step(self, *inputs: Input, now: int | None = None) -> Decision:
        """Seconds since T0; without it the clock stands at the newest input."""
        self.now = max([self.now, *(one.appended_at for one in inputs)]) if now is None else T0 + now * SECOND
        decision = decide(self.sku, self.state, self.rows, inputs, self.now, self.markets)
        self.state, self.wake = decision.state, decision.wake
        for name, product, update in decision.updates:
            self.last[name, product] = update
        return decision

    def level(self, name: str = "uk", product: str = "P1", place: int = 0) -> Any:
        """A level of the last update."""
        return self.last[name, product].levels[place]


def sold_in(*some: Market, quantity: int | dict[str, int] = 50) -> World:
    """A world in which all markets sell the SKU, with stock."""
    world = World(*some)
    world.step(claim(*world.markets.by_name), reading(quantity))
    return world
