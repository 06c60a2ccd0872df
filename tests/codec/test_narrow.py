"""The narrow forms say the same as the records, and only of records whose arrays have one entry at most."""

import importlib
import json
from collections.abc import Iterator
from typing import Any

import avro.schema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.codec.narrow import READ, WRITTEN, narrow
from streams.codec.python_types import Unsupported, snake
from streams.codec.schema_files import text_of
from tests.codec.data import values

MODULES = {snake(name): importlib.import_module(f"streams.records.{snake(name)}") for name in READ | WRITTEN}
SCHEMAS = {name: avro.schema.parse(text_of(name)) for name in MODULES}
EMPTY = {"string": b"", "long": 0, "boolean": False}


def flat(schema: Any, value: Any) -> Iterator[Any]:
    """A field's variables in the narrow form."""
    match schema.type:
        case "record":
            for field, one in zip(schema.fields, value, strict=True):
                yield from flat(field.type, one)
        case "array":
            yield bool(value)
            yield from flat(schema.items, value[0]) if value else empty(schema.items)
        case "union":
            yield None if value is None else next(flat(schema.schemas[1], value))
        case "string":
            yield value.encode()
        case _:
            yield value


def empty(schema: Any) -> Iterator[Any]:
    if schema.type == "record":
        for field in schema.fields:
            yield from empty(field.type)
    else:
        yield EMPTY.get(schema.type)


def is_narrow(value: Any) -> bool:
    return all(len(one) <= 1 for one in value if type(one) is tuple)


def wide_numbers(value: Any) -> bool:
    """Ten bytes are left to the careful reader."""
    if isinstance(value, tuple):
        return any(map(wide_numbers, value))
    return isinstance(value, int) and not -(2**62) <= value < 2**62


def records(name: str) -> st.SearchStrategy[Any]:
    return values(SCHEMAS[name], MODULES[name].RECORDS)


@pytest.mark.parametrize("name", sorted(map(snake, READ)))
@settings(max_examples=200, deadline=None)
@given(st.data())
def test_what_is_read_is_what_the_record_says(name: str, data: st.DataObject) -> None:
    value = data.draw(records(name))
    packed = MODULES[name].encode(value, b"head")
    if is_narrow(value) and not wide_numbers(value):
        assert MODULES[name].decode_narrow(packed, 4) == tuple(flat(SCHEMAS[name], value))
    else:
        with pytest.raises((IndexError, ValueError)):
            MODULES[name].decode_narrow(packed, 4)


@pytest.mark.parametrize("name", sorted(map(snake, READ)))
@settings(max_examples=100, deadline=None)
@given(st.data())
def test_what_is_cut_or_too_long_is_not_read(name: str, data: st.DataObject) -> None:
    packed = MODULES[name].encode(data.draw(records(name)))
    cut = data.draw(st.integers(0, len(packed) - 1))
    for broken in (packed[:cut], packed + b"\0"):
        with pytest.raises((IndexError, ValueError)):
            MODULES[name].decode_narrow(broken)


@pytest.mark.parametrize("name", sorted(map(snake, WRITTEN)))
@settings(max_examples=200, deadline=None)
@given(st.data())
def test_what_is_written_is_what_the_record_writes(name: str, data: st.DataObject) -> None:
    value = data.draw(records(name).filter(is_narrow))
    fields = names(SCHEMAS[name])
    packed = MODULES[name].encode_narrow(b"head", **dict(zip(fields, flat(SCHEMAS[name], value), strict=True)))
    assert packed == MODULES[name].encode(value, b"head")


def names(schema: Any, prefix: str = "") -> list[str]:
    """The parameters of a writer."""
    found = []
    for field in schema.fields:
        name = prefix + field.name
        found.append(name)
        if field.type.type == "array":
            inner = field.type.items
            found += names(inner, f"{name}_") if inner.type == "record" else [f"{name}_item"]
    return found


def test_a_type_without_a_narrow_form_is_refused() -> None:
    fields = [{"name": "amounts", "type": {"type": "map", "values": "long"}}]
    schema = avro.schema.parse(json.dumps({"type": "record", "name": "SkuStock", "fields": fields}))
    with pytest.raises(Unsupported, match="map has no narrow form"):
        narrow(schema)


def test_no_other_record_has_one() -> None:
    assert narrow(avro.schema.parse(text_of("sku_link"))) == []
