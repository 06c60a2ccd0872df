"""A query of one resource: where, sort, limit, offset and withTotal, with commercetools' limits."""

# ruff: noqa: S608 - statements are put together from our own column names; every value is bound

import sqlite3
from dataclasses import dataclass

from streams.sandbox.commercetools.conditions import Columns, condition, narrows
from streams.sandbox.commercetools.errors import Refused, invalid_input
from streams.sandbox.commercetools.predicates import Every, Malformed, Path, read
from streams.sandbox.commercetools.world import Call, World
from streams.sandbox.wire import Json

MOST, DEFAULT_LIMIT, FARTHEST = 500, 20, 10_000
PARAMETERS = frozenset({"where", "sort", "limit", "offset", "withTotal", "expand"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What the parameters of a query say."""

    where: tuple[str, ...]
    variables: dict[str, list[str]]
    sort: tuple[str, ...]
    limit: int
    offset: int
    with_total: bool
    expand: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A page: its rows, and how many there are in all if that was asked for."""

    rows: list[sqlite3.Row]
    asked: Asked
    total: int | None


def asked(call: Call) -> Asked | Refused:
    """The parameters, checked; an unknown one is refused, since it is a misspelt one."""
    given: dict[str, list[str]] = {}
    variables: dict[str, list[str]] = {}
    for name, value in call.query:
        if name.startswith("var."):
            variables.setdefault(name[4:], []).append(value)
        elif name in PARAMETERS:
            given.setdefault(name, []).append(value)
        else:
            return invalid_input(f"Malformed parameter: {name}: not a parameter of a query")
    limit = _number(given, "limit", DEFAULT_LIMIT, MOST)
    offset = _number(given, "offset", 0, FARTHEST)
    total = given.get("withTotal", ["true"])[-1]
    if isinstance(limit, Refused):
        return limit
    if isinstance(offset, Refused):
        return offset
    if total not in ("true", "false"):
        return invalid_input(f"Malformed parameter: withTotal: '{total}' is neither true nor false")
    return Asked(
        tuple(given.get("where", ())),
        variables,
        tuple(given.get("sort", ())),
        limit,
        offset,
        total == "true",
        tuple(given.get("expand", ())),
    )


def run(world: World, call: Call, table: str, columns: Columns, narrow: Path = ()) -> Found | Refused:
    """Rows of the caller's project; a `narrow` field that is asked for decides which index is used.

    The plus signs keep SQLite from an index that is none: of the project where few rows are named or all are paged.
    """
    wanted = asked(call)
    if isinstance(wanted, Refused):
        return wanted
    try:
        predicate = Every(tuple(read(text, wanted.variables) for text in wanted.where))
        sql, values = condition(predicate, columns) if predicate.parts else ("1", [])
    except Malformed as problem:
        return invalid_input(f"Malformed parameter: where: {problem}")
    narrowed = bool(narrow) and narrows(predicate, narrow)
    order = _order(wanted.sort, columns, "+" if narrowed else "")
    if isinstance(order, Refused):
        return order
    by_id = not narrowed and order.startswith("id")
    where = f"FROM {table} WHERE {'+' if by_id else ''}project = ? AND {sql}"
    rows = world.db.execute(
        f"SELECT * {where} ORDER BY {order} LIMIT ? OFFSET ?", (call.project.id, *values, wanted.limit, wanted.offset)
    ).fetchall()
    counting = f"SELECT count(*) FROM {table} WHERE project = ? AND {sql}"
    total = world.db.execute(counting, (call.project.id, *values)).fetchone()[0] if wanted.with_total else None
    return Found(rows, wanted, total)


def body(found: Found, results: list[Json]) -> Json:
    total = {} if found.total is None else {"total": found.total}
    return {
        "limit": found.asked.limit,
        "offset": found.asked.offset,
        "count": len(results),
        **total,
        "results": results,
    }


def _order(sort: tuple[str, ...], columns: Columns, prefix: str) -> str | Refused:
    parts = []
    for text in sort:
        name, _, way = text.strip().partition(" ")
        path = tuple(name.split("."))
        if path not in columns or way.strip() not in ("", "asc", "desc"):
            return invalid_input(f"Malformed parameter: sort: '{text}' is not a field and asc or desc")
        parts.append(f"{prefix}{columns[path].sql} {way.strip() or 'asc'}")
    return ", ".join(parts) or f"{prefix}id"


def _number(given: dict[str, list[str]], name: str, default: int, most: int) -> int | Refused:
    text = given.get(name, [str(default)])[-1]
    if not text.isascii() or not text.isdigit() or not 0 <= int(text) <= most:
        return invalid_input(f"Malformed parameter: {name}: '{text}' is not a number from 0 to {most}")
    return int(text)
