"""The control API as a typed client: for tests, the demo and anybody who scripts the sandbox.

It takes any httpx client whose base address is the sandbox's, so it works over the network and under a test's
transport alike.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

import httpx

from streams.sandbox import control_requests as wanted
from streams.sandbox.control_requests import (
    App,
    Fault,
    Limit,
    Order,
    OrderItem,
    Product,
    Shop,
    Sku,
    SkuChange,
    StockMove,
    Warehouse,
)
from streams.sandbox.wire import Json

__all__ = [
    "App",
    "Fault",
    "Limit",
    "Order",
    "OrderItem",
    "Product",
    "SandboxControl",
    "Shop",
    "Sku",
    "SkuChange",
    "StockMove",
    "Warehouse",
]

List = Literal["stock", "orders", "writes", "history", "webhooks"]
CURSOR: dict[List, str] = {"stock": "sku_id", "orders": "id", "writes": "id", "history": "id", "webhooks": "id"}
PAGE = 5_000


class ControlRefused(Exception):
    """The sandbox did not carry out a control request; the text says why."""


class SandboxControl:
    """Sets the sandbox up, makes things happen in it, and reads what happened."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def add_apps(self, *apps: App) -> None:
        self._do("apps", wanted.Apps(apps=apps))

    def add_shops(self, *shops: Shop) -> list[Json]:
        """Per shop: id, cipher, open_id and its warehouses with their ids."""
        return list(self._do("shops", wanted.Shops(shops=shops))["shops"])

    def add_products(self, shop_id: str, products: Iterable[Product]) -> list[Json]:
        """Per product: id and its SKUs with their ids."""
        return list(self._do("products", wanted.Products(shop_id=shop_id, products=tuple(products)))["products"])

    def put_products(self, product_ids: Iterable[str], status: str) -> None:
        self._do("products/status", wanted.ProductStep(product_ids=tuple(product_ids), status=status))

    def change_skus(self, *changes: SkuChange) -> None:
        self._do("skus", wanted.SkuChanges(changes=changes))

    def auth_code(self, app_key: str, shop_id: str, scopes: Sequence[str] = ()) -> str:
        given = wanted.Consent(app_key=app_key, shop_id=shop_id, scopes=tuple(scopes))
        return str(self._do("auth_codes", given)["auth_code"])

    def token(self, app_key: str, shop_id: str, scopes: Sequence[str] = ()) -> Json:
        """Tokens without the detour over a code, in the shape of the token call's data."""
        return self._do("tokens", wanted.Consent(app_key=app_key, shop_id=shop_id, scopes=tuple(scopes)))

    def deauthorize(self, shop_id: str) -> None:
        self._do("shops/deauthorize", wanted.ShopNamed(shop_id=shop_id))

    def new_cipher(self, shop_id: str) -> str:
        return str(self._do("shops/cipher", wanted.ShopNamed(shop_id=shop_id))["cipher"])

    def place(self, *orders: Order) -> list[Json]:
        """Per order: order_id (or None), refused (why, or None) and oversold_units."""
        return list(self._do("orders", wanted.Orders(orders=orders))["orders"])

    def pay(self, *order_ids: str) -> None:
        self._do("orders/pay", wanted.OrderStep(order_ids=order_ids))

    def cancel(self, *order_ids: str, role: Literal["BUYER", "SELLER", "OPERATOR", "SYSTEM"] = "BUYER") -> None:
        self._do("orders/cancel", wanted.OrderStep(order_ids=order_ids, role=role))

    def ship(self, *order_ids: str, line_ids: Sequence[str] = ()) -> list[str]:
        """The ids of the packages."""
        given = wanted.OrderStep(order_ids=order_ids, line_ids=tuple(line_ids))
        return list(self._do("orders/ship", given)["package_ids"])

    def collect(self, *order_ids: str) -> None:
        self._do("orders/collect", wanted.OrderStep(order_ids=order_ids))

    def deliver(self, *order_ids: str) -> None:
        self._do("orders/deliver", wanted.OrderStep(order_ids=order_ids))

    def complete(self, *order_ids: str) -> None:
        self._do("orders/complete", wanted.OrderStep(order_ids=order_ids))

    def move_stock(self, *moves: StockMove) -> list[int]:
        """The physical units after each move."""
        return list(self._do("physical", wanted.StockMoves(moves=moves))["units"])

    def add_faults(self, *faults: Fault) -> None:
        self._do("faults", wanted.Faults(faults=faults))

    def clear_faults(self) -> None:
        self._json(self._client.delete("/_sandbox/faults"))

    def set_limits(self, *limits: Limit) -> None:
        self._do("limits", wanted.Limits(limits=limits))

    def set_clock(self, *, speed: float | None = None, step: float | None = None) -> Json:
        return self._do("clock", wanted.ClockChange(speed=speed, step=step))

    def switch(self, **switches: Any) -> Json:
        return self._do("switches", wanted.Switched(switches=switches))

    def see(self, name: str, **query: str | int) -> Json:
        """One look: summary, shops, physical, oversold, calls, faults, limits, switches, clock, …"""
        return self._json(self._client.get(f"/_sandbox/{name}", params=query))

    def every(self, name: List, **query: str | int) -> Iterator[Json]:
        """Every row of a long list, page by page."""
        after: str | int = 0
        while True:
            rows = self.see(name, **query, after=after, limit=PAGE)[name]
            yield from rows
            if len(rows) < PAGE:
                return
            after = rows[-1][CURSOR[name]]

    def _do(self, name: str, given: wanted.Wanted) -> Json:
        content = given.model_dump_json(exclude_defaults=True).encode()
        return self._json(self._client.post(f"/_sandbox/{name}", content=content))

    def _json(self, answer: httpx.Response) -> Json:
        value: Json = answer.json()
        if answer.status_code != 200:
            raise ControlRefused(value.get("error", str(value)))
        return value
