"""`/orders` as far as stock needs them: import, read, query, change a state, delete."""

import sqlite3
from typing import Any

import orjson

from streams.sandbox.commercetools import notices, order_stock, queries
from streams.sandbox.commercetools.conditions import Column, Columns
from streams.sandbox.commercetools.errors import Refused, duplicate_field, invalid_field, invalid_input, not_found
from streams.sandbox.commercetools.notices import About
from streams.sandbox.commercetools.order_draft import STATES, Imported, imported
from streams.sandbox.commercetools.resources import actions_of, deletable, head, unknown
from streams.sandbox.commercetools.world import Call, Project, World
from streams.sandbox.wire import Json

TYPE = "order"
COLUMNS: Columns = {
    ("id",): Column("id"),
    ("orderNumber",): Column("number"),
    ("version",): Column("version", "number"),
    ("createdAt",): Column("created_at", "date"),
    ("lastModifiedAt",): Column("modified_at", "date"),
}
ACTIONS = {  # action → field, Message, field of the old value in it
    "changeOrderState": ("orderState", "OrderStateChanged", "oldOrderState"),
    "changeShipmentState": ("shipmentState", "OrderShipmentStateChanged", "oldShipmentState"),
    "changePaymentState": ("paymentState", "OrderPaymentStateChanged", "oldPaymentState"),
}


def query(world: World, call: Call) -> Json | Refused:
    found = queries.run(world, call, "orders", COLUMNS)
    return found if isinstance(found, Refused) else queries.body(found, [view(row) for row in found.rows])


def get(world: World, call: Call) -> Json | Refused:
    row = _row(world, call)
    return row if isinstance(row, Refused) else view(row)


def import_(world: World, call: Call) -> Json | Refused:
    draft = imported(world, call.project, call.body)
    if isinstance(draft, Refused):
        return draft
    row = placed(world, call.project, draft, call.author, "OrderImported")
    return row if isinstance(row, Refused) else view(row)


def placed(world: World, project: Project, draft: Imported, author: str, message: str) -> sqlite3.Row | Refused:
    """A new order, whose units are gone from now on and leave their entries later."""
    if (
        draft.number is not None
        and world.db.execute(
            "SELECT 1 FROM orders WHERE project = ? AND number = ?", (project.id, draft.number)
        ).fetchone()
    ):
        return duplicate_field("orderNumber", draft.number)
    refused = order_stock.out_of_stock(world, project, draft.demands)
    if refused is not None:
        return refused
    now, number = world.now(), world.new_id()
    world.db.execute(
        "INSERT INTO orders VALUES (?, ?, ?, 1, ?, ?, ?, ?, 1, ?)",
        (number, project.id, draft.number, now, now, author, author, orjson.dumps(draft.body).decode()),
    )
    order_stock.take(world, project, number, draft.demands)
    row = _by_id(world, number)
    about = About(TYPE, number, 1, _identifiers(row), now, 0, author)
    notices.message(world, project, about, message, {"order": view(row)})
    notices.change(world, project, about, "ResourceCreated")
    return row


def update(world: World, call: Call) -> Json | Refused:
    row = _row(world, call)
    if isinstance(row, Refused):
        return row
    actions = actions_of(call, TYPE, row)
    if isinstance(actions, Refused):
        return actions
    body: Json = orjson.loads(row["body"])
    told: list[tuple[str, Json]] = []
    for action in actions:
        message = _applied(body, action)
        if isinstance(message, Refused):
            return message
        told += [message] if message is not None else []
    if told:
        _written(world, call, row, body, told)
    return view(_by_id(world, row["id"]))


def delete(world: World, call: Call) -> Json | Refused:
    row = _row(world, call)
    if isinstance(row, Refused):
        return row
    refused = deletable(call, TYPE, row)
    if refused is not None:
        return refused
    world.db.execute("DELETE FROM orders WHERE id = ?", (row["id"],))
    about = About(TYPE, row["id"], row["version"] + 1, _identifiers(row), world.now(), row["sequence"], call.author)
    notices.message(world, call.project, about, "OrderDeleted", {"order": view(row)})
    notices.change(world, call.project, about, "ResourceDeleted")
    return view(row)


def view(row: sqlite3.Row) -> Json:
    body: Json = orjson.loads(row["body"])
    return head(row) | body


def _applied(body: Json, action: Json) -> tuple[str, Json] | Refused | None:
    """The Message of one action, if it changes anything."""
    name = action["action"]
    if name not in ACTIONS:
        return invalid_input(f"Unknown update action '{name}'; known here: {', '.join(ACTIONS)}.")
    field, message, old_name = ACTIONS[name]
    refused = unknown(action, frozenset({"action", field}), str(name))
    if refused is not None:
        return refused
    value: Any = action.get(field)
    if value not in STATES[field]:
        return invalid_field(field, value)
    old = body.get(field)
    if old == value:
        return None
    body[field] = value
    return message, {field: value} | ({old_name: old} if old is not None else {})


def _written(world: World, call: Call, row: sqlite3.Row, body: Json, told: list[tuple[str, Json]]) -> None:
    version, now = world.next_version(row["version"]), world.now()
    about = About(TYPE, row["id"], version, _identifiers(row), now, row["sequence"], call.author)
    for message, fields in told:
        notices.message(world, call.project, about, message, fields)
    world.db.execute(
        "UPDATE orders SET version = ?, modified_at = ?, modified_by = ?, sequence = ?, body = ? WHERE id = ?",
        (version, now, call.author, about.sequence, orjson.dumps(body).decode(), row["id"]),
    )
    notices.change(world, call.project, about, "ResourceUpdated", row["version"])


def _identifiers(row: sqlite3.Row) -> Json:
    return {"orderNumber": row["number"]} if row["number"] is not None else {}


def _by_id(world: World, number: str) -> sqlite3.Row:
    row: sqlite3.Row = world.db.execute("SELECT * FROM orders WHERE id = ?", (number,)).fetchone()
    return row


def _row(world: World, call: Call) -> sqlite3.Row | Refused:
    if "number" in call.ids:
        statement, value, name = (
            "SELECT * FROM orders WHERE project = ? AND number = ?",
            call.ids["number"],
            "orderNumber",
        )
    else:
        statement, value, name = "SELECT * FROM orders WHERE project = ? AND id = ?", call.ids["id"], "ID"
    row: sqlite3.Row | None = world.db.execute(statement, (call.project.id, value)).fetchone()
    return not_found(TYPE, f"{name} '{value}'") if row is None else row
