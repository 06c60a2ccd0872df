"""Python lines that read one Avro type, for the generated ``decode``.

In the generated code ``data`` and ``at`` are the bytes and the place in them; ``byte``, ``second``, ``high``
and ``end`` are scratch. Anything rare raises ``Unusual``: the careful reader takes over. A cut string needs no
check of its own: its end lies behind the data, and the comparison at the end of ``decode`` finds that.
"""

from typing import Any

from streams.codec.python_types import Unsupported, inner, safe, snake, type_of

Lines = list[str]

SCRATCH = frozenset({"data", "at", "start", "byte", "second", "high", "end"})
ONE_BYTE = ["byte = data[at]", "at += 1"]


def reading(schema: Any) -> Lines:
    """Read the outermost record and return it."""
    lines, value = _record(schema, "")
    return [*lines, "if at != len(data):", "    raise Unusual", f"return {value}"]


def _record(schema: Any, prefix: str) -> tuple[Lines, str]:
    lines: Lines = []
    names: list[str] = []
    for field in schema.fields:
        name = prefix + safe(field.name)
        name = f"{name}_" if name in SCRATCH else name
        lines += _value(field.type, name)
        names.append(name)
    if not names:
        raise Unsupported(f"{schema.name} has no fields")
    return lines, f"_new({schema.name}, ({', '.join(names)}{',' if len(names) == 1 else ''}))"


def _value(schema: Any, name: str) -> Lines:
    match schema.type:
        case "long":
            return _long(name)
        case "int":
            return _int(name)
        case "boolean":
            return [*ONE_BYTE, "if byte > 1:", "    raise Unusual", f"{name} = byte == 1"]
        case "string":
            return [*_size(), f"{name} = data[at:end].decode()", "at = end"]
        case "bytes":
            return [*_size(), f"{name} = data[at:end]", "at = end"]
        case "float":
            return [f"{name}: float = FLOAT.unpack_from(data, at)[0]", "at += 4"]
        case "double":
            return [f"{name}: float = DOUBLE.unpack_from(data, at)[0]", "at += 8"]
        case "enum":
            symbols = f"{snake(schema.name).upper()}_SYMBOLS"
            return [*ONE_BYTE, "if byte & 129:", "    raise Unusual", f"{name} = {symbols}[byte >> 1]"]
        case "union":
            some = _inside(_value(inner(schema), name))
            none = f"{name}: {type_of(schema)} = None"
            return [*ONE_BYTE, none, "if byte == 2:", *some, "elif byte:", "    raise Unusual"]
        case "array":
            return _array(schema, name)
        case "map":
            return _map(schema, name)
        case "record":
            lines, value = _record(schema, f"{name}_")
            return [*lines, f"{name} = {value}"]
    raise Unsupported(f"type {schema.type} is not supported")


def _long(name: str) -> Lines:
    return [
        "byte = data[at]",
        "if byte < 128:",
        f"    {name} = ONE[byte]",
        "    at += 1",
        "else:",
        "    second = data[at + 1]",
        "    if second < 128:",
        f"        {name} = TWO[(second << 7) + byte]",
        "        at += 2",
        "    elif byte & 1 or (high := HIGH.get(data[at + 2 : at + 6])) is None:",
        f"        {name}, at = long_at(data, at)",
        "    else:",
        f"        {name} = TWO[(second << 7) + byte] + high",
        "        at += 6",
    ]


def _int(name: str) -> Lines:
    return [
        "byte = data[at]",
        "if byte < 128:",
        f"    {name} = ONE[byte]",
        "    at += 1",
        "else:",
        f"    {name}, at = int_at(data, at)",
    ]


def _size() -> Lines:
    return [
        *ONE_BYTE,
        "if byte & 129:",
        "    end, at = size_at(data, at - 1)",
        "    end += at",
        "else:",
        "    end = at + (byte >> 1)",
    ]


def _array(schema: Any, name: str) -> Lines:
    item = f"{name}_item"
    if schema.items.type == "record":
        lines, value = _record(schema.items, f"{name}_")
    else:
        lines, value = _value(schema.items, item), item
    return [
        *ONE_BYTE,
        f"{name}: {type_of(schema)} = ()",
        "if byte:",
        *_inside(_count(name)),
        f"    while {name}_left:",
        f"        {name}_left -= 1",
        *_inside(_inside(lines)),
        f"        {name} += ({value},)",
        *_inside(_end_of_block()),
    ]


def _map(schema: Any, name: str) -> Lines:
    if schema.values.type == "record":
        lines, value = _record(schema.values, f"{name}_")
    else:
        lines, value = _value(schema.values, f"{name}_item"), f"{name}_item"
    return [
        *ONE_BYTE,
        f"{name}: dict[str, {type_of(schema.values)}] = {{}}",
        "if byte:",
        *_inside(_count(name)),
        f"    while {name}_left:",
        f"        {name}_left -= 1",
        *_inside(_inside(_value_of_key(name))),
        *_inside(_inside(lines)),
        f"        {name}[{name}_key] = {value}",
        *_inside(_end_of_block()),
    ]


def _value_of_key(name: str) -> Lines:
    return [*_size(), f"{name}_key = data[at:end].decode()", "at = end"]


def _count(name: str) -> Lines:
    return ["if byte & 129:", f"    {name}_left, at = count_at(data, at - 1)", "else:", f"    {name}_left = byte >> 1"]


def _end_of_block() -> Lines:
    return ["if data[at]:", "    raise Unusual", "at += 1"]


def _inside(lines: Lines) -> Lines:
    return ["    " + line for line in lines]
