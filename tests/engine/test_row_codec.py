"""Rows outlive deployments: one of an earlier released schema is read as today's."""

import io
import json
from types import ModuleType
from typing import Any

import fastavro
import pytest

from streams.codec.schema_files import fingerprint, releases
from streams.engine.errors import SetupError
from streams.engine.row_codec import MARK_BYTES, RowCodec, row_wake
from streams.records import fetch, sku_stock, sweep

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


@pytest.mark.parametrize(
    ("record", "row"),
    [
        (fetch, fetch.Fetch(digest=5, entries=2, read_at=9, due=(3,), told="twice:main")),
        (sweep, sweep.Sweep(wanted_at=3, asked_at=4, started_at=5, reports=(sweep.SweepReport(0, 9, 1, 7, 0, 3, 0),))),
    ],
    ids=["fetch", "sweep"],
)
def test_a_row_written_before_a_field_was_added_is_read_with_its_default(record: ModuleType, row: Any) -> None:
    """As the first release wrote it: without what came later, whose defaults these rows have."""
    first = releases(record.__name__.rpartition(".")[2])[0].text
    assert fingerprint(first) != bytes(record.FINGERPRINT)
    body = io.BytesIO()
    plain = {
        name: [one._asdict() for one in value] if name == "reports" else value for name, value in row._asdict().items()
    }
    fastavro.schemaless_writer(body, fastavro.parse_schema(json.loads(first)), plain)
    assert RowCodec(record).unpack(b"\x00" + fingerprint(first)[:MARK_BYTES] + body.getvalue()) == (row, None)


def test_a_row_of_an_unknown_schema_stops_the_worker_with_a_remedy() -> None:
    packed = RowCodec(renamed(sku_stock, b"zz")).pack(ROW, None)
    with pytest.raises(SetupError, match=r"sku_stock.*7a7a.*start a version"):
        RowCodec(sku_stock).state(packed)
