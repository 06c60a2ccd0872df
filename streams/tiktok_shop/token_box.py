"""Tokens and ciphers on a topic: encrypted, with keys that can be changed while running.

The first key encrypts, every key decrypts.  To change keys put the new one first, let every shop
refresh once or call ``rotated``, then drop the old one.
"""

from collections.abc import Sequence
from typing import NamedTuple

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from streams.records.shop_token import ShopToken
from streams.tiktok_shop.access import ShopAccess
from streams.tiktok_shop.token import Token


class OpenedShop(NamedTuple):
    """A shop's row in clear; neither part of it shows itself."""

    token: Token
    access: ShopAccess


class TokenBox:
    """Seals and opens what a shop's row may not hold in clear."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("token keys: none given; create one with `streams setup key`")
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise ValueError("token keys: each must be 32 url-safe base64-encoded bytes") from None

    def __repr__(self) -> str:
        return "TokenBox(...)"

    def sealed(self, token: Token, shop_cipher: str) -> ShopToken:
        """The shop's row: secrets sealed, times and generation in clear."""
        secret = {
            "access_token": token.access_token,
            "refresh_token": token.refresh_token,
            "issued_at": token.issued_at,
        }
        return ShopToken(
            ciphertext=self._fernet.encrypt(orjson.dumps(secret)),
            access_expires_at=token.access_expires_at,
            refresh_expires_at=token.refresh_expires_at,
            shop_cipher=self._fernet.encrypt(shop_cipher.encode()),
            generation=token.generation,
        )

    def opened(self, row: ShopToken) -> OpenedShop | None:
        """What the row holds; None when none of our keys fits."""
        try:
            secret = orjson.loads(self._fernet.decrypt(row.ciphertext))
            shop_cipher = self._fernet.decrypt(row.shop_cipher).decode()
        except InvalidToken:
            return None
        token = Token(
            access_token=secret["access_token"],
            refresh_token=secret["refresh_token"],
            access_expires_at=row.access_expires_at,
            refresh_expires_at=row.refresh_expires_at,
            generation=row.generation,
            issued_at=secret.get("issued_at", 0),
        )
        return OpenedShop(token, ShopAccess(token.access_token, shop_cipher))

    def rotated(self, row: ShopToken) -> ShopToken:
        """The same row under the first key."""
        return row._replace(
            ciphertext=self._fernet.rotate(row.ciphertext), shop_cipher=self._fernet.rotate(row.shop_cipher)
        )


def new_key() -> str:
    """A fresh key for the settings."""
    return Fernet.generate_key().decode()
