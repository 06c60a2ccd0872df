"""Calls of the listing flow: from what the rules want to TikTok Shop's operations, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from streams.engine.flow import Call, Ready
from streams.flows.access import AccessBook, SealedAccess
from streams.flows.pressure import Pressure
from streams.flows.shop import CipherRefused, TokenRefused
from streams.listing import calls
from streams.listing.answers import (
    Answer,
    FoundSku,
    InventoryShown,
    InventoryUpdated,
    ProductChanged,
    ProductsFound,
    ShownLevel,
    ShownSku,
    SkuFailed,
)
from streams.outcome import Delivered, Outcome, RetryLater, ShopStopped, Unknown
from streams.records.shop import LearnedLimit
from streams.tiktok_shop import answer as wire
from streams.tiktok_shop import inventory, product
from streams.tiktok_shop.access import ShopAccess
from streams.tiktok_shop.client import Client
from streams.tiktok_shop.paging import next_page_token, with_page_token

Clock = Callable[[], int]
Post = Callable[[str, Any], None]
"""Give the shop's flow an event: market, event."""

_MOST_PAGES = 20


class ListingRequest(NamedTuple):
    """A call of the rules, and whose shop it is for."""

    market: str
    call: calls.Call
    access: SealedAccess
    limits: tuple[LearnedLimit, ...]


class ListingCaller:
    """Implements ``flow.Caller`` for the listing flow."""

    def __init__(self, client: Client, book: AccessBook, pressure: Pressure, clock: Clock, post: Post) -> None:
        self._client = client
        self._book = book
        self._pressure = pressure
        self._clock = clock
        self._post = post

    def room(self, ready: Ready, now: int) -> int:
        return self._pressure.wait(ready.queue, ready.operations, now)

    def take(self, ready: Ready, now: int) -> None:
        self._pressure.take(ready.queue, ready.operations, now)

    async def call(self, queue: str, call: Call) -> Answer:
        request: ListingRequest = call.request
        self._pressure.remember(request.market, request.limits, self._clock())
        access = self._book.open(request.market, request.access)
        if access is None:
            self._post(request.market, TokenRefused(request.access.generation))
            return _empty(request.call, _NO_ACCESS)
        match request.call:
            case calls.SearchProducts(seller_skus=seller_skus):
                return await self._search_products(request, access, seller_skus, call.deadline_ms)
            case calls.SearchInventory(sku_ids=sku_ids):
                came = await self._made(
                    request, access, inventory.SEARCH, {}, inventory.search_bodies(sku_ids)[0], call.deadline_ms
                )
                return _shown(came)
            case calls.UpdateInventory(product_id=product_id, skus=skus):
                body = inventory.update_body(
                    {sku.sku_id: [inventory.Level(*level) for level in sku.levels] for sku in skus}
                )
                path = {"product_id": product_id}
                return _updated(
                    await self._made(request, access, inventory.UPDATE, path, body, call.deadline_ms)
                )
            case calls.DeactivateProduct(product_id=product_id) | calls.ActivateProduct(product_id=product_id):
                off = isinstance(request.call, calls.DeactivateProduct)
                came = await self._made(
                    request,
                    access,
                    product.DEACTIVATE if off else product.ACTIVATE,
                    {},
                    product.state_change_bodies([product_id])[0],
                    call.deadline_ms,
                )
                return ProductChanged(product.changed(came, product_id), *_times(came))

    async def _search_products(
        self, request: ListingRequest, access: ShopAccess, seller_skus: tuple[str, ...], deadline_ms: int
    ) -> ProductsFound:
        """All pages; a failing page fails the search."""
        body = product.search_bodies(seller_skus)[0]
        rows: list[FoundSku] = []
        page: str | None = None
        for _ in range(_MOST_PAGES):
            query = with_page_token(product.search_query(), page)
            came = await self._made(request, access, product.SEARCH, {}, body, deadline_ms, query)
            found = product.found(came)
            if found is None:
                return ProductsFound(_failure(came), (), *_times(came))
            rows += [FoundSku(one.product_id, one.sku_id, one.seller_sku, one.product_status) for one in found]
            page = next_page_token(came)
            if page is None:
                return ProductsFound(Delivered(), tuple(rows), *_times(came))
        return ProductsFound(RetryLater("too-many-pages", "the product search does not end"), (), *_times(came))

    async def _made(
        self,
        request: ListingRequest,
        access: ShopAccess,
        operation: str,
        path: dict[str, str],
        body: object,
        deadline_ms: int,
        query: list[tuple[str, str]] | tuple[()] = (),
    ) -> wire.Answer:
        came = await self._client.call(
            operation, shop=access, path=path, query=query, body=body, deadline_ms=deadline_ms
        )
        self._pressure.hear(request.market, operation, came, self._clock())
        if came.cure == "refresh-token":
            self._post(request.market, TokenRefused(request.access.generation))
        elif came.cure == "refetch-shops":
            self._post(request.market, CipherRefused(request.access.generation))
        return came


_NO_ACCESS = ShopStopped(
    "token-key", "the stored token cannot be decrypted", "put the key it was sealed with into TTS_TOKEN_KEYS again"
)


def _empty(call: calls.Call, outcome: Outcome) -> Answer:
    match call:
        case calls.SearchProducts():
            return ProductsFound(outcome)
        case calls.SearchInventory():
            return InventoryShown(outcome)
        case calls.UpdateInventory():
            return InventoryUpdated(outcome)
        case _:
            return ProductChanged(outcome)


def _times(came: wire.Answer) -> tuple[int, int]:
    """Sent and answered by TikTok Shop's clock: its Date header has whole seconds, so the answer is at their end."""
    if came.server_date is None:
        return came.sent_at, came.answered_at
    skew = came.server_date + 999 - came.answered_at
    if abs(skew) <= 1000:
        return came.sent_at, came.answered_at
    return came.sent_at + skew, came.answered_at + skew


def _failure(came: wire.Answer) -> Outcome:
    """The outcome of a read that brought nothing usable."""
    if isinstance(came.outcome, Delivered):
        return RetryLater("unreadable", "the answer cannot be read")
    return came.outcome


def _shown(came: wire.Answer) -> InventoryShown:
    found = inventory.shown(came)
    if found is None:
        return InventoryShown(_failure(came), (), *_times(came))
    rows = tuple(ShownSku(one.sku_id, tuple(ShownLevel(*level) for level in one.levels)) for one in found)
    return InventoryShown(Delivered(), rows, *_times(came))


def _updated(came: wire.Answer) -> InventoryUpdated:
    if not came.errors:
        return InventoryUpdated(came.outcome, (), *_times(came))
    named = tuple(SkuFailed(error.id, error.outcome) for error in came.errors if error.kind == "sku_id")
    outcome: Outcome = Delivered()
    if len(named) < len(came.errors):
        outcome = Unknown("unnamed-item", "an item failed, and the answer does not say which")
    return InventoryUpdated(outcome, named, *_times(came))
