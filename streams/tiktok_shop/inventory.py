"""Stock of listings: the write, and reading back what TikTok Shop shows.

Figures are absolute units that can be sold now; units of open orders are not among them.  A write
names every warehouse of a SKU, and all changed SKUs of one product travel in one call.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from streams.outcome import Delivered, Outcome
from streams.tiktok_shop.answer import Answer, outcome_for
from streams.tiktok_shop.envelope import list_of, number, text

UPDATE = "update_inventory"
SEARCH = "search_inventory"
SEARCH_LIMIT = 600
"""SKUs one search may name."""


class Level(NamedTuple):
    """What one warehouse offers."""

    warehouse_id: str
    """Empty: the seller's only warehouse."""
    quantity: int


class ShownLevel(NamedTuple):
    """What TikTok Shop shows for one warehouse."""

    warehouse_id: str
    available: int
    committed: int
    """Units of orders not shipped yet, campaigns aside."""


class Shown(NamedTuple):
    """What TikTok Shop shows for one SKU."""

    sku_id: str
    product_id: str
    seller_sku: str
    levels: tuple[ShownLevel, ...]


def update_body(skus: Mapping[str, Sequence[Level]]) -> dict[str, Any]:
    """The body for one product: sku_id to all of its warehouses."""
    return {"skus": [{"id": sku_id, "inventory": [_level(level) for level in skus[sku_id]]} for sku_id in skus]}


def written(answer: Answer, sku_ids: Iterable[str]) -> dict[str, Outcome]:
    """What became of each SKU of a write."""
    return {sku_id: outcome_for(answer, "sku_id", sku_id) for sku_id in sku_ids}


def search_bodies(sku_ids: Sequence[str]) -> list[dict[str, Any]]:
    """One body per call, 600 SKUs each."""
    return [{"sku_ids": list(sku_ids[at : at + SEARCH_LIMIT])} for at in range(0, len(sku_ids), SEARCH_LIMIT)]


def shown(answer: Answer) -> tuple[Shown, ...] | None:
    """What a search found; None when the answer is not a success or cannot be read.

    A SKU that was asked for and is missing here is unknown to TikTok Shop.
    """
    if not isinstance(answer.outcome, Delivered) or not isinstance(answer.data, dict):
        return None
    try:
        return tuple(
            _shown(sku, text(product.get("product_id")))
            for product in list_of(answer.data.get("inventory"))
            for sku in list_of(product.get("skus"))
        )
    except (AttributeError, ValueError):
        return None


def _level(level: Level) -> dict[str, Any]:
    if not level.warehouse_id:
        return {"quantity": level.quantity}
    return {"warehouse_id": level.warehouse_id, "quantity": level.quantity}


def _shown(sku: dict[str, Any], product_id: str) -> Shown:
    rows = list_of(sku.get("warehouse_inventory"))
    levels = tuple(
        ShownLevel(text(row.get("warehouse_id")), number(row.get("available_quantity")), _committed(row))
        for row in rows
    )
    if not levels:
        total = number(sku.get("total_available_quantity"))
        levels = (ShownLevel("", total, number(sku.get("total_committed_quantity") or 0)),)
    return Shown(text(sku.get("id")), product_id, text(sku.get("seller_sku")), levels)


def _committed(row: dict[str, Any]) -> int:
    return number(row.get("committed_quantity") or 0)
