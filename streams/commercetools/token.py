"""An access token: until when it is used, and what the answer of the token call says."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

RENEW_AFTER: Final = 0.8
"""Share of its life after which a token is replaced."""


class Token(NamedTuple):
    """Never shown, never written down."""

    value: str
    renew_at: int
    """Milliseconds, our clock: asked for anew from then on, used until the new one is there."""
    expires_at: int

    def __repr__(self) -> str:
        return f"Token(***, renew_at={self.renew_at}, expires_at={self.expires_at})"


def token_of(body: Any, asked_at: int) -> Token | None:
    """The token in an answer; None: there is none.  A refresh token, should one come, is of no use here."""
    if not isinstance(body, dict):
        return None
    value, seconds = body.get("access_token"), body.get("expires_in")
    if not isinstance(value, str) or not value or not isinstance(seconds, int) or seconds <= 0:
        return None
    life = seconds * 1000
    return Token(value, asked_at + int(life * RENEW_AFTER), asked_at + life)
