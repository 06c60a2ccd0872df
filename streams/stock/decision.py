"""What the stock rules answer."""

from typing import NamedTuple

from streams.records.sku_stock import SkuStock
from streams.records.stock_update import StockUpdate
from streams.records.sync_result import SyncResult


class Decision(NamedTuple):
    """What follows from a batch of inputs."""

    state: SkuStock
    """The very same object when nothing changed."""
    updates: tuple[tuple[str, str, StockUpdate], ...]
    """Market, product and update: one per listing at most.  A market hears of two listings only when the SKU moved
    from one product to another."""
    results: tuple[SyncResult, ...]
    """Inputs that contradict themselves."""
    wake: int | None
    """Milliseconds: when time alone may change the decision."""
    older: int = 0
    """Readings of which a level was left out, because a later version of it is known."""
