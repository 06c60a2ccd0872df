"""Queries as commercetools reads them: predicates, encoded addresses, and how many values fit into one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote


def literal(text: str) -> str:
    """A text within a predicate."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def among(field: str, values: Iterable[str]) -> str:
    """``field`` is one of the values."""
    return f"{field} in ({','.join(map(literal, values))})"


def behind(field: str, value: str) -> str:
    """Cursor: what comes after the value."""
    return f"{field} > {literal(value)}"


def encoded(text: str) -> str:
    """As part of an address; commas and brackets may stay, which keeps lists short."""
    return quote(text, safe="(),")


def page(where: str | None, *, after: str | None = None, limit: int) -> str:
    """One page in the order of ids.  Never by offset: that ends at 10 000, and skips what moves meanwhile."""
    parts = ["?sort=id%20asc", f"limit={limit}", "withTotal=false"]
    if where is not None:
        parts.append(f"where={encoded(where)}")
    if after is not None:
        parts.append(f"where={encoded(behind('id', after))}")
    return "&".join(parts)


def skus_behind(sku: str | None, *, limit: int, with_total: bool) -> str:
    """One page of inventory entries in the order of their SKUs, so that those of a SKU stand together."""
    total = "true" if with_total else "false"
    parts = ["?sort=sku%20asc", "sort=id%20asc", f"limit={limit}", f"withTotal={total}"]
    if sku is not None:
        parts.append(f"where={encoded(behind('sku', sku))}")
    return "&".join(parts)


def size(value: str) -> int:
    """Bytes one value takes in an encoded list."""
    return len(encoded(literal(value))) + 1


def fitting(values: Sequence[str], most: int, most_bytes: int) -> int:
    """How many of the first values go into one request; always one at least."""
    left = most_bytes
    for number, value in enumerate(values[:most]):
        left -= size(value)
        if left < 0:
            return max(1, number)
    return min(len(values), most)
