"""Python lines that read and write the narrow form of a record, for the generated ``decode_narrow``, ``encode_narrow``.

A record is narrow when each of its arrays has at most one entry.  Then its fields, those of the entries included, are
a fixed row of variables: texts stay bytes, numbers stay machine numbers, and no object is made on the way.  An array
has a variable of its own that says whether there is an entry; where there is none, the entry's fields are empty.
"""

from typing import Any, NamedTuple

from streams.codec.python_types import Unsupported, inner, safe, snake

Lines = list[str]

READ = frozenset({"SkuStock", "StockChange"})
"""Records a quick path reads,"""
WRITTEN = frozenset({"SkuStock", "StockUpdate"})
"""and those it writes."""
TAKEN = frozenset({"data", "at", "head", "out"})
EMPTY = {"string": ("bytes", 'b""'), "long": ("i64", "0"), "boolean": ("bool", "False")}


class Field(NamedTuple):
    """One variable of the narrow form."""

    name: str
    type: str
    empty: str
    """Its value where an array has no entry."""


def narrow(schema: Any) -> Lines:
    """Reader and writer of the outermost record, as far as a quick path needs them."""
    lines: Lines = []
    if schema.name in READ:
        lines += _reader(schema)
    if schema.name in WRITTEN:
        lines += _writer(schema)
    return lines


def _reader(schema: Any) -> Lines:
    fields = _fields(schema, "")
    return [
        "",
        "",
        f"Narrow{schema.name} = tuple[",
        *(f"    {one.type},  # {one.name}" for one in fields),
        "]",
        '"""The fields of a record whose arrays have one entry at most."""',
        "",
        "",
        f"def decode_narrow(data: bytes, start: int = 0) -> Narrow{schema.name}:",
        '    """As ``decode``; an IndexError or ValueError says that the record is not narrow, or broken."""',
        "    at: i64 = start",
        *("    " + line for line in _reading(schema, "")),
        "    if at != len(data):",
        "        raise Unusual",
        f"    return ({', '.join(one.name for one in fields)})",
    ]


def _writer(schema: Any) -> Lines:
    entries = {one.name for field in schema.fields if field.type.type == "array" for one in _variables(field, "")}
    fields = _fields(schema, "")
    parameters = [
        *(f"{one.name}: {one.type}" for one in fields if one.name not in entries),
        *(f"{one.name}: {one.type} = {one.empty}" for one in fields if one.name in entries),
    ]
    return [
        "",
        "",
        f"def encode_narrow(head: bytes, *, {', '.join(parameters)}) -> bytes:",
        '    """As ``encode``."""',
        "    out = BytesWriter()",
        "    out.write(head)",
        *("    " + line for line in _writing(schema, "")),
        "    return out.getvalue()",
    ]


def _name(field: Any, prefix: str) -> str:
    name = prefix + safe(field.name)
    return f"{name}_" if name in TAKEN else name


def _fields(schema: Any, prefix: str) -> list[Field]:
    return [one for field in schema.fields for one in _variables(field, prefix)]


def _variables(field: Any, prefix: str) -> list[Field]:
    return _of(field.type, _name(field, prefix))


def _of(schema: Any, name: str) -> list[Field]:
    """The variables of a value."""
    match schema.type:
        case "string" | "long" | "boolean":
            return [Field(name, *EMPTY[schema.type])]
        case "enum":
            return [Field(name, schema.name, f'"{schema.symbols[0]}"')]
        case "union" if inner(schema).type in ("string", "long"):
            kind = "bytes" if inner(schema).type == "string" else "int"
            return [Field(name, f"{kind} | None", "None")]
        case "array" if schema.items.type == "record":
            return [Field(name, "bool", "False"), *_fields(schema.items, f"{name}_")]
        case "array":
            return [Field(name, "bool", "False"), *_of(schema.items, f"{name}_item")]
    raise Unsupported(f"type {schema.type} has no narrow form")


def _reading(schema: Any, prefix: str) -> Lines:
    return [line for field in schema.fields for line in _read(field.type, _name(field, prefix))]


def _read(schema: Any, name: str) -> Lines:
    match schema.type:
        case "string":
            return [f"{name}, at = read_bytes(data, at)"]
        case "long":
            return [f"{name}, at = read_long(data, at)"]
        case "boolean":
            return [f"{name} = read_flag(data, at)", "at += 1"]
        case "enum":
            return ["symbol, at = read_size(data, at)", f"{name} = {snake(schema.name).upper()}_SYMBOLS[symbol]"]
        case "union":
            [field] = _of(schema, name)
            some = [*_read(inner(schema), f"{name}_some"), f"{name} = {name}_some"]
            return [f"{name}: {field.type} = None", "at += 1", "if read_some(data, at - 1):", *_inside(some)]
    first, *rest = _of(schema, name)
    entry = _reading(schema.items, f"{name}_") if schema.items.type == "record" else _read(schema.items, f"{name}_item")
    declared = [f"{one.name}: {one.type} = {one.empty}" for one in rest]
    return [
        *declared,
        f"{name}_left, at = read_count(data, at)",
        f"{first.name} = {name}_left != 0",
        f"if {name}_left:",
        f"    if {name}_left != 1:",
        "        raise Unusual",
        *_inside([line for line in entry if line not in declared]),
        "    at = read_end(data, at)",
    ]


def _writing(schema: Any, prefix: str) -> Lines:
    return [line for field in schema.fields for line in _write(field.type, _name(field, prefix))]


def _write(schema: Any, name: str) -> Lines:
    match schema.type:
        case "string":
            return [f"write_bytes(out, {name})"]
        case "long":
            return [f"write_long(out, {name})"]
        case "boolean":
            return [f"out.append(1 if {name} else 0)"]
        case "enum":
            return [f"out.write(_{snake(schema.name).upper()}_BYTES[{name}])"]
        case "union":
            some = _inside(_write(inner(schema), name))
            return [f"if {name} is None:", "    out.append(0)", "else:", "    out.append(2)", *some]
    entry = (
        _writing(schema.items, f"{name}_") if schema.items.type == "record" else _write(schema.items, f"{name}_item")
    )
    return [f"if {name}:", *_inside(["out.append(2)", *entry]), "out.append(0)"]


def _inside(lines: Lines) -> Lines:
    return ["    " + line for line in lines]
