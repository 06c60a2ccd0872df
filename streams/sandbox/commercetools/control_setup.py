"""The control API's hand on what there is: projects, clients, channels and stock.

Setting stock up is silent, as if it had been there before anybody watched; changing quantities is what an ERP does,
with every Message and Change that raises.
"""

from collections.abc import Iterator

import orjson

from streams.sandbox.commercetools import channels, entries
from streams.sandbox.commercetools import control_requests as wanted
from streams.sandbox.commercetools.entries import Entry
from streams.sandbox.commercetools.errors import Refused
from streams.sandbox.commercetools.projects import named
from streams.sandbox.commercetools.tokens import SCOPES
from streams.sandbox.commercetools.world import Project, World, author
from streams.sandbox.unusable import Unusable
from streams.sandbox.wire import Json

MERCHANT = author("sandbox-merchant")
"""Who writes what the control API makes happen."""
SETTINGS: Json = {"name": "Sandbox", "countries": ["DE", "GB"], "currencies": ["EUR", "GBP"], "languages": ["en"]}


def projects(world: World, given: wanted.Projects) -> Json:
    for one in given.projects:
        if named(world, one.key) is not None:
            raise Unusable(f"a project {one.key!r} is there already")
        world.db.execute(
            "INSERT INTO project VALUES (NULL, ?, 1, ?, ?, ?, ?)",
            (one.key, world.now(), orjson.dumps(SETTINGS).decode(), one.messages_enabled, one.message_days),
        )
    return {}


def clients(world: World, given: wanted.Clients) -> Json:
    """New, or in place of the client with that id."""
    for one in given.clients:
        project = known(world, one.project)
        scopes = [scope if ":" in scope else f"{scope}:{one.project}" for scope in one.scopes]
        strange = [scope for scope in scopes if scope.partition(":")[0] not in SCOPES]
        if strange:
            raise Unusable(f"unknown scope {strange[0]!r}; known: {', '.join(sorted(SCOPES))}")
        world.db.execute(
            "INSERT OR REPLACE INTO client VALUES (?, ?, ?, ?, ?)",
            (one.client_id, one.client_secret, project.id, orjson.dumps(scopes).decode(), one.token_seconds),
        )
    return {}


def end_tokens(world: World, given: wanted.TokensEnd) -> Json:
    return {"ended": world.db.execute("DELETE FROM token").rowcount}


def new_channels(world: World, given: wanted.Channels) -> Json:
    """Ids by key; a channel that is there already keeps its id."""
    project, ids = known(world, given.project), {}
    for one in given.channels:
        found = _channel(world, project, one.key)
        if found is None:
            named_so = {"name": {"en": one.name}} if one.name else {}
            draft = channels.checked({"key": one.key, "roles": list(one.roles)} | named_so)
            if isinstance(draft, Refused):
                raise Unusable(f"channel {one.key!r}: {draft.message}")
            found = str(channels.created(world, project, draft, MERCHANT)["id"])
        ids[one.key] = found
    return {"ids": ids}


def set_up(world: World, given: wanted.Levels) -> Json:
    """Entries as they are to be, silently; those that are there already get the quantity and a new version."""
    project, now = known(world, given.project), world.now()
    rows = [
        (world.new_id(), project.id, sku, channel, units, now, now, MERCHANT, MERCHANT)
        for channel, levels in _by_channel(world, project, given.levels)
        for sku, units in levels.items()
    ]
    world.db.executemany(
        "INSERT INTO entry VALUES (?, ?, 1, NULL, ?, ?, ?, 0, ?, ?, ?, ?, 0, '{}')"
        " ON CONFLICT (project, sku, channel) DO UPDATE SET on_stock = excluded.on_stock, version = version + 1,"
        " modified_at = excluded.modified_at, modified_by = excluded.modified_by",
        rows,
    )
    return {"entries": len(rows)}


def put_entries(world: World, given: wanted.Entries) -> Json:
    """Like `set_up`, with what a plain quantity cannot say."""
    project = known(world, given.project)
    for one in given.entries:
        levels = {one.supply_channel: {one.sku: one.quantity_on_stock}}
        set_up(world, wanted.Levels(project=given.project, levels=levels))
        entry = _entry(world, project, one.sku, one.supply_channel)
        new = entry._replace(reserved=one.reserved, key=one.key)
        new = new.with_optional("restockableInDays", one.restockable_in_days)
        world.db.execute(
            "UPDATE entry SET reserved = ?, key = ?, more = ? WHERE id = ?", (new.reserved, new.key, new.more, new.id)
        )
    return {"entries": len(given.entries)}


def change_quantities(world: World, given: wanted.Levels) -> Json:
    """What `changeQuantity` does, for many; an entry that is missing is created. Unchanged ones raise nothing."""
    project, now, changed = known(world, given.project), world.now(), 0
    for channel, levels in _by_channel(world, project, given.levels):
        for sku, units in levels.items():
            row = world.db.execute(
                "SELECT * FROM entry WHERE project = ? AND sku = ? AND channel = ?", (project.id, sku, channel)
            ).fetchone()
            if row is None:
                entry = Entry(
                    world.new_id(), project.id, 1, None, sku, channel, units, 0, now, now, MERCHANT, MERCHANT, 0
                )
                entries.created(world, project, entry)
                changed += 1
                continue
            old = entries.kept(row)
            if old.on_stock != units:
                new = old._replace(on_stock=units, modified_at=now, modified_by=MERCHANT)
                entries.changed(world, project, old, new, True)
                changed += 1
    return {"changed": changed}


def delete_entries(world: World, given: wanted.Places) -> Json:
    project = known(world, given.project)
    for one in given.entries:
        entries.deleted(world, project, _entry(world, project, one.sku, one.supply_channel), world.now())
    return {}


def known(world: World, key: str) -> Project:
    project = named(world, key)
    if project is None:
        raise Unusable(f"no project {key!r}")
    return project


def channel_id(world: World, project: Project, key: str) -> str:
    """The id of the channel with this key; "" stays general stock."""
    found = _channel(world, project, key) if key else ""
    if found is None:
        raise Unusable(f"no channel {key!r} in project {project.key!r}")
    return found


def _by_channel(
    world: World, project: Project, levels: dict[str, dict[str, int]]
) -> Iterator[tuple[str, dict[str, int]]]:
    for key, quantities in levels.items():
        yield channel_id(world, project, key), quantities


def _channel(world: World, project: Project, key: str) -> str | None:
    row = world.db.execute("SELECT id FROM channel WHERE project = ? AND key = ?", (project.id, key)).fetchone()
    return None if row is None else str(row["id"])


def _entry(world: World, project: Project, sku: str, channel: str) -> Entry:
    row = world.db.execute(
        "SELECT * FROM entry WHERE project = ? AND sku = ? AND channel = ?",
        (project.id, sku, channel_id(world, project, channel)),
    ).fetchone()
    if row is None:
        raise Unusable(f"no entry of SKU {sku!r} in channel {channel!r}")
    return entries.kept(row)
