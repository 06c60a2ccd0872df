"""States of a product: what a seller may switch, what a review decides, and the events that follow.

Switching on a product that was switched off sends it through a review; it is live when the review has passed.
"""

import sqlite3

from streams.sandbox import codes, events
from streams.sandbox.codes import Refused
from streams.sandbox.product_read import found
from streams.sandbox.wire import Json
from streams.sandbox.world import Call, World

ACTIVATED_FROM = frozenset({"SELLER_DEACTIVATED", "PLATFORM_DEACTIVATED"})
DEACTIVATED_FROM = frozenset({"ACTIVATE"})
MOST_PRODUCTS = 20


def activate(world: World, call: Call) -> Json | Refused:
    return _switched(world, call, ACTIVATED_FROM, "PENDING")


def deactivate(world: World, call: Call) -> Json | Refused:
    return _switched(world, call, DEACTIVATED_FROM, "SELLER_DEACTIVATED")


def _switched(world: World, call: Call, allowed: frozenset[str], to: str) -> Json | Refused:
    ids = call.body.get("product_ids")
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) for one in ids):
        return Refused(codes.BAD_INPUT)
    if len(ids) > MOST_PRODUCTS:
        return Refused(codes.TOO_MANY_PRODUCT_IDS)
    errors = []
    for product_id in ids:
        product = found(world, call.shop.id, product_id)
        if not isinstance(product, Refused) and product["status"] not in allowed:
            product = Refused(codes.STATE_FORBIDS)
        if isinstance(product, Refused):
            errors.append(
                {"code": product.code, "message": codes.message_of(product), "detail": {"product_id": product_id}}
            )
        else:
            move(world, product, to, world.now())
    return {"errors": errors}


def move(world: World, product: sqlite3.Row, to: str, at: int) -> None:
    """Into a state, with its review state, what follows by itself, and the events."""
    audit, due_at, due_status = product["audit_status"], None, None
    match to:
        case "PENDING":
            audit, due_at = "AUDITING", at + world.switches.audit_seconds
            due_status = "ACTIVATE" if world.switches.audit_result == "APPROVED" else "FAILED"
        case "FAILED":
            audit = "FAILED"
        case "ACTIVATE":
            audit = "APPROVED"
    world.db.execute(
        "UPDATE product SET status = ?, audit_status = ?, update_time = ?, due_at = ?, due_status = ? WHERE id = ?",
        (to, audit, at, due_at, due_status, product["id"]),
    )
    data = {
        "product_id": product["id"],
        "status": _event_of(product["status"], to),
        "suspended_reason": "The picture carries text" if to == "FAILED" else "",
        "update_time": at,
    }
    events.emit(world, product["shop_id"], events.PRODUCT_STATUS_CHANGE, data)
    if audit != product["audit_status"]:
        data = {"product_id": product["id"], "audit": {"status": audit, "pre_approved_reasons": []}, "update_time": at}
        events.emit(world, product["shop_id"], events.PRODUCT_AUDIT_STATUS_CHANGE, data)


def _event_of(before: str, to: str) -> str:
    if to == "FAILED":
        return "PRODUCT_AUDIT_FAILURE"
    return "PRODUCT_FIRST_PASS_REVIEW" if (before, to) == ("PENDING", "ACTIVATE") else "PRODUCT_STATUS_CHANGED"


def move_due(world: World, now: int) -> None:
    """Reviews that end by now."""
    for product in world.db.execute("SELECT * FROM product WHERE due_at <= ? ORDER BY due_at", (now,)).fetchall():
        move(world, product, product["due_status"], product["due_at"])
