"""Products as a caller reads them: one, or a search by status, seller SKU, SKU id and time.

Searching a local shop shows the display price in `tax_exclusive_price`, reading one product shows it in `sale_price`.
"""

# ruff: noqa: S608 - statements are put together from our own column names; every value is bound

import sqlite3
from collections import defaultdict

from streams.sandbox import codes, money, paging
from streams.sandbox.codes import Refused
from streams.sandbox.wire import Json
from streams.sandbox.world import Call, World

STATUSES = (
    "DRAFT",
    "PENDING",
    "FAILED",
    "ACTIVATE",
    "SELLER_DEACTIVATED",
    "PLATFORM_DEACTIVATED",
    "FREEZE",
    "DELETED",
    "SCHEDULED",
)
IN_REVIEW = ("PENDING", "FAILED", "SCHEDULED")
RESULT_WINDOW = 10_000
MOST_LOOKED_UP = 10
TIMES = {
    "create_time_ge": "create_time >= ?",
    "create_time_le": "create_time <= ?",
    "update_time_ge": "update_time >= ?",
    "update_time_le": "update_time <= ?",
}


def get(world: World, call: Call) -> Json | Refused:
    product = found(world, call.shop.id, call.ids["product_id"])
    if isinstance(product, Refused):
        return product
    if call.query.get("return_under_review_version") == "true" and product["audit_status"] == "APPROVED":
        return Refused(codes.NO_VERSION_UNDER_REVIEW)
    skus = _skus(world, [product["id"]], call.shop.currency, "sale_price")[product["id"]]
    return {
        **_row(product, skus),
        "description": f"<p>{product['title']}</p>",
        "product_status": "INITIAL" if product["status"] in IN_REVIEW else product["status"],
        "audit": {"status": product["audit_status"], "pre_approved_reasons": [], "not_submitted_reasons": []},
        "audit_failed_reasons": _reasons(product),
        "category_chains": [{"id": "600001", "parent_id": "0", "local_name": "Sample goods", "is_leaf": True}],
        "main_images": [],
        "product_attributes": [],
        "is_cod_allowed": False,
        "recommended_categories": [],
        "product_types": [],
        "delivery_options": [],
    }


def found(world: World, shop_id: int, product_id: str) -> sqlite3.Row | Refused:
    """A product of the shop, or why not."""
    row: sqlite3.Row | None = world.db.execute("SELECT * FROM product WHERE id = ?", (product_id,)).fetchone()
    if row is None:
        return Refused(codes.PRODUCT_UNKNOWN)
    return row if row["shop_id"] == shop_id else Refused(codes.PRODUCT_OF_ANOTHER_SHOP)


def search(world: World, call: Call) -> Json | Refused:
    size = paging.size_of(call.query.get("page_size", ""), default=None, most=100)
    if size is None:
        return Refused(codes.BAD_PAGE_SIZE)
    filters = _filters(call)
    if isinstance(filters, Refused):
        return filters
    conditions, values = filters
    asked = {"operation": call.operation, "shop": call.shop.id, "filters": call.body}
    offset = paging.offset_of(call.query.get("page_token", ""), asked)
    if isinstance(offset, Refused):
        return offset
    if offset + size > RESULT_WINDOW:
        return Refused(codes.RESULT_WINDOW)
    where = " AND ".join(conditions)
    total = world.db.execute(f"SELECT count(*) FROM product WHERE {where}", values).fetchone()[0]
    rows = world.db.execute(
        f"SELECT * FROM product WHERE {where} ORDER BY create_time, id LIMIT ? OFFSET ?",
        (*values, size, offset),
    ).fetchall()
    skus = _skus(world, [row["id"] for row in rows], call.shop.currency, "tax_exclusive_price")
    return {
        "total_count": total,
        "next_page_token": paging.token(offset + size, asked) if offset + size < total else "",
        "products": [{**_row(row, skus[row["id"]]), "sales_regions": [call.shop.region]} for row in rows],
    }


def _filters(call: Call) -> tuple[list[str], list[object]] | Refused:
    """Conditions and their values; the plus keeps SQLite from reading the whole shop for a few SKUs."""
    body = call.body
    looks_up = bool(body.get("seller_skus") or body.get("sku_ids"))
    conditions: list[str] = ["+shop_id = ?" if looks_up else "shop_id = ?"]
    values: list[object] = [call.shop.id]
    status = body.get("status") or "ALL"
    if status != "ALL" and status not in STATUSES:
        return Refused(codes.BAD_STATUS_FILTER)
    if status != "ALL":
        conditions.append("status = ?")
        values.append(status)
    for name, column, refusal in (
        ("seller_skus", "seller_sku", codes.TOO_MANY_SELLER_SKUS),
        ("sku_ids", "id", codes.TOO_MANY_SKU_IDS),
    ):
        wanted = body.get(name)
        if not wanted:
            continue
        if not isinstance(wanted, list) or not all(isinstance(one, str) for one in wanted):
            return Refused(codes.BAD_INPUT)
        if len(wanted) > MOST_LOOKED_UP:
            return Refused(refusal)
        marks = ", ".join("?" for _ in wanted)
        conditions.append(f"id IN (SELECT product_id FROM sku WHERE shop_id = ? AND {column} IN ({marks}))")
        values += [call.shop.id, *wanted]
    audits = body.get("audit_status")
    if audits:
        conditions.append(f"audit_status IN ({', '.join('?' for _ in audits)})")
        values += audits
    for name, condition in TIMES.items():
        if body.get(name) is None:
            continue
        if not isinstance(body[name], int):
            return Refused(codes.BAD_CREATE_TIME if name.startswith("create") else codes.BAD_UPDATE_TIME)
        conditions.append(condition)
        values.append(body[name])
    return conditions, values


def _row(product: sqlite3.Row, skus: list[Json]) -> Json:
    return {
        "id": str(product["id"]),
        "title": product["title"],
        "status": product["status"],
        "audit": {"status": product["audit_status"], "pre_approved_reasons": []},
        "has_draft": False,
        "is_not_for_sale": False,
        "listing_quality_tier": "GOOD",
        "skus": skus,
        "create_time": product["create_time"],
        "update_time": product["update_time"],
    }


def _reasons(product: sqlite3.Row) -> list[Json]:
    if product["audit_status"] != "FAILED":
        return []
    return [
        {
            "listing_platform": "TIKTOK_SHOP",
            "position": "Main image",
            "reasons": ["The picture carries text"],
            "suggestions": ["Use a picture without text"],
        }
    ]


def _skus(world: World, product_ids: list[int], currency: str, price_field: str) -> dict[int, list[Json]]:
    by_product: dict[int, list[Json]] = defaultdict(list)
    if not product_ids:
        return by_product
    marks = ", ".join("?" for _ in product_ids)
    rows = world.db.execute(
        "SELECT sku.*, stock.warehouse_id, stock.available FROM sku LEFT JOIN stock ON stock.sku_id = sku.id"
        f" WHERE sku.product_id IN ({marks}) ORDER BY sku.id, stock.warehouse_id",
        product_ids,
    )
    last: Json = {}
    for row in rows:
        if last.get("id") != str(row["id"]):
            status = {"status": row["status"]}
            if row["deactivation_source"]:
                status["deactivation_source"] = row["deactivation_source"]
            last = {
                "id": str(row["id"]),
                "seller_sku": row["seller_sku"],
                "price": {"currency": currency, price_field: money.text(row["price"], currency)},
                "inventory": [],
                "status_info": status,
            }
            by_product[row["product_id"]].append(last)
        if row["warehouse_id"] is not None:
            last["inventory"].append({"warehouse_id": str(row["warehouse_id"]), "quantity": row["available"]})
    return by_product
