"""Everything the sandbox knows, as tables. Ids are integers here and digit strings on the wire.

`due_at` and `due_status` carry what happens by itself as the clock moves on; partial indexes keep finding it cheap.
"""

TABLES = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counter (kind TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS app (
    app_key TEXT PRIMARY KEY, app_secret TEXT NOT NULL,
    webhook_address TEXT NOT NULL DEFAULT '', webhook_types TEXT NOT NULL DEFAULT '[]') WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seller (open_id TEXT PRIMARY KEY, name TEXT NOT NULL, region TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS shop (
    id INTEGER PRIMARY KEY, open_id TEXT NOT NULL, name TEXT NOT NULL, region TEXT NOT NULL, seller_type TEXT NOT NULL,
    cipher TEXT NOT NULL UNIQUE, code TEXT NOT NULL, currency TEXT NOT NULL, remorse TEXT NOT NULL,
    shipping_type TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS warehouse (
    id INTEGER PRIMARY KEY, shop_id INTEGER NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,
    effect_status TEXT NOT NULL, is_default INTEGER NOT NULL, supply_channel TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS warehouse_shop ON warehouse (shop_id);

CREATE TABLE IF NOT EXISTS auth_code (
    code TEXT PRIMARY KEY, app_key TEXT NOT NULL, open_id TEXT NOT NULL, scopes TEXT NOT NULL,
    expires_at INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS token (
    access_token TEXT PRIMARY KEY, refresh_token TEXT NOT NULL UNIQUE, app_key TEXT NOT NULL, open_id TEXT NOT NULL,
    scopes TEXT NOT NULL, access_expires_at INTEGER NOT NULL, refresh_expires_at INTEGER NOT NULL,
    state TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS product (
    id INTEGER PRIMARY KEY, shop_id INTEGER NOT NULL, title TEXT NOT NULL, status TEXT NOT NULL,
    audit_status TEXT NOT NULL, create_time INTEGER NOT NULL, update_time INTEGER NOT NULL,
    due_at INTEGER, due_status TEXT);
CREATE INDEX IF NOT EXISTS product_shop ON product (shop_id, create_time, id);
CREATE INDEX IF NOT EXISTS product_due ON product (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS sku (
    id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL, shop_id INTEGER NOT NULL, seller_sku TEXT NOT NULL,
    name TEXT NOT NULL, price INTEGER NOT NULL, status TEXT NOT NULL DEFAULT 'NORMAL',
    deactivation_source TEXT NOT NULL DEFAULT '', promotion INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS sku_seller_sku ON sku (shop_id, seller_sku);
CREATE INDEX IF NOT EXISTS sku_product ON sku (product_id);
CREATE TABLE IF NOT EXISTS stock (
    sku_id INTEGER NOT NULL, warehouse_id INTEGER NOT NULL, available INTEGER NOT NULL,
    committed INTEGER NOT NULL DEFAULT 0, sold INTEGER NOT NULL DEFAULT 0, campaign INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (sku_id, warehouse_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inventory_write (
    id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, real_ms INTEGER NOT NULL, shop_id INTEGER NOT NULL,
    sku_id INTEGER NOT NULL, seller_sku TEXT NOT NULL, warehouse_id INTEGER NOT NULL, old_quantity INTEGER NOT NULL,
    new_quantity INTEGER NOT NULL, request_id TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY, shop_id INTEGER NOT NULL, number INTEGER NOT NULL, status TEXT NOT NULL,
    warehouse_id INTEGER NOT NULL, shipping_fee INTEGER NOT NULL, create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL, paid_time INTEGER, rts_time INTEGER, collection_time INTEGER, delivery_time INTEGER,
    cancel_time INTEGER, cancel_user TEXT NOT NULL DEFAULT '', cancel_reason TEXT NOT NULL DEFAULT '',
    oversold_units INTEGER NOT NULL DEFAULT 0, due_at INTEGER, due_status TEXT);
CREATE INDEX IF NOT EXISTS orders_updated ON orders (shop_id, update_time, id);
CREATE INDEX IF NOT EXISTS orders_created ON orders (shop_id, create_time, id);
CREATE INDEX IF NOT EXISTS orders_due ON orders (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS order_line (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, sku_id INTEGER NOT NULL, product_id INTEGER NOT NULL,
    seller_sku TEXT NOT NULL, product_name TEXT NOT NULL, sku_name TEXT NOT NULL, original_price INTEGER NOT NULL,
    seller_discount INTEGER NOT NULL, platform_discount INTEGER NOT NULL, state TEXT NOT NULL,
    package_id INTEGER, tracking_number TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS order_line_order ON order_line (order_id);

CREATE TABLE IF NOT EXISTS call_limit (
    app_key TEXT NOT NULL, shop_id TEXT NOT NULL, operation TEXT NOT NULL, rate REAL NOT NULL, burst REAL NOT NULL,
    PRIMARY KEY (app_key, shop_id, operation)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS call_count (
    app_key TEXT NOT NULL, shop_id INTEGER NOT NULL, operation TEXT NOT NULL, calls INTEGER NOT NULL,
    refused INTEGER NOT NULL, limited INTEGER NOT NULL, left_tokens REAL NOT NULL, filled_at REAL NOT NULL,
    PRIMARY KEY (app_key, shop_id, operation)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fault (
    id INTEGER PRIMARY KEY, operation TEXT NOT NULL, shop_id TEXT NOT NULL, seller_sku TEXT NOT NULL,
    kind TEXT NOT NULL, probability REAL NOT NULL, remaining INTEGER, seconds REAL, code INTEGER,
    fired INTEGER NOT NULL DEFAULT 0);

CREATE TABLE IF NOT EXISTS webhook_subscription (
    app_key TEXT NOT NULL, shop_id INTEGER NOT NULL, event_type TEXT NOT NULL, address TEXT NOT NULL,
    create_time INTEGER NOT NULL, update_time INTEGER NOT NULL,
    PRIMARY KEY (app_key, shop_id, event_type)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS webhook (
    id INTEGER PRIMARY KEY, app_key TEXT NOT NULL, shop_id INTEGER NOT NULL, type INTEGER NOT NULL,
    address TEXT NOT NULL, body BLOB NOT NULL, due_at REAL, attempts INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS webhook_due ON webhook (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS physical (
    seller_sku TEXT NOT NULL, supply_channel TEXT NOT NULL, units INTEGER, open_units INTEGER NOT NULL DEFAULT 0,
    oversold_units INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (seller_sku, supply_channel)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS history (
    id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, shop_id INTEGER NOT NULL,
    order_id INTEGER NOT NULL, seller_sku TEXT NOT NULL, supply_channel TEXT NOT NULL, units INTEGER NOT NULL);
"""
