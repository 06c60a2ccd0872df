"""A Subscription: what ours asks for, what is printed of it, and what its health means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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

KEY: Final = re.compile(r"[A-Za-z0-9_-]{2,256}")
SERVER: Final = re.compile(r"[A-Za-z0-9.-]+:([0-9]{1,5})")
REACHED: Final = re.compile(r"[A-Za-z0-9.-]+\.confluent\.cloud:[0-9]+")
"""Other hosts are refused, or nobody reaches them; the sandbox reaches any."""

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


def is_server(text: str) -> bool:
    """host:port."""
    found = SERVER.fullmatch(text)
    return found is not None and 0 < int(found[1]) < 65_536


def differences(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """In what a Subscription does not do what the draft asks for; secrets come back hidden and are not compared.

    More messages and changes than are asked for do no harm.
    """
    return [
        *_destination(_object(wanted.get("destination")), _object(found.get("destination"))),
        *_missing("messages", _types(wanted, "messages"), _types(found, "messages")),
        *_missing("changes", _types(wanted, "changes"), _types(found, "changes")),
        *_unlike("format", _object(wanted.get("format")).get("type"), _object(found.get("format")).get("type")),
    ]


def _destination(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    if wanted.get("type") != found.get("type"):
        yield from _unlike("destination.type", wanted.get("type"), found.get("type"))
        return
    for name in sorted({*wanted, *found} - set(SECRETS)):
        yield from _unlike(f"destination.{name}", wanted.get(name), found.get(name))


def _unlike(name: str, wanted: Any, found: Any) -> Iterator[str]:
    if wanted != found:
        yield f"{name} is {found!r}, wanted is {wanted!r}"


def _missing(name: str, wanted: Mapping[str, frozenset[str]], found: Mapping[str, frozenset[str]]) -> Iterator[str]:
    for resource, types in wanted.items():
        has = found.get(resource)
        if has is None:
            yield f"{name} of {resource} are not sent"
        elif has and (not types or not types <= has):
            missing = ", ".join(sorted(types - has)) or "all others"
            yield f"{name} of {resource} lack {missing}"


def _types(body: Mapping[str, Any], name: str) -> dict[str, frozenset[str]]:
    """Resource to the types that are sent; empty: all."""
    listed = body.get(name)
    rows = [_object(one) for one in listed] if isinstance(listed, list) else []
    return {str(one.get("resourceTypeId")): frozenset(one.get("types") or ()) for one in rows}


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


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
