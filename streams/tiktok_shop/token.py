"""When a shop's tokens are refreshed, and what a refresh brought.

Nobody knows whether an old token survives a refresh, so both count as dead at once: one owner per
shop refreshes, one refresh at a time, and what it brought is stored before it is used.
Times are milliseconds; ``generation`` grows with every refresh.
"""

from typing import Any, NamedTuple

from streams.tiktok_shop.envelope import list_of, text

EARLY_MS = 24 * 3_600_000
"""Refresh at least this long before the access token expires."""
ABSOLUTE_S = 1_000_000_000
"""TikTok Shop's ``expire_in`` is a point in time; a figure below this can only be a length of time."""


class Token(NamedTuple):
    """Tokens of one seller's consent."""

    access_token: str
    refresh_token: str
    access_expires_at: int
    refresh_expires_at: int
    generation: int
    issued_at: int
    """Our clock, when this generation was received; 0: unknown."""

    def __repr__(self) -> str:
        return f"Token(generation={self.generation}, access_expires_at={self.access_expires_at})"


def refresh_at(token: Token, early_ms: int = EARLY_MS) -> int:
    """When to refresh: a day early, but never in the first half of a short life."""
    life = token.access_expires_at - token.issued_at if token.issued_at else 2 * early_ms
    return token.access_expires_at - min(early_ms, max(life, 0) // 2)


def token_of(data: Any, generation: int, now: int) -> Token | None:
    """The tokens in the data of a token call; None when there are none."""
    if not isinstance(data, dict):
        return None
    access, refresh = text(data.get("access_token")), text(data.get("refresh_token"))
    if not access or not refresh:
        return None
    return Token(
        access_token=access,
        refresh_token=refresh,
        access_expires_at=_moment(data.get("access_token_expire_in"), now),
        refresh_expires_at=_moment(data.get("refresh_token_expire_in"), now),
        generation=generation,
        issued_at=now,
    )


def granted_scopes(data: Any) -> frozenset[str]:
    """What the seller has agreed to."""
    return (
        frozenset(text(scope) for scope in list_of(data.get("granted_scopes")))
        if isinstance(data, dict)
        else frozenset()
    )


def _moment(value: Any, now: int) -> int:
    seconds = value if isinstance(value, int) and not isinstance(value, bool) else 0
    return seconds * 1000 if seconds >= ABSOLUTE_S else now + seconds * 1000
