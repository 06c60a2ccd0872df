"""When one SKU spoils a call: find it, and let the others go on without it.

A refusal that names no SKU says only that one of those sent is the cause.  They are sent again in halves
until it stands alone: seven more calls for a hundred SKUs.  A group is dissolved by its first success.
"""

from collections.abc import Sequence

from streams.records.listing import Listing, ListingSku


def halved(state: Listing, skus: Sequence[ListingSku]) -> tuple[Listing, list[ListingSku]]:
    """The SKUs in two new groups, each sent apart from all others."""
    first, second = state.groups + 1, state.groups + 2
    middle = len(skus) // 2
    parted = [sku._replace(group=first) for sku in skus[:middle]]
    parted += [sku._replace(group=second) for sku in skus[middle:]]
    return state._replace(groups=second), parted


def alone(state: Listing, sku: ListingSku) -> tuple[Listing, ListingSku]:
    """The SKU in a group of its own."""
    number = state.groups + 1
    return state._replace(groups=number), sku._replace(group=number)
