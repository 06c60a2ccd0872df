"""A Subscription: what ours asks for, what is printed of it, and what its health means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from streams.commercetools.answer import Answer
from streams.source.answers import HealthRead

INVENTORY_MESSAGES: Final = (
    "InventoryEntryCreated",
    "InventoryEntryQuantitySet",
    "InventoryEntryDeleted",
    "InventoryEntryOutOfStock",
)
SECRETS: Final = ("apiKey", "apiSecret")
HIDDEN: Final = "***"

Format = Literal["CloudEvents", "Platform"]


class ConfluentCloud(NamedTuple):
    """Where notifications go: the one Kafka destination that commercetools has."""

    bootstrap_server: str
    """host:port of the cluster."""
    api_key: str
    api_secret: str
    topic: str
    key: str | None = None
    """Of every record, the same; None: records spread over the partitions, which is faster and does no harm."""

    def __repr__(self) -> str:
        return f"ConfluentCloud({self.bootstrap_server!r}, topic={self.topic!r})"


def draft(key: str, destination: ConfluentCloud, form: Format) -> dict[str, Any]:
    """What is created.  Messages say what happened and to which SKU, at once; changes also come for edits without any
    message, such as an entry moved to another channel.  All order messages: whatever happens to an order may move its
    stock."""
    where: dict[str, Any] = {
        "type": "ConfluentCloud",
        "bootstrapServer": destination.bootstrap_server,
        "apiKey": destination.api_key,
        "apiSecret": destination.api_secret,
        "acks": "all",
        "topic": destination.topic,
    }
    if destination.key is not None:
        where["key"] = destination.key
    return {
        "key": key,
        "destination": where,
        "messages": [
            {"resourceTypeId": "inventory-entry", "types": list(INVENTORY_MESSAGES)},
            {"resourceTypeId": "order", "types": []},
        ],
        "changes": [{"resourceTypeId": "inventory-entry"}],
        "format": {"type": "CloudEvents", "cloudEventsVersion": "1.0"}
        if form == "CloudEvents"
        else {"type": "Platform"},
    }


def shown(body: Mapping[str, Any]) -> dict[str, Any]:
    """A draft or Subscription without its secrets."""
    destination = body.get("destination")
    if not isinstance(destination, dict):
        return dict(body)
    hidden = {name: HIDDEN if name in SECRETS else value for name, value in destination.items()}
    return {**body, "destination": hidden}


def health_of(answer: Answer) -> HealthRead:
    """By status alone: 200 delivers, 400 does not and may be losing, 503 does not for the moment."""
    if answer.status == 200:
        return HealthRead("healthy")
    said = answer.body.get("message") if isinstance(answer.body, dict) else None
    reason = str(said)[:200] if said else f"status {answer.status}"
    if answer.status == 400:
        return HealthRead("stopped", f"it is wrongly configured, stopped or suspended: {reason}")
    if answer.status == 404:
        return HealthRead("stopped", "there is no Subscription with this id: check TTS_COMMERCETOOLS_SUBSCRIPTION_ID")
    if answer.status == 503:
        return HealthRead("temporary", f"its destination does not answer: {reason}")
    return HealthRead("unknown", f"its health cannot be asked for: {reason}")
