"""Takes a notification out of what carries it: queues, event buses and connectors each wrap it in their own way.

Known wrappers: CloudEvents, Pub/Sub (base64 ``message.data``), SNS (``Message``), SQS and Lambda (``Records``),
EventBridge (``detail``), Kafka Connect's JSON converter (``payload``), pages of the Messages API (``results``), JSON
within a JSON string, base64 of any of them, also under ``message`` or ``data``, lists.  Which one it is shows in the
value alone: headers and keys differ from bridge to bridge.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import orjson

DEEPEST: Final = 8
"""Wrappers within each other; more is a loop or nonsense."""
MOST: Final = 1_000
"""Notifications in one record."""
_OURS: Final = re.compile(r"com\.commercetools\.([a-z-]+)\.(message|change)\.(\w+)")
"""The CloudEvents ``type`` of a resource: kind of resource, of notification, and its name."""


class Unreadable(Exception):
    """The bytes are no JSON object, list or text in any wrapping we know."""


class Unwrapped(NamedTuple):
    """What was inside."""

    body: dict[str, Any]
    named: str | None = None
    """Last part of a CloudEvents ``type``: the name of the message or change, if the body does not say it."""


def unwrap(value: bytes) -> list[Unwrapped]:
    """All notifications of one record."""
    found: list[Unwrapped] = []
    for one in _inside(_parsed(value), None, DEEPEST):
        found.append(one)
        if len(found) > MOST:
            raise Unreadable(f"more than {MOST} notifications in one record")
    return found


def _inside(value: Any, named: str | None, depth: int) -> Iterator[Unwrapped]:
    if depth == 0:
        raise Unreadable(f"wrapped more than {DEEPEST} times")
    if isinstance(value, str):
        yield from _inside(_parsed(value.encode()), named, depth - 1)
    elif isinstance(value, list):
        for one in value:
            yield from _inside(one, named, depth - 1)
    elif not isinstance(value, dict):
        raise Unreadable(f"neither an object nor a list: {type(value).__name__}")
    elif "notificationType" in value or "resource" in value:
        yield Unwrapped(value, named)
    else:
        carried, named = _carried(value, named)
        if carried is None:
            yield Unwrapped(value, named)
        else:
            yield from _inside(carried, named, depth - 1)


def _carried(value: dict[str, Any], named: str | None) -> tuple[Any, str | None]:
    """What a wrapper carries; None: it is no wrapper that we know."""
    message = value.get("message")
    if "specversion" in value:
        kind = value.get("type")
        named = kind.rsplit(".", 1)[-1] if isinstance(kind, str) else named
        return value.get("data") or value.get("data_base64") or _told_by(value), named
    if isinstance(message, dict) and "data" in message:
        return message["data"], named
    if isinstance(value.get("Message"), str):
        return value["Message"], named
    if isinstance(value.get("Sns"), dict):
        return value["Sns"], named
    for name in ("Records", "results", "detail", "payload", "body"):
        if isinstance(value.get(name), dict | list | str):
            return value[name], named
    for name in ("message", "data"):
        carried = _object(value.get(name))
        if carried is not None:
            return carried, named
    return None, named


def _told_by(event: dict[str, Any]) -> dict[str, Any] | None:
    """What the attributes of a CloudEvent without data say by themselves: what happened to which resource."""
    kind, subject, source = event.get("type"), event.get("subject"), event.get("source")
    found = _OURS.fullmatch(kind) if isinstance(kind, str) else None
    if found is None or not isinstance(subject, str) or not subject:
        return None
    told = {"notificationType": "Message" if found[2] == "message" else found[3]}
    resource = {"typeId": found[1], "id": subject}
    project = source.strip("/").split("/")[0] if isinstance(source, str) else ""
    return {**told, "resource": resource, "type": found[3], "projectKey": project}


def _object(value: Any) -> dict[str, Any] | None:
    """An object, or text that is one in JSON or in base64 of it."""
    try:
        found = _parsed(value.encode()) if isinstance(value, str) else value
    except Unreadable:
        return None
    return found if isinstance(found, dict) else None


def _parsed(value: bytes) -> Any:
    """JSON, or base64 of JSON."""
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        pass
    try:
        return orjson.loads(base64.b64decode(value, validate=True))
    except (binascii.Error, orjson.JSONDecodeError):
        raise Unreadable("neither JSON nor base64 of JSON") from None
