"""TikTok Shop as one listing sees it: figures that move with orders, searches, and writes that are absolute."""

from dataclasses import dataclass, field
from random import Random

from streams.listing.answers import (
    Answer,
    FoundSku,
    InventoryShown,
    InventoryUpdated,
    ProductChanged,
    ProductsFound,
    ShownLevel,
    ShownSku,
    SkuFailed,
)
from streams.listing.calls import (
    ActivateProduct,
    Call,
    DeactivateProduct,
    SearchInventory,
    SearchProducts,
    UpdateInventory,
)
from streams.outcome import Delivered, Rejected


@dataclass
class Place:
    """What TikTok Shop shows of one SKU in one warehouse, and what the source has."""

    available: int = 0
    committed: int = 0
    source: int = 0


@dataclass
class FakeShop:
    random: Random
    skus: tuple[str, ...]
    warehouses: tuple[str, ...]
    spoiled: frozenset[str]
    """SKUs whose writes are refused, with or without naming them."""
    places: dict[tuple[str, str], Place] = field(default_factory=dict)
    on_sale: bool = True

    def __post_init__(self) -> None:
        for sku in self.skus:
            for warehouse in self.warehouses:
                self.places[sku, warehouse] = Place(available=self.random.choice((0, 1, 5)))

    def apply(self, call: Call) -> Answer:
        match call:
            case SearchProducts(seller_skus):
                asked = set(seller_skus) & set(self.skus)
                rows = tuple(FoundSku("p1", f"id-{sku}", sku, "ACTIVATE") for sku in self.skus if asked)
                return ProductsFound(Delivered(), rows)
            case SearchInventory(sku_ids):
                return InventoryShown(Delivered(), tuple(self._shown(sku_id) for sku_id in sku_ids))
            case UpdateInventory():
                return self._write(call)
            case DeactivateProduct() | ActivateProduct():
                self.on_sale = isinstance(call, ActivateProduct)
                return ProductChanged(Delivered())

    def _shown(self, sku_id: str) -> ShownSku:
        sku = sku_id.removeprefix("id-")
        rows = (
            ShownLevel(name, self.places[sku, name].available, self.places[sku, name].committed)
            for name in self.warehouses
        )
        return ShownSku(sku_id, tuple(rows))

    def _write(self, call: UpdateInventory) -> Answer:
        names = {sku.sku_id.removeprefix("id-") for sku in call.skus}
        if names & self.spoiled:
            if len(names) == 1 or self.random.random() < 0.5:
                return InventoryUpdated(Rejected("12052097", "warehouse unknown"))
            errors = tuple(SkuFailed(f"id-{sku}", Rejected("12052097", "warehouse")) for sku in names & self.spoiled)
        else:
            errors = ()
        for sku in call.skus:
            name = sku.sku_id.removeprefix("id-")
            assert {level.warehouse for level in sku.levels} == set(self.warehouses)
            if name in self.spoiled:
                continue
            for level in sku.levels:
                self.places[name, level.warehouse].available = level.quantity
        return InventoryUpdated(Delivered(), errors)
