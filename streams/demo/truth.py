"""What both sources really have, asked of the simulators and of nobody who played a part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from streams.demo.erp import CHANNEL
from streams.demo.scale import WMS
from streams.market.model import COMMERCETOOLS
from streams.records.stock_change import StockChange, StockLevel
from streams.sandbox.commercetools.control import CommercetoolsControl
from streams.sandbox.control import SandboxControl

Levels = Mapping[tuple[str, str, str], int]
"""(source, SKU, channel) to units."""


def true_levels(control: SandboxControl, source: CommercetoolsControl) -> Levels:
    """Halls of the warehouse system: what lies there less what is sold.  commercetools: what its entries say."""
    found = {
        (WMS, row["seller_sku"], row["supply_channel"]): row["units"] - row["open_units"]
        for row in control.see("physical")["physical"]
        if row["supply_channel"] != CHANNEL
    }
    for row in source.every("inventory", project=source.project):
        found[COMMERCETOOLS, row["sku"], row["supply_channel"]] = row["quantity_on_stock"]
    return found


def readings_of(levels: Levels, now: int) -> Iterable[tuple[str, Sequence[StockChange]]]:
    """Per SKU a reading of each source, to be judged without any order: all are counted, or their goods have left."""
    by_sku: dict[str, dict[str, list[StockLevel]]] = {}
    for (source, sku, channel), units in levels.items():
        by_sku.setdefault(sku, {}).setdefault(source, []).append(StockLevel(channel, units))
    for sku, sources in by_sku.items():
        yield sku, [StockChange(source, now, tuple(found)) for source, found in sources.items()]
