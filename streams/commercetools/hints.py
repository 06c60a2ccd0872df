"""What one record of ``ct-notifications`` makes us do: which resources are to be read again, and when.

Of an order only ids and SKUs are looked at; nothing else of it goes any further.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from streams.codec.poison import Poison, shown
from streams.commercetools.envelope import Unread, Unwrapped, unwrap
from streams.commercetools.notification import Notification, notification_of
from streams.records.fetch_hint import FetchHint

SETTLE_MS: Final = 12_000
"""commercetools shows what an order did to stock up to 10 s later; and a little for the notification's own way."""

PLACES: Final = 10
"""Places of unreadable notifications that a dead letter names."""

Why = Literal[
    "test-notification", "event", "other-project", "unknown-kind", "not-needed", "no-effect-on-stock", "no-sku"
]
"""Why a record makes us do nothing.  not-needed: a resource that no flow reads."""


class Hint(NamedTuple):
    """One record for ``fetch-hints``."""

    key: str
    value: FetchHint


class Hints(NamedTuple):
    """Resources to read again."""

    hints: tuple[Hint, ...]
    label: str
    """What came, for people and counters, such as inventory-entry/InventoryEntryQuantitySet."""
    poison: Poison | None = None
    """Others of the same record cannot be read: it goes to the dead letters too."""


class Skipped(NamedTuple):
    """Nothing to do."""

    why: Why
    label: str


INVENTORY_MESSAGES: Final[dict[str, bool]] = {
    "InventoryEntryCreated": True,
    "InventoryEntryQuantitySet": True,
    "InventoryEntryDeleted": True,
    "InventoryEntryOutOfStock": True,
    "InventoryEntryReorderPoint": True,
    "InventoryEntrySafetyStock": True,
    "InventoryEntryReservationExpirationInMinutesSet": False,
}
"""True: the stock may be another one."""


def hints_of(
    value: bytes, appended_at: int, *, settle_ms: int = SETTLE_MS, project: str | None = None
) -> Hints | Skipped | Poison:
    """What to do upon one record.

    ``appended_at``: Kafka's time of the record, milliseconds.  ``settle_ms``: how long stock that an order moved may
    still show its old figure.  ``project``: notifications of other projects are skipped; None: all are ours.
    """
    found: list[Notification] = []
    unread: list[Unread] = []
    for one in unwrap(value):
        if isinstance(one, Unwrapped):
            found.append(notification_of(one))
        else:
            unread.append(one)
    poison = _poison(value, unread, len(found)) if unread else None
    hints: dict[tuple[str, bool], Hint] = {}
    skipped: Skipped | None = None
    label = ""
    for notification in found:
        told = _told(notification, appended_at, settle_ms, project)
        if isinstance(told, Skipped):
            skipped = skipped or told
            continue
        label = label or told.label
        hints.update(((hint.key, hint.value.not_before is None), hint) for hint in told.hints)
    if hints:
        return Hints(tuple(hints.values()), label, poison)
    return poison or skipped or Skipped("unknown-kind", "?/empty")


def _poison(value: bytes, unread: Sequence[Unread], read: int) -> Poison:
    """What cannot be read of a record, by place; the rest of it counts all the same."""
    places = ", ".join(one.where for one in unread[:PLACES])
    more = f" and {len(unread) - PLACES} more" if len(unread) > PLACES else ""
    rest = f"; the other {read} of the record were taken" if read else ""
    remedy = "let the Subscription, or the bridge behind it, write commercetools' notification as JSON"
    return Poison("undecodable", places + more or None, shown(value), f"{unread[0].why}: {remedy}{rest}")


def _told(notification: Notification, appended_at: int, settle_ms: int, project: str | None) -> Hints | Skipped:
    kind, label = notification.kind, notification.label
    if kind in ("event", "unknown"):
        return Skipped("event" if kind == "event" else "unknown-kind", label)
    if project is not None and notification.project not in (None, project):
        return Skipped("other-project", label)
    if not notification.resource_id:
        return Skipped("unknown-kind", label)
    told = _READ.get(notification.resource_type)
    return Skipped("not-needed", label) if told is None else told(notification, appended_at, settle_ms)


def _inventory_entry(notification: Notification, appended_at: int, _: int) -> Hints | Skipped:
    """The SKU at once where it is named, else the entry: its SKU is looked up.  A message whose name was left out with
    its fields may be any."""
    if notification.kind == "message" and notification.name:
        counts = INVENTORY_MESSAGES.get(notification.name)
        if not counts:
            why: Why = "unknown-kind" if counts is None else "no-effect-on-stock"
            return Skipped(why, notification.label)
    hint = FetchHint("NOTIFICATION", appended_at, resource_version=notification.version)
    sku = _sku_of_entry(notification)
    key = f"sku:{sku}" if sku else f"inventory-entry:{notification.resource_id}"
    return Hints((Hint(key, hint),), notification.label)


def _sku_of_entry(notification: Notification) -> str | None:
    fields = notification.fields
    entry = fields.get("inventoryEntry")
    for place in (fields, entry, notification.identifiers):
        sku = place.get("sku") if isinstance(place, Mapping) else None
        if isinstance(sku, str) and sku:
            return sku
    return None


def _order(notification: Notification, appended_at: int, settle_ms: int) -> Hints | Skipped:
    """Its SKUs where the message carries the order, else the order: its SKUs are looked up.

    Every kind counts, also those we do not know: whatever happens to an order may move its stock.  OrderEditApplied
    names no line: SKUs that the edit removed are not looked up.  Only orders that track no inventory can be edited.
    """
    hint = FetchHint("ORDER", appended_at, appended_at + settle_ms, notification.version)
    order = notification.fields.get("order")
    if not notification.payload or not isinstance(order, Mapping):
        return Hints((Hint(f"order:{notification.resource_id}", hint),), notification.label)
    skus = skus_of_lines(order.get("lineItems"))
    if not skus:
        return Skipped("no-sku", notification.label)
    return Hints(tuple(Hint(f"sku:{sku}", hint._replace(resource_version=None)) for sku in skus), notification.label)


def skus_of_lines(lines: Any) -> list[str]:
    """SKUs of an order's lines, each once, in the order of the lines."""
    found: dict[str, None] = {}
    for line in lines if isinstance(lines, Iterable) else ():
        variant = line.get("variant") if isinstance(line, Mapping) else None
        sku = variant.get("sku") if isinstance(variant, Mapping) else None
        if isinstance(sku, str) and sku:
            found[sku] = None
    return list(found)


def _test(notification: Notification, _: int, __: int) -> Skipped:
    """A Subscription says at its creation that it can write here."""
    return Skipped("test-notification", notification.label)


_READ: Final[dict[str, Callable[[Notification, int, int], Hints | Skipped]]] = {
    "inventory-entry": _inventory_entry,
    "order": _order,
    "subscription": _test,
}
