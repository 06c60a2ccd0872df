"""A SKU's row while a batch of inputs is applied to it; made from a row, and made into one again."""

from streams.records.sku_stock import ChannelLevel, OfferedGross, OrderTally, SkuStock, SoldUnits
from streams.records.stock_update import CountedFact
from streams.records.sync_result import SyncResult

EMPTY = SkuStock()

TallyKey = tuple[str, str, str]
"""Market, warehouse as orders name it, channel."""


class Draft:
    """Everything of the row, in shapes that are quick to change, and what this batch adds to it."""

    __slots__ = (
        "category",
        "cause",
        "claimed_at",
        "counted",
        "forget_at",
        "levels",
        "markets",
        "offered",
        "older",
        "product",
        "reopen",
        "rescan",
        "results",
        "sequence",
        "sold",
        "stirred",
        "tallies",
        "weak_cause",
    )

    def __init__(self, row: SkuStock) -> None:
        (
            self.product,
            self.claimed_at,
            self.category,
            self.markets,
            levels,
            tallies,
            sold,
            offered,
            self.sequence,
            self.forget_at,
            _,
        ) = row
        self.levels: dict[tuple[str, str], ChannelLevel] = {(level[0], level[1]): level for level in levels}
        self.tallies: dict[TallyKey, OrderTally] = {(tally[0], tally[1], tally[2]): tally for tally in tallies}
        self.sold: list[SoldUnits] = list(sold)
        self.offered: tuple[OfferedGross, ...] = offered
        self.counted: dict[str, list[tuple[str, CountedFact]]] = {}
        """By market: channel and fact, for every order fact counted in this batch."""
        self.stirred: set[TallyKey] = set()
        """Tallies whose net or committed units changed in this batch."""
        self.rescan: set[str] = set()
        """Markets whose holding rows must be looked at again..."""
        self.reopen: set[str] = set()
        """...and those whose resting rows must be, too."""
        self.results: list[SyncResult] = []
        self.older: int = 0
        """Readings of which a level was left out, because a later version of it is known."""
        self.cause: tuple[int, str | None] | None = None
        """Kafka's time and trace of the first input that changed a figure..."""
        self.weak_cause: tuple[int, str | None] | None = None
        """...and of the first one that changed anything."""

    def row(self, markets_hash: int) -> SkuStock:
        return SkuStock(
            self.product,
            self.claimed_at,
            self.category,
            self.markets,
            tuple(self.levels.values()),
            tuple(self.tallies.values()),
            tuple(self.sold),
            self.offered,
            self.sequence,
            self.forget_at,
            markets_hash,
        )

    def caused(self, appended_at: int, trace: str | None) -> None:
        """A figure changed."""
        if self.cause is None:
            self.cause = (appended_at, trace)

    def touched(self, appended_at: int, trace: str | None) -> None:
        """Something changed that may matter later."""
        if self.weak_cause is None:
            self.weak_cause = (appended_at, trace)


def refusal(sku: str, now: int, code: str, field: str, value: str, remedy: str, trace: str | None) -> SyncResult:
    """An input that contradicts itself, for the result topic."""
    return SyncResult(
        entity=sku,
        kind="stock",
        status="REJECTED",
        finished_at=now,
        sku=sku,
        code=code,
        field=field,
        value=value,
        remedy=remedy,
        trace=trace,
    )
