"""Makes a Subscription, once: found by its key first, so that trying again makes no second one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from streams.commercetools.answer import Answer
from streams.commercetools.client import Client
from streams.commercetools.subscription import health_of
from streams.source.answers import HealthRead

CREATE_MS = 60_000
"""commercetools writes a test notification before it answers."""


class Made(NamedTuple):
    """The Subscription, or why there is none."""

    subscription: Mapping[str, Any] | None
    new: bool
    answer: Answer
    """Of the last request."""


async def made(client: Client, draft: Mapping[str, Any]) -> Made:
    """The Subscription with the draft's key; created if there is none."""
    known = await client.get(f"subscriptions/key={quote(str(draft['key']), safe='')}")
    if known.delivered:
        return Made(known.body, False, known)
    if known.status != 404:
        return Made(None, False, known)
    created = await client.post("subscriptions", draft, CREATE_MS)
    return Made(created.body if created.delivered else None, created.delivered, created)


async def health(client: Client, subscription_id: str) -> HealthRead:
    """Whether it delivers; asked without a token."""
    return health_of(await client.unauthorized(f"subscriptions/{subscription_id}/health"))
