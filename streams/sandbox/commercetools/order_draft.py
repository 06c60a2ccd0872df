"""`OrderImportDraft` read: what an import needs and how the order looks that comes of it.

Nothing is calculated or checked for plausibility, as with commercetools. The fake has no products, so any SKU is taken.
"""

from dataclasses import dataclass
from typing import Any

from streams.sandbox.commercetools.errors import Refused, invalid_field, invalid_json
from streams.sandbox.commercetools.inventory_actions import number, supply_channel
from streams.sandbox.commercetools.order_stock import MODES, Demand
from streams.sandbox.commercetools.resources import key_of, reference, unknown
from streams.sandbox.commercetools.world import Project, World, date
from streams.sandbox.wire import Json

AS_SENT = (
    "purchaseOrderNumber",
    "customerId",
    "customerEmail",
    "customerGroup",
    "businessUnit",
    "store",
    "taxedPrice",
    "shippingAddress",
    "billingAddress",
    "shippingInfo",
    "paymentInfo",
    "shipmentState",
    "paymentState",
    "state",
    "country",
    "completedAt",
    "custom",
)
DEFAULTS: Json = {
    "priceRoundingMode": "HalfEven",
    "taxRoundingMode": "HalfEven",
    "taxCalculationMode": "LineItemLevel",
    "inventoryMode": "None",
    "orderState": "Open",
    "origin": "Customer",
    "itemShippingAddresses": [],
}
FIELDS = frozenset({"orderNumber", "totalPrice", "lineItems", "customLineItems", *AS_SENT, *DEFAULTS})
LINE_AS_SENT = ("taxRate", "taxedPrice", "distributionChannel", "shippingDetails", "custom")
LINE_FIELDS = frozenset(
    {
        "name",
        "variant",
        "productId",
        "quantity",
        "price",
        "key",
        "supplyChannel",
        "inventoryMode",
        "state",
        *LINE_AS_SENT,
    }
)
ORDER_STATES = ("Open", "Confirmed", "Complete", "Cancelled")
SHIPMENT_STATES = ("Shipped", "Ready", "Pending", "Delayed", "Partial", "Delivered", "Backorder", "Canceled")
PAYMENT_STATES = ("BalanceDue", "Failed", "Pending", "CreditOwed", "Paid")
STATES = {
    "orderState": ORDER_STATES,
    "shipmentState": SHIPMENT_STATES,
    "paymentState": PAYMENT_STATES,
    "inventoryMode": MODES,
}
INITIAL = "1e71a100-0000-4000-8000-000000000001"
"""The built-in state every line starts in."""


@dataclass(frozen=True, slots=True)
class Imported:
    """An order's own fields, and the units it takes."""

    number: str | None
    body: Json
    demands: list[Demand]


def imported(world: World, project: Project, draft: Json) -> Imported | Refused:
    refused = unknown(draft, FIELDS, "OrderImportDraft") or _states(draft)
    if refused is not None:
        return refused
    total = money(draft.get("totalPrice"))
    if total is None:
        return invalid_json("totalPrice: Missing required value")
    given, custom = draft.get("lineItems") or [], draft.get("customLineItems") or []
    if not given and not custom:
        return invalid_json("lineItems: either lineItems or customLineItems is wanted")
    order_number = draft.get("orderNumber")
    if order_number is not None and (not isinstance(order_number, str) or not order_number):
        return invalid_field("orderNumber", order_number)
    mode = draft.get("inventoryMode", "None")
    lines, demands = [], []
    for one in given:
        line = _line(world, project, one, mode)
        if isinstance(line, Refused):
            return line
        lines.append(line[0])
        demands.append(line[1])
    body = (
        DEFAULTS
        | {name: draft[name] for name in (*AS_SENT, *DEFAULTS) if draft.get(name) is not None}
        | {
            "type": "Order",
            "totalPrice": total,
            "taxMode": "External",
            "shippingMode": "Single",
            "shipping": [],
            "syncInfo": [],
            "returnInfo": [],
            "discountCodes": [],
            "directDiscounts": [],
            "refusedGifts": [],
            "lineItems": lines,
            "customLineItems": [one | {"id": world.new_id()} for one in custom],
        }
    )
    if order_number is not None:
        body["orderNumber"] = order_number
    return Imported(order_number, body, demands)


def money(given: Any) -> Json | None:
    """Money in cents, or None when it is not."""
    match given:
        case {"currencyCode": str(currency), "centAmount": int(cents)}:
            return {"type": "centPrecision", "currencyCode": currency, "centAmount": cents, "fractionDigits": 2}
    return None


def _states(draft: Json) -> Refused | None:
    for name, known in STATES.items():
        if draft.get(name) is not None and draft[name] not in known:
            return invalid_field(name, draft[name])
    return None


def _line(world: World, project: Project, given: Any, order_mode: str) -> tuple[Json, Demand] | Refused:
    if not isinstance(given, dict) or not isinstance(given.get("name"), dict):
        return invalid_json("lineItems.name: Missing required value")
    refused = unknown(given, LINE_FIELDS, "LineItemImportDraft") or _states(given)
    if refused is not None:
        return refused
    variant = given.get("variant")
    if not isinstance(variant, dict) or not isinstance(variant.get("sku"), str):
        return invalid_json("lineItems.variant.sku: Missing required value")
    price = money(given["price"].get("value")) if isinstance(given.get("price"), dict) else None
    if price is None:
        return invalid_json("lineItems.price: Missing required value")
    units, key = number(given, "quantity"), key_of(given)
    channel = supply_channel(world, project.id, given.get("supplyChannel"))
    if isinstance(units, Refused):
        return units
    if isinstance(channel, Refused):
        return channel
    if isinstance(key, Refused):
        return key
    line_id, now = world.new_id(), date(world.now())
    line = {
        "id": line_id,
        "productId": given.get("productId") or INITIAL,
        "name": given["name"],
        "variant": {"id": 1, "sku": variant["sku"], "prices": [], "images": [], "attributes": []},
        "price": {"value": price},
        "quantity": units,
        "discountedPricePerQuantity": [],
        "addedAt": now,
        "lastModifiedAt": now,
        "state": [{"quantity": units, "state": reference("state", INITIAL)}],
        "priceMode": "Platform",
        "lineItemMode": "Standard",
        "totalPrice": price | {"centAmount": price["centAmount"] * units},
    }
    line |= {name: given[name] for name in (*LINE_AS_SENT, "inventoryMode") if given.get(name) is not None}
    line |= {"key": key} if key is not None else {}
    line |= {"supplyChannel": reference("channel", channel)} if channel else {}
    return line, Demand(line_id, variant["sku"], channel, units, given.get("inventoryMode") or order_mode)
