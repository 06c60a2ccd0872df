"""Takes a notification out of what carries it: queues, event buses and connectors each wrap it in their own way.

Known wrappers: CloudEvents, Pub/Sub (base64 ``message.data``), SNS (``Message``), SQS and Lambda (``Records``,
``Messages``, ``body``, ``Body``), API Gateway (``body``), EventBridge (``detail``), Kafka Connect's JSON converter
(``payload``), pages of the Messages API (``results``), JSON within a JSON string, base64 of any of them, also under
``message`` or ``data``, lists.  Which one it is shows in the value alone: headers and keys differ by bridge.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, NamedTuple

import orjson

DEEPEST: Final = 8
"""Wrappers within each other; more is a loop or nonsense."""
MOST: Final = 10_000
"""Notifications in one record that are looked at: more than fit into the usual megabyte."""
_OURS: Final = re.compile(r"com\.commercetools\.([a-z-]+)\.(message|change)\.(\w+)")
"""The CloudEvents ``type`` of a resource: kind of resource, of notification, and its name."""
_WRAPPERS: Final = ("Records", "Messages", "results", "detail", "payload", "body", "Body")
_NOTHING: Final = object()
"""Nothing could be parsed; None is JSON."""
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")


class Unwrapped(NamedTuple):
    """What was inside."""

    body: dict[str, Any]
    named: str | None = None
    """Last part of a CloudEvents ``type``: the name of the message or change, if the body does not say it."""
    where: str = ""
    """Path within the record; empty: the record as a whole."""


class Unread(NamedTuple):
    """What is no notification in any wrapping we know."""

    where: str
    """Path within the record, such as ``Records[2].body``; empty: the record as a whole."""
    why: str


class _Unreadable(Exception):
    """Ends the reading of an element."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(why)
        self.unread = Unread(where, why)


def unwrap(value: bytes) -> Iterator[Unwrapped | Unread]:
    """All notifications of one record, and what is none; an element that cannot be read hides no other."""
    found = _readable(value, None, DEEPEST, "")
    yield from islice(found, MOST)
    for one in found:
        yield Unread(one.where, f"more than {MOST} notifications in one record, the rest from here on is not looked at")
        return


def _readable(value: Any, named: str | None, depth: int, where: str) -> Iterator[Unwrapped | Unread]:
    try:
        yield from _inside(value, named, depth, where)
    except _Unreadable as problem:
        yield problem.unread


def _inside(value: Any, named: str | None, depth: int, where: str) -> Iterator[Unwrapped | Unread]:
    if depth == 0:
        raise _Unreadable(where, f"wrapped more than {DEEPEST} times")
    if isinstance(value, str | bytes):
        parsed = _parsed(value if isinstance(value, bytes) else value.encode())
        if parsed is _NOTHING:
            raise _Unreadable(where, "neither JSON nor base64 of JSON")
        yield from _inside(parsed, named, depth - isinstance(value, str), where)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _readable(one, named, depth - 1, f"{where}[{number}]")
    elif not isinstance(value, dict):
        raise _Unreadable(where, f"neither an object nor a list: {type(value).__name__}")
    elif "notificationType" in value or isinstance(value.get("resource"), dict):
        yield Unwrapped(value, named, where)
    else:
        carried, name, named = _carried(value, named)
        if carried is not None:
            yield from _inside(carried, named, depth - 1, f"{where}.{name}" if where else name)
        elif "specversion" in value:
            yield Unwrapped(value, named, where)
        else:
            raise _Unreadable(where, "an object with neither resource nor notificationType, in no wrapping we know")


def _carried(value: dict[str, Any], named: str | None) -> tuple[Any, str, str | None]:
    """What a wrapper carries, under which name; None: it is no wrapper that we know."""
    message = value.get("message")
    if "specversion" in value:
        kind = value.get("type")
        named = kind.rsplit(".", 1)[-1] if isinstance(kind, str) else named
        return value.get("data") or value.get("data_base64") or _told_by(value), "data", named
    if isinstance(message, dict) and "data" in message:
        return message["data"], "message.data", named
    if isinstance(value.get("Message"), str):
        return value["Message"], "Message", named
    if isinstance(value.get("Sns"), dict):
        return value["Sns"], "Sns", named
    for name in _WRAPPERS:
        if isinstance(value.get(name), dict | list | str):
            return value[name], name, named
    for name in ("message", "data"):
        carried = _object(value.get(name))
        if carried is not None:
            return carried, name, named
    return None, "", named


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
    found = _parsed(value.encode()) if isinstance(value, str) else value
    return found if isinstance(found, dict) else None


def _parsed(value: bytes) -> Any:
    """JSON, or base64 of JSON: of either alphabet, with line breaks, with or without padding."""
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        pass
    text = b"".join(value.split()).translate(_URL_SAFE).rstrip(b"=")
    try:
        return orjson.loads(base64.b64decode(text + b"=" * (-len(text) % 4), validate=True))
    except (binascii.Error, orjson.JSONDecodeError):
        return _NOTHING
