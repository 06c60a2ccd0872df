"""The calls a listing can want, as values.

The flow gives them to TikTok Shop's client; nothing here knows paths, bodies or signatures.
"""

from typing import Final, NamedTuple


class SearchProducts(NamedTuple):
    """Which products carry these seller SKUs?  At most ten."""

    seller_skus: tuple[str, ...]


class SearchInventory(NamedTuple):
    """What is shown for these SKUs, in every warehouse?  At most 600."""

    sku_ids: tuple[str, ...]


class WarehouseQuantity(NamedTuple):
    """Units that can be sold now from one warehouse: an absolute figure."""

    warehouse: str
    quantity: int


class SkuQuantities(NamedTuple):
    """One SKU with every warehouse it has."""

    sku_id: str
    levels: tuple[WarehouseQuantity, ...]


class UpdateInventory(NamedTuple):
    """Show these quantities: SKUs of one product."""

    product_id: str
    skus: tuple[SkuQuantities, ...]


class DeactivateProduct(NamedTuple):
    """Take the product off sale."""

    product_id: str


class ActivateProduct(NamedTuple):
    """Put the product that we took off sale back."""

    product_id: str


Call = SearchProducts | SearchInventory | UpdateInventory | DeactivateProduct | ActivateProduct

SEARCH_PRODUCTS: Final = "search_products"
SEARCH_INVENTORY: Final = "search_inventory"
UPDATE_INVENTORY: Final = "update_inventory"
DEACTIVATE_PRODUCTS: Final = "deactivate_products"
ACTIVATE_PRODUCTS: Final = "activate_products"

SELLER_SKUS_PER_SEARCH: Final = 10
SKU_IDS_PER_SEARCH: Final = 600
