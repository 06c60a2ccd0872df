"""An order as the wire shows it: one line per unit, sums that add up, an address only when it may be read."""

# ruff: noqa: S608 - statements are put together from our own column names; every value is bound

import sqlite3

from streams.sandbox import people
from streams.sandbox.money import text
from streams.sandbox.wire import Json
from streams.sandbox.world import Shop, World

DAY = 86_400
WITHOUT_ADDRESS = frozenset({"UNPAID", "ON_HOLD", "CANCELLED"})


def shown(world: World, shop: Shop, orders: list[sqlite3.Row]) -> list[Json]:
    """Whole orders, in the order given."""
    lines: dict[int, list[sqlite3.Row]] = {row["id"]: [] for row in orders}
    marks = ", ".join("?" for _ in orders)
    rows = world.db.execute(f"SELECT * FROM order_line WHERE order_id IN ({marks}) ORDER BY id", list(lines))
    for row in rows:
        lines[row["order_id"]].append(row)
    return [_order(world, shop, order, lines[order["id"]]) for order in orders]


def _order(world: World, shop: Shop, order: sqlite3.Row, lines: list[sqlite3.Row]) -> Json:
    created, number = order["create_time"], order["number"]
    seen: Json = {
        "id": str(order["id"]),
        "status": order["status"],
        "user_id": str(7_493_900_000_000_000_000 + 7 * number),
        "buyer_email": f"buyer{number}@relay.example",
        "buyer_nickname": f"buyer_{number}",
        "buyer_message": "",
        "commerce_platform": "TIKTOK_SHOP",
        "order_type": "NORMAL",
        "create_time": created,
        "update_time": order["update_time"],
        "is_on_hold_order": shop.remorse == "held",
        "fulfillment_type": "FULFILLMENT_BY_SELLER",
        "shipping_type": shop.shipping_type,
        "delivery_type": "HOME_DELIVERY",
        "delivery_option_id": "7420000000000000003",
        "delivery_option_name": "Send by seller" if shop.shipping_type == "SELLER" else "Standard",
        "warehouse_id": str(order["warehouse_id"]),
        "payment_method_name": "Credit/debit card",
        "is_cod": False,
        "is_sample_order": False,
        "is_replacement_order": False,
        "is_exchange_order": False,
        "is_buyer_request_cancel": False,
        "has_updated_recipient_address": False,
        "need_upload_invoice": "NO_NEED",
        "rts_sla_time": created + 2 * DAY,
        "tts_sla_time": created + 3 * DAY,
        "shipping_due_time": created + 5 * DAY,
        "collection_due_time": created + 8 * DAY,
        "cancel_order_sla_time": created + 5 * DAY,
        "delivery_sla_time": created + 7 * DAY,
        "payment": _payment(shop.currency, order["shipping_fee"], lines),
        "recipient_address": _address(shop, order),
        "packages": _packages(world, shop, order, lines),
        "line_items": [_line(shop.currency, order, line) for line in lines],
    }
    for name in ("paid_time", "rts_time", "collection_time", "delivery_time", "cancel_time"):
        if order[name] is not None:
            seen[name] = order[name]
    if order["status"] == "CANCELLED":
        seen |= {"cancel_reason": order["cancel_reason"], "cancellation_initiator": order["cancel_user"]}
    return seen


def _payment(currency: str, shipping_fee: int, lines: list[sqlite3.Row]) -> Json:
    original = sum(line["original_price"] for line in lines)
    by_seller = sum(line["seller_discount"] for line in lines)
    by_platform = sum(line["platform_discount"] for line in lines)
    sub_total = original - by_seller - by_platform
    none = text(0, currency)
    return {
        "currency": currency,
        "original_total_product_price": text(original, currency),
        "seller_discount": text(by_seller, currency),
        "platform_discount": text(by_platform, currency),
        "sub_total": text(sub_total, currency),
        "original_shipping_fee": text(shipping_fee, currency),
        "shipping_fee_seller_discount": none,
        "shipping_fee_platform_discount": none,
        "shipping_fee_cofunded_discount": none,
        "shipping_fee": text(shipping_fee, currency),
        "shipping_fee_tax": none,
        "product_tax": none,
        "tax": none,
        "small_order_fee": "0",
        "buyer_service_fee": "0",
        "handling_fee": "0",
        "total_amount": text(sub_total + shipping_fee, currency),
    }


def _address(shop: Shop, order: sqlite3.Row) -> Json:
    if order["status"] in WITHOUT_ADDRESS:
        return people.no_address()
    address = people.address(shop.region, order["number"])
    return people.masked(address) if shop.shipping_type == "TIKTOK" else address


def _packages(world: World, shop: Shop, order: sqlite3.Row, lines: list[sqlite3.Row]) -> list[Json]:
    packed = dict.fromkeys(line["package_id"] for line in lines if line["package_id"])
    if packed:
        return [{"id": str(one)} for one in packed]
    early = world.switches.packages_before_shipping == "present" and shop.region != "US" and order["paid_time"]
    return [{"id": str(1_153_500_000_000_000_000 + 7 * order["number"])}] if early else []


def _line(currency: str, order: sqlite3.Row, line: sqlite3.Row) -> Json:
    sale = line["original_price"] - line["seller_discount"] - line["platform_discount"]
    waiting = order["status"] == "UNPAID" and line["state"] == "AWAITING_SHIPMENT"
    seen: Json = {
        "id": str(line["id"]),
        "sku_id": str(line["sku_id"]),
        "product_id": str(line["product_id"]),
        "product_name": line["product_name"],
        "sku_name": line["sku_name"],
        "sku_image": "",
        "seller_sku": line["seller_sku"],
        "sku_type": "NORMAL",
        "original_price": text(line["original_price"], currency),
        "seller_discount": text(line["seller_discount"], currency),
        "platform_discount": text(line["platform_discount"], currency),
        "sale_price": text(sale, currency),
        "currency": currency,
        "display_status": "UNPAID" if waiting else line["state"],
        "item_tax": [],
        "is_gift": False,
        "gift_retail_price": "0",
        "is_dangerous_good": False,
        "needs_prescription": False,
        "small_order_fee": "0",
        "retail_delivery_fee": "0",
        "buyer_service_fee": "0",
    }
    if line["package_id"]:
        seen |= {
            "package_id": str(line["package_id"]),
            "tracking_number": line["tracking_number"],
            "package_status": "COMPLETED" if line["state"] in ("DELIVERED", "COMPLETED") else "FULFILLING",
            "shipping_provider_id": "7419000000000000003",
            "shipping_provider_name": "Sample Post",
        }
    if line["state"] == "CANCELLED":
        seen |= {"cancel_user": order["cancel_user"], "cancel_reason": order["cancel_reason"]}
    return seen
