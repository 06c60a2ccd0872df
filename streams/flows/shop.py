"""The shop: its tokens, its order watermark, what was learned of its limits.  One row per market, group ``deliver``.

Only this flow refreshes tokens, one call at a time, each with an intent in the row; what a call brought is
committed before anybody uses it, and published (encrypted) on ``shop-tokens`` for the other groups.
Secrets pass through here sealed; the caller alone opens them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from streams.engine.flow import Call, Completion, Context, Due, Emit, Flow, Inherited, Input, Ready, Step, Table, Turn
from streams.outcome import Outcome, RetryLater, ShopStopped, Unknown
from streams.records import shop as shop_record
from streams.records.shop import LearnedLimit, Shop, ShopCall, ShopCallKind
from streams.records.shop_token import ShopToken
from streams.records.shop_watermark import ShopWatermark
from streams.records.sync_result import SyncResult

SHOP = Table("shop", shop_record)
TOKEN_CALL = "token"  # noqa: S105 (a name)
"""Operation name of all token calls, for the caller's limits."""
DEADLINE_MS = 25_000
_MARGIN_MS = 5_000
_FIRST_RETRY_MS = 2_000
_LONGEST_RETRY_MS = 300_000
_URGENT = -1
"""Lane before all others: nothing works without a token."""


class TokenRefused(NamedTuple):
    """A call came back: the access token of this generation has expired."""

    generation: int


class CipherRefused(NamedTuple):
    """A call came back: token and cipher do not fit."""

    generation: int


class Learned(NamedTuple):
    """What the caller has learned about the shop's limits."""

    limits: tuple[LearnedLimit, ...]


class TokenRequest(NamedTuple):
    """What the caller is to do; sealed values are None when there are none yet."""

    market: str
    kind: ShopCallKind
    generation: int
    token: bytes | None
    access_expires_at: int
    refresh_expires_at: int


class TokenGranted(NamedTuple):
    """What a token call brought, sealed."""

    outcome: Outcome
    token: bytes | None = None
    access_expires_at: int = 0
    refresh_expires_at: int = 0
    refresh_at: int = 0
    generation: int = 0
    shop_cipher: bytes | None = None


def needed(shop: Shop, now: int) -> ShopCallKind | None:
    """The token call the shop needs now."""
    if shop.token is None:
        return "CONNECT"
    if now >= shop.refresh_at or shop.refused_generation >= shop.generation:
        return "REFRESH"
    if shop.shop_cipher is None or shop.cipher_refused:
        return "CIPHER"
    return None


def ready(market: str, shop: Shop, context: Context) -> Ready | int | None:
    """Wants a turn when a token call is due and none is under way."""
    now = context.now
    if shop.call is not None and now < shop.call.until:
        return shop.call.until
    if now < shop.not_before:
        return shop.not_before
    if needed(shop, now) is None:
        return shop.refresh_at
    return Ready(market, _URGENT, shop.refresh_at, (TOKEN_CALL,))


def keep(market: str, state: Shop | None, events: Sequence[Any], context: Context) -> Step:
    """Everything that happened to one shop."""
    shop = state if state is not None else Shop()
    emits: list[Emit] = []
    call: Call | None = None
    for event in events:
        match event:
            case ShopWatermark(orders_until=until, read_at=read_at, refused_generation=refused, cipher_refused=cipher):
                shop = shop._replace(
                    refused_generation=max(refused, shop.refused_generation),
                    cipher_refused=shop.cipher_refused or cipher,
                )
                if shop.orders_until is None or until >= shop.orders_until:
                    shop = shop._replace(orders_until=until, orders_read_at=max(read_at, shop.orders_read_at))
            case TokenRefused(generation=generation):
                shop = shop._replace(refused_generation=max(generation, shop.refused_generation))
            case CipherRefused(generation=generation):
                if generation == shop.generation:
                    shop = shop._replace(cipher_refused=True)
            case Learned(limits=limits):
                shop = shop._replace(limits=limits)
            case Turn():
                shop, call = _call(market, shop, context.now)
            case Completion(token=token, answer=answer):
                if shop.call is not None and shop.call.token == token:
                    shop = _answered(market, shop, answer, context.now, emits)
            case Due() | Inherited():
                pass
            case _:
                raise TypeError(f"shop flow: unexpected event {event!r}")
    return Step(shop, emits, None, call)


def _call(market: str, shop: Shop, now: int) -> tuple[Shop, Call | None]:
    kind = needed(shop, now)
    if kind is None or (shop.call is not None and now < shop.call.until):
        return shop, None
    token = f"{kind}-{shop.generation}-{now}"
    request = TokenRequest(
        market, kind, shop.generation, shop.token, shop.access_expires_at, shop.refresh_expires_at
    )
    intent = ShopCall(token, kind, now + DEADLINE_MS + _MARGIN_MS)
    return shop._replace(call=intent), Call(token, request, DEADLINE_MS)


def _answered(market: str, shop: Shop, granted: TokenGranted, now: int, emits: list[Emit]) -> Shop:
    shop = shop._replace(call=None)
    if granted.token is not None:
        shop = shop._replace(
            token=granted.token,
            access_expires_at=granted.access_expires_at,
            refresh_expires_at=granted.refresh_expires_at,
            refresh_at=granted.refresh_at,
            generation=granted.generation,
        )
    if granted.shop_cipher is not None:
        shop = shop._replace(shop_cipher=granted.shop_cipher, cipher_refused=False)
    if granted.token is not None or granted.shop_cipher is not None:
        shop = shop._replace(misses=0, not_before=0, stopped="")
        if shop.token is not None and shop.shop_cipher is not None:
            emits.append(Emit("shop-tokens", market, _published(shop.token, shop.shop_cipher, shop)))
    outcome = granted.outcome
    if isinstance(outcome, RetryLater | Unknown):
        wait = min(_FIRST_RETRY_MS << min(shop.misses, 8), _LONGEST_RETRY_MS)
        return shop._replace(misses=shop.misses + 1, not_before=now + wait)
    if not granted.token and not granted.shop_cipher:
        stopped = _stopped(market, outcome, now)
        if shop.stopped != stopped.code:
            emits.append(Emit("sync-results", market, stopped))
        return shop._replace(
            misses=shop.misses + 1, not_before=now + _LONGEST_RETRY_MS, stopped=stopped.code or "refused"
        )
    return shop


def _published(token: bytes, shop_cipher: bytes, shop: Shop) -> ShopToken:
    return ShopToken(token, shop.access_expires_at, shop.refresh_expires_at, shop_cipher, shop.generation)


def _stopped(market: str, outcome: Outcome, now: int) -> SyncResult:
    code = getattr(outcome, "code", "refused")
    remedy = getattr(outcome, "remedy", None) or "authorize the app for this shop again and give the new code"
    reason = getattr(outcome, "reason", "the token call brought nothing")
    return SyncResult(
        entity=market,
        kind="shop",
        market=market,
        status="REJECTED",
        code=str(code),
        remedy=remedy,
        finished_at=now,
        explanation=reason if isinstance(outcome, ShopStopped) else f"token call refused: {reason}",
    )


def shop_flow(markets_at: Callable[[int], Sequence[str]]) -> Flow:
    """The flow for the markets whose partition a worker may own."""
    return Flow(
        name="shop",
        inputs=(Input("shop-watermarks", lambda _, value, __: value),),
        table=SHOP,
        outputs=("shop-tokens", "sync-results"),
        step=keep,
        ready=ready,
        seeds=markets_at,
    )
