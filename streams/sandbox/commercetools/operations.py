"""What is served, as a table: name, method, path below the project, the scopes of which one is needed, the status."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from streams.sandbox.commercetools import channels, inventory, messages, orders, projects, subscriptions
from streams.sandbox.commercetools.errors import Refused
from streams.sandbox.commercetools.world import Call, World
from streams.sandbox.wire import Json

Run = Callable[[World, Call], Json | Refused]
READ_STOCK, WRITE_STOCK = ("view_products", "manage_products"), ("manage_products",)
READ_ORDERS, WRITE_ORDERS = ("view_orders", "manage_orders"), ("manage_orders",)
SUBSCRIBE = ("manage_subscriptions",)
MESSAGES = ("view_messages", "view_orders")
OPEN: tuple[str, ...] = ()
"""Anybody may ask, without a token."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; `path` has `{names}` for ids."""

    name: str
    method: str
    path: str
    scopes: tuple[str, ...]
    run: Run | None
    """None: it is prepared first and carried out later, see `subscriptions`."""
    status: int = 200

    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/=]+)", self.path))


OPERATIONS: tuple[Operation, ...] = (
    Operation("get_project", "GET", "", ("view_project_settings", "manage_project"), projects.get),
    Operation("update_project", "POST", "", ("manage_project",), projects.update),
    Operation("query_channels", "GET", "/channels", READ_STOCK, channels.query),
    Operation("create_channel", "POST", "/channels", WRITE_STOCK, channels.create, 201),
    Operation("get_channel", "GET", "/channels/key={key}", READ_STOCK, channels.get),
    Operation("get_channel", "GET", "/channels/{id}", READ_STOCK, channels.get),
    Operation("update_channel", "POST", "/channels/key={key}", WRITE_STOCK, channels.update),
    Operation("update_channel", "POST", "/channels/{id}", WRITE_STOCK, channels.update),
    Operation("delete_channel", "DELETE", "/channels/key={key}", WRITE_STOCK, channels.delete),
    Operation("delete_channel", "DELETE", "/channels/{id}", WRITE_STOCK, channels.delete),
    Operation("query_inventory", "GET", "/inventory", READ_STOCK, inventory.query),
    Operation("create_inventory", "POST", "/inventory", WRITE_STOCK, inventory.create, 201),
    Operation("get_inventory", "GET", "/inventory/key={key}", READ_STOCK, inventory.get),
    Operation("get_inventory", "GET", "/inventory/{id}", READ_STOCK, inventory.get),
    Operation("update_inventory", "POST", "/inventory/key={key}", WRITE_STOCK, inventory.update),
    Operation("update_inventory", "POST", "/inventory/{id}", WRITE_STOCK, inventory.update),
    Operation("delete_inventory", "DELETE", "/inventory/key={key}", WRITE_STOCK, inventory.delete),
    Operation("delete_inventory", "DELETE", "/inventory/{id}", WRITE_STOCK, inventory.delete),
    Operation("query_orders", "GET", "/orders", READ_ORDERS, orders.query),
    Operation("import_order", "POST", "/orders/import", WRITE_ORDERS, orders.import_, 201),
    Operation("get_order", "GET", "/orders/order-number={number}", READ_ORDERS, orders.get),
    Operation("get_order", "GET", "/orders/{id}", READ_ORDERS, orders.get),
    Operation("update_order", "POST", "/orders/order-number={number}", WRITE_ORDERS, orders.update),
    Operation("update_order", "POST", "/orders/{id}", WRITE_ORDERS, orders.update),
    Operation("delete_order", "DELETE", "/orders/order-number={number}", WRITE_ORDERS, orders.delete),
    Operation("delete_order", "DELETE", "/orders/{id}", WRITE_ORDERS, orders.delete),
    Operation("query_messages", "GET", "/messages", MESSAGES, messages.query),
    Operation("get_message", "GET", "/messages/{id}", MESSAGES, messages.get),
    Operation("query_subscriptions", "GET", "/subscriptions", SUBSCRIBE, subscriptions.query),
    Operation("create_subscription", "POST", "/subscriptions", SUBSCRIBE, None, 201),
    Operation("subscription_health", "GET", "/subscriptions/{id}/health", OPEN, subscriptions.health),
    Operation("get_subscription", "GET", "/subscriptions/key={key}", SUBSCRIBE, subscriptions.get),
    Operation("get_subscription", "GET", "/subscriptions/{id}", SUBSCRIBE, subscriptions.get),
    Operation("update_subscription", "POST", "/subscriptions/key={key}", SUBSCRIBE, None),
    Operation("update_subscription", "POST", "/subscriptions/{id}", SUBSCRIBE, None),
    Operation("delete_subscription", "DELETE", "/subscriptions/key={key}", SUBSCRIBE, subscriptions.delete),
    Operation("delete_subscription", "DELETE", "/subscriptions/{id}", SUBSCRIBE, subscriptions.delete),
)
TOKEN = "token"  # noqa: S105 - the name of an operation
NAMES = tuple(dict.fromkeys([TOKEN, *(one.name for one in OPERATIONS)]))
Shape = tuple[str, int]
"""A method, and how many parts the path has."""


def _by_shape() -> dict[Shape, list[tuple[Operation, re.Pattern[str]]]]:
    shapes: dict[Shape, list[tuple[Operation, re.Pattern[str]]]] = {}
    for one in OPERATIONS:
        shapes.setdefault((one.method, one.path.count("/")), []).append((one, one.pattern()))
    return shapes


_PATTERNS = _by_shape()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request wants to go: the project's key, the operation, and the ids of its path."""

    project: str
    operation: Operation | None
    ids: dict[str, str]


def find(method: str, path: str) -> Place:
    """`path` is what stands behind the API's address; a HEAD is a GET whose body nobody wants."""
    key, slash, rest = path.removeprefix("/").partition("/")
    resource = slash + rest.rstrip("/")
    method = "GET" if method == "HEAD" else method
    for operation, pattern in _PATTERNS.get((method, resource.count("/")), ()):
        found = pattern.fullmatch(resource)
        if found is not None:
            return Place(unquote(key), operation, {name: unquote(value) for name, value in found.groupdict().items()})
    return Place(unquote(key), None, {})
