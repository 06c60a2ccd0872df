"""The slow and exact reader behind every generated ``decode``: reads any legal form, names every fault.

It walks the schema instead of being written for it. The generated code comes here when something was
not on its straight path: rare but legal forms (arrays in several blocks, counts with byte sizes), and
bytes that are no record at all, which end in a ``DecodeError`` with the path of the field.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from streams.records.binary import DOUBLE, FLOAT

Schema = Any
"""A parsed schema in canonical form: a name, a list (union) or a mapping."""

PLAIN: Final = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})


class DecodeError(ValueError):
    """The bytes are not a record of the schema: which field, what is wrong."""

    def __init__(self, field: str, fault: str) -> None:
        super().__init__(f"{field or 'record'}: {fault}")
        self.field = field
        self.fault = fault


def decode(schema: str, classes: Mapping[str, Any], data: bytes, at: int) -> Any:
    """The record that starts at ``at`` and fills the rest of ``data``."""
    parsed, named = _parsed(schema)
    reader = _Reader(data, at, named, classes)
    value = reader.read(parsed, "")
    if reader.at != len(data):
        raise DecodeError("", f"{len(data) - reader.at} bytes follow the record")
    return value


@cache
def _parsed(schema: str) -> tuple[Schema, dict[str, Schema]]:
    parsed = json.loads(schema)
    named: dict[str, Schema] = {}
    _collect(parsed, named)
    return parsed, named


def _collect(schema: Schema, named: dict[str, Schema]) -> None:
    if isinstance(schema, list):
        for branch in schema:
            _collect(branch, named)
    elif isinstance(schema, dict):
        if "name" in schema:
            named[schema["name"]] = schema
        for field in schema.get("fields", ()):
            _collect(field["type"], named)
        _collect(schema.get("items", schema.get("values", "null")), named)


class _Reader:
    def __init__(self, data: bytes, at: int, named: Mapping[str, Schema], classes: Mapping[str, Any]) -> None:
        self.data = data
        self.at = at
        self.named = named
        self.classes = classes

    def read(self, schema: Schema, path: str) -> Any:
        if isinstance(schema, str) and schema not in PLAIN:
            schema = self.named[schema]
        if isinstance(schema, list):
            branch = self.number(path, 64)
            if not 0 <= branch < len(schema):
                raise DecodeError(path, f"union branch {branch} of {len(schema)}")
            return self.read(schema[branch], path)
        if isinstance(schema, str):
            return self.plain(schema, path)
        match schema["type"]:
            case "record":
                return self.record(schema, path)
            case "enum":
                index = self.number(path, 32)
                if not 0 <= index < len(schema["symbols"]):
                    raise DecodeError(path, f"enum index {index} of {len(schema['symbols'])} symbols")
                return schema["symbols"][index]
            case "array":
                return tuple(self.items(schema["items"], path))
            case "map":
                return self.entries(schema["values"], path)
            case other:
                return self.plain(other, path)

    def record(self, schema: Schema, path: str) -> Any:
        prefix = f"{path}." if path else ""
        values = [self.read(field["type"], prefix + field["name"]) for field in schema["fields"]]
        return self.classes[schema["name"]](*values)

    def items(self, schema: Schema, path: str) -> list[Any]:
        values: list[Any] = []
        while count := self.block(path):
            for _ in range(count):
                values.append(self.read(schema, f"{path}[{len(values)}]"))
        return values

    def entries(self, schema: Schema, path: str) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while count := self.block(path):
            for _ in range(count):
                key = self.plain("string", f"{path}[key {len(values)}]")
                values[key] = self.read(schema, f"{path}[{key}]")
        return values

    def block(self, path: str) -> int:
        count = self.number(path, 64)
        if count < 0:
            count = -count
            if self.number(path, 64) < 0:
                raise DecodeError(path, "negative size of a block")
        if count > len(self.data) - self.at:
            raise DecodeError(path, f"{count} entries announced, {len(self.data) - self.at} bytes left")
        return count

    def plain(self, name: str, path: str) -> Any:
        match name:
            case "null":
                return None
            case "boolean":
                byte = self.take(1, path)[0]
                if byte > 1:
                    raise DecodeError(path, f"boolean is byte {byte}")
                return byte == 1
            case "int":
                return self.number(path, 32)
            case "long":
                return self.number(path, 64)
            case "float":
                return FLOAT.unpack(self.take(4, path))[0]
            case "double":
                return DOUBLE.unpack(self.take(8, path))[0]
            case "bytes":
                return self.take(self.size(path), path)
            case "string":
                try:
                    return self.take(self.size(path), path).decode()
                except UnicodeDecodeError as error:
                    raise DecodeError(path, f"not UTF-8 at byte {error.start} of the string") from error
        raise DecodeError(path, f"unknown type {name}")

    def size(self, path: str) -> int:
        size = self.number(path, 64)
        if size < 0:
            raise DecodeError(path, f"negative length {size}")
        return size

    def take(self, size: int, path: str) -> bytes:
        end = self.at + size
        if end > len(self.data):
            raise DecodeError(path, f"ends after {len(self.data) - self.at} of {size} bytes")
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def number(self, path: str, width: int) -> int:
        bits = shift = 0
        while True:
            byte = self.take(1, path)[0]
            bits |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
            if shift >= 70:
                raise DecodeError(path, "number longer than ten bytes")
        number = (bits >> 1) ^ -(bits & 1)
        if not -(1 << width - 1) <= number < 1 << width - 1:
            raise DecodeError(path, f"number {number} does not fit into {width} bits")
        return number
