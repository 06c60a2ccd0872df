"""Rows outlive deployments: one of an earlier released schema is read as today's."""

from types import ModuleType
from typing import Any

import pytest

from streams.codec.schema_files import fingerprint, releases
from streams.engine.errors import SetupError
from streams.engine.row_codec import MARK_BYTES, RowCodec, row_wake
from streams.records import sku_stock

ROW = sku_stock.SkuStock(product="P1", claimed_at=3, markets=("uk",), sequence=7)


def renamed(record: Any, mark: bytes) -> ModuleType:
    """The same record under another fingerprint: a row of a schema that differs from today's."""
    other = ModuleType(record.__name__)
    other.__dict__.update(vars(record))
    other.FINGERPRINT = mark + bytes(record.FINGERPRINT[MARK_BYTES:])  # type: ignore[attr-defined]
    return other


@pytest.mark.parametrize("wake", [None, 0, 1_764_000_000_000])
def test_a_row_comes_back_as_it_was(wake: int | None) -> None:
    packed = RowCodec(sku_stock).pack(ROW, wake)
    assert RowCodec(sku_stock).unpack(packed) == (ROW, wake)
    assert row_wake(packed) == wake


def test_a_row_of_an_earlier_release_is_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    oldest = releases("sku_stock")[0]
    written = next(name for name in (oldest.text,) if fingerprint(name) == bytes(sku_stock.FINGERPRINT))
    assert written, "the released schema is today's, so today's encoder writes what it describes"
    packed = RowCodec(sku_stock).pack(ROW, None)
    assert RowCodec(renamed(sku_stock, b"zz")).state(packed) == ROW


def test_a_row_of_an_unknown_schema_stops_the_worker_with_a_remedy() -> None:
    packed = RowCodec(renamed(sku_stock, b"zz")).pack(ROW, None)
    with pytest.raises(SetupError, match=r"sku_stock.*7a7a.*start a version"):
        RowCodec(sku_stock).state(packed)
