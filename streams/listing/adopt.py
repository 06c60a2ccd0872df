"""Adoption: which listing of the shop carries our SKU, found by seller SKU, to the letter."""

from streams.listing.answers import FoundSku, ProductsFound
from streams.listing.failed import Lapse, refused_for_good, waiting
from streams.listing.refusal import editable
from streams.listing.report import Report
from streams.listing.row import product_named, sku_named, with_product, with_skus
from streams.outcome import Rejected
from streams.records.listing import Listing, ListingSku, OpenCall

NOT_LISTED = "sku-not-listed"
IN_SEVERAL = "sku-in-several-products"


def adopted(state: Listing, call: OpenCall, answer: ProductsFound, lapse: Lapse, report: Report) -> Listing:
    """The row after a product search that succeeded."""
    for sent in call.sent:
        sku = sku_named(state, sent.sku)
        assert sku is not None
        rows = {row.sku_id: row for row in answer.rows if row.seller_sku == sku.sku and editable(row.status) != "gone"}
        sku = _adopted(sku, list(rows.values()), lapse, report)
        state = with_skus(state, [sku])
        if sku.product_id is not None:
            state = _seen(state, sku.product_id, answer)
    return state


def _adopted(sku: ListingSku, rows: list[FoundSku], lapse: Lapse, report: Report) -> ListingSku:
    match rows:
        case [] if sku.released:
            report.tell("UNCHANGED", sku, "the SKU left the listing and the shop does not carry it")
            return report.closed(sku, "unchanged")._replace(levels=())
        case []:
            return waiting(sku, NOT_LISTED, "no product of the shop carries this seller SKU", lapse, report)
        case [row] if editable(row.status) == "wait":
            code = f"product-{row.status.lower().replace('_', '-')}"
            return waiting(sku, code, f"the product's status {row.status} takes no stock", lapse, report)
        case [row]:
            return sku._replace(sku_id=row.sku_id, product_id=row.product_id, known="NEVER", not_before=0)
        case _:
            products = ", ".join(sorted({row.product_id for row in rows}))
            why = Rejected(
                IN_SEVERAL,
                f"seller SKU {sku.sku} is listed {len(rows)} times, in {products}",
                "seller_sku",
                sku.sku,
                "keep one listing of the SKU in the shop, then reconcile",
            )
            return refused_for_good(sku, why, report)


def _seen(state: Listing, product_id: str, answer: ProductsFound) -> Listing:
    rows = [row for row in answer.rows if row.product_id == product_id]
    product, status = product_named(state, product_id), rows[0].status
    still_off = product.deactivated and status == "SELLER_DEACTIVATED"
    shown = product._replace(status=status, skus=len({row.sku_id for row in rows}), deactivated=still_off)
    return with_product(state, shown)
