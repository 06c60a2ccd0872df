"""What is served, as a table: method, path, versions, whether a shop cipher belongs there, and the scope it needs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from streams.sandbox import (
    codes,
    inventory,
    inventory_search,
    order_read,
    product_read,
    product_states,
    shop_read,
    webhook_config,
)
from streams.sandbox.codes import Refused
from streams.sandbox.wire import Json
from streams.sandbox.world import Call, World

Run = Callable[[World, Call], Json | Refused]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; `resource` is the path behind the version, with `{names}` for ids."""

    name: str
    method: str
    group: str
    resource: str
    versions: tuple[str, ...]
    cipher: Literal["required", "forbidden"]
    scope: str
    run: Run


BASIC, WRITE = "seller.product.basic", "seller.product.write"
ORDERS, LOGISTICS, AUTHORIZATION = "seller.order.info", "seller.logistics", "seller.authorization.info"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "authorized_shops",
        "GET",
        "authorization",
        "shops",
        ("202309",),
        "forbidden",
        AUTHORIZATION,
        shop_read.authorized_shops,
    ),
    Operation(
        "get_webhooks", "GET", "event", "webhooks", ("202309",), "required", AUTHORIZATION, webhook_config.listed
    ),
    Operation("put_webhook", "PUT", "event", "webhooks", ("202309",), "required", AUTHORIZATION, webhook_config.put),
    Operation(
        "delete_webhook", "DELETE", "event", "webhooks", ("202309",), "required", AUTHORIZATION, webhook_config.deleted
    ),
    Operation(
        "search_products",
        "POST",
        "product",
        "products/search",
        ("202502", "202312", "202309"),
        "required",
        BASIC,
        product_read.search,
    ),
    Operation(
        "activate_products",
        "POST",
        "product",
        "products/activate",
        ("202309",),
        "required",
        BASIC,
        product_states.activate,
    ),
    Operation(
        "deactivate_products",
        "POST",
        "product",
        "products/deactivate",
        ("202309",),
        "required",
        BASIC,
        product_states.deactivate,
    ),
    Operation(
        "get_product", "GET", "product", "products/{product_id}", ("202309",), "required", BASIC, product_read.get
    ),
    Operation(
        "update_inventory",
        "POST",
        "product",
        "products/{product_id}/inventory/update",
        ("202309",),
        "required",
        WRITE,
        inventory.update,
    ),
    Operation(
        "search_inventory",
        "POST",
        "product",
        "inventory/search",
        ("202309",),
        "required",
        BASIC,
        inventory_search.search,
    ),
    Operation("search_orders", "POST", "order", "orders/search", ("202309",), "required", ORDERS, order_read.search),
    Operation("get_orders", "GET", "order", "orders", ("202507", "202309"), "required", ORDERS, order_read.detail),
    Operation("warehouses", "GET", "logistics", "warehouses", ("202309",), "required", LOGISTICS, shop_read.warehouses),
)
BY_NAME = {one.name: one for one in OPERATIONS}
SCOPES = tuple(
    sorted(
        {one.scope for one in OPERATIONS}
        | {
            "seller.product.delete",
            "seller.fulfillment.basic",
            "seller.fulfillment.package.write",
            "seller.return_refund.basic",
        }
    )
)


def find(method: str, path: str, retired: dict[str, list[str]]) -> tuple[Operation, dict[str, str]] | Refused:
    """The operation of a request; path, then version, then method, as the platform checks."""
    parts = path.split("/")
    if len(parts) < 4 or parts[0]:
        return Refused(codes.UNKNOWN_PATH)
    fitting = list(_fitting(parts[1], parts[3:]))
    if not fitting:
        return Refused(codes.UNKNOWN_PATH)
    current = [one for one in fitting if parts[2] in one[0].versions and parts[2] not in retired.get(one[0].name, ())]
    if not current:
        return Refused(codes.UNKNOWN_VERSION)
    for operation, ids in current:
        if operation.method == method:
            return operation, ids
    return Refused(codes.UNKNOWN_METHOD)


def _fitting(group: str, given: list[str]) -> Iterator[tuple[Operation, dict[str, str]]]:
    for operation, resource in _RESOURCES.get((group, len(given)), ()):
        ids: dict[str, str] = {}
        for wanted, part in zip(resource, given, strict=True):
            if wanted.startswith("{") and part.isdigit():
                ids[wanted[1:-1]] = part
            elif wanted != part:
                break
        else:
            yield operation, ids


def _by_shape() -> dict[tuple[str, int], list[tuple[Operation, list[str]]]]:
    shapes: dict[tuple[str, int], list[tuple[Operation, list[str]]]] = {}
    for operation in OPERATIONS:
        parts = operation.resource.split("/")
        shapes.setdefault((operation.group, len(parts)), []).append((operation, parts))
    return shapes


_RESOURCES = _by_shape()
