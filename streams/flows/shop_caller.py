"""Token calls of the shop flow: connect, refresh, ask for the cipher.  The only code that sees tokens in clear."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Literal, NamedTuple

from pydantic import SecretStr

from streams.deadline import Deadline
from streams.engine.flow import Call, Ready
from streams.flows.shop import TokenGranted, TokenRequest, refusal
from streams.market.markets import Markets
from streams.outcome import Delivered, Outcome, RetryLater, ShopStopped, Unknown
from streams.tiktok_shop import shop as shops_of
from streams.tiktok_shop.access import ShopAccess
from streams.tiktok_shop.client import Client
from streams.tiktok_shop.token import Token, refresh_at
from streams.tiktok_shop.token_box import TokenBox
from streams.tiktok_shop.token_call import TokenAnswer, exchange_code, refresh

log = logging.getLogger(__name__)


class Consent(NamedTuple):
    """What the seller's consent brought, as configured: a code that works once, or a refresh token."""

    secret: SecretStr
    kind: Literal["code", "refresh token"]

    @property
    def digest(self) -> str:
        """Tells two of them apart and says nothing of either."""
        return sha256(f"{self.kind}:{self.secret.get_secret_value()}".encode()).hexdigest()[:16]


def stem(market: str) -> str:
    """How a market's secrets begin."""
    return f"SHOP_{market.upper().replace('-', '_')}"


def consents(markets: Markets, secret: Callable[[str], SecretStr | None]) -> dict[str, Consent]:
    """What is configured, by market; read once, at start, because a secret may come from a slow command."""
    found: dict[str, Consent] = {}
    for market in markets:
        code = secret(f"{stem(market.name)}_AUTH_CODE")
        token = secret(f"{stem(market.name)}_REFRESH_TOKEN") if code is None else None
        if code is not None:
            found[market.name] = Consent(code, "code")
        elif token is not None:
            found[market.name] = Consent(token, "refresh token")
    return found


class ShopCaller:
    """Implements ``flow.Caller`` for the shop flow."""

    def __init__(
        self,
        client: Client,
        box: TokenBox,
        markets: Markets,
        given: Mapping[str, Consent],
        connected: Callable[[str], None],
    ) -> None:
        self._client = client
        self._box = box
        self._markets = markets
        self._given = given
        self._connected = connected
        """Told when a new consent was granted: what the old one was refused with counts no more."""
        self._stopped: dict[str, str] = {}
        """Market to the code that was logged."""

    def room(self, ready: Ready, now: int) -> int:
        """Token calls are rare and have no limit of their own."""
        return 0

    def take(self, ready: Ready, now: int) -> None:
        """Nothing is counted."""

    def give_back(self, ready: Ready, now: int) -> None:
        """Nothing was counted."""

    async def call(self, queue: str, call: Call, deadline: Deadline) -> TokenGranted:
        request: TokenRequest = call.request
        granted = await self._made(request, deadline)
        self._tell(request.market, granted.outcome)
        return granted

    def _tell(self, market: str, outcome: Outcome) -> None:
        """Log a shop that stops, and one that goes on; once, not at every try."""
        if isinstance(outcome, RetryLater | Unknown):
            return
        if isinstance(outcome, Delivered):
            if self._stopped.pop(market, None) is not None:
                log.info("the shop of market %s has tokens again", market)
            return
        code, reason, remedy = refusal(outcome)
        if self._stopped.get(market) != code:
            self._stopped[market] = code
            log.warning("the shop of market %s stops: %s: %s. Remedy: %s", market, code, reason, remedy)

    async def _made(self, request: TokenRequest, deadline: Deadline) -> TokenGranted:
        if request.kind == "CIPHER":
            token = self._opened(request)
            if token is None:
                return TokenGranted(_UNREADABLE)
            return await self._cipher(request.market, token, deadline)
        connecting = request.kind == "CONNECT"
        came = await (self._connect if connecting else self._refresh)(request, deadline)
        if isinstance(came, ShopStopped):
            return TokenGranted(came)
        if came.token is None:
            return TokenGranted(came.outcome)
        if connecting:
            self._connected(request.market)
        return TokenGranted(
            Delivered(),
            self._box.sealed(came.token),
            came.token.access_expires_at,
            came.token.refresh_expires_at,
            refresh_at(came.token),
            came.token.generation,
            None if connecting else self._sealed_anew(request.shop_cipher),
        )

    async def _connect(self, request: TokenRequest, deadline: Deadline) -> TokenAnswer | ShopStopped:
        """Tokens of a new consent: by the seller's code, or by a refresh token."""
        given = self._given.get(request.market)
        if given is None:
            name = stem(request.market)
            return ShopStopped(
                "not-authorized",
                f"market {request.market} has no tokens",
                f"let the seller authorize the app and set TTS_{name}_AUTH_CODE (or TTS_{name}_REFRESH_TOKEN)",
            )
        secret = given.secret.get_secret_value()
        if given.kind == "code":
            return await exchange_code(self._client, secret, request.generation + 1, deadline)
        return await refresh(self._client, Token("", secret, 0, 0, request.generation, 0), deadline)

    async def _refresh(self, request: TokenRequest, deadline: Deadline) -> TokenAnswer | ShopStopped:
        token = self._opened(request)
        return _UNREADABLE if token is None else await refresh(self._client, token, deadline)

    async def _cipher(self, market: str, token: Token, deadline: Deadline) -> TokenGranted:
        """Which of the authorized shops is the market's, and its cipher."""
        access = ShopAccess(token.access_token, "")
        answer = await self._client.call(shops_of.SHOPS, shop=access, deadline=deadline)
        found = shops_of.shops(answer)
        if found is None:
            delivered = isinstance(answer.outcome, Delivered)
            return TokenGranted(Unknown("shops", "the list of shops cannot be read") if delivered else answer.outcome)
        wanted = self._markets[market].shop
        fitting = [one for one in found if wanted.shop_id in (None, one.id) and one.region == wanted.region]
        if len(fitting) != 1:
            reason = f"the authorization names {len(fitting)} shops of region {wanted.region} (id {wanted.shop_id})"
            remedy = f"set shop.shop_id and shop.region in the market file {market} to one of the authorized shops"
            return TokenGranted(ShopStopped("no-such-shop", reason, remedy))
        return TokenGranted(Delivered(), shop_cipher=self._box.sealed_text(fitting[0].cipher))

    def _sealed_anew(self, shop_cipher: bytes | None) -> bytes | None:
        """Under the first key; None when it cannot be read: whoever needs it will ask for it again."""
        return None if shop_cipher is None else self._box.rotated(shop_cipher)

    def _opened(self, request: TokenRequest) -> Token | None:
        if request.token is None:
            return None
        return self._box.opened(
            request.token,
            access_expires_at=request.access_expires_at,
            refresh_expires_at=request.refresh_expires_at,
            generation=request.generation,
        )


_UNREADABLE = ShopStopped(
    "token-key", "the stored token cannot be decrypted", "put the key it was sealed with into TTS_TOKEN_KEYS again"
)
