"""Deliveries as TikTok Shop signs them. All data is invented."""

import hashlib
import hmac
from typing import Any

import orjson

from streams.webhooks.receive import App, Receiver, Shops

NOW = 1_770_000_000_000
APP = App("6fictional", "app-secret-one")
OTHER_APP = App("6another", "app-secret-two")
SHOP = "7496000000000000001"
RECEIVER = Receiver((APP, OTHER_APP), Shops({SHOP: "uk"}))


def body(type: int = 1, **more: Any) -> bytes:
    """An event; ``data`` replaces its data."""
    data = {"order_id": "579000000000000001", "order_status": "AWAITING_SHIPMENT", "update_time": NOW // 1000 - 2}
    envelope = {"type": type, "tts_notification_id": "759", "shop_id": SHOP, "timestamp": NOW // 1000, "data": data}
    return orjson.dumps(envelope | more)


def signature(raw: bytes, app: App = APP) -> str:
    """Written here once more: HMAC-SHA256 over key and raw body."""
    return hmac.new(app.app_secret.encode(), app.app_key.encode() + raw, hashlib.sha256).hexdigest()
