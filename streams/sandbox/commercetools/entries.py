"""Inventory entries: how they are kept and shown, and what a change of one tells the subscriptions."""

import sqlite3
from typing import Any, NamedTuple

import orjson

from streams.sandbox.commercetools import notices
from streams.sandbox.commercetools.notices import About
from streams.sandbox.commercetools.resources import head, reference
from streams.sandbox.commercetools.world import Project, World, date
from streams.sandbox.wire import Json

TYPE = "inventory-entry"


class Entry(NamedTuple):
    """One entry, in the order of its columns; `channel` is empty for general stock, `more` has the optional fields as
    the API names them.
    """

    id: str
    project: int
    version: int
    key: str | None
    sku: str
    channel: str
    on_stock: int
    reserved: int
    created_at: int
    modified_at: int
    created_by: str
    modified_by: str
    sequence: int
    more: str = "{}"

    @property
    def available(self) -> int:
        return self.on_stock - self.reserved

    def optional(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(self.more)
        return found

    def with_optional(self, name: str, value: Any) -> "Entry":
        kept = {key: old for key, old in self.optional().items() if key != name}
        return self._replace(more=orjson.dumps(kept if value is None else kept | {name: value}).decode())


def kept(row: sqlite3.Row) -> Entry:
    return Entry(*row)


def view(row: sqlite3.Row) -> Json:
    """The entry as the API shows it."""
    shown = head(row)
    if row["key"] is not None:
        shown["key"] = row["key"]
    shown["sku"] = row["sku"]
    if row["channel"]:
        shown["supplyChannel"] = reference("channel", row["channel"])
    shown["quantityOnStock"] = row["on_stock"]
    shown["availableQuantity"] = row["on_stock"] - row["reserved"]
    shown["reservations"] = []
    if row["more"] != "{}":
        shown |= orjson.loads(row["more"])
    return shown


def lagging(world: World, results: list[Json]) -> None:
    """Entries in the answer of a query as they were, where the query does not see the latest writes yet."""
    if not world.switches.query_lag_seconds:
        return
    shown = {one["id"]: one for one in results}
    rows = world.db.execute(
        "SELECT * FROM entry_before WHERE id IN (SELECT value FROM json_each(?)) AND until > ? ORDER BY until DESC",
        (orjson.dumps(list(shown)).decode(), world.now()),
    )
    for row in rows:  # the one that ends first comes last: it is the oldest still to be seen
        shown[row["id"]] |= {
            "version": row["version"],
            "quantityOnStock": row["on_stock"],
            "availableQuantity": row["available"],
            "lastModifiedAt": date(row["modified_at"]),
        }


def by_id(world: World, entry: str) -> sqlite3.Row:
    row: sqlite3.Row = world.db.execute("SELECT * FROM entry WHERE id = ?", (entry,)).fetchone()
    return row


def insert(world: World, entry: Entry) -> None:
    world.db.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", entry)


def created(world: World, project: Project, entry: Entry) -> None:
    """A new entry is kept, and told."""
    insert(world, entry._replace(sequence=entry.sequence + 1))
    about = _about(entry)
    notices.message(world, project, about, "InventoryEntryCreated", {"inventoryEntry": view(by_id(world, entry.id))})
    notices.change(world, project, about, "ResourceCreated")


def changed(world: World, project: Project, old: Entry, new: Entry, quantity_set: bool) -> Entry:
    """The entry is written with a new version and its Messages; an update without effect changes nothing."""
    if new == old:
        return old
    version = world.next_version(old.version)
    about = About(TYPE, new.id, version, _identifiers(new), new.modified_at, old.sequence, new.modified_by)
    place = _place(new)
    if quantity_set and (new.on_stock, new.available) != (old.on_stock, old.available):
        notices.message(
            world,
            project,
            about,
            "InventoryEntryQuantitySet",
            {
                "oldQuantityOnStock": old.on_stock,
                "newQuantityOnStock": new.on_stock,
                "oldAvailableQuantity": old.available,
                "newAvailableQuantity": new.available,
                **place,
            },
        )
        _levels(world, project, about, old, new, place)
    written = new._replace(version=version, sequence=about.sequence)
    _update(world, old, written)
    notices.change(world, project, about, "ResourceUpdated", old.version)
    return written


def silently_changed(world: World, project: Project, old: Entry, new: Entry) -> Entry:
    """Written without any Message, as units taken by an order are."""
    written = new._replace(version=world.next_version(old.version))
    _update(world, old, written)
    if world.switches.order_stock_notices == "resource_updated":
        notices.change(world, project, _about(written), "ResourceUpdated", old.version)
    return written


def deleted(world: World, project: Project, entry: Entry, at: int) -> None:
    world.db.execute("DELETE FROM entry WHERE id = ?", (entry.id,))
    world.db.execute("DELETE FROM stock_effect WHERE entry = ?", (entry.id,))
    about = About(TYPE, entry.id, entry.version + 1, _identifiers(entry), at, entry.sequence, entry.modified_by)
    notices.message(world, project, about, "InventoryEntryDeleted", _place(entry))
    notices.change(world, project, about, "ResourceDeleted")


def _levels(world: World, project: Project, about: About, old: Entry, new: Entry, place: Json) -> None:
    if new.on_stock == 0:
        notices.message(world, project, about, "InventoryEntryOutOfStock", place)
    levels = new.optional().get("stockLevels", {}) if new.more != "{}" else {}
    for name, kind in (("reorderPoint", "InventoryEntryReorderPoint"), ("safetyStock", "InventoryEntrySafetyStock")):
        if name in levels and new.on_stock <= levels[name] < old.on_stock:
            notices.message(world, project, about, kind, {"quantityOnStock": new.on_stock, **place})


def _update(world: World, old: Entry, entry: Entry) -> None:
    lag = world.switches.query_lag_seconds
    if lag:
        world.db.execute("DELETE FROM entry_before WHERE id = ? AND until <= ?", (old.id, world.now()))
        world.db.execute(
            "INSERT INTO entry_before VALUES (?, ?, ?, ?, ?, ?)",
            (old.id, world.now() + int(lag * 1000), old.version, old.on_stock, old.available, old.modified_at),
        )
    if (entry.key, entry.channel) != (old.key, old.channel):  # named in an UPDATE, their indexes are written again
        world.db.execute("UPDATE entry SET key = ?, channel = ? WHERE id = ?", (entry.key, entry.channel, entry.id))
    world.db.execute(
        "UPDATE entry SET version = ?, on_stock = ?, reserved = ?, modified_at = ?, modified_by = ?, sequence = ?,"
        " more = ? WHERE id = ?",
        (
            entry.version,
            entry.on_stock,
            entry.reserved,
            entry.modified_at,
            entry.modified_by,
            entry.sequence,
            entry.more,
            entry.id,
        ),
    )


def _about(entry: Entry) -> About:
    return About(
        TYPE, entry.id, entry.version, _identifiers(entry), entry.modified_at, entry.sequence, entry.modified_by
    )


def _identifiers(entry: Entry) -> Json:
    return ({"key": entry.key} if entry.key is not None else {}) | {"sku": entry.sku}


def _place(entry: Entry) -> Json:
    return {"sku": entry.sku} | ({"supplyChannel": reference("channel", entry.channel)} if entry.channel else {})
