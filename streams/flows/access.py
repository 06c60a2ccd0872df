"""From sealed tokens in a row to what a call needs; opened values are kept in memory only."""

from __future__ import annotations

from typing import Literal, NamedTuple

from streams.tiktok_shop.access import ShopAccess
from streams.tiktok_shop.token import Token
from streams.tiktok_shop.token_box import TokenBox


class SealedAccess(NamedTuple):
    """Token and cipher of a shop as its row keeps them."""

    generation: int
    token: bytes
    shop_cipher: bytes
    access_expires_at: int
    refresh_expires_at: int


Unreadable = Literal["token", "cipher"]
"""What none of our keys opens; the cipher can be asked for again, the token cannot."""


class AccessBook:
    """Opens each generation once."""

    def __init__(self, box: TokenBox) -> None:
        self.box = box
        self._opened: dict[str, tuple[SealedAccess, ShopAccess]] = {}

    def open(self, market: str, sealed: SealedAccess) -> ShopAccess | Unreadable:
        """What a call needs, or what cannot be read."""
        held = self._opened.get(market)
        if held is not None and held[0] == sealed:
            return held[1]
        token = self.token(sealed)
        shop_cipher = self.box.opened_text(sealed.shop_cipher)
        if token is None:
            return "token"
        if shop_cipher is None:
            return "cipher"
        access = ShopAccess(token.access_token, shop_cipher)
        self._opened[market] = (sealed, access)
        return access

    def token(self, sealed: SealedAccess) -> Token | None:
        return self.box.opened(
            sealed.token,
            access_expires_at=sealed.access_expires_at,
            refresh_expires_at=sealed.refresh_expires_at,
            generation=sealed.generation,
        )
