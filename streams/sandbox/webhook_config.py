"""Which events a shop sends where: listed, set and taken away by the app that asks."""

from streams.sandbox import codes
from streams.sandbox.codes import Refused
from streams.sandbox.events import CONFIGURABLE
from streams.sandbox.wire import Json
from streams.sandbox.world import Call, World

LONGEST_ADDRESS = 255
SCHEMES = ("https://", "http://")
"""The platform takes https alone; a receiver on this machine needs plain http."""


def listed(world: World, call: Call) -> Json:
    rows = world.db.execute(
        "SELECT * FROM webhook_subscription WHERE app_key = ? AND shop_id = ? ORDER BY event_type",
        (call.app_key, call.shop.id),
    ).fetchall()
    return {
        "total_count": len(rows),
        "webhooks": [
            {name: row[name] for name in ("event_type", "address", "create_time", "update_time")} for row in rows
        ],
    }


def put(world: World, call: Call) -> Json | Refused:
    event_type, address = call.body.get("event_type"), call.body.get("address")
    if event_type not in CONFIGURABLE:
        return Refused(codes.INVALID, "Invalid event_type")
    if not isinstance(address, str) or len(address) > LONGEST_ADDRESS or not address.startswith(SCHEMES):
        return Refused(codes.INVALID, "Invalid address")
    now = world.now()
    world.db.execute(
        "INSERT INTO webhook_subscription VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " address = excluded.address, update_time = excluded.update_time",
        (call.app_key, call.shop.id, event_type, address, now, now),
    )
    world.targets.clear()
    return {}


def deleted(world: World, call: Call) -> Json | Refused:
    if call.body.get("event_type") not in CONFIGURABLE:
        return Refused(codes.INVALID, "Invalid event_type")
    world.db.execute(
        "DELETE FROM webhook_subscription WHERE app_key = ? AND shop_id = ? AND event_type = ?",
        (call.app_key, call.shop.id, call.body["event_type"]),
    )
    world.targets.clear()
    return {}
