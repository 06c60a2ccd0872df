"""What a subscription may say: destination, format, and which Messages and Changes it wants."""

import re
from typing import Any

from streams.sandbox.commercetools.errors import Refused, invalid_field, invalid_input, invalid_json, required_field
from streams.sandbox.commercetools.resources import key_of, unknown
from streams.sandbox.wire import Json

FIELDS = frozenset({"key", "destination", "messages", "changes", "events", "format"})
CONFLUENT = "ConfluentCloud"
DESTINATIONS: dict[str, tuple[frozenset[str], frozenset[str]]] = {  # type → fields it needs, fields it may have
    CONFLUENT: (frozenset({"bootstrapServer", "apiKey", "apiSecret", "acks", "topic"}), frozenset({"key"})),
    "SQS": (frozenset({"queueUrl", "region"}), frozenset({"authenticationMode", "accessKey", "accessSecret"})),
    "SNS": (frozenset({"topicArn"}), frozenset({"authenticationMode", "accessKey", "accessSecret"})),
    "EventBridge": (frozenset({"region", "accountId"}), frozenset({"source"})),
    "AzureServiceBus": (frozenset({"connectionString"}), frozenset()),
    "EventGrid": (frozenset({"uri", "accessKey"}), frozenset()),
    "GoogleCloudPubSub": (frozenset({"projectId", "topic"}), frozenset()),
}
SECRETS = ("apiKey", "apiSecret", "accessKey", "accessSecret", "connectionString")
SERVER = re.compile(r"[A-Za-z0-9.-]+:\d{1,5}")
WITH_MESSAGES = frozenset(
    {
        "associate-role",
        "approval-flow",
        "approval-rule",
        "business-unit",
        "category",
        "customer",
        "customer-email-token",
        "customer-group",
        "customer-password-token",
        "discount-code",
        "inventory-entry",
        "order",
        "payment",
        "product",
        "product-selection",
        "product-tailoring",
        "quote",
        "quote-request",
        "review",
        "shopping-list",
        "staged-quote",
        "standalone-price",
        "store",
        "variant",
    }
)
WITH_CHANGES = WITH_MESSAGES | {
    "cart",
    "cart-discount",
    "channel",
    "key-value-document",
    "order-edit",
    "product-discount",
    "product-type",
    "shipping-method",
    "state",
    "subscription",
    "tax-category",
    "type",
    "zone",
}
PLATFORM: Json = {"type": "Platform"}


def checked(draft: Any) -> Json | Refused:
    """The draft with its defaults filled in."""
    refused = unknown(draft, FIELDS, "SubscriptionDraft") or _key(draft)
    if refused is not None:
        return refused
    if draft.get("destination") is None:
        return required_field("destination")
    full = {
        "key": draft.get("key"),
        "destination": draft["destination"],
        "messages": draft.get("messages") or [],
        "changes": draft.get("changes") or [],
        "events": draft.get("events") or [],
        "format": draft.get("format") or PLATFORM,
    }
    refused = whole(full)
    return full if refused is None else refused


def whole(full: Json) -> Refused | None:
    """Every part, and that at least one kind of notification is wanted."""
    if not (full["messages"] or full["changes"] or full["events"]):
        return invalid_input("At least one of messages, changes and events has to be set.")
    return (
        _destination(full["destination"])
        or _format(full["format"], full["destination"])
        or _kinds(full["messages"], "messages", WITH_MESSAGES, frozenset({"resourceTypeId", "types"}))
        or _kinds(full["changes"], "changes", WITH_CHANGES, frozenset({"resourceTypeId"}))
    )


def masked(destination: Json) -> Json:
    """As it is shown: the first letters of a secret and stars."""
    return {
        name: value[:3] + "*" * max(8, len(value) - 3) if name in SECRETS else value
        for name, value in destination.items()
    }


def _key(draft: Json) -> Refused | None:
    key = key_of(draft)
    return key if isinstance(key, Refused) else None


def _destination(given: Any) -> Refused | None:
    if not isinstance(given, dict) or given.get("type") not in DESTINATIONS:
        return invalid_json(f"destination.type: one of {', '.join(DESTINATIONS)} is wanted")
    needed, allowed = DESTINATIONS[given["type"]]
    refused = unknown(given, needed | allowed | {"type"}, "destination")
    if refused is not None:
        return refused
    for name in sorted(needed):
        if not isinstance(given.get(name), str) or not given[name]:
            return required_field(f"destination.{name}")
    if given["type"] == CONFLUENT:
        if not SERVER.fullmatch(given["bootstrapServer"]):
            return invalid_field("destination.bootstrapServer", given["bootstrapServer"])
        if given["acks"] not in ("0", "1", "all"):
            return invalid_field("destination.acks", given["acks"])
    return None


def _format(given: Any, destination: Json) -> Refused | None:
    match given:
        case {"type": "Platform"} if destination["type"] == "EventGrid":
            return invalid_input("The destination EventGrid takes CloudEvents only.")
        case {"type": "Platform"} if len(given) == 1:
            return None
        case {"type": "CloudEvents", "cloudEventsVersion": "1.0"} if len(given) == 2:
            return None
    return invalid_json("format: Platform, or CloudEvents with cloudEventsVersion 1.0")


def _kinds(given: Any, name: str, known: frozenset[str], fields: frozenset[str]) -> Refused | None:
    if not isinstance(given, list):
        return invalid_json(f"{name}: a list is wanted")
    for one in given:
        if not isinstance(one, dict):
            return invalid_json(f"{name}: objects are wanted")
        refused = unknown(one, fields, name)
        if refused is not None:
            return refused
        if one.get("resourceTypeId") not in known:
            return invalid_field(f"{name}.resourceTypeId", one.get("resourceTypeId"))
        types = one.get("types") or []
        if not isinstance(types, list) or any(not isinstance(kind, str) for kind in types):
            return invalid_json(f"{name}.types: a list of Message types is wanted")
    types_named = [one["resourceTypeId"] for one in given]
    twice = sorted({one for one in types_named if types_named.count(one) > 1})
    return invalid_input(f"{name} names {twice[0]} twice.") if twice else None
