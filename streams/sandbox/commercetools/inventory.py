"""`/inventory`: query, read, create, update and delete entries; one per SKU and channel, or none for general stock."""

import sqlite3

import orjson

from streams.sandbox.commercetools import channels, entries, inventory_actions, queries
from streams.sandbox.commercetools.conditions import Column, Columns
from streams.sandbox.commercetools.entries import Entry
from streams.sandbox.commercetools.errors import Refused, duplicate_field, invalid_json, not_found
from streams.sandbox.commercetools.inventory_actions import custom, number, supply_channel
from streams.sandbox.commercetools.resources import actions_of, deletable, key_of, unknown
from streams.sandbox.commercetools.world import Call, World
from streams.sandbox.wire import Json

COLUMNS: Columns = {
    ("id",): Column("id"),
    ("key",): Column("key"),
    ("sku",): Column("sku"),
    ("version",): Column("version", "number"),
    ("quantityOnStock",): Column("on_stock", "number"),
    ("availableQuantity",): Column("(on_stock - reserved)", "number"),
    ("createdAt",): Column("created_at", "date"),
    ("lastModifiedAt",): Column("modified_at", "date"),
    ("supplyChannel",): Column("channel", absent="= ''"),
    ("supplyChannel", "id"): Column("channel"),
}
DRAFT = frozenset(
    {
        "key",
        "sku",
        "supplyChannel",
        "quantityOnStock",
        "restockableInDays",
        "expectedDelivery",
        "minCartQuantity",
        "maxCartQuantity",
        "reservationExpirationInMinutes",
        "stockLevels",
        "custom",
    }
)


def query(world: World, call: Call) -> Json | Refused:
    found = queries.run(world, call, "entry", COLUMNS, narrow=("sku",))
    if isinstance(found, Refused):
        return found
    results = [entries.view(row) for row in found.rows]
    entries.lagging(world, results)
    if "supplyChannel" in found.asked.expand:
        channels.expand(world, results, "supplyChannel")
    return queries.body(found, results)


def get(world: World, call: Call) -> Json | Refused:
    row = _row(world, call)
    return row if isinstance(row, Refused) else _shown(world, call, row)


def create(world: World, call: Call) -> Json | Refused:
    draft = call.body
    refused = unknown(draft, DRAFT, "InventoryEntryDraft")
    if refused is not None:
        return refused
    entry = _drafted(world, call, draft)
    if isinstance(entry, Refused):
        return entry
    entries.created(world, call.project, entry)
    return entries.view(entries.by_id(world, entry.id))


def update(world: World, call: Call) -> Json | Refused:
    """All actions or none."""
    row = _row(world, call)
    if isinstance(row, Refused):
        return row
    actions = actions_of(call, entries.TYPE, row)
    if isinstance(actions, Refused):
        return actions
    old = new = entries.kept(row)
    for action in actions:
        after = inventory_actions.applied(world, new, action)
        if isinstance(after, Refused):
            return after
        new = after
    if new != old:
        new = new._replace(modified_at=world.now(), modified_by=call.author)
    counted = any(action["action"] in inventory_actions.QUANTITY for action in actions)
    entries.changed(world, call.project, old, new, counted)
    return _shown(world, call, entries.by_id(world, old.id))


def delete(world: World, call: Call) -> Json | Refused:
    row = _row(world, call)
    if isinstance(row, Refused):
        return row
    refused = deletable(call, entries.TYPE, row)
    if refused is not None:
        return refused
    entries.deleted(world, call.project, entries.kept(row), world.now())
    return entries.view(row)


def _row(world: World, call: Call) -> sqlite3.Row | Refused:
    if "key" in call.ids:
        statement, value, name = "SELECT * FROM entry WHERE project = ? AND key = ?", call.ids["key"], "key"
    else:
        statement, value, name = "SELECT * FROM entry WHERE project = ? AND id = ?", call.ids["id"], "ID"
    row: sqlite3.Row | None = world.db.execute(statement, (call.project.id, value)).fetchone()
    return not_found(entries.TYPE, f"{name} '{value}'") if row is None else row


def _shown(world: World, call: Call, row: sqlite3.Row) -> Json:
    shown = entries.view(row)
    if ("expand", "supplyChannel") in call.query:
        channels.expand(world, [shown], "supplyChannel")
    return shown


def _drafted(world: World, call: Call, draft: Json) -> Entry | Refused:
    if not isinstance(draft.get("sku"), str) or not draft["sku"]:
        return invalid_json("sku: Missing required value")
    units, key = number(draft, "quantityOnStock"), key_of(draft)
    channel = supply_channel(world, call.project.id, draft.get("supplyChannel"))
    if isinstance(units, Refused):
        return units
    if isinstance(channel, Refused):
        return channel
    if isinstance(key, Refused):
        return key
    taken = world.db.execute(
        "SELECT 1 FROM entry WHERE project = ? AND sku = ? AND channel = ?", (call.project.id, draft["sku"], channel)
    ).fetchone()
    if taken:
        return duplicate_field("sku", draft["sku"])
    if (
        key is not None
        and world.db.execute("SELECT 1 FROM entry WHERE project = ? AND key = ?", (call.project.id, key)).fetchone()
    ):
        return duplicate_field("key", key)
    now = world.now()
    entry = Entry(
        world.new_id(), call.project.id, 1, key, draft["sku"], channel, units, 0, now, now, call.author, call.author, 0
    )
    return _with_the_rest(world, entry, draft)


def _with_the_rest(world: World, entry: Entry, draft: Json) -> Entry | Refused:
    """The optional fields of a draft, by the same rules as their update actions."""
    levels = draft.get("stockLevels") or {}
    actions: list[Json] = [
        {"action": "setRestockableInDays", "restockableInDays": draft.get("restockableInDays")},
        {"action": "setExpectedDelivery", "expectedDelivery": draft.get("expectedDelivery")},
        {
            "action": "setInventoryLimits",
            "minCartQuantity": draft.get("minCartQuantity"),
            "maxCartQuantity": draft.get("maxCartQuantity"),
        },
        {"action": "setReorderPoint", "reorderPoint": levels.get("reorderPoint")},
        {"action": "setSafetyStock", "safetyStock": levels.get("safetyStock")},
        {
            "action": "setReservationExpirationInMinutes",
            "reservationExpirationInMinutes": draft.get("reservationExpirationInMinutes"),
        },
    ]
    for action in actions:
        after = inventory_actions.applied(world, entry, action)
        if isinstance(after, Refused):
            return after
        entry = after
    if draft.get("custom") is not None:
        fields = custom(draft["custom"])
        if isinstance(fields, Refused):
            return fields
        entry = entry._replace(more=orjson.dumps(entry.optional() | {"custom": fields}).decode())
    return entry
