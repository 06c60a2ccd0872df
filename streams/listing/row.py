"""Reading and replacing parts of a listing's row, which is never changed in place."""

from collections.abc import Iterable

from streams.records.listing import Listing, ListingSku, Sent, ShownProduct

NEW = Listing()


def sku_named(state: Listing, sku: str) -> ListingSku | None:
    """The SKU's part of the row."""
    return next((row for row in state.skus if row.sku == sku), None)


def with_skus(state: Listing, changed: Iterable[ListingSku]) -> Listing:
    """The row with these SKUs in place of those of the same name; new ones at the end."""
    rows = {row.sku: row for row in state.skus}
    rows.update((row.sku, row) for row in changed)
    return state._replace(skus=tuple(rows.values()))


def product_named(state: Listing, product_id: str) -> ShownProduct:
    """What is known of a TikTok Shop product."""
    return next((row for row in state.products if row.product_id == product_id), ShownProduct(product_id))


def with_product(state: Listing, product: ShownProduct) -> Listing:
    """The row with this product in place of the one with the same id."""
    others = tuple(row for row in state.products if row.product_id != product.product_id)
    return state._replace(products=(*others, product))


def sent_about(state: Listing, sku: str) -> Sent | None:
    """What the call under way says about a SKU."""
    if state.call is None:
        return None
    return next((sent for sent in state.call.sent if sent.sku == sku), None)


def with_sent(state: Listing, changed: Sent) -> Listing:
    """The row with this part of the call under way replaced."""
    assert state.call is not None
    sent = tuple(changed if row.sku == changed.sku else row for row in state.call.sent)
    return state._replace(call=state.call._replace(sent=sent))
