"""What the generator makes of every Avro type it supports, and what it refuses."""

import json
import sys
from types import ModuleType
from typing import Any

import avro.schema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.codec.generate import module
from streams.codec.python_types import Unsupported
from streams.records.careful import DecodeError
from tests.codec.data import values


def record(*fields: dict[str, Any]) -> Any:
    return avro.schema.parse(json.dumps({"type": "record", "name": "Sample", "namespace": "t", "fields": list(fields)}))


def loaded(schema: Any) -> ModuleType:
    made = ModuleType("sample")
    sys.modules["sample"] = made
    exec(module(schema, "sample.avsc"), made.__dict__)  # noqa: S102  # our own generator's text
    return made


POINT = {
    "type": "record",
    "name": "Point",
    "fields": [{"name": "x", "type": "double"}, {"name": "tag", "type": "bytes"}],
}
EVERYTHING = record(
    {"name": "import", "type": "long"},
    {"name": "data", "type": "int"},
    {"name": "at", "type": "float"},
    {"name": "flag", "type": "boolean"},
    {"name": "kind", "type": {"type": "enum", "name": "SampleKind", "symbols": ["A", "B"]}, "doc": "Which."},
    {"name": "point", "type": POINT},
    {"name": "parts", "type": ["null", "t.Point"]},
    {"name": "names", "type": ["null", {"type": "array", "items": "string"}]},
    {"name": "grid", "type": {"type": "array", "items": {"type": "array", "items": "int"}}},
    {"name": "points", "type": {"type": "map", "values": "t.Point"}},
    {"name": "choices", "type": {"type": "array", "items": ["null", "t.SampleKind"]}},
    {"name": "kinds", "type": {"type": "map", "values": {"type": "array", "items": "long"}}},
    {"name": "value", "type": ["null", "bytes"], "default": None},
    {"name": "parts_bytes", "type": ["null", "double"], "default": None},
    {"name": "market", "type": ["null", "string"], "repeats": True, "default": None},
    {"name": "amounts", "type": {"type": "map", "values": "long"}, "default": {}},
    {"name": "note", "type": "string", "default": 'say "no"'},
)
SAMPLE = loaded(EVERYTHING)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(values(EVERYTHING, SAMPLE.RECORDS), st.integers(0, 1000))
def test_every_supported_type_is_read_back_and_refused_when_cut(value: Any, place: int) -> None:
    data = SAMPLE.encode(value)
    assert SAMPLE.decode(data) == value
    with pytest.raises(DecodeError):
        SAMPLE.decode(data[: place % len(data)])


def test_python_words_get_an_underscore() -> None:
    assert SAMPLE.RECORDS["t.Sample"]._fields[0] == "import_"


def test_avro_defaults_are_defaults_of_the_record() -> None:
    defaults = SAMPLE.RECORDS["t.Sample"]._field_defaults
    assert dict(defaults) == {"value": None, "parts_bytes": None, "market": None, "amounts": {}, "note": 'say "no"'}


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ({"name": "a", "type": ["null", "string", "long"]}, "unions are"),
        ({"name": "a", "type": ["string", "null"]}, "unions are"),
        ({"name": "a", "type": {"type": "fixed", "name": "F", "size": 4}}, "fixed"),
    ],
)
def test_what_is_not_supported_is_refused(field: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        module(record(field), "sample.avsc")


def test_a_required_field_behind_an_optional_one_is_refused() -> None:
    with pytest.raises(Unsupported, match="come before"):
        module(record({"name": "a", "type": "int", "default": 1}, {"name": "b", "type": "int"}), "sample.avsc")
