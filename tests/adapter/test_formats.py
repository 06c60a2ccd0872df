"""JSON, JSON behind a schema id, and Avro by the schema it was written with."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import fastavro
import pytest

from streams.adapter.adapt import Adapting
from streams.adapter.outcome import Adapted
from streams.codec.poison import Poison, RegistryUnavailable
from streams.codec.registered import Registered
from tests.adapter.builders import AT, adapter

SITE = {"type": "record", "name": "erp.Site", "fields": [{"name": "code", "type": "string"}]}
SCHEMA = {
    "type": "record",
    "name": "erp.Stock",
    "fields": [
        {"name": "sku", "type": "string"},
        {"name": "site", "type": "erp.Site"},
        {"name": "qty", "type": ["null", {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 3}]},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    ],
}
DATUM = {
    **{"sku": "MUG", "site": {"code": "uk-main"}, "qty": Decimal("12.500")},
    "at": datetime(2027, 1, 15, 8, tzinfo=UTC),
}
KNOWN = {7: Registered("AVRO", json.dumps(SCHEMA), (json.dumps(SITE),)), 8: Registered("JSON", "{}")}
AVRO = adapter(format="avro", channel={"path": "site.code"}, read_at={"path": "at", "form": "epoch_ms"})


def written(datum: Any, number: int = 7) -> bytes:
    known: dict[str, Any] = {}
    fastavro.parse_schema(SITE, known)
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, fastavro.parse_schema(SCHEMA, known), datum)
    return b"\x00" + number.to_bytes(4, "big") + stream.getvalue()


def refused(value: bytes, schemas: Any = KNOWN.get) -> Poison:
    found = Adapting(AVRO, schemas)(None, value, None, AT)
    assert isinstance(found, Poison), found
    return found


def test_avro_is_read_by_its_schema_and_those_it_refers_to() -> None:
    found = Adapting(AVRO, KNOWN.get)(None, written(DATUM), None, AT)
    assert isinstance(found, Adapted)
    ((sku, change),) = found.changes
    assert (sku, change.levels, change.read_at) == ("MUG", (("uk-main", 12),), 1_800_000_000_000)


def test_a_null_in_avro_is_a_missing_value() -> None:
    assert refused(written({**DATUM, "qty": None})).field == "qty"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b"", "undecodable"),
        (b"\x00\x00", "undecodable"),
        (b"\x01\x00\x00\x00\x07rest", "undecodable"),
        (written(DATUM)[:-3], "undecodable"),
        (written(DATUM) + b"more", "undecodable"),
        (written(DATUM, 9), "schema-unknown"),
        (written(DATUM, 8), "schema-unknown"),
    ],
)
def test_other_bytes_are_refused(value: bytes, code: str) -> None:
    assert (refused(value).code, refused(value).field) == (code, "value")


def test_without_a_registry_it_says_what_to_configure() -> None:
    assert "TTS_REGISTRY_URL" in refused(written(DATUM), None).remedy


def test_a_schema_that_is_none_is_refused() -> None:
    assert refused(written(DATUM), lambda _: Registered("AVRO", "{")).code == "schema-unknown"


def test_an_outage_of_the_registry_is_none_of_the_records_fault() -> None:
    def down(_: int) -> Registered:
        raise RegistryUnavailable("down")

    with pytest.raises(RegistryUnavailable):
        Adapting(AVRO, down)(None, written(DATUM), None, 0)


def test_the_schema_of_an_id_is_asked_once() -> None:
    asked: list[int] = []

    def schemas(number: int) -> Registered | None:
        asked.append(number)
        return KNOWN.get(number)

    adapt = Adapting(AVRO, schemas)
    for _ in range(3):
        adapt(None, written(DATUM), None, 0)
    assert asked == [7]


def test_avro_keys() -> None:
    one = adapter(key_format="avro", sku={"key": True})
    key = b"\x00\x00\x00\x00\x05\x06MUG"
    found = Adapting(one, lambda _: Registered("AVRO", '"string"'))(key, b'{"site": "a", "qty": 1}', None, 0)
    assert isinstance(found, Adapted) and found.changes[0][0] == "MUG"


def test_json_behind_a_schema_id() -> None:
    one = adapter(format="json-schema")
    value = b'{"sku": "MUG", "site": "a", "qty": 1}'
    assert isinstance(Adapting(one)(None, b"\x00\x00\x00\x00\x05" + value, None, 0), Adapted)
    found = Adapting(one)(None, value, None, 0)
    assert isinstance(found, Poison) and "does format say" in found.remedy
