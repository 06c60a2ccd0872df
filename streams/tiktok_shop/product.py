"""Products on the wire, as far as finding a listing and taking it off sale needs them."""

from collections.abc import Sequence

from streams.listing.answers import FoundSku, ProductChanged, ProductsFound
from streams.listing.calls import ActivateProduct, DeactivateProduct, SearchProducts
from streams.outcome import Delivered, Outcome, RetryLater
from streams.tiktok_shop.answer import Answer, outcome_for, shop_times
from streams.tiktok_shop.call import Call
from streams.tiktok_shop.envelope import list_of, text

SEARCH = "search_products"
ACTIVATE = "activate_products"
DEACTIVATE = "deactivate_products"
PAGE_SIZE = 100


def search(wanted: SearchProducts) -> Call:
    """Products of any status with these seller SKUs; all pages have to be read."""
    body = {"status": "ALL", "seller_skus": list(wanted.seller_skus)}
    return Call(SEARCH, query=(("page_size", str(PAGE_SIZE)),), body=body)


def found(pages: Sequence[Answer]) -> ProductsFound:
    """The answer to ``search``: all its pages, or why one of them is missing.

    A product is found with all its SKUs, also those not asked for.
    """
    sent_at, _ = shop_times(pages[0])
    last, answered_at = pages[-1], shop_times(pages[-1])[1]
    if not isinstance(last.outcome, Delivered):
        return ProductsFound(last.outcome, (), sent_at, answered_at)
    try:
        rows = tuple(row for page in pages for row in _rows(page))
    except AttributeError:
        unreadable: Outcome = RetryLater("unreadable", "the products of the answer cannot be read")
        return ProductsFound(unreadable, (), sent_at, answered_at)
    return ProductsFound(last.outcome, rows, sent_at, answered_at)


def deactivate(wanted: DeactivateProduct) -> Call:
    """The product goes off sale."""
    return Call(DEACTIVATE, body={"product_ids": [wanted.product_id]})


def activate(wanted: ActivateProduct) -> Call:
    """The product goes back on sale, through a review."""
    return Call(ACTIVATE, body={"product_ids": [wanted.product_id]})


def changed(answer: Answer, product_id: str) -> ProductChanged:
    """The answer to ``deactivate`` and ``activate``."""
    return ProductChanged(outcome_for(answer, "product_id", product_id), *shop_times(answer))


def _rows(page: Answer) -> list[FoundSku]:
    return [
        FoundSku(text(product.get("id")), text(sku.get("id")), text(sku.get("seller_sku")), text(product.get("status")))
        for product in list_of(page.data.get("products"))
        for sku in list_of(product.get("skus"))
    ]
