"""The shop: its tokens, its order watermark, what was learned of its limits.  One row per market, group ``deliver``.

Only this flow refreshes tokens, one call at a time, each with an intent in the row; what a call brought is
committed before anybody uses it, and published (encrypted) on ``shop-tokens`` for the other groups.
A code of the seller's consent works once, so the row remembers by its digest which one was used: another one that
is configured later connects the shop anew.
Secrets pass through here sealed; the caller alone opens them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from streams.engine.flow import Call, Completion, Context, Due, Emit, Flow, Inherited, Input, Ready, Step, Table, Turn
from streams.flows.access import SealedAccess
from streams.outcome import Outcome, RetryLater, ShopStopped, Unknown
from streams.records import shop as shop_record
from streams.records.shop import LearnedLimit, Shop, ShopCall, ShopCallKind
from streams.records.shop_token import ShopToken
from streams.records.shop_watermark import ShopWatermark
from streams.records.sync_result import SyncResult
from streams.stock.inputs import AHEAD_MS, ahead

SHOP = Table("shop", shop_record)
TOKEN_CALL = "token"  # noqa: S105 (a name)
"""Operation name of all token calls, for the caller's limits."""
LONGEST_CALL_MS = 8_000
_LATE_MS = 2_000
"""A request cut off at its deadline may still be applied for so long."""
_SESSION_MARGIN_MS = 1_000
_FIRST_RETRY_MS = 2_000
_LONGEST_RETRY_MS = 300_000
_FAULTS_OF_THE_APP = frozenset({"36009004", "36009033"})
"""App key, secret, clock or address are wrong: says nothing of the code that was sent."""
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
    shop_cipher: bytes | None = None
    """To be sealed anew with every refresh, so that an old key can go."""


class TokenGranted(NamedTuple):
    """What a token call brought, sealed."""

    outcome: Outcome
    token: bytes | None = None
    access_expires_at: int = 0
    refresh_expires_at: int = 0
    refresh_at: int = 0
    generation: int = 0
    shop_cipher: bytes | None = None


def deadline_ms(session_timeout_s: float) -> int:
    """Of token calls: over before the group can have given the shop to another worker."""
    return min(LONGEST_CALL_MS, int(session_timeout_s * 1000) - _SESSION_MARGIN_MS)


def sealed_access(shop: Shop | None) -> SealedAccess | None:
    """Tokens that can be used now; None while they are missing or refused."""
    if shop is None or shop.token is None or shop.shop_cipher is None or shop.cipher_refused:
        return None
    if shop.refused_generation >= shop.generation:
        return None
    return SealedAccess(shop.generation, shop.token, shop.shop_cipher, shop.access_expires_at, shop.refresh_expires_at)


def needed(shop: Shop, now: int, consent: str = "") -> ShopCallKind | None:
    """The token call the shop needs now; ``consent`` is the digest of the code that is configured, if any."""
    if shop.token is None or consent not in ("", shop.consent):
        return "CONNECT"
    if now >= shop.refresh_at or shop.refused_generation >= shop.generation:
        return "REFRESH"
    if shop.shop_cipher is None or shop.cipher_refused:
        return "CIPHER"
    return None


def ready(market: str, shop: Shop, now: int, consent: str = "") -> Ready | int | None:
    """Wants a turn when a token call is due and none is under way; a new code is tried at once."""
    if shop.call is not None and now < shop.call.until:
        return shop.call.until
    if now < shop.not_before and consent in ("", shop.consent, shop.consent_tried):
        return shop.not_before
    if needed(shop, now, consent) is None:
        return shop.refresh_at
    return Ready(market, _URGENT, shop.refresh_at, (TOKEN_CALL,))


def heard(shop: Shop, event: ShopWatermark | TokenRefused | CipherRefused | Learned) -> Shop:
    """What others have noticed of the shop."""
    match event:
        case ShopWatermark(orders_until=until, read_at=read_at, refused_generation=refused, cipher_refused=cipher):
            shop = shop._replace(
                refused_generation=max(refused, shop.refused_generation),
                cipher_refused=shop.cipher_refused or cipher,
            )
            if shop.orders_until is None or until >= shop.orders_until:
                shop = shop._replace(orders_until=until, orders_read_at=max(read_at, shop.orders_read_at))
            return shop
        case TokenRefused(generation=generation):
            return shop._replace(refused_generation=max(generation, shop.refused_generation))
        case CipherRefused(generation=generation):
            return shop._replace(cipher_refused=True) if generation == shop.generation else shop
        case Learned(limits=limits):
            return shop._replace(limits=limits)


def called(market: str, shop: Shop, now: int, consent: str, call_ms: int) -> tuple[Shop, Call | None]:
    """The token call the shop needs, with its intent in the row."""
    kind = needed(shop, now, consent)
    if kind is None or (shop.call is not None and now < shop.call.until):
        return shop, None
    token = f"{kind}-{shop.generation}-{now}"
    request = TokenRequest(
        market,
        kind,
        shop.generation,
        shop.token,
        shop.access_expires_at,
        shop.refresh_expires_at,
        shop.shop_cipher,
    )
    shop = shop._replace(call=ShopCall(token, kind, now + call_ms + _LATE_MS))
    if kind == "CONNECT":
        shop = shop._replace(consent_tried=consent)
    return shop, Call(token, request, call_ms)


def inherited(shop: Shop, now: int, call_ms: int) -> Shop:
    """Nobody will hear the answer of the call under way: it may be applied for a while yet, by our own clock."""
    return shop if shop.call is None else shop._replace(call=shop.call._replace(until=now + call_ms + _LATE_MS))


def answered(market: str, shop: Shop, granted: TokenGranted, now: int, emits: list[Emit]) -> Shop:
    """What a token call brought; without success, when the next one may be made."""
    assert shop.call is not None
    kind, outcome = shop.call.kind, granted.outcome
    shop = shop._replace(call=None)
    spent = kind == "CONNECT" and _speaks_of_the_consent(outcome)
    if spent:
        shop = shop._replace(consent=shop.consent_tried)
    if granted.token is not None:
        shop = shop._replace(
            token=granted.token,
            access_expires_at=granted.access_expires_at,
            refresh_expires_at=granted.refresh_expires_at,
            refresh_at=granted.refresh_at,
            generation=granted.generation,
        )
        if kind == "CONNECT":
            shop = shop._replace(shop_cipher=None)
    if granted.shop_cipher is not None:
        shop = shop._replace(shop_cipher=granted.shop_cipher)
        if kind == "CIPHER":
            shop = shop._replace(cipher_refused=False)
    if granted.token is not None or granted.shop_cipher is not None:
        shop = shop._replace(misses=0, not_before=0, stopped="")
        if shop.token is not None and shop.shop_cipher is not None and not shop.cipher_refused:
            emits.append(Emit("shop-tokens", market, _published(shop.token, shop.shop_cipher, shop)))
        return shop
    if isinstance(outcome, RetryLater | Unknown):
        wait = min(_FIRST_RETRY_MS << min(shop.misses, 8), _LONGEST_RETRY_MS)
        return shop._replace(misses=shop.misses + 1, not_before=now + wait)
    stopped = _stopped(market, outcome, now)
    if spent and shop.token is not None:
        emits.append(Emit("sync-results", market, stopped))
        return shop._replace(misses=0, not_before=0)
    if shop.stopped != stopped.code:
        emits.append(Emit("sync-results", market, stopped))
    return shop._replace(misses=shop.misses + 1, not_before=now + _LONGEST_RETRY_MS, stopped=stopped.code or "refused")


def _speaks_of_the_consent(outcome: Outcome) -> bool:
    """Granted, or refused for good: the code is spent, and what the shop had before is used again."""
    return not isinstance(outcome, RetryLater | Unknown) and getattr(outcome, "code", "") not in _FAULTS_OF_THE_APP


def _published(token: bytes, shop_cipher: bytes, shop: Shop) -> ShopToken:
    return ShopToken(token, shop.access_expires_at, shop.refresh_expires_at, shop_cipher, shop.generation)


def refusal(outcome: Outcome) -> tuple[str, str, str]:
    """Code, reason and remedy of a token call that was refused."""
    code = str(getattr(outcome, "code", "refused"))
    remedy = getattr(outcome, "remedy", None) or "authorize the app for this shop again and give the new code"
    return code, getattr(outcome, "reason", "the token call brought nothing"), remedy


def _stopped(market: str, outcome: Outcome, now: int) -> SyncResult:
    code, reason, remedy = refusal(outcome)
    return SyncResult(
        entity=market,
        kind="shop",
        market=market,
        status="REJECTED",
        code=code,
        remedy=remedy,
        finished_at=now,
        explanation=reason if isinstance(outcome, ShopStopped) else f"token call refused: {reason}",
    )


def _watermark(_: str, told: ShopWatermark, at: int) -> ShopWatermark:
    """One of the year 56 000 would let increases go although the orders are not known."""
    if told.orders_until > at + AHEAD_MS:
        raise ahead("orders_until", told.orders_until, at)
    return told


def shop_flow(
    markets_at: Callable[[int], Sequence[str]],
    consents: Mapping[str, str],
    call_ms: int,
    frees: Callable[[str, Shop | None, Shop, int], bool],
) -> Flow:
    """The flow for the markets whose partition a worker may own.

    ``consents``: market to the digest of the code (or refresh token) that is configured for it.  ``frees``: a
    change of the row lets listings go on that wait for the shop.
    """

    def keep(market: str, state: Shop | None, events: Sequence[Any], context: Context) -> Step:
        """Everything that happened to one shop."""
        shop = state if state is not None else Shop()
        emits: list[Emit] = []
        call: Call | None = None
        for event in events:
            match event:
                case ShopWatermark() | TokenRefused() | CipherRefused() | Learned():
                    shop = heard(shop, event)
                case Turn():
                    shop, call = called(market, shop, context.now, consents.get(market, ""), call_ms)
                case Completion(token=token, answer=answer):
                    if shop.call is not None and shop.call.token == token:
                        shop = answered(market, shop, answer, context.now, emits)
                case Inherited():
                    shop = inherited(shop, context.now, call_ms)
                case Due():
                    pass
                case _:
                    raise TypeError(f"shop flow: unexpected event {event!r}")
        return Step(shop, emits, None, call)

    return Flow(
        name="shop",
        inputs=(Input("shop-watermarks", _watermark),),
        table=SHOP,
        outputs=("shop-tokens", "sync-results"),
        step=keep,
        ready=lambda market, shop, context: ready(market, shop, context.now, consents.get(market, "")),
        open_call=lambda shop: shop.call is not None,
        seeds=markets_at,
        frees=frees,
    )
