"""What crosses the wire: requests and answers as values, and the shapes of the bodies most callers read.

The TypedDicts name only the fields this sandbox fills. They are types, not code: a client may share them.
"""

from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from typing import Any, NotRequired, TypedDict

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request: the path and query as received, header names in lower case, the body's bytes untouched."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """One answer, and how it travels: `delay` seconds late, never (`lost`), or only once its request is applied.

    A lost answer's connection hangs for `delay` seconds and then closes. A `ticket` means that the request was let in
    but waits to be applied: after `delay` seconds the carrier asks `Simulator.release(ticket)` for the answer.
    """

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    lost: bool = False
    ticket: int | None = None


@lru_cache(maxsize=16)
def http_date(seconds: int) -> str:
    """A moment as the header `Date` has it."""
    return formatdate(seconds, usegmt=True)


class Envelope(TypedDict):
    """The frame of every answer; code 0 means the call was accepted, not that every item in it was."""

    code: int
    message: str
    request_id: str
    data: Json | None


class WarehouseQuantity(TypedDict):
    """Units that can be sold from one warehouse."""

    warehouse_id: NotRequired[str]
    quantity: int


class ExtraError(TypedDict):
    """What is wrong with one warehouse of a SKU."""

    warehouse_id: str
    code: int
    message: str


class ItemErrorDetail(TypedDict):
    """Which item an error under code 0 is about."""

    sku_id: NotRequired[str]
    product_id: NotRequired[str]
    extra_errors: NotRequired[list[ExtraError]]


class ItemError(TypedDict):
    """One item that failed although the call's code is 0."""

    code: int
    message: str
    detail: ItemErrorDetail


class WarehouseInventory(TypedDict):
    """One warehouse's row of an inventory search."""

    warehouse_id: str
    available_quantity: int
    committed_quantity: int


class InventoryRow(TypedDict):
    """One SKU's row of an inventory search."""

    id: str
    seller_sku: str
    total_available_quantity: int
    total_committed_quantity: int
    warehouse_inventory: list[WarehouseInventory]
    total_available_inventory_distribution: Json
