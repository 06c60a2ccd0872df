"""Shops of an authorization, and the warehouses of a shop."""

from streams.sandbox.people import warehouse_address
from streams.sandbox.wire import Json
from streams.sandbox.world import Call, World


def authorized_shops(world: World, call: Call) -> Json:
    rows = world.db.execute("SELECT * FROM shop WHERE open_id = ? ORDER BY id", (call.open_id,))
    return {
        "shops": [
            {
                "id": str(row["id"]),
                "name": row["name"],
                "region": row["region"],
                "seller_type": row["seller_type"],
                "cipher": row["cipher"],
                "code": row["code"],
            }
            for row in rows
        ]
    }


def warehouses(world: World, call: Call) -> Json:
    rows = world.db.execute("SELECT * FROM warehouse WHERE shop_id = ? ORDER BY id", (call.shop.id,))
    return {
        "warehouses": [
            {
                "id": str(row["id"]),
                "entity_id": str(row["id"] + 1),
                "name": row["name"],
                "effect_status": row["effect_status"],
                "type": row["type"],
                "sub_type": "DOMESTIC_WAREHOUSE",
                "is_default": bool(row["is_default"]),
                "address": warehouse_address(call.shop.region),
            }
            for row in rows
        ]
    }
