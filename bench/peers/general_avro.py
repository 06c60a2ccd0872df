"""The two schemas through fastavro, the codec everybody would take."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro

from bench.job import BODY, LOW_WATER, MAGIC, WAREHOUSE, held_back

SCHEMAS = Path(__file__).parents[2] / "schemas"
CHANGE = fastavro.schema.load_schema(SCHEMAS / "stock_change.avsc")
UPDATE = fastavro.schema.load_schema(SCHEMAS / "stock_update.avsc")
FRAMING = MAGIC + bytes.fromhex(
    fastavro.schema.fingerprint(fastavro.schema.to_parsing_canonical_form(UPDATE), "CRC-64-AVRO")
)

_read = fastavro.schemaless_reader
_write = fastavro.schemaless_writer


def read_change(value: bytes) -> dict[str, Any]:
    data = BytesIO(value)
    data.seek(BODY)
    return _read(data, CHANGE, None)  # type: ignore[return-value,arg-type]


def quantity_and_time(value: bytes) -> tuple[int, int]:
    change = read_change(value)
    return change["levels"][0]["quantity"], change["read_at"]


def write_update(sku: str, sequence: int, changed_at: int, quantity: int, gross: int) -> bytes:
    back, term = held_back(quantity)
    out = BytesIO()
    out.write(FRAMING)
    level = {
        "warehouse": WAREHOUSE,
        "gross": gross,
        "net": 0,
        "committed": 0,
        "sellable": gross,
        "source": quantity,
        "holds": 0,
        "buffer": back,
        "buffer_term": term,
    }
    update = {
        "sku": sku,
        "sequence": sequence,
        "changed_at": changed_at,
        "lane": "FIRST" if gross <= LOW_WATER else "STOCK",
        "levels": [level],
        "facts": [],
        "low_water": LOW_WATER,
        "released": False,
        "trace": None,
    }
    _write(out, UPDATE, update)
    return out.getvalue()
