"""`streams inspect sku`, as people see it."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from streams.inspection import plain, tables_of
from streams.records.sku_stock import ChannelLevel, OrderTally

STATE = {
    "product": "mug",
    "levels": plain((ChannelLevel("wms", "leeds", 50, 1_767_602_402_000, None, None),)),
    "tallies": plain((OrderTally("uk", "7001", "leeds", 3, 2, 1, oldest_hold_at=1_767_602_401_500),)),
}
LISTING = {
    "known": "CONFIRMED",
    "waits_for": "",
    "explanation": "available 50, holds 1, buffer 2 = 2, sent 47",
    "levels": [{"warehouse": "7001", "gross": 50, "net": 3}],
    "proof": [{"warehouse": "7001", "quantity": 47}],
}


def test_times_are_for_people_and_reasons_are_there() -> None:
    shown = _shown({"sku": "MUG[red]", "state": STATE, "listings": {"uk": LISTING, "de": None}})
    assert "MUG[red]" in shown
    assert "2026-01-05 08:40:02.000Z" in shown and "2026-01-05 08:40:01.500Z" in shown
    assert "available 50, holds 1, buffer 2 = 2, sent 47" in shown and "CONFIRMED" in shown


def _shown(found: dict[str, object]) -> str:
    output = StringIO()
    console = Console(file=output, width=160, markup=False)
    for table in tables_of(found):
        console.print(table)
    return output.getvalue()
