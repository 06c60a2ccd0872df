"""What to do when a Subscription cannot be made: by whose client it was tried, and at which hosts."""

from __future__ import annotations

from typing import Final, NamedTuple

from streams.commercetools.access import Access
from streams.commercetools.answer import Answer
from streams.commercetools.errors import CHECK_PROJECT
from streams.outcome import RetryLater

SCOPE: Final = "manage_subscriptions"
_LACKS_SCOPE: Final = frozenset(("insufficient_scope", "invalid_scope", "access_denied", "http-403"))
_NOT_LET_IN: Final = frozenset(("invalid_client", "unauthorized_client"))
_NO_PROJECT: Final = frozenset(("http-404", "ResourceNotFound", "project-unknown"))
_DESTINATION: Final = "see the message; the destination must take a test notification"


class Tried(NamedTuple):
    """By which client, and where."""

    access: Access
    own: bool
    """A client for the set-up alone; False: the workers'."""

    @property
    def client(self) -> str:
        """Setting and secret of the client."""
        name = "COMMERCETOOLS_SETUP_CLIENT" if self.own else "COMMERCETOOLS_CLIENT"
        return f"TTS_{name}_ID = {self.access.client_id!r} and the secret TTS_{name}_SECRET"

    @property
    def hosts(self) -> str:
        return f"{self.access.api_url} and {self.access.auth_url}"


def remedy(answer: Answer, tried: Tried) -> str:
    """For a person at a terminal."""
    outcome = answer.outcome
    code = str(getattr(outcome, "code", ""))
    if code in _LACKS_SCOPE:
        scope = f"the scope {SCOPE}:{tried.access.project}"
        if tried.own:
            return f"give the API client of TTS_COMMERCETOOLS_SETUP_CLIENT_ID = {tried.access.client_id!r} {scope}"
        return (
            f"make an API client with {scope}, and name it in TTS_COMMERCETOOLS_SETUP_CLIENT_ID and the secret "
            "TTS_COMMERCETOOLS_SETUP_CLIENT_SECRET; the workers' client needs no such right"
        )
    if code in _NOT_LET_IN:
        return f"check {tried.client}"
    if code in _NO_PROJECT:
        return f"{CHECK_PROJECT}; tried {tried.hosts}"
    if code == "token-refused" or isinstance(outcome, RetryLater):
        settings = "TTS_COMMERCETOOLS_REGION, or TTS_COMMERCETOOLS_API_URL and TTS_COMMERCETOOLS_AUTH_URL"
        return f"check {settings}, and the network; tried {tried.hosts}"
    return getattr(outcome, "remedy", None) or _DESTINATION
