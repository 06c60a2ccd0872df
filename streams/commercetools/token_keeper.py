"""Keeps the access token: asked for once at a time, renewed before it expires, dropped when it is refused."""

from __future__ import annotations

import asyncio
import base64
from urllib.parse import urlencode

import httpx

from streams.commercetools.access import Access
from streams.commercetools.answer import Answer
from streams.commercetools.errors import CHECK_CLIENT
from streams.commercetools.exchange import Clock, Request, exchange
from streams.commercetools.token import Token, token_of
from streams.outcome import Rejected, RetryLater, ShopStopped

CALL_MS = 10_000
_CHECK = "check that TTS_COMMERCETOOLS_AUTH_URL is the auth host of the project's region"


class TokenKeeper:
    """One per client.  Only memory: another token costs one call."""

    def __init__(self, access: Access, http: httpx.AsyncClient, clock: Clock) -> None:
        self._access = access
        self._http = http
        self._clock = clock
        self._token: Token | None = None
        self._renewal: asyncio.Task[Answer] | None = None
        self.renewals = 0
        """Token calls made, for tests and metrics."""

    async def token(self) -> Token | Answer:
        """A token that works, as far as we know, or the answer that says why there is none.

        From 80 % of its life on it is renewed beside; requests go on with the old one until it has expired.
        """
        now, held = self._clock(), self._token
        if held is not None and now < held.renew_at:
            return held
        if self._renewal is None:
            self._renewal = asyncio.get_running_loop().create_task(self._renew())
        if held is not None and now < held.expires_at:
            return held
        answer = await asyncio.shield(self._renewal)
        return answer if self._token is None or self._clock() >= self._token.expires_at else self._token

    def refused(self, token: Token) -> None:
        """An answer said that this token is none; a newer one is kept."""
        if self._token == token:
            self._token = None

    async def aclose(self) -> None:
        """End a renewal under way."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.gather(self._renewal, return_exceptions=True)

    async def _renew(self) -> Answer:
        try:
            self.renewals += 1
            answer = await exchange(self._http, self._request(), CALL_MS, self._clock, (self._access.client_secret,))
            if answer.delivered:
                found = token_of(answer.body, answer.sent_at)
                if found is None:
                    return answer._replace(outcome=RetryLater("no-token", "the token call brought none", False))
                self._token = found
            return _judged(answer)
        finally:
            self._renewal = None

    def _request(self) -> Request:
        form = {"grant_type": "client_credentials"}
        if self._access.scopes:
            form["scope"] = " ".join(self._access.scopes)
        pair = f"{self._access.client_id}:{self._access.client_secret}"
        headers = {
            "Authorization": "Basic " + base64.b64encode(pair.encode()).decode(),
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        url = self._access.auth_url.rstrip("/") + "/oauth/token"
        return Request("POST", url, headers, urlencode(form).encode())


def _judged(answer: Answer) -> Answer:
    """What the token call refuses, nothing but a person can mend."""
    if answer.reaction == "renew-token":
        reason = str(getattr(answer.outcome, "reason", ""))
        return answer._replace(outcome=ShopStopped("invalid_client", reason, CHECK_CLIENT), reaction="stop")
    if isinstance(answer.outcome, Rejected):
        reason, remedy = answer.outcome.reason, answer.outcome.remedy or _CHECK
        return answer._replace(outcome=ShopStopped(answer.outcome.code, reason, remedy), reaction="stop")
    return answer
