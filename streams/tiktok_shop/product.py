"""Products and their SKUs as far as finding a listing and taking it off sale needs them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from streams.outcome import Delivered, Outcome
from streams.tiktok_shop.answer import Answer, outcome_for
from streams.tiktok_shop.envelope import list_of, text

SEARCH = "search_products"
GET = "get_product"
ACTIVATE = "activate_products"
DEACTIVATE = "deactivate_products"

SELLER_SKU_LIMIT = 10
"""Seller SKUs one search may name."""
PRODUCT_LIMIT = 20
"""Products one change of state may name."""
PAGE_SIZE = 100


class FoundSku(NamedTuple):
    """One SKU of one product in the shop."""

    seller_sku: str
    sku_id: str
    product_id: str
    product_status: str
    """ACTIVATE, DRAFT, DELETED and so on; unknown values are kept."""
    audit_status: str
    sku_status: str
    """NORMAL or DEACTIVATED; empty when not told."""
    warehouses: tuple[str, ...]
    """Every warehouse a write has to name."""


def search_query() -> list[tuple[str, str]]:
    """Whole pages; ``paging`` adds the page token."""
    return [("page_size", str(PAGE_SIZE))]


def search_bodies(seller_skus: Sequence[str]) -> list[dict[str, Any]]:
    """One body per call, 10 seller SKUs each."""
    step = SELLER_SKU_LIMIT
    return [
        {"status": "ALL", "seller_skus": list(seller_skus[at : at + step])} for at in range(0, len(seller_skus), step)
    ]


def found(answer: Answer) -> tuple[FoundSku, ...] | None:
    """All SKUs of a page of a search; None when the answer is not a success or cannot be read.

    A product is found with all its SKUs, also those not asked for: ``matching`` picks.
    """
    if not isinstance(answer.outcome, Delivered) or not isinstance(answer.data, dict):
        return None
    try:
        return tuple(
            _found(sku, product)
            for product in list_of(answer.data.get("products"))
            for sku in list_of(product.get("skus"))
        )
    except AttributeError:
        return None


def got(answer: Answer) -> tuple[FoundSku, ...] | None:
    """All SKUs of the product a get brought; None when the answer is not a success or cannot be read."""
    if not isinstance(answer.outcome, Delivered) or not isinstance(answer.data, dict):
        return None
    try:
        return tuple(_found(sku, answer.data) for sku in list_of(answer.data.get("skus")))
    except AttributeError:
        return None


def matching(skus: Sequence[FoundSku], seller_sku: str) -> tuple[FoundSku, ...]:
    """Exactly this seller SKU, to the letter; several when it was listed more than once."""
    return tuple(sku for sku in skus if sku.seller_sku == seller_sku)


def state_change_bodies(product_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Bodies of activate, deactivate, delete and recover, 20 products each."""
    step = PRODUCT_LIMIT
    return [{"product_ids": list(product_ids[at : at + step])} for at in range(0, len(product_ids), step)]


def changed(answer: Answer, product_id: str) -> Outcome:
    """What became of one product of a change of state."""
    return outcome_for(answer, "product_id", product_id)


def _found(sku: dict[str, Any], product: dict[str, Any]) -> FoundSku:
    audit, status_info = product.get("audit"), sku.get("status_info")
    return FoundSku(
        seller_sku=text(sku.get("seller_sku")),
        sku_id=text(sku.get("id")),
        product_id=text(product.get("id")),
        product_status=text(product.get("status")),
        audit_status=text(audit.get("status")) if isinstance(audit, dict) else "",
        sku_status=text(status_info.get("status")) if isinstance(status_info, dict) else "",
        warehouses=tuple(text(row.get("warehouse_id")) for row in list_of(sku.get("inventory"))),
    )
