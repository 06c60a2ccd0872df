"""Stock on the wire: the write, and reading back what TikTok Shop shows.

Figures are absolute units that can be sold now; units of open orders are not among them.  A write
names every warehouse of a SKU, and all changed SKUs of one product travel in one call.
"""

from typing import Any

from streams.listing.answers import InventoryShown, InventoryUpdated, ShownLevel, ShownSku, SkuFailed
from streams.listing.calls import SearchInventory, SkuQuantities, UpdateInventory, WarehouseQuantity
from streams.outcome import Delivered, Outcome, Rejected, RetryLater, Unknown
from streams.tiktok_shop.answer import Answer, shop_times
from streams.tiktok_shop.call import Call
from streams.tiktok_shop.envelope import list_of, number, text
from streams.tiktok_shop.errors import worst
from streams.tiktok_shop.items import ItemError

UPDATE = "update_inventory"
SEARCH = "search_inventory"


def update(wanted: UpdateInventory) -> Call:
    """The write for one product."""
    body = {"skus": [_quantities(sku) for sku in wanted.skus]}
    return Call(UPDATE, path=(("product_id", wanted.product_id),), body=body)


def updated(answer: Answer) -> InventoryUpdated:
    """The answer to ``update``.

    Nobody knows whether the other warehouses of a failed SKU were written: the SKU failed as a whole.
    """
    errors = tuple(SkuFailed(error.id, _of_item(error)) for error in answer.errors if error.kind == "sku_id")
    return InventoryUpdated(_own_outcome(answer), errors, *shop_times(answer))


def search(wanted: SearchInventory) -> Call:
    """The reading of some SKUs in every warehouse."""
    return Call(SEARCH, body={"sku_ids": list(wanted.sku_ids)})


def shown(answer: Answer) -> InventoryShown:
    """The answer to ``search``; a figure that cannot be read is no figure, and spoils the reading."""
    times = shop_times(answer)
    if not isinstance(answer.outcome, Delivered):
        return InventoryShown(answer.outcome, (), *times)
    try:
        products = list_of(answer.data.get("inventory"))
        rows = tuple(_shown(sku) for product in products for sku in list_of(product.get("skus")))
    except (AttributeError, ValueError):
        return InventoryShown(RetryLater("unreadable", "the figures of the answer cannot be read"), (), *times)
    return InventoryShown(answer.outcome, rows, *times)


def _of_item(error: ItemError) -> Outcome:
    """The outcome of one SKU, naming the warehouses the answer names."""
    outcome = error.outcome
    if isinstance(outcome, Rejected) and outcome.field == "warehouse_id" and outcome.value is None and error.warehouses:
        return outcome._replace(value=", ".join(error.warehouses))
    return outcome


def _own_outcome(answer: Answer) -> Outcome:
    """What the call did to SKUs that are not named as failed."""
    unnamed = [error.outcome for error in answer.errors if error.kind != "sku_id"]
    if not answer.errors:
        return answer.outcome
    if not unnamed:
        return Delivered()
    if all(error.kind == "product_id" for error in answer.errors):
        return worst(unnamed)
    return Unknown("unnamed-item", "a SKU failed, and the answer does not say which")


def _quantities(sku: SkuQuantities) -> dict[str, Any]:
    return {"id": sku.sku_id, "inventory": [_quantity(level) for level in sku.levels]}


def _quantity(level: WarehouseQuantity) -> dict[str, Any]:
    if not level.warehouse:
        return {"quantity": level.quantity}
    return {"warehouse_id": level.warehouse, "quantity": level.quantity}


def _shown(sku: dict[str, Any]) -> ShownSku:
    levels = tuple(
        ShownLevel(text(row.get("warehouse_id")), number(row.get("available_quantity")), _committed(row, "committed"))
        for row in list_of(sku.get("warehouse_inventory"))
    )
    if not levels:
        available = number(sku.get("total_available_quantity"))
        levels = (ShownLevel("", available, _committed(sku, "total_committed")),)
    return ShownSku(text(sku.get("id")), levels)


def _committed(row: dict[str, Any], name: str) -> int:
    return number(row.get(f"{name}_quantity") or 0)
