"""One notification of a Subscription, or one message of the Messages API: the few fields that we use.

A notification is a hint and never truth: it comes late, twice, or out of order.  Fields and kinds that we do not know
are ignored, because the API only grows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from streams.commercetools.envelope import Unwrapped

Kind = Literal["message", "change", "event", "unknown"]

CHANGES: Final = frozenset({"ResourceCreated", "ResourceUpdated", "ResourceDeleted"})


class Notification(NamedTuple):
    """What happened to which resource."""

    kind: Kind
    """message: with a name of its own.  change: only that there is a new version.  event: of the Import API or
    Checkout.  unknown: none that we know."""
    name: str
    """Of the message or change, such as InventoryEntryQuantitySet; empty: not said."""
    project: str | None
    """Key of the project; the Messages API does not say it."""
    resource_type: str
    """``typeId``, such as inventory-entry; empty: not said."""
    resource_id: str
    version: int | None
    """Of the resource, as the notification knew it."""
    identifiers: Mapping[str, Any]
    """``resourceUserProvidedIdentifiers``: may hold the SKU, and often does not."""
    fields: Mapping[str, Any]
    """The message's own fields.  Of orders they hold personal data: read SKUs, and nothing else."""
    payload: bool
    """False: the message was too large or its format not taken, its own fields are missing."""

    @property
    def label(self) -> str:
        """For people and counters."""
        return f"{self.resource_type or '?'}/{self.name or self.kind}"


def notification_of(unwrapped: Unwrapped) -> Notification:
    """Never fails: what is missing is empty."""
    body = unwrapped.body
    resource = _object(body.get("resource"))
    left_out = _object(body.get("payloadNotIncluded"))
    told = _text(body.get("notificationType"))
    name = _text(body.get("type")) or _text(left_out.get("payloadType"))
    kind: Kind
    if told in CHANGES:
        kind, name = "change", told
    elif told == "Message" or (not told and resource and (name or "payloadNotIncluded" in body)):
        kind, name = "message", name or unwrapped.named or ""
    elif told == "Event":
        kind = "event"
    else:
        kind, name = "unknown", told or name
    return Notification(
        kind,
        name,
        _text(body.get("projectKey")) or None,
        _text(resource.get("typeId")),
        _text(resource.get("id")),
        _number(body.get("version" if kind == "change" else "resourceVersion")),
        _object(body.get("resourceUserProvidedIdentifiers")),
        body,
        kind == "message" and not left_out,
    )


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value < 2**63 else None
