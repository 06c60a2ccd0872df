"""Taking a product off sale that is out but refuses quantity zero, and putting it back.

Only a product of which nothing is wanted any more, every SKU of it being ours, is taken off sale; only one
that we took off is put back, once its stock is right.
"""

from streams.listing.backoff import slowly
from streams.listing.failed import Lapse
from streams.listing.refusal import REFUSED_DECREASE
from streams.listing.report import Report
from streams.listing.row import product_named, with_product, with_skus
from streams.listing.shop import ShopView
from streams.listing.value import differs, is_out
from streams.outcome import Delivered, Outcome, Rejected, RetryLater, ShopStopped, Unknown
from streams.records.listing import Listing, ListingSku, OpenCall, ShownProduct


def skus_of(state: Listing, product_id: str) -> list[ListingSku]:
    """Our SKUs of a TikTok Shop product."""
    return [sku for sku in state.skus if sku.product_id == product_id]


def all_out(state: Listing, product: ShownProduct) -> bool:
    """Nothing of the product is wanted, and nothing in it belongs to somebody else."""
    skus = skus_of(state, product.product_id)
    return len(skus) == product.skus and all(is_out(sku) for sku in skus)


def is_off(state: Listing, sku: ListingSku) -> bool:
    """The SKU refuses its decrease, and its product is off sale for that: nothing more to do."""
    if not sku.refused or sku.product_id is None:
        return False
    product = product_named(state, sku.product_id)
    return product.deactivated and all_out(state, product)


def to_deactivate(state: Listing, product: ShownProduct, shop: ShopView) -> bool:
    """The product has to be taken off sale."""
    return (
        shop.policy.zero_fallback == "deactivate"
        and not product.deactivated
        and not product.gave_up
        and any(sku.refused in REFUSED_DECREASE and differs(sku) for sku in skus_of(state, product.product_id))
        and all_out(state, product)
    )


def to_activate(state: Listing, product: ShownProduct) -> bool:
    """The product has to be put back: something of it is wanted, and all that is wanted is shown."""
    if not product.deactivated or all_out(state, product):
        return False
    wanted = [sku for sku in skus_of(state, product.product_id) if not sku.blocked and not is_out(sku)]
    return bool(wanted) and not any(differs(sku) for sku in wanted)


def changed(state: Listing, call: OpenCall, outcome: Outcome, lapse: Lapse, report: Report) -> Listing:
    """The row after an answer about the product as a whole."""
    product = product_named(state, call.product_id)
    match outcome:
        case Delivered() if call.kind == "DEACTIVATE":
            off = product._replace(deactivated=True, status="SELLER_DEACTIVATED", misses=0, not_before=0)
            return with_product(with_skus(state, _taken_off(state, product, report)), off)
        case Delivered():
            on = product._replace(deactivated=False, status="PENDING", misses=0, not_before=0)
            late = [sku._replace(not_before=0) for sku in skus_of(state, product.product_id) if sku.refused]
            return with_product(with_skus(state, late), on)
        case ShopStopped():
            return state
    misses = product.misses + 1
    product = product._replace(misses=misses, not_before=report.now + slowly(lapse.policy, misses, lapse.token))
    match outcome:
        case Unknown():
            product = product._replace(closed_until=lapse.until, not_before=lapse.until)
        case Rejected() if call.kind == "DEACTIVATE":
            product = product._replace(gave_up=outcome.code)
        case Rejected() | RetryLater():
            pass
    for sku in skus_of(state, product.product_id)[:1]:
        report.wait(outcome.code, outcome.reason, sku._replace(not_before=product.not_before))
    return with_product(state, product)


def _taken_off(state: Listing, product: ShownProduct, report: Report) -> list[ListingSku]:
    done = []
    for sku in skus_of(state, product.product_id):
        if sku.refused and is_out(sku):
            report.tell("APPLIED", sku, f"{sku.explanation}; quantity 0 is refused, the product was taken off sale")
            sku = report.closed(sku, "applied")._replace(exposed=0)
        done.append(sku)
    return done
