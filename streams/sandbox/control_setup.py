"""The control API's hand that sets things up: apps, shops, products, consent, and what is done to them by hand."""

import secrets

import orjson

from streams.sandbox import control_requests as wanted
from streams.sandbox import events, ids, money, product_states, stock, tokens
from streams.sandbox.operations import SCOPES
from streams.sandbox.product_read import STATUSES
from streams.sandbox.unusable import Unusable
from streams.sandbox.wire import Json
from streams.sandbox.world import World


def apps(world: World, given: wanted.Apps) -> Json:
    for app in given.apps:
        world.db.execute(
            "INSERT OR REPLACE INTO app VALUES (?, ?, ?, ?)",
            (app.app_key, app.app_secret, app.webhook_address, orjson.dumps(app.webhook_types).decode()),
        )
    world.targets.clear()
    return {"apps": [app.app_key for app in given.apps]}


def shops(world: World, given: wanted.Shops) -> Json:
    return {"shops": [_shop(world, shop) for shop in given.shops]}


def _shop(world: World, shop: wanted.Shop) -> Json:
    shop_id, number = ids.take(world.db, "shop"), ids.number(world.db, "shop number")
    open_id = shop.open_id or str(ids.take(world.db, "user"))
    cipher = shop.cipher or _new_cipher()
    world.db.execute(
        "INSERT OR IGNORE INTO seller VALUES (?, ?, ?)",
        (open_id, shop.seller_name or f"{shop.name} Fictional Ltd", shop.region),
    )
    world.db.execute(
        "INSERT INTO shop VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            shop_id,
            open_id,
            shop.name,
            shop.region,
            shop.seller_type,
            cipher,
            f"{shop.region}LCSBOX{number:02d}",
            shop.currency,
            shop.remorse,
            shop.shipping_type,
        ),
    )
    warehouses = []
    for position, warehouse in enumerate(shop.warehouses):
        warehouse_id = int(warehouse.id) if warehouse.id else ids.take(world.db, "warehouse")
        if warehouse.id and world.db.execute("SELECT 1 FROM warehouse WHERE id = ?", (warehouse_id,)).fetchone():
            raise Unusable(f"warehouse {warehouse.id} exists already")
        channel = warehouse.supply_channel or str(warehouse_id)
        world.db.execute(
            "INSERT INTO warehouse VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                warehouse_id,
                shop_id,
                warehouse.name,
                warehouse.type,
                warehouse.effect_status,
                int(position == 0),
                channel,
            ),
        )
        warehouses.append({"id": str(warehouse_id), "name": warehouse.name, "supply_channel": channel})
    return {
        "id": str(shop_id),
        "name": shop.name,
        "open_id": open_id,
        "cipher": cipher,
        "region": shop.region,
        "currency": shop.currency,
        "warehouses": warehouses,
    }


def new_cipher(world: World, given: wanted.ShopNamed) -> Json:
    cipher = _new_cipher()
    world.db.execute("UPDATE shop SET cipher = ? WHERE id = ?", (cipher, given.shop_id))
    return {"cipher": cipher}


def products(world: World, given: wanted.Products) -> Json:
    shop = _row(world, given.shop_id)
    main = world.db.execute(
        "SELECT id FROM warehouse WHERE shop_id = ? ORDER BY is_default DESC, id LIMIT 1", (given.shop_id,)
    ).fetchone()
    return {
        "products": [_product(world, int(shop["id"]), shop["currency"], str(main["id"]), one) for one in given.products]
    }


def _product(world: World, shop_id: int, currency: str, main: str, product: wanted.Product) -> Json:
    if product.status not in STATUSES:
        raise Unusable(f"product status {product.status!r} is not one of {', '.join(STATUSES)}")
    product_id, now = ids.take(world.db, "product"), world.now()
    title = product.title or f"Sample product {product.skus[0].seller_sku}"
    audit = {"DRAFT": "NONE", "PENDING": "AUDITING", "FAILED": "FAILED"}.get(product.status, "APPROVED")
    due = (now + world.switches.audit_seconds, "ACTIVATE") if product.status == "PENDING" else (None, None)
    world.db.execute(
        "INSERT INTO product VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (product_id, shop_id, title, product.status, audit, now, now, *due),
    )
    skus = []
    for sku in product.skus:
        sku_id = ids.take(world.db, "sku")
        world.db.execute(
            "INSERT INTO sku (id, product_id, shop_id, seller_sku, name, price) VALUES (?, ?, ?, ?, ?, ?)",
            (sku_id, product_id, shop_id, sku.seller_sku, sku.name, money.amount(sku.price, currency)),
        )
        for warehouse_id, quantity in (sku.inventory or {main: sku.quantity}).items():
            _check_warehouse(world, shop_id, warehouse_id)
            world.db.execute(
                "INSERT INTO stock (sku_id, warehouse_id, available) VALUES (?, ?, ?)", (sku_id, warehouse_id, quantity)
            )
        skus.append({"id": str(sku_id), "seller_sku": sku.seller_sku})
    events.emit(
        world, shop_id, events.PRODUCT_CREATION, {"product_id": product_id, "product_types": [], "update_time": now}
    )
    return {"id": str(product_id), "skus": skus}


def product_step(world: World, given: wanted.ProductStep) -> Json:
    if given.status not in STATUSES:
        raise Unusable(f"product status {given.status!r} is not one of {', '.join(STATUSES)}")
    for product_id in given.product_ids:
        product = world.db.execute("SELECT * FROM product WHERE id = ?", (product_id,)).fetchone()
        if product is None:
            raise Unusable(f"there is no product {product_id}")
        product_states.move(world, product, given.status, world.now())
    return {}


def sku_changes(world: World, given: wanted.SkuChanges) -> Json:
    for change in given.changes:
        _change_sku(world, change)
    return {}


def _change_sku(world: World, change: wanted.SkuChange) -> None:
    sku = world.db.execute(
        "SELECT * FROM sku WHERE shop_id = ? AND seller_sku = ?", (change.shop_id, change.seller_sku)
    ).fetchone()
    if sku is None:
        raise Unusable(f"shop {change.shop_id} has no SKU {change.seller_sku}")
    main = stock.of_sku(world, sku["id"])[0]
    if change.promotion is not None:
        world.db.execute("UPDATE sku SET promotion = ? WHERE id = ?", (int(change.promotion), sku["id"]))
    where = (sku["id"], main["warehouse_id"])
    if change.campaign_quantity is not None:
        world.db.execute(
            "UPDATE stock SET campaign = ? WHERE sku_id = ? AND warehouse_id = ?", (change.campaign_quantity, *where)
        )
    if change.quantity is not None:
        world.db.execute(
            "UPDATE stock SET available = ? WHERE sku_id = ? AND warehouse_id = ?", (change.quantity, *where)
        )
        events.stock_changed(world, sku["shop_id"], sku, "SELLER_CENTER", change.quantity - main["available"], 0)
    if change.status is not None:
        source = "SELLER" if change.status == "DEACTIVATED" else ""
        world.db.execute(
            "UPDATE sku SET status = ?, deactivation_source = ? WHERE id = ?", (change.status, source, sku["id"])
        )
        seen = {"sku_id": str(sku["id"]), "status": "DEACTIVATED" if source else "ACTIVATED"}
        events.emit(
            world,
            sku["shop_id"],
            events.SKU_STATUS_CHANGE,
            {
                "product_id": str(sku["product_id"]),
                "update_time": world.now(),
                "skus": [seen | ({"deactivation_source": source} if source else {})],
            },
        )


def auth_code(world: World, given: wanted.Consent) -> Json:
    return tokens.code(world, given.app_key, _row(world, given.shop_id)["open_id"], list(given.scopes or SCOPES))


def token(world: World, given: wanted.Consent) -> Json:
    return tokens.granted(world, given.app_key, _row(world, given.shop_id)["open_id"], list(given.scopes or SCOPES))


def deauthorize(world: World, given: wanted.ShopNamed) -> Json:
    shop = _row(world, given.shop_id)
    tokens.revoke(world, shop["open_id"])
    events.emit(
        world, shop["id"], events.SELLER_DEAUTHORIZATION, {"message": f"Shop {shop['id']} withdrew the authorization"}
    )
    return {}


def _check_warehouse(world: World, shop_id: int, warehouse_id: str) -> None:
    known = world.db.execute("SELECT 1 FROM warehouse WHERE id = ? AND shop_id = ?", (warehouse_id, shop_id)).fetchone()
    if known is None:
        raise Unusable(f"shop {shop_id} has no warehouse {warehouse_id}")


def _row(world: World, shop_id: str) -> Json:
    row = world.db.execute("SELECT * FROM shop WHERE id = ?", (shop_id,)).fetchone()
    if row is None:
        raise Unusable(f"there is no shop {shop_id}")
    return dict(row)


def _new_cipher() -> str:
    return f"ROW_{secrets.token_urlsafe(16)}"
