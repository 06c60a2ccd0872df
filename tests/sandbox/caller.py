"""A caller of the sandbox that signs on its own, as a client of the platform would."""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import httpx
import orjson

from streams.sandbox.control import App, Product, SandboxControl, Shop, Sku, Warehouse
from streams.sandbox.simulator import Simulator
from streams.sandbox.transport import SandboxTransport

KEY, SECRET = "app-under-test", "0b5e55ed5ec4e7"
NOON = 1_790_000_000.0
PRODUCTS = "/product/202309/products"


class Time:
    """Real time, as far as a test is concerned."""

    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def signed(secret: str, path: str, query: dict[str, str], body: bytes) -> str:
    text = path + "".join(name + query[name] for name in sorted(query))
    return hmac.new(secret.encode(), secret.encode() + text.encode() + body + secret.encode(), sha256).hexdigest()


class Caller:
    """One app at one shop."""

    def __init__(self, client: httpx.Client, time: Any, shop: dict[str, Any], token: str) -> None:
        self.client, self.time, self.shop, self.token = client, time, shop, token

    def request(self, method: str, path: str, body: Any = None, query: Mapping[str, str | None] = {}) -> httpx.Response:
        """Signed and sent; a query value of None leaves the parameter out, `sign` may be given wrong."""
        wanted = {"app_key": KEY, "timestamp": str(int(self.time())), "shop_cipher": self.shop["cipher"], **query}
        sent = {name: value for name, value in wanted.items() if value is not None}
        content = body if isinstance(body, bytes) else orjson.dumps(body) if body is not None else b""
        if "sign" not in query:
            sent["sign"] = signed(SECRET, path, sent, content)
        headers = {"x-tts-access-token": self.token, "content-type": "application/json"}
        return self.client.request(method, f"{path}?{urlencode(sent)}", content=content, headers=headers)

    def get(self, path: str, **query: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.request("GET", path, None, query).json()
        return answer

    def post(self, path: str, body: Any, /, **query: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.request("POST", path, body, query).json()
        return answer

    def write(self, product_id: str, skus: dict[str, int] | list[dict[str, Any]]) -> dict[str, Any]:
        if isinstance(skus, dict):
            skus = [{"id": one, "inventory": [{"quantity": quantity}]} for one, quantity in skus.items()]
        return self.post(f"{PRODUCTS}/{product_id}/inventory/update", {"skus": skus})

    def available(self, *sku_ids: str) -> list[int]:
        answer = self.post("/product/202309/inventory/search", {"sku_ids": list(sku_ids)})
        rows = {sku["id"]: sku for product in answer["data"]["inventory"] for sku in product["skus"]}
        return [rows[one]["total_available_quantity"] for one in sku_ids]


class Sandbox:
    """A simulator in memory, one app, one shop with a mug in blue (10) and white (4)."""

    def __init__(self, simulator: Simulator | None = None, **shop: Any) -> None:
        self.time = Time()
        self.simulator = simulator or Simulator(real=self.time)
        self.transport = SandboxTransport(self.simulator)
        self.client = httpx.Client(transport=self.transport, base_url="https://sandbox.example")
        self.control = SandboxControl(self.client)
        self.control.set_clock(step=NOON - self.control.see("clock")["now"])
        self.control.add_apps(App(app_key=KEY, app_secret=SECRET))
        self.shop = self.add_shop(**shop)
        self.product = self.add_product("MUG-BLUE", "MUG-WHITE", quantities=(10, 4))
        self.blue, self.white = (sku["id"] for sku in self.product["skus"])
        self.caller = self.caller_of(self.shop)

    def add_shop(self, **shop: Any) -> dict[str, Any]:
        given = {
            "name": "Sample mugs",
            "region": "GB",
            "currency": "GBP",
            "warehouses": (Warehouse(name="Main", supply_channel="main"),),
        } | shop
        return self.control.add_shops(Shop(**given))[0]

    def add_product(
        self, *seller_skus: str, quantities: tuple[int, ...] = (), shop: dict[str, Any] | None = None, **product: Any
    ) -> dict[str, Any]:
        shop = shop or self.shop
        skus = tuple(
            Sku(seller_sku=one, quantity=quantity, price="14.90")
            for one, quantity in zip(seller_skus, quantities or (10,) * len(seller_skus), strict=True)
        )
        return self.control.add_products(shop["id"], [Product(skus=skus, **product)])[0]

    def caller_of(self, shop: dict[str, Any], scopes: tuple[str, ...] = ()) -> Caller:
        token = self.control.token(KEY, shop["id"], scopes)["access_token"]
        return Caller(self.client, self.time, shop, token)
