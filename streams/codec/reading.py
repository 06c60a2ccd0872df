"""Python lines that read one Avro type, for the generated ``decode``.

In the generated code ``data`` and ``at`` are the bytes and the place in them.  Anything rare raises ``Unusual``: the
careful reader takes over.
"""

from typing import Any

from streams.codec.python_types import Unsupported, inner, safe, snake, type_of

Lines = list[str]

TAKEN = frozenset({"data", "at", "start", "symbol"})


def reading(schema: Any) -> Lines:
    """Read the outermost record and return it."""
    lines, value = _record(schema, "")
    return [*lines, "if at != len(data):", "    raise Unusual", f"return {value}"]


def _record(schema: Any, prefix: str) -> tuple[Lines, str]:
    lines: Lines = []
    names: list[str] = []
    for field in schema.fields:
        name = prefix + safe(field.name)
        name = f"{name}_" if name in TAKEN else name
        lines += _value(field.type, name)
        names.append(name)
    if not names:
        raise Unsupported(f"{schema.name} has no fields")
    return lines, f"_new(_{snake(schema.name).upper()}, ({', '.join(names)}{',' if len(names) == 1 else ''}))"


def _value(schema: Any, name: str) -> Lines:
    match schema.type:
        case "long":
            return [f"{name}, at = read_long(data, at)"]
        case "int":
            return [f"{name}, at = read_int(data, at)"]
        case "boolean":
            return [f"{name} = read_flag(data, at)", "at += 1"]
        case "string":
            return [f"{name}, at = read_text(data, at)"]
        case "bytes":
            return [f"{name}, at = read_bytes(data, at)"]
        case "float":
            return [f"{name}: float = FLOAT.unpack_from(data, at)[0]", "at += 4"]
        case "double":
            return [f"{name}: float = DOUBLE.unpack_from(data, at)[0]", "at += 8"]
        case "enum":
            return ["symbol, at = read_size(data, at)", f"{name} = {snake(schema.name).upper()}_SYMBOLS[symbol]"]
        case "union":
            some = _some(inner(schema), name)
            return [f"{name}: {type_of(schema)} = None", "at += 1", "if read_some(data, at - 1):", *_inside(some)]
        case "array":
            return _array(schema, name)
        case "map":
            return _map(schema, name)
        case "record":
            lines, value = _record(schema, f"{name}_")
            return [*lines, f"{name} = {value}"]
    raise Unsupported(f"type {schema.type} is not supported")


def _some(schema: Any, name: str) -> Lines:
    """A value into a variable that may also be None: read into one of its own type first."""
    if schema.type in ("array", "map", "record", "enum"):
        return _value(schema, name)
    return [*_value(schema, f"{name}_some"), f"{name} = {name}_some"]


def _array(schema: Any, name: str) -> Lines:
    item = f"{name}_item"
    if schema.items.type == "record":
        lines, value = _record(schema.items, f"{name}_")
    else:
        lines, value = _value(schema.items, item), item
    return _loop(name, f"{name}: {type_of(schema)} = ()", [*lines, f"{name} += ({value},)"])


def _map(schema: Any, name: str) -> Lines:
    if schema.values.type == "record":
        lines, value = _record(schema.values, f"{name}_")
    else:
        lines, value = _value(schema.values, f"{name}_item"), f"{name}_item"
    entry = [f"{name}_key, at = read_text(data, at)", *lines, f"{name}[{name}_key] = {value}"]
    return _loop(name, f"{name}: dict[str, {type_of(schema.values)}] = {{}}", entry)


def _loop(name: str, empty: str, body: Lines) -> Lines:
    return [
        empty,
        f"{name}_left, at = read_count(data, at)",
        f"if {name}_left:",
        f"    while {name}_left:",
        f"        {name}_left -= 1",
        *_inside(_inside(body)),
        "    at = read_end(data, at)",
    ]


def _inside(lines: Lines) -> Lines:
    return ["    " + line for line in lines]
