"""Codes about stock, warehouses and prices.

A refused decrease (12052055, 12052146, 12052393) leaves more on offer than the rule allows; what follows
from that is decided by ``listing``, here it only has a name.
"""

from streams.tiktok_shop.codes.row import Row, refuse, stop, wait

MAP_WAREHOUSES = "map exactly the sales warehouses TikTok Shop shows for this SKU"
PRICE = "correct the price in commercetools or the rounding in the market file"

ROWS: dict[int, Row] = {
    # stock
    12019022: refuse("warehouse_id", "SKU needs a valid warehouse", MAP_WAREHOUSES),
    12019024: refuse(
        "quantity",
        "stock number wrong",
        "take the product off sale when the figure is 0; otherwise check the cap in the market file",
    ),
    12019028: refuse("warehouse_id", "several warehouses: send all of them", MAP_WAREHOUSES),
    12052037: refuse(
        "warehouse_id",
        "stock cannot be changed (automatic allocation, wrong or missing warehouses)",
        "turn off automatic allocation, or map exactly the warehouses of the SKU",
    ),
    12052055: refuse(
        "quantity",
        "quantity out of range",
        "take the product off sale, or accept quantity 0 in Seller Center; the shop shows the old figure until then",
    ),
    12052094: refuse("warehouse_id", "no permission for several warehouses", MAP_WAREHOUSES),
    12052097: refuse("warehouse_id", "warehouse unknown", MAP_WAREHOUSES),
    12052115: stop("the seller has no warehouse", "create a warehouse in Seller Center"),
    12052141: refuse(
        "quantity",
        "stock is managed on the global product",
        "take this SKU out of our hands in the market file, or manage it locally",
    ),
    12052142: refuse("warehouse_id", "no permission for several global warehouses", MAP_WAREHOUSES),
    12052143: refuse("warehouse_id", "warehouses must be the same on all SKUs", MAP_WAREHOUSES),
    12052144: refuse("warehouse_id", "platform warehouse not editable", MAP_WAREHOUSES),
    12052145: refuse("warehouse_id", "campaign warehouse cannot be removed", MAP_WAREHOUSES),
    12052146: refuse(
        "quantity",
        "quantity below what is locked (orders, campaigns)",
        "orders or campaigns hold these units: end the campaign, or wait for the orders to ship",
    ),
    12052364: refuse("warehouse_id", "warehouse cannot ship to the market", MAP_WAREHOUSES),
    12052393: refuse(
        "quantity",
        "promotion: stock cannot go below the current figure",
        "end the promotion or take the product off sale; the shop shows the old figure until then",
    ),
    12052403: refuse("warehouse_id", "warehouse does not serve the shop", MAP_WAREHOUSES),
    12052405: refuse("warehouse_id", "warehouse lacks the logistics service", MAP_WAREHOUSES),
    12052420: refuse("warehouse_id", "warehouse has no logistics service", MAP_WAREHOUSES),
    12052465: refuse("warehouse_id", "warehouse not usable for EU replicated products", MAP_WAREHOUSES),
    12052486: refuse("inventory", "inventory missing", MAP_WAREHOUSES),
    12052490: refuse("handling_time", "handling time out of range", "correct the handling time in the market file"),
    12052503: refuse("inventory", "shared allocation: quantities must be equal", MAP_WAREHOUSES),
    12052516: refuse("inventory", "inventory incomplete", MAP_WAREHOUSES),
    12052530: refuse("warehouse_id", "warehouse belongs to another shop", MAP_WAREHOUSES),
    12052531: refuse("warehouse_id", "warehouse disabled", MAP_WAREHOUSES),
    12052532: refuse("warehouse_id", "not a sales warehouse", MAP_WAREHOUSES),
    12052533: refuse("warehouse_id", "warehouses of a SKU cannot be added, removed or swapped", MAP_WAREHOUSES),
    12052534: refuse("warehouse_id", "warehouse cannot be removed", MAP_WAREHOUSES),
    12052850: refuse(
        "quantity",
        "stock of a bundle is not editable",
        "manage the stock of the components; take the bundle out of the market file",
    ),
    12052921: refuse(
        "quantity",
        "stock is shared with the source shop",
        "manage the stock in the source shop; take this SKU out of the market file",
    ),
    # price
    12019010: refuse("price", "price wrong", PRICE),
    12019045: wait("the price is locked by a promotion", "nothing to do: it is sent when the promotion ends"),
    12052012: refuse("price", "price malformed", PRICE),
    12052038: wait("the price is locked by a promotion", "nothing to do: it is sent when the promotion ends"),
    12052073: refuse("price", "price wrong", PRICE),
    12052084: refuse("currency", "currency does not belong to the shop", "correct the currency in the market file"),
    12052092: refuse("price", "sale price wrong", PRICE),
    12052096: refuse("price", "SKU without warehouse cannot be priced", MAP_WAREHOUSES),
    12052375: refuse("price", "list price wrong", PRICE),
    12052376: refuse("price", "list price not supported", PRICE),
    12052383: refuse("price", "list price out of range", PRICE),
    12052424: refuse("price", "sale_price missing", PRICE),
    12052570: refuse("price", "price out of range", PRICE),
    12052571: refuse("price", "price missing", PRICE),
    12052572: refuse("price", "sale price wrong", PRICE),
    12052574: refuse("price", "unit price settings wrong", PRICE),
}
