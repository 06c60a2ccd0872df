"""What became of a call, as values sorted by what we do next.

Everything that can come back from an API is one of five values; exceptions are for bugs.  Who
produces them knows the API (``tiktok_shop/errors.py``), who consumes them knows the entity
(``listing``, ``order``); this module knows neither.
"""

from typing import NamedTuple


class Delivered(NamedTuple):
    """The other side proved that it did all that was asked."""


class RetryLater(NamedTuple):
    """Nothing was changed; the same entity may be looked at again later."""

    code: str
    """Stable code: TikTok Shop's or commercetools' own, or one of ours in kebab-case."""
    reason: str
    """One sentence for people, without personal data or secrets."""
    costs_attempt: bool = True
    """False for waiting that is nobody's failure: limits, review, promotion, outage."""
    not_before_ms: int = 0
    """Milliseconds to wait at least (Retry-After); 0: the caller's own schedule."""


class Unknown(NamedTuple):
    """It may or may not have been applied: read the other side before trying again."""

    code: str
    reason: str


class Rejected(NamedTuple):
    """It cannot succeed as it is: name what is wrong and what helps."""

    code: str
    reason: str
    field: str | None = None
    value: str | None = None
    remedy: str | None = None


class ShopStopped(NamedTuple):
    """The shop as a whole refuses (consent revoked, shop disabled, IP not allowed): open its breaker.

    Costs no entity an attempt and never stops other shops.
    """

    code: str
    reason: str
    remedy: str


Outcome = Delivered | RetryLater | Unknown | Rejected | ShopStopped
