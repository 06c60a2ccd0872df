"""The shops a token covers, and their warehouses, without addresses."""

from typing import Any, NamedTuple

from streams.outcome import Delivered
from streams.tiktok_shop.answer import Answer
from streams.tiktok_shop.envelope import list_of, text

SHOPS = "authorized_shops"
WAREHOUSES = "warehouses"
SALES = "SALES_WAREHOUSE"


class Shop(NamedTuple):
    """One authorized shop; a token can cover several, one per region."""

    id: str
    name: str
    region: str
    seller_type: str
    """LOCAL or CROSS_BORDER."""
    cipher: str
    code: str

    def __repr__(self) -> str:
        return f"Shop(id={self.id!r}, region={self.region!r}, seller_type={self.seller_type!r})"


class Warehouse(NamedTuple):
    """One warehouse of a shop."""

    id: str
    name: str
    type: str
    """SALES_WAREHOUSE or RETURN_WAREHOUSE; unknown values are kept."""
    status: str
    """ENABLED, DISABLED and so on."""
    is_default: bool


def shops(answer: Answer) -> tuple[Shop, ...] | None:
    """All shops of the token; None when the answer is not a success or cannot be read."""
    rows = _rows(answer, "shops")
    return None if rows is None else tuple(_shop(row) for row in rows)


def warehouses(answer: Answer) -> tuple[Warehouse, ...] | None:
    """All warehouses of the shop; None when the answer is not a success or cannot be read."""
    rows = _rows(answer, "warehouses")
    return None if rows is None else tuple(_warehouse(row) for row in rows)


def _rows(answer: Answer, name: str) -> list[dict[str, Any]] | None:
    if not isinstance(answer.outcome, Delivered) or not isinstance(answer.data, dict):
        return None
    rows = list_of(answer.data.get(name))
    return rows if all(isinstance(row, dict) for row in rows) else None


def _shop(row: dict[str, Any]) -> Shop:
    return Shop(*(text(row.get(name)) for name in Shop._fields))


def _warehouse(row: dict[str, Any]) -> Warehouse:
    kind, status = text(row.get("type")), text(row.get("effect_status"))
    return Warehouse(text(row.get("id")), text(row.get("name")), kind, status, row.get("is_default") is True)
