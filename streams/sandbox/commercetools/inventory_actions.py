"""The update actions of an inventory entry, each a function from entry to entry, by the name it has on the wire."""

from collections.abc import Callable
from typing import Any

import orjson

from streams.sandbox.commercetools.entries import Entry
from streams.sandbox.commercetools.errors import (
    Refused,
    duplicate_field,
    invalid_field,
    invalid_input,
    invalid_json,
    invalid_operation,
)
from streams.sandbox.commercetools.resources import channel_of, key_of, unknown
from streams.sandbox.commercetools.world import World
from streams.sandbox.wire import Json

LONGEST_RESERVATION = 44_640
LEAST, MOST = -(2**53), 2**53
SUPPLY = "InventorySupply"

Action = Callable[[World, Entry, Json], Entry | Refused]


def number(given: Json, name: str, least: int = LEAST, most: int = MOST) -> int | Refused:
    """A whole number that must be there."""
    value = given.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        return invalid_json(f"{name}: Missing required value")
    return value if least <= value <= most else invalid_field(name, value)


def supply_channel(world: World, project: int, given: Any) -> str | Refused:
    """The id of a channel that may supply; without one, the general stock."""
    if given is None:
        return ""
    channel = channel_of(world, project, given, "supplyChannel")
    if isinstance(channel, Refused):
        return channel
    if SUPPLY not in orjson.loads(channel["roles"]):
        named = {"typeId": "channel", "id": channel["id"]}
        text = f"Given channel with key '{channel['key']}' does not have the required role '{SUPPLY}'."
        return Refused(400, "MissingRoleOnChannel", text, {"channel": named, "missingRole": SUPPLY})
    return str(channel["id"])


def _add(world: World, entry: Entry, given: Json) -> Entry | Refused:
    units = number(given, "quantity")
    return units if isinstance(units, Refused) else entry._replace(on_stock=entry.on_stock + units)


def _remove(world: World, entry: Entry, given: Json) -> Entry | Refused:
    units = number(given, "quantity")
    return units if isinstance(units, Refused) else entry._replace(on_stock=entry.on_stock - units)


def _change(world: World, entry: Entry, given: Json) -> Entry | Refused:
    units = number(given, "quantity")
    return units if isinstance(units, Refused) else entry._replace(on_stock=units)


def _optional_number(name: str, least: int, most: int = MOST) -> Action:
    def act(world: World, entry: Entry, given: Json) -> Entry | Refused:
        if given.get(name) is None:
            return entry.with_optional(name, None)
        value = number(given, name, least, most)
        return value if isinstance(value, Refused) else entry.with_optional(name, value)

    return act


def _level(name: str) -> Action:
    def act(world: World, entry: Entry, given: Json) -> Entry | Refused:
        levels = {key: old for key, old in entry.optional().get("stockLevels", {}).items() if key != name}
        if given.get(name) is not None:
            value = number(given, name, 0)
            if isinstance(value, Refused):
                return value
            levels[name] = value
        return entry.with_optional("stockLevels", levels or None)

    return act


def _expected_delivery(world: World, entry: Entry, given: Json) -> Entry | Refused:
    value = given.get("expectedDelivery")
    if value is not None and not isinstance(value, str):
        return invalid_json("expectedDelivery: a date is wanted")
    return entry.with_optional("expectedDelivery", value)


def _limits(world: World, entry: Entry, given: Json) -> Entry | Refused:
    for name in ("minCartQuantity", "maxCartQuantity"):
        after = _optional_number(name, 1)(world, entry, given)
        if isinstance(after, Refused):
            return after
        entry = after
    kept = entry.optional()
    if kept.get("minCartQuantity", 0) > kept.get("maxCartQuantity", MOST):
        return invalid_operation("minCartQuantity is above maxCartQuantity.")
    return entry


def _channel(world: World, entry: Entry, given: Json) -> Entry | Refused:
    channel = supply_channel(world, entry.project, given.get("supplyChannel"))
    if isinstance(channel, Refused):
        return channel
    taken = world.db.execute(
        "SELECT 1 FROM entry WHERE project = ? AND sku = ? AND channel = ? AND id <> ?",
        (entry.project, entry.sku, channel, entry.id),
    ).fetchone()
    return duplicate_field("sku", entry.sku) if taken else entry._replace(channel=channel)


def _key(world: World, entry: Entry, given: Json) -> Entry | Refused:
    key = key_of(given)
    if isinstance(key, Refused):
        return key
    taken = (
        key is not None
        and world.db.execute(
            "SELECT 1 FROM entry WHERE project = ? AND key = ? AND id <> ?", (entry.project, key, entry.id)
        ).fetchone()
    )
    return duplicate_field("key", key) if taken else entry._replace(key=key)


def custom(given: Any) -> Json | Refused:
    """Custom fields of a draft or of setCustomType; the fake knows no types, so it takes any by id."""
    named = given.get("type") if isinstance(given, dict) else None
    if not isinstance(named, dict) or not isinstance(named.get("id"), str):
        return invalid_json("custom.type: an id is wanted")
    return {"type": {"typeId": "type", "id": named["id"]}, "fields": given.get("fields") or {}}


def _custom_type(world: World, entry: Entry, given: Json) -> Entry | Refused:
    if given.get("type") is None:
        return entry.with_optional("custom", None)
    fields = custom(given)
    return fields if isinstance(fields, Refused) else entry.with_optional("custom", fields)


def _custom_field(world: World, entry: Entry, given: Json) -> Entry | Refused:
    kept = entry.optional().get("custom")
    if kept is None:
        return invalid_operation("The resource has no custom type.")
    name = given.get("name")
    if not isinstance(name, str):
        return invalid_json("name: Missing required value")
    fields = {key: old for key, old in kept["fields"].items() if key != name}
    if given.get("value") is not None:
        fields[name] = given["value"]
    elif name not in kept["fields"]:
        return invalid_operation(f"The custom field '{name}' is not set.")
    return entry.with_optional("custom", kept | {"fields": fields})


ACTIONS: dict[str, tuple[frozenset[str], Action]] = {
    "addQuantity": (frozenset({"quantity"}), _add),
    "removeQuantity": (frozenset({"quantity"}), _remove),
    "changeQuantity": (frozenset({"quantity"}), _change),
    "setRestockableInDays": (frozenset({"restockableInDays"}), _optional_number("restockableInDays", 0)),
    "setExpectedDelivery": (frozenset({"expectedDelivery"}), _expected_delivery),
    "setSupplyChannel": (frozenset({"supplyChannel"}), _channel),
    "setInventoryLimits": (frozenset({"minCartQuantity", "maxCartQuantity"}), _limits),
    "setReorderPoint": (frozenset({"reorderPoint"}), _level("reorderPoint")),
    "setSafetyStock": (frozenset({"safetyStock"}), _level("safetyStock")),
    "setKey": (frozenset({"key"}), _key),
    "setCustomType": (frozenset({"type", "fields"}), _custom_type),
    "setCustomField": (frozenset({"name", "value"}), _custom_field),
    "setReservationExpirationInMinutes": (
        frozenset({"reservationExpirationInMinutes"}),
        _optional_number("reservationExpirationInMinutes", 1, LONGEST_RESERVATION),
    ),
}
QUANTITY = frozenset({"addQuantity", "removeQuantity", "changeQuantity"})


def applied(world: World, entry: Entry, given: Json) -> Entry | Refused:
    """One action."""
    name = given["action"]
    if name not in ACTIONS:
        return invalid_input(f"Unknown update action '{name}'; known: {', '.join(ACTIONS)}.")
    fields, act = ACTIONS[name]
    refused = unknown(given, fields | {"action"}, str(name))
    return act(world, entry, given) if refused is None else refused
