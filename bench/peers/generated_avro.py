"""The two schemas through our generated codecs, compiled where the engine's are: for a loop that borrows them."""

from __future__ import annotations

from bench.job import BODY, LOW_WATER, MAGIC, WAREHOUSE, held_back
from streams.records import stock_change, stock_update
from streams.records.stock_update import OfferedLevel, StockUpdate

FRAMING = MAGIC + stock_update.FINGERPRINT

_decode, _encode = stock_change.decode, stock_update.encode


def quantity_and_time(value: bytes) -> tuple[int, int]:
    change = _decode(value, BODY)
    return change.levels[0].quantity, change.read_at


def write_update(sku: str, sequence: int, changed_at: int, quantity: int, gross: int) -> bytes:
    back, term = held_back(quantity)
    level = OfferedLevel(WAREHOUSE, gross, 0, 0, gross, quantity, 0, back, term)
    lane = "FIRST" if gross <= LOW_WATER else "STOCK"
    return _encode(StockUpdate(sku, sequence, changed_at, lane, (level,), (), LOW_WATER), FRAMING)
