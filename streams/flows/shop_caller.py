"""Token calls of the shop flow: connect, refresh, ask for the cipher.  The only code that sees tokens in clear."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import SecretStr

from streams.engine.flow import Call, Ready
from streams.flows.shop import TokenGranted, TokenRequest
from streams.market.markets import Markets
from streams.outcome import Delivered, ShopStopped, Unknown
from streams.tiktok_shop import shop as shops_of
from streams.tiktok_shop.access import ShopAccess
from streams.tiktok_shop.client import Client
from streams.tiktok_shop.token import Token, refresh_at
from streams.tiktok_shop.token_box import TokenBox
from streams.tiktok_shop.token_call import TokenAnswer, exchange_code, refresh

Secret = Callable[[str], SecretStr | None]


class ShopCaller:
    """Implements ``flow.Caller`` for the shop flow."""

    def __init__(self, client: Client, box: TokenBox, markets: Markets, secret: Secret) -> None:
        self._client = client
        self._box = box
        self._markets = markets
        self._secret = secret

    def room(self, ready: Ready, now: int) -> int:
        """Token calls are rare and have no limit of their own."""
        return 0

    def take(self, ready: Ready, now: int) -> None:
        """Nothing is counted."""

    async def call(self, queue: str, call: Call) -> TokenGranted:
        request: TokenRequest = call.request
        if request.kind == "CIPHER":
            token = self._opened(request)
            return TokenGranted(_UNREADABLE) if token is None else await self._cipher(request.market, token)
        came = await (self._connect(request.market) if request.kind == "CONNECT" else self._refresh(request))
        if isinstance(came, ShopStopped):
            return TokenGranted(came)
        if came.token is None:
            return TokenGranted(came.outcome)
        return TokenGranted(
            Delivered(),
            self._box.sealed(came.token),
            came.token.access_expires_at,
            came.token.refresh_expires_at,
            refresh_at(came.token),
            came.token.generation,
        )

    async def _connect(self, market: str) -> TokenAnswer | ShopStopped:
        """First tokens: by the seller's code, or by a refresh token of an earlier consent."""
        stem = f"SHOP_{market.upper().replace('-', '_')}"
        code, refresh_token = self._secret(f"{stem}_AUTH_CODE"), self._secret(f"{stem}_REFRESH_TOKEN")
        if code is not None:
            return await exchange_code(self._client, code.get_secret_value())
        if refresh_token is not None:
            return await refresh(self._client, Token("", refresh_token.get_secret_value(), 0, 0, 0, 0))
        return ShopStopped(
            "not-authorized",
            f"market {market} has no tokens",
            f"let the seller authorize the app and set TTS_{stem}_AUTH_CODE (or TTS_{stem}_REFRESH_TOKEN)",
        )

    async def _refresh(self, request: TokenRequest) -> TokenAnswer | ShopStopped:
        token = self._opened(request)
        return _UNREADABLE if token is None else await refresh(self._client, token)

    async def _cipher(self, market: str, token: Token) -> TokenGranted:
        """Which of the authorized shops is the market's, and its cipher."""
        answer = await self._client.call(shops_of.SHOPS, shop=ShopAccess(token.access_token, ""))
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

