"""Valid notifications of an invented pottery; a test shows only what matters to it."""

from __future__ import annotations

import base64
import json
from typing import Any

ENTRY = "5b2f6f0e-9a3d-4c1b-8e47-2f1d7c90a6b1"
ORDER = "c41d7f3a-6b0e-4f6a-9d52-7a8b9c0d1e2f"


def message(name: str, type_id: str = "inventory-entry", resource_id: str = ENTRY, **fields: Any) -> dict[str, Any]:
    """In Platform format."""
    return {
        "notificationType": "Message",
        "projectKey": "pottery-demo",
        "id": "0f5c1f0a-54c1-4f5b-9a62-0c8a1d2f3b4c",
        "version": 1,
        "sequenceNumber": 3,
        "resource": {"typeId": type_id, "id": resource_id},
        "resourceVersion": 7,
        "type": name,
        "createdAt": "2026-01-05T08:40:03.000Z",
        "lastModifiedAt": "2026-01-05T08:40:03.000Z",
        **fields,
    }


def change(name: str, type_id: str = "inventory-entry", resource_id: str = ENTRY, **fields: Any) -> dict[str, Any]:
    return {
        "notificationType": name,
        "projectKey": "pottery-demo",
        "resource": {"typeId": type_id, "id": resource_id},
        "version": 8,
        "oldVersion": 7,
        "modifiedAt": "2026-01-05T08:40:03.000Z",
        **fields,
    }


def order(*skus: str) -> dict[str, Any]:
    """As messages carry it, with what must never be kept."""
    return {
        "id": ORDER,
        "customerEmail": "buyer@example.invalid",
        "shippingAddress": {"firstName": "Ada", "lastName": "Sample", "country": "DE"},
        "lineItems": [{"id": f"line-{number}", "variant": {"id": 1, "sku": sku}} for number, sku in enumerate(skus)],
    }


def cloud_event(body: dict[str, Any], kind: str = "com.commercetools.inventory-entry.message.X") -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "0f5c1f0a-54c1-4f5b-9a62-0c8a1d2f3b4c",
        "type": kind,
        "source": "/pottery-demo/inventory",
        "subject": body["resource"]["id"],
        "time": "2026-01-05T08:40:03.000Z",
        "data": body,
    }


def data(body: Any) -> bytes:
    return json.dumps(body).encode()


def base64_of(body: Any) -> str:
    return base64.b64encode(data(body)).decode()
