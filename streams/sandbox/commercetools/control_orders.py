"""The control API's buyers: orders in the merchant's own shop, with an invented buyer's address in them."""

from streams.sandbox.commercetools import control_requests as wanted
from streams.sandbox.commercetools import orders
from streams.sandbox.commercetools.control_setup import channel_id, known
from streams.sandbox.commercetools.errors import Refused
from streams.sandbox.commercetools.order_draft import imported
from streams.sandbox.commercetools.world import World, author
from streams.sandbox.unusable import Unusable
from streams.sandbox.wire import Json

SHOP = author("sandbox-shop")
PRICE: Json = {"currencyCode": "EUR", "centAmount": 1_990}
BUYER: Json = {
    "customerEmail": "buyer@example.invalid",
    "country": "DE",
    "shippingAddress": {
        "firstName": "Jo",
        "lastName": "Sample",
        "streetName": "Example Street",
        "streetNumber": "1",
        "postalCode": "00000",
        "city": "Sampleton",
        "country": "DE",
        "phone": "+000000000",
    },
}


def place(world: World, given: wanted.Orders) -> Json:
    """Per order its id and number, or why it was refused."""
    return {"orders": [_placed(world, given.project, one) for one in given.orders]}


def _placed(world: World, project_key: str, one: wanted.Order) -> Json:
    project = known(world, project_key)
    number = one.order_number or f"SHOP-{world.chance.getrandbits(40):011X}"
    lines = []
    for line in one.lines:
        channel = channel_id(world, project, line.supply_channel)
        place = {"supplyChannel": {"typeId": "channel", "id": channel}} if channel else {}
        lines.append(
            {
                "name": {"en": line.sku},
                "variant": {"sku": line.sku},
                "quantity": line.quantity,
                "price": {"value": PRICE},
                **place,
            }
        )
    total = PRICE | {"centAmount": PRICE["centAmount"] * sum(line.quantity for line in one.lines)}
    draft = imported(
        world,
        project,
        {"orderNumber": number, "inventoryMode": one.inventory_mode, "lineItems": lines, "totalPrice": total, **BUYER},
    )
    if isinstance(draft, Refused):
        raise Unusable(draft.message)
    row = orders.placed(world, project, draft, SHOP, "OrderCreated")
    if isinstance(row, Refused):
        return {"order_id": None, "order_number": number, "refused": row.message}
    return {"order_id": row["id"], "order_number": number, "refused": None}
