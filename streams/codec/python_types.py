"""Avro types as Python types: annotations, defaults and names of the generated records.

Unsupported on purpose, until a schema needs them: unions other than null and one type, fixed, recursion.
"""

import json
import keyword
import re
from typing import Any


class Unsupported(ValueError):
    """The schema uses something the generated codecs do not know."""


def safe(name: str) -> str:
    """The field's name in Python: ``from`` becomes ``from_``."""
    return f"{name}_" if keyword.iskeyword(name) or name in ("count", "index") else name


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def type_of(schema: Any) -> str:
    """The annotation of a value of this type."""
    match schema.type:
        case "boolean":
            return "bool"
        case "int" | "long":
            return "int"
        case "float" | "double":
            return "float"
        case "string":
            return "str"
        case "bytes":
            return "bytes"
        case "enum" | "record":
            return str(schema.name)
        case "array":
            return f"tuple[{type_of(schema.items)}, ...]"
        case "map":
            return f"Mapping[str, {type_of(schema.values)}]"
        case "union":
            return f"{type_of(inner(schema))} | None"
    raise Unsupported(f"type {schema.type} is not supported")


def default_of(field: Any) -> str:
    """`` = value`` for a field with a default, else nothing."""
    if not field.has_default:
        return ""
    match field.type.type:
        case "array" if field.default == []:
            return " = ()"
        case "map" if field.default == {}:
            return " = MappingProxyType({})"
        case "bytes":
            return f" = {field.default.encode('latin-1')!r}"
        case "record" | "array" | "map":
            raise Unsupported(f"{field.name}: default {json.dumps(field.default)} is not supported")
        case "string" | "enum":
            return f" = {json.dumps(field.default, ensure_ascii=False)}"
        case "float" | "double":
            return f" = {float(field.default)!r}"
    return f" = {field.default!r}"


def inner(union: Any) -> Any:
    if len(union.schemas) != 2 or union.schemas[0].type != "null":
        raise Unsupported('unions are ["null", type]')
    return union.schemas[1]
