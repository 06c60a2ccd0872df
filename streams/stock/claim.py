"""Which product a SKU belongs to, by claims that may arrive late.

Claims carry the order of their source.  One that is older than the claim or release in force is ignored; so is
a release by a product that does not own the SKU (any more).
"""

from streams.records.sku_link import SkuLink
from streams.stock.draft import Draft


def claim(draft: Draft, link: SkuLink, appended_at: int) -> None:
    """Apply one claim or release."""
    if link.claimed_at < draft.claimed_at:
        return
    new: tuple[str | None, int, str | None, tuple[str, ...]]
    if link.markets:
        new = (link.product, link.claimed_at, link.category, tuple(dict.fromkeys(link.markets)))
    elif link.product == draft.product:
        new = (None, link.claimed_at, None, ())
    else:
        return
    old = (draft.product, draft.claimed_at, draft.category, draft.markets)
    if new == old:
        return
    draft.product, draft.claimed_at, draft.category, draft.markets = new
    draft.caused(appended_at, None)
