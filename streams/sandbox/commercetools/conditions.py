"""Predicates as SQL conditions: which fields may be asked for, how they are kept, and in a form that finds an index."""

# ruff: noqa: S608 - statements are put together from our own column names; every value is bound

from calendar import timegm
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never

import orjson

from streams.sandbox.commercetools.predicates import (
    Compare,
    Defined,
    Every,
    Malformed,
    Not,
    OneOf,
    Path,
    Predicate,
    Some,
    Value,
)

Kind = Literal["text", "number", "date"]
Condition = tuple[str, list[str | int]]


@dataclass(frozen=True, slots=True)
class Column:
    """One field that can be asked for: its SQL expression, what it holds, and what stands for absence."""

    sql: str
    kind: Kind = "text"
    absent: str = "IS NULL"


Columns = dict[Path, Column]


def condition(predicate: Predicate, columns: Columns) -> Condition:
    """SQL and its values; raises `Malformed` for a field or a type that does not fit."""
    match predicate:
        case Compare():
            column = _column(predicate.path, columns)
            return f"{column.sql} {predicate.operator} ?", [_fits(column, predicate.path, predicate.value)]
        case OneOf():
            column = _column(predicate.path, columns)
            values = orjson.dumps([_fits(column, predicate.path, value) for value in predicate.values]).decode()
            inside = f"{column.sql} IN (SELECT value FROM json_each(?))"
            return inside if predicate.listed else f"NOT ({inside})", [values]
        case Defined():
            column = _column(predicate.path, columns)
            return f"{'NOT ' if predicate.there else ''}({column.sql} {column.absent})", []
        case Not():
            sql, values_of = condition(predicate.part, columns)
            return f"NOT ({sql})", values_of
        case Every():
            return _joined(" AND ", [condition(part, columns) for part in predicate.parts])
        case Some():
            return _after(predicate, columns) or _joined(" OR ", [condition(part, columns) for part in predicate.parts])
        case _:
            assert_never(predicate)


def narrows(predicate: Predicate, path: Path) -> bool:
    """Whether the predicate names the values of a field it wants, so that an index on it finds few rows."""
    match predicate:
        case Compare():
            return predicate.path == path and predicate.operator == "="
        case OneOf():
            return predicate.path == path and predicate.listed
        case Every():
            return any(narrows(part, path) for part in predicate.parts)
        case _:
            return False


def _after(predicate: Some, columns: Columns) -> Condition | None:
    """`a > X or (a = X and b > Y)` is one place in an order: SQLite finds it in an index only when told so."""
    match predicate.parts:
        case (Compare(a, ">", x), Every((Compare(again, "=", same), Compare(b, ">", y)))) if (a, x) == (again, same):
            first, second = _column(a, columns), _column(b, columns)
            return f"({first.sql}, {second.sql}) > (?, ?)", [_fits(first, a, x), _fits(second, b, y)]
    return None


def _joined(word: str, parts: list[Condition]) -> Condition:
    return "(" + word.join(sql for sql, _ in parts) + ")", [value for _, values in parts for value in values]


def _column(path: Path, columns: Columns) -> Column:
    if path not in columns:
        known = ", ".join(".".join(one) for one in columns)
        raise Malformed(f"the field '{'.'.join(path)}' does not exist or cannot be queried here; known: {known}")
    return columns[path]


def _fits(column: Column, path: Path, value: Value) -> str | int:
    match column.kind:
        case "text" if isinstance(value, str):
            return value
        case "number" if isinstance(value, int) and not isinstance(value, bool):
            return value
        case "number" if isinstance(value, str) and value.lstrip("-").isdigit():
            return int(value)
        case "date" if isinstance(value, str):
            return _milliseconds(path, value)
    raise Malformed(f"{value!r} does not fit the field '{'.'.join(path)}'")


def _milliseconds(path: Path, value: str) -> int:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise Malformed(f"{value!r} is no date of the field '{'.'.join(path)}'") from None
    if moment.tzinfo is None:
        raise Malformed(f"{value!r} of the field '{'.'.join(path)}' has no time zone")
    return timegm(moment.utctimetuple()) * 1000 + moment.microsecond // 1000
