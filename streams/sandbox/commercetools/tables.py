"""Everything the fake knows, as tables. Times are milliseconds of its clock unless a name says otherwise.

An entry's id is its clustered key, so an index on `(project, sku)` is one on `(project, sku, id)`: the order in which
callers page.
"""

TABLES = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS project (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, created_at INTEGER NOT NULL,
    body TEXT NOT NULL, messages_enabled INTEGER NOT NULL, message_days INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS client (
    client_id TEXT PRIMARY KEY, client_secret TEXT NOT NULL, project INTEGER NOT NULL, scopes TEXT NOT NULL,
    token_seconds INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS token (
    token TEXT PRIMARY KEY, client_id TEXT NOT NULL, scopes TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS channel (
    id TEXT PRIMARY KEY, project INTEGER NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL,
    created_at INTEGER NOT NULL, modified_at INTEGER NOT NULL, created_by TEXT NOT NULL, modified_by TEXT NOT NULL,
    roles TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS channel_key ON channel (project, key);

CREATE TABLE IF NOT EXISTS entry (
    id TEXT PRIMARY KEY, project INTEGER NOT NULL, version INTEGER NOT NULL, key TEXT, sku TEXT NOT NULL,
    channel TEXT NOT NULL, on_stock INTEGER NOT NULL, reserved INTEGER NOT NULL, created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL, created_by TEXT NOT NULL, modified_by TEXT NOT NULL, sequence INTEGER NOT NULL,
    more TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entry_sku ON entry (project, sku);
CREATE UNIQUE INDEX IF NOT EXISTS entry_level ON entry (project, sku, channel);
CREATE UNIQUE INDEX IF NOT EXISTS entry_key ON entry (project, key) WHERE key IS NOT NULL;
CREATE INDEX IF NOT EXISTS entry_channel ON entry (channel);
CREATE TABLE IF NOT EXISTS entry_before (
    id TEXT NOT NULL, until INTEGER NOT NULL, version INTEGER NOT NULL, on_stock INTEGER NOT NULL,
    available INTEGER NOT NULL, modified_at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS entry_before_id ON entry_before (id, until);

CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY, project INTEGER NOT NULL, number TEXT, version INTEGER NOT NULL, created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL, created_by TEXT NOT NULL, modified_by TEXT NOT NULL, sequence INTEGER NOT NULL,
    body TEXT NOT NULL) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS orders_number ON orders (project, number) WHERE number IS NOT NULL;
CREATE TABLE IF NOT EXISTS stock_effect (
    id INTEGER PRIMARY KEY, due_at INTEGER NOT NULL, project INTEGER NOT NULL, entry TEXT NOT NULL,
    quantity INTEGER NOT NULL, order_id TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS stock_effect_due ON stock_effect (due_at);
CREATE INDEX IF NOT EXISTS stock_effect_entry ON stock_effect (entry);

CREATE TABLE IF NOT EXISTS message (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, project INTEGER NOT NULL, created_at INTEGER NOT NULL,
    resource_type TEXT NOT NULL, resource_id TEXT NOT NULL, sequence INTEGER NOT NULL, type TEXT NOT NULL,
    body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS message_created ON message (project, created_at);

CREATE TABLE IF NOT EXISTS subscription (
    id TEXT PRIMARY KEY, project INTEGER NOT NULL, key TEXT, version INTEGER NOT NULL, created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL, created_by TEXT NOT NULL, modified_by TEXT NOT NULL, status TEXT NOT NULL,
    status_since INTEGER NOT NULL, held INTEGER NOT NULL, effective_at INTEGER NOT NULL,
    body TEXT NOT NULL) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS subscription_key ON subscription (project, key) WHERE key IS NOT NULL;
CREATE TABLE IF NOT EXISTS notification (
    id INTEGER PRIMARY KEY, subscription TEXT NOT NULL, created_at INTEGER NOT NULL, due_at INTEGER,
    state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS notification_due ON notification (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS notification_state ON notification (subscription, state);

CREATE TABLE IF NOT EXISTS fault (
    id INTEGER PRIMARY KEY, operation TEXT NOT NULL, kind TEXT NOT NULL, probability REAL NOT NULL, remaining INTEGER,
    seconds REAL, fired INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS call_count (
    operation TEXT NOT NULL, status INTEGER NOT NULL, calls INTEGER NOT NULL,
    PRIMARY KEY (operation, status)) WITHOUT ROWID;
"""
