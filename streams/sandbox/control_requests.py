"""What the control API understands, as values: the client sends these, the sandbox checks them.

Unknown names are refused, so that a misspelt setting is an error and not a silent default.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from streams.sandbox.faults import Kind
from streams.sandbox.limits import ANY


class Wanted(BaseModel):
    """Frozen, and nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class App(Wanted):
    """An app that may call; without `webhook_types` its address gets every type of event."""

    app_key: str
    app_secret: str
    webhook_address: str = ""
    webhook_types: tuple[int, ...] = ()


class Warehouse(Wanted):
    """`supply_channel` names where the goods lie; shops with the same name share the merchant's units."""

    name: str
    id: str = Field(default="", pattern=r"^([1-8][0-9]{0,18})?$")
    """Empty: the next free one.  For shops that market files on disk name already."""
    supply_channel: str = ""
    type: Literal["SALES_WAREHOUSE", "RETURN_WAREHOUSE"] = "SALES_WAREHOUSE"
    effect_status: Literal["ENABLED", "DISABLED", "RESTRICTED"] = "ENABLED"


class Shop(Wanted):
    """The first warehouse is the default one; shops with the same `open_id` belong to one seller and one token."""

    name: str
    region: str
    currency: str
    warehouses: tuple[Warehouse, ...]
    open_id: str = ""
    seller_name: str = ""
    seller_type: Literal["LOCAL", "CROSS_BORDER"] = "LOCAL"
    cipher: str = ""
    remorse: Literal["held", "none"] = "held"
    """Whether this market knows ON_HOLD."""
    shipping_type: Literal["SELLER", "TIKTOK"] = "SELLER"


class Sku(Wanted):
    """`quantity` in the default warehouse, or `inventory` by warehouse id."""

    seller_sku: str
    name: str = "Default"
    price: str = "10.00"
    quantity: int = 0
    inventory: dict[str, int] | None = None


class Product(Wanted):
    """A product with its SKUs; it is live at once unless a status is given."""

    skus: tuple[Sku, ...]
    title: str = ""
    status: str = "ACTIVATE"


class Products(Wanted):
    """Any number of products of one shop."""

    shop_id: str
    products: tuple[Product, ...]


class Consent(Wanted):
    """A seller, named by one of its shops, agrees to an app; no scopes means all of them."""

    app_key: str
    shop_id: str
    scopes: tuple[str, ...] = ()


class SkuChange(Wanted):
    """What a seller or the platform does to a SKU by hand; None leaves it as it is."""

    shop_id: str
    seller_sku: str
    status: Literal["NORMAL", "DEACTIVATED"] | None = None
    promotion: bool | None = None
    campaign_quantity: int | None = None
    """Units locked for a campaign in the default warehouse, part of the available ones."""
    quantity: int | None = None
    """Available units in the default warehouse, set by hand in the seller's own web page."""


class OrderItem(Wanted):
    """Units of a SKU, named by seller SKU or SKU id; discounts per unit."""

    seller_sku: str = ""
    sku_id: str = ""
    units: int = 1
    seller_discount: str = "0"
    platform_discount: str = "0"


class Order(Wanted):
    """What a buyer tries to buy; `paid` says whether the payment follows at once."""

    shop_id: str
    items: tuple[OrderItem, ...]
    paid: bool = True
    shipping_fee: str = "0"


class OrderStep(Wanted):
    """A step of several orders; `line_ids` ships a part, `role` and `reason` belong to cancelling."""

    order_ids: tuple[str, ...]
    line_ids: tuple[str, ...] = ()
    role: Literal["BUYER", "SELLER", "OPERATOR", "SYSTEM"] = "BUYER"
    reason: str = "ecom_order_to_ship_canceled_reason_no_need"


class StockMove(Wanted):
    """Physical units of the merchant: `add` moved in (or out, below 0), or `counted` in all."""

    seller_sku: str
    supply_channel: str
    add: int | None = None
    counted: int | None = None


class Fault(Wanted):
    """A rule of what goes wrong; `count` ends it after so many faults."""

    kind: Kind
    operation: str = ANY
    shop_id: str = ANY
    seller_sku: str = ANY
    probability: float = 1.0
    count: int | None = None
    seconds: float | None = None
    code: int | None = None


class Limit(Wanted):
    """Calls per second of an operation of a shop; "*" stands for all."""

    rate: float
    burst: float | None = None
    operation: str = ANY
    shop_id: str = ANY
    app_key: str = ANY


class ClockChange(Wanted):
    """`speed` in sandbox seconds per second; `step` jumps ahead."""

    speed: float | None = None
    step: float | None = None


class Apps(Wanted):
    apps: tuple[App, ...]


class Shops(Wanted):
    shops: tuple[Shop, ...]


class Orders(Wanted):
    orders: tuple[Order, ...]


class StockMoves(Wanted):
    moves: tuple[StockMove, ...]


class Faults(Wanted):
    faults: tuple[Fault, ...]


class Limits(Wanted):
    limits: tuple[Limit, ...]


class SkuChanges(Wanted):
    changes: tuple[SkuChange, ...]


class ProductStep(Wanted):
    """Puts products into a state, as the platform or the seller's web page could."""

    product_ids: tuple[str, ...]
    status: str


class ShopNamed(Wanted):
    shop_id: str


class Switched(Wanted):
    """Values by name of the switch."""

    switches: dict[str, Any]
