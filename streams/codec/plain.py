"""Records from plain objects and back: what JSON has, and what other codecs return.

``from_plain`` checks everything against the schema and raises ``Poison`` that names field, value and remedy:
plain objects come from people's own producers. A missing field takes its Avro default; an unknown one is refused,
because it is most often a misspelt one.
"""

from collections.abc import Callable, Mapping
from typing import Any

from streams.codec.poison import Poison, shown
from streams.codec.python_types import inner, safe

Read = Callable[[Any, str], Any]
"""From a plain value and its path to ours."""

RANGES = {"int": 31, "long": 63}


def reader(schema: Any, classes: Mapping[str, Any]) -> Read:
    """A function from plain objects to records of the schema, built once."""
    match schema.type:
        case "record":
            return _record_reader(schema, classes)
        case "array":
            return _array_reader(reader(schema.items, classes))
        case "map":
            return _map_reader(reader(schema.values, classes))
        case "union":
            some = reader(inner(schema), classes)
            return lambda value, path: None if value is None else some(value, path)
        case "enum":
            return _enum_reader(tuple(schema.symbols))
        case "int" | "long":
            return _number_reader(RANGES[schema.type])
        case "float" | "double":
            return _float
        case "boolean":
            return _boolean
        case "string":
            return _string
        case "bytes":
            return _bytes
    raise TypeError(f"no plain form of {schema.type}")


def _record_reader(schema: Any, classes: Mapping[str, Any]) -> Read:
    build = classes[schema.fullname]
    fields = [(one.name, safe(one.name), reader(one.type, classes), one.has_default) for one in schema.fields]
    known = frozenset(one.name for one in schema.fields)

    def read(value: Any, path: str) -> Any:
        if not isinstance(value, Mapping):
            raise _violation(path, value, "is not an object", f"send an object with {', '.join(sorted(known))}")
        prefix = f"{path}." if path else ""
        for name in value:
            if name not in known:
                expected = f"remove it or correct its name: {', '.join(sorted(known))}"
                raise _violation(f"{prefix}{shown(name)}", value[name], "is not in the contract", expected)
        given: dict[str, Any] = {}
        for name, ours, one, optional in fields:
            if name in value:
                given[ours] = one(value[name], prefix + name)
            elif not optional:
                raise _violation(prefix + name, None, "is missing", "send it, it has no default")
        return build(**given)

    return read


def _array_reader(item: Read) -> Read:
    def read(value: Any, path: str) -> Any:
        if not isinstance(value, list | tuple):
            raise _violation(path, value, "is not a list", "send a list")
        return tuple(item(one, f"{path}[{at}]") for at, one in enumerate(value))

    return read


def _map_reader(item: Read) -> Read:
    def read(value: Any, path: str) -> Any:
        if not isinstance(value, Mapping):
            raise _violation(path, value, "is not an object", "send an object")
        return {_string(key, path): item(one, f"{path}[{shown(key)}]") for key, one in value.items()}

    return read


def _enum_reader(symbols: tuple[str, ...]) -> Read:
    def read(value: Any, path: str) -> Any:
        if value not in symbols:
            raise _violation(path, value, "is not one of the symbols", f"send one of {', '.join(symbols)}")
        return value

    return read


def _number_reader(bits: int) -> Read:
    def read(value: Any, path: str) -> Any:
        if not isinstance(value, int) or isinstance(value, bool):
            raise _violation(path, value, "is not a whole number", "send a number without quotes and without fraction")
        if not -(1 << bits) <= value < 1 << bits:
            raise _violation(path, value, "is too large", f"send a number of at most {bits + 1} bits")
        return value

    return read


def _float(value: Any, path: str) -> Any:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _violation(path, value, "is not a number", "send a number without quotes")
    return float(value)


def _boolean(value: Any, path: str) -> Any:
    if not isinstance(value, bool):
        raise _violation(path, value, "is not true or false", "send true or false without quotes")
    return value


def _string(value: Any, path: str) -> Any:
    if not isinstance(value, str):
        raise _violation(path, value, "is not a string", "send it in quotes")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _violation(path, ascii(value), "is not Unicode text", "send paired surrogates or none") from None
    return value


def _bytes(value: Any, path: str) -> Any:
    if not isinstance(value, bytes):
        raise _violation(path, value, "are not bytes", "send this topic in Avro")
    return value


def _violation(path: str, value: Any, fault: str, remedy: str) -> Poison:
    return Poison("contract-violated", path or None, None if value is None else shown(value), f"{fault}: {remedy}")


def to_plain(schema: Any, value: Any) -> Any:
    """A record as objects JSON knows; field names as in the schema."""
    match schema.type:
        case "record":
            return {field.name: to_plain(field.type, one) for field, one in zip(schema.fields, value, strict=True)}
        case "array":
            return [to_plain(schema.items, one) for one in value]
        case "map":
            return {key: to_plain(schema.values, one) for key, one in sorted(value.items())}
        case "union":
            return None if value is None else to_plain(inner(schema), value)
    return value
