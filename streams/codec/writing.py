"""Python lines that write one Avro type, for the generated ``encode``.

In the generated code ``out`` is the writer and ``value`` the record; every field of it has a variable of its own.
"""

from typing import Any

from streams.codec.python_types import Unsupported, inner, safe, snake

Lines = list[str]

TAKEN = frozenset({"value", "head", "out"})


def writing(schema: Any) -> Lines:
    """Write the outermost record ``value``."""
    return _record(schema, "value", "")


def _record(schema: Any, name: str, prefix: str) -> Lines:
    names = _names(schema, prefix)
    unpacked = f"{', '.join(names)}{',' if len(names) == 1 else ''} = {name}"
    return [unpacked, *_fields(schema, names)]


def _names(schema: Any, prefix: str) -> Lines:
    """Variables of the fields."""
    names = [prefix + safe(field.name) for field in schema.fields]
    return [f"{one}_" if one in TAKEN else one for one in names]


def _fields(schema: Any, names: Lines) -> Lines:
    return [line for field, one in zip(schema.fields, names, strict=True) for line in _value(field.type, one)]


def _value(schema: Any, name: str) -> Lines:
    match schema.type:
        case "long":
            return [f"write_long(out, {name})"]
        case "int":
            return [f"write_int(out, {name})"]
        case "boolean":
            return [f"out.append(1 if {name} else 0)"]
        case "string":
            return [f"write_text(out, {name})"]
        case "bytes":
            return [f"write_bytes(out, {name})"]
        case "float":
            return [f"out.write(FLOAT.pack({name}))"]
        case "double":
            return [f"out.write(DOUBLE.pack({name}))"]
        case "enum":
            return [f"out.write(_{snake(schema.name).upper()}_BYTES[{name}])"]
        case "union":
            some = _inside(_value(inner(schema), name))
            return [f"if {name} is None:", "    out.append(0)", "else:", "    out.append(2)", *some]
        case "array":
            return _array(schema, name)
        case "map":
            return _map(schema, name)
        case "record":
            return _record(schema, name, f"{name}_")
    raise Unsupported(f"type {schema.type} is not supported")


def _array(schema: Any, name: str) -> Lines:
    item = f"{name}_item"
    if schema.items.type == "record":
        names = _names(schema.items, f"{name}_")
        item = ", ".join(names) + ("," if len(names) == 1 else "")
        return _loop(name, f"for {item} in {name}:", _fields(schema.items, names))
    return _loop(name, f"for {item} in {name}:", _value(schema.items, item))


def _map(schema: Any, name: str) -> Lines:
    entry = [f"write_text(out, {name}_key)", *_value(schema.values, f"{name}_item")]
    return _loop(name, f"for {name}_key, {name}_item in sorted({name}.items()):", entry)


def _loop(name: str, header: str, body: Lines) -> Lines:
    """An array or map: its count, its entries and the end; an empty one is its end alone."""
    entries = [f"write_long(out, len({name}))", header, *_inside(body)]
    return [f"if {name}:", *_inside(entries), "out.append(0)"]


def _inside(lines: Lines) -> Lines:
    return ["    " + line for line in lines]
