"""The two token calls: exchange a code, refresh.

They are GET requests with the app secret in the query, unsigned, on a host of their own.  Nothing
of them is ever logged, and what they bring is kept apart from ordinary answers for that reason.
"""

from typing import NamedTuple

from streams.deadline import Deadline
from streams.outcome import Delivered, Outcome, Unknown
from streams.tiktok_shop.answer import Answer, answered, lost
from streams.tiktok_shop.client import Client
from streams.tiktok_shop.exchange import Lost, exchange
from streams.tiktok_shop.operation import Operation
from streams.tiktok_shop.request import SignedRequest, encoded
from streams.tiktok_shop.token import Token, granted_scopes, token_of

GET_TOKEN = Operation("get_token", "GET", "/api/v2/token/get", "", "forbidden", (), "write", 8_000)
REFRESH_TOKEN = Operation("refresh_token", "GET", "/api/v2/token/refresh", "", "forbidden", (), "write", 8_000)
"""Writes: the answer that is lost may have replaced the token that was sent."""


class TokenAnswer(NamedTuple):
    """What a token call brought."""

    outcome: Outcome
    token: Token | None
    """Present exactly when the outcome is ``Delivered``."""
    scopes: frozenset[str]
    answered_at: int


async def exchange_code(
    client: Client, auth_code: str, generation: int = 1, deadline: Deadline | None = None
) -> TokenAnswer:
    """Exchange a consent's code, which works once and for 30 minutes; a later consent is a later generation."""
    query = (("auth_code", auth_code), ("grant_type", "authorized_code"))
    return await _call(client, GET_TOKEN, query, auth_code, generation, deadline)


async def refresh(client: Client, token: Token, deadline: Deadline | None = None) -> TokenAnswer:
    """Bring the next generation; store it before using it.

    After ``Unknown`` the same refresh token is tried again: if it was replaced without our knowing,
    TikTok Shop answers that it knows no such authorization, and the shop stops.
    """
    query = (("refresh_token", token.refresh_token), ("grant_type", "refresh_token"))
    return await _call(client, REFRESH_TOKEN, query, token.refresh_token, token.generation + 1, deadline)


async def _call(
    client: Client,
    operation: Operation,
    query: tuple[tuple[str, str], ...],
    secret: str,
    generation: int,
    deadline: Deadline | None,
) -> TokenAnswer:
    app = client.app
    full = [("app_key", app.app_key), ("app_secret", app.app_secret), *query]
    url = f"{app.auth_url.rstrip('/')}{operation.path}?{encoded(full)}"
    request = SignedRequest("GET", url, (), b"")
    deadline = deadline or Deadline.after(operation.deadline_ms)
    came = await exchange(client.connections, request, deadline, client.clock)
    if isinstance(came, Lost):
        return _judged(lost(operation, came.loss, came.reason, came.sent_at, came.given_up_at), generation)
    hidden = (app.app_secret, secret)
    return _judged(
        answered(operation, came.status, came.headers, came.body, came.sent_at, came.answered_at, hidden), generation
    )


def _judged(answer: Answer, generation: int) -> TokenAnswer:
    if not isinstance(answer.outcome, Delivered):
        return TokenAnswer(answer.outcome, None, frozenset(), answer.answered_at)
    token = token_of(answer.data, generation, answer.answered_at)
    if token is None:
        outcome = Unknown("no-tokens", "the token call was accepted, but brought no tokens")
        return TokenAnswer(outcome, None, frozenset(), answer.answered_at)
    return TokenAnswer(answer.outcome, token, granted_scopes(answer.data), answer.answered_at)
