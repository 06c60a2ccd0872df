"""Tokens and ciphers on a topic: encrypted, with keys that can be changed while running.

The first key encrypts, every key decrypts.  To change keys put the new one first, let every shop refresh once, then
drop the old one.
"""

from collections.abc import Sequence

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from streams.tiktok_shop.token import Token


class TokenBox:
    """Seals and opens what a shop's row may not hold in clear."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("token keys: none given")
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise ValueError("token keys: each must be 32 url-safe base64-encoded bytes") from None

    def __repr__(self) -> str:
        return "TokenBox(...)"

    def sealed(self, token: Token) -> bytes:
        """The secret part of a token; its times and generation are kept beside it, in clear."""
        secret = {
            "access_token": token.access_token,
            "refresh_token": token.refresh_token,
            "issued_at": token.issued_at,
        }
        return self._fernet.encrypt(orjson.dumps(secret))

    def opened(
        self, ciphertext: bytes, *, access_expires_at: int, refresh_expires_at: int, generation: int
    ) -> Token | None:
        """The token again; None when none of our keys fits."""
        try:
            secret = orjson.loads(self._fernet.decrypt(ciphertext))
        except InvalidToken:
            return None
        return Token(
            access_token=secret["access_token"],
            refresh_token=secret["refresh_token"],
            access_expires_at=access_expires_at,
            refresh_expires_at=refresh_expires_at,
            generation=generation,
            issued_at=secret.get("issued_at", 0),
        )

    def sealed_text(self, text: str) -> bytes:
        """A shop cipher, sealed."""
        return self._fernet.encrypt(text.encode())

    def opened_text(self, ciphertext: bytes) -> str | None:
        """A shop cipher again; None when none of our keys fits."""
        try:
            return self._fernet.decrypt(ciphertext).decode()
        except InvalidToken:
            return None

    def rotated(self, ciphertext: bytes) -> bytes | None:
        """The same secret under the first key; None when none of our keys fits."""
        try:
            return self._fernet.rotate(ciphertext)
        except InvalidToken:
            return None


def new_key() -> str:
    """A fresh key for the settings."""
    return Fernet.generate_key().decode()
