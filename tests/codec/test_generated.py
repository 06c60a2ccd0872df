"""The generated codecs write and read exactly what the avro package and fastavro do, and refuse everything else."""

import importlib
import io
import json
from types import ModuleType
from typing import Any

import avro.io
import avro.schema
import fastavro
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from librt.strings import BytesWriter

from streams.codec import generate
from streams.codec.schema_files import present, text_of
from streams.records import binary
from streams.records.careful import DecodeError
from streams.records.careful import decode as decode_carefully
from tests.codec.data import datum, values

NAMES = sorted(present())
LOADED: dict[str, tuple[Any, Any, ModuleType]] = {
    name: (
        avro.schema.parse(text_of(name)),
        fastavro.parse_schema(json.loads(text_of(name)), {}),
        importlib.import_module(f"streams.records.{name}"),
    )
    for name in NAMES
}
RECORDS = st.sampled_from(NAMES).flatmap(
    lambda name: values(LOADED[name][0], LOADED[name][2].RECORDS).map(lambda value: (name, value))
)
MANY = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def test_generated_modules_are_fresh() -> None:
    assert generate.main(["--check"]) == 0


@pytest.mark.parametrize("name", NAMES)
def test_fingerprint_and_canonical_form_are_those_of_both_packages(name: str) -> None:
    schema, _, module = LOADED[name]
    assert schema.fingerprint("CRC-64-AVRO") == module.FINGERPRINT
    assert avro.schema.parse(module.SCHEMA).fingerprint("CRC-64-AVRO") == module.FINGERPRINT
    canonical = fastavro.schema.to_parsing_canonical_form(json.loads(text_of(name)))
    assert fastavro.schema.fingerprint(canonical, "CRC-64-AVRO") == module.FINGERPRINT.hex()


def test_fingerprint_is_little_endian_as_single_object_encoding_wants_it() -> None:
    assert avro.schema.parse('"int"').fingerprint("CRC-64-AVRO").hex() == "8f5c393f1ad57572"


@MANY
@given(RECORDS)
def test_what_is_written_is_read_back_the_same(given_record: tuple[str, Any]) -> None:
    name, record = given_record
    module = LOADED[name][2]
    data = module.encode(record)
    assert module.decode(data) == record
    assert module.decode(b"prefix" + data, 6) == record
    assert type(module.decode(data)) is type(record)


@MANY
@given(RECORDS)
def test_the_avro_package_reads_and_writes_the_same_bytes(given_record: tuple[str, Any]) -> None:
    name, record = given_record
    schema, _, module = LOADED[name]
    data = module.encode(record)
    found = avro.io.DatumReader(schema).read(avro.io.BinaryDecoder(io.BytesIO(data)))
    assert found == datum(schema, record)
    stream = io.BytesIO()
    avro.io.DatumWriter(schema).write(datum(schema, record), avro.io.BinaryEncoder(stream))
    assert stream.getvalue() == data


@MANY
@given(RECORDS)
def test_fastavro_reads_and_writes_the_same_bytes(given_record: tuple[str, Any]) -> None:
    name, record = given_record
    schema, fast, module = LOADED[name]
    data = module.encode(record)
    assert fastavro.schemaless_reader(io.BytesIO(data), fast, None) == datum(schema, record)
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, fast, datum(schema, record))
    assert stream.getvalue() == data


@MANY
@given(RECORDS)
def test_the_careful_reader_agrees(given_record: tuple[str, Any]) -> None:
    name, record = given_record
    module = LOADED[name][2]
    assert decode_carefully(module.SCHEMA, module.RECORDS, module.encode(record), 0) == record


@MANY
@given(RECORDS, st.integers(0, 10_000))
def test_a_cut_record_is_refused_wherever_it_is_cut(given_record: tuple[str, Any], place: int) -> None:
    name, record = given_record
    module = LOADED[name][2]
    data = module.encode(record)
    with pytest.raises(DecodeError):
        module.decode(data[: place % len(data)])


@MANY
@given(RECORDS, st.binary(min_size=1, max_size=5))
def test_bytes_behind_a_record_are_refused(given_record: tuple[str, Any], rest: bytes) -> None:
    name, record = given_record
    module = LOADED[name][2]
    with pytest.raises(DecodeError):
        module.decode(module.encode(record) + rest)


@MANY
@given(RECORDS, st.data())
def test_damaged_bytes_end_in_a_record_or_a_decode_error(given_record: tuple[str, Any], data: st.DataObject) -> None:
    """And where they end in a record, fast and careful reader see the same one."""
    name, record = given_record
    module = LOADED[name][2]
    damaged = bytearray(module.encode(record))
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = module.decode(bytes(damaged))
    except DecodeError:
        with pytest.raises(DecodeError):
            decode_carefully(module.SCHEMA, module.RECORDS, bytes(damaged), 0)
    else:
        assert repr(found) == repr(decode_carefully(module.SCHEMA, module.RECORDS, bytes(damaged), 0))


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**80])
def test_a_number_beyond_64_bits_is_not_written(number: int) -> None:
    with pytest.raises((OverflowError, ValueError, TypeError)):  # compiled, the argument itself is refused
        binary.write_long(BytesWriter(), number)


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1])
def test_a_number_beyond_32_bits_is_not_written_as_int(number: int) -> None:
    with pytest.raises(OverflowError):
        binary.write_int(BytesWriter(), number)


@pytest.mark.parametrize("exponent", range(64))
def test_numbers_of_every_length_are_read_back(exponent: int) -> None:
    for number in (2**exponent - 1, -(2**exponent), 2**exponent // 3):
        out = BytesWriter()
        binary.write_long(out, number)
        data = out.getvalue()
        if len(data) > 9:
            with pytest.raises(binary.Unusual):
                binary.read_long(data, 0)
        else:
            assert binary.read_long(data + b"rest", 0) == (number, len(data))
