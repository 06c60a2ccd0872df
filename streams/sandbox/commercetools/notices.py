"""What subscriptions are told: a Message or a Change is put into the form each of them wants, and queued.

A Message is numbered per resource over all its types. Which subscriptions listen is read once and forgotten when one
changes. Losses, duplicates and delays are drawn here, so that the control API can show what never left.
"""

from dataclasses import dataclass

import orjson

from streams.sandbox.commercetools import subscriptions_kept
from streams.sandbox.commercetools.world import Project, Watch, World, date
from streams.sandbox.wire import Json

COLLECTIONS = {
    "inventory-entry": "inventory",
    "order": "orders",
    "channel": "channels",
    "subscription": "subscriptions",
}
TOO_LARGE = "Payload too large."


@dataclass(slots=True)
class About:
    """The resource that a notice is about; `sequence` counts its Messages and goes on."""

    type_id: str
    id: str
    version: int
    identifiers: Json
    modified_at: int
    sequence: int = 0
    author: str = ""
    """JSON of who wrote it; only the Messages API shows it."""


def message(world: World, project: Project, about: About, kind: str, fields: Json) -> None:
    """A named event with its own fields."""
    about.sequence += 1
    watches = [one for one in subscriptions_kept.watches(world, project.id) if _wants(one, about.type_id, kind)]
    if not watches and not project.messages_enabled:
        return
    now = world.now()
    number = world.new_id()
    envelope: Json = {
        "id": number,
        "version": 1,
        "sequenceNumber": about.sequence,
        "resource": {"typeId": about.type_id, "id": about.id},
        "resourceVersion": about.version,
    }
    envelope |= _identifiers(world, about)
    dates = {"createdAt": date(now), "lastModifiedAt": date(now)}
    if project.messages_enabled:
        world.db.execute(
            "INSERT INTO message (id, project, created_at, resource_type, resource_id, sequence, type, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                project.id,
                now,
                about.type_id,
                about.id,
                about.sequence,
                kind,
                orjson.dumps(envelope | {"type": kind} | fields | dates | _authors(about)),
            ),
        )
    for watch in watches:
        head = {"notificationType": "Message", "projectKey": project.key, **envelope}
        _queue(world, watch, _message_body(world, project, watch, about, kind, head, fields, dates), now)


def change(world: World, project: Project, about: About, kind: str, old_version: int | None = None) -> None:
    """Only that a resource was created, updated or deleted."""
    watches = [one for one in subscriptions_kept.watches(world, project.id) if about.type_id in one.changes]
    if not watches:
        return
    plain = changed(world, project.key, about, kind, old_version)
    for watch in watches:
        body = cloud_change(world, project.key, about, kind, plain) if watch.cloud_events else plain
        _queue(world, watch, orjson.dumps(body), world.now())


def changed(world: World, project: str, about: About, kind: str, old_version: int | None = None) -> Json:
    """A Change in the Platform format."""
    return {
        "notificationType": kind,
        "projectKey": project,
        "resource": {"typeId": about.type_id, "id": about.id},
        **_identifiers(world, about),
        "version": about.version,
        **({} if old_version is None else {"oldVersion": old_version}),
        "modifiedAt": date(about.modified_at),
    }


def cloud_change(world: World, project: str, about: About, kind: str, plain: Json) -> Json:
    suffix = f"{world.chance.getrandbits(32):08x}"
    return _cloud(project, about, f"{about.id}-{suffix}", f"change.{kind}", about.modified_at) | {"data": plain}


def _message_body(
    world: World, project: Project, watch: Watch, about: About, kind: str, head: Json, fields: Json, dates: Json
) -> bytes:
    full = head | {"type": kind} | fields | dates
    short = head | dates | {"payloadNotIncluded": {"reason": TOO_LARGE, "payloadType": kind}}
    for content in (full, short):
        wrapped = content
        if watch.cloud_events:
            wrapped = _cloud(project.key, about, head["id"], f"message.{kind}", about.modified_at) | {
                "sequence": str(about.sequence),
                "sequencetype": "Integer",
                "dataref": f"/{project.key}/messages/{head['id']}",
                "data": content,
            }
        body = orjson.dumps(wrapped)
        if len(body) <= world.switches.largest_notification_bytes:
            break
    return body


def _cloud(project: str, about: About, number: str, kind: str, at: int) -> Json:
    return {
        "specversion": "1.0",
        "id": number,
        "type": f"com.commercetools.{about.type_id}.{kind}",
        "source": f"/{project}/{COLLECTIONS[about.type_id]}",
        "subject": about.id,
        "time": date(at),
    }


def _identifiers(world: World, about: About) -> Json:
    shown = about.identifiers and world.switches.notification_identifiers == "sent"
    return {"resourceUserProvidedIdentifiers": about.identifiers} if shown else {}


def _authors(about: About) -> Json:
    who = orjson.Fragment(about.author)
    return {"createdBy": who, "lastModifiedBy": who} if about.author else {}


def _wants(watch: Watch, type_id: str, kind: str) -> bool:
    if type_id not in watch.messages:
        return False
    kinds = watch.messages[type_id]
    return kinds is None or kind in kinds


def _queue(world: World, watch: Watch, body: bytes, now: int) -> None:
    """Waiting to leave, or lost for ever when the subscription's delivery is stopped or chance wants it."""
    switches, chance = world.switches, world.chance
    if now < watch.effective_at:
        return
    lost = not watch.listening or (switches.notification_loss and chance.random() < switches.notification_loss)
    copies = 1
    if not lost and switches.notification_duplicates and chance.random() < switches.notification_duplicates:
        copies = 2
    state = "lost" if lost else "held" if watch.held else "waiting"
    for _ in range(copies):
        wait = switches.notification_delay_seconds
        if switches.notification_jitter_seconds:
            wait += chance.random() * switches.notification_jitter_seconds
        world.db.execute(
            "INSERT INTO notification (subscription, created_at, due_at, state, body) VALUES (?, ?, ?, ?, ?)",
            (watch.id, now, now + int(wait * 1000) if state == "waiting" else None, state, body),
        )
