"""Inventory search: available and committed units per warehouse, up to 600 SKUs or 100 products in one call.

Ids nobody knows are left out of the answer, so a caller has to look for what it asked about.
"""

# ruff: noqa: S608 - statements are put together from our own column names; every value is bound

import sqlite3
from typing import Any

from streams.sandbox import codes
from streams.sandbox.codes import Refused
from streams.sandbox.wire import InventoryRow, Json
from streams.sandbox.world import Call, World

MOST_SKUS, MOST_PRODUCTS = 600, 100


def search(world: World, call: Call) -> Json | Refused:
    sku_ids, product_ids = call.body.get("sku_ids"), call.body.get("product_ids")
    for ids in (sku_ids, product_ids):
        if ids and (not isinstance(ids, list) or not all(isinstance(one, str) for one in ids)):
            return Refused(codes.BAD_INPUT)
    if sku_ids:
        return Refused(codes.TOO_MANY_SKUS) if len(sku_ids) > MOST_SKUS else _found(world, call, "sku.id", sku_ids)
    if product_ids:
        if len(product_ids) > MOST_PRODUCTS:
            return Refused(codes.TOO_MANY_PRODUCT_IDS)
        return _found(world, call, "sku.product_id", product_ids)
    return Refused(codes.BAD_INPUT)


def _found(world: World, call: Call, column: str, ids: list[str]) -> Json:
    marks = ", ".join("?" for _ in ids)
    rows = world.db.execute(
        "SELECT sku.id, sku.product_id, sku.seller_sku, stock.warehouse_id, stock.available, stock.committed,"
        " stock.campaign FROM sku JOIN stock ON stock.sku_id = sku.id"
        f" WHERE sku.shop_id = ? AND {column} IN ({marks}) ORDER BY sku.product_id, sku.id, stock.warehouse_id",
        (call.shop.id, *ids),
    )
    products: dict[int, dict[int, list[sqlite3.Row]]] = {}
    for row in rows:
        products.setdefault(row["product_id"], {}).setdefault(row["id"], []).append(row)
    return {
        "inventory": [
            {"product_id": str(product_id), "skus": [_sku(stocks) for stocks in skus.values()]}
            for product_id, skus in products.items()
        ]
    }


def _sku(stocks: list[sqlite3.Row]) -> InventoryRow:
    available = sum(one["available"] for one in stocks)
    campaign = sum(one["campaign"] for one in stocks)
    reserved: list[dict[str, Any]] = [{"quantity": campaign, "campaign_name": "Sample campaign"}] if campaign else []
    return {
        "id": str(stocks[0]["id"]),
        "seller_sku": stocks[0]["seller_sku"],
        "total_available_quantity": available,
        "total_committed_quantity": sum(one["committed"] for one in stocks),
        "warehouse_inventory": [
            {
                "warehouse_id": str(one["warehouse_id"]),
                "available_quantity": one["available"],
                "committed_quantity": one["committed"],
            }
            for one in stocks
        ],
        "total_available_inventory_distribution": {
            "in_shop_inventory": {"quantity": available - campaign},
            "campaign_inventory": reserved,
            "creator_inventory": [],
        },
    }
