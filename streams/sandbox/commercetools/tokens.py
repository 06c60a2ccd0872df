"""The token endpoint, and what a token is good for: client credentials, expiry by the fake's clock, scopes."""

import base64
import binascii
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

import orjson

from streams.sandbox.commercetools import answers
from streams.sandbox.commercetools.errors import Unauthorized
from streams.sandbox.commercetools.world import World
from streams.sandbox.wire import Request, Response

PATH = "/oauth/token"
BASIC = "Please provide valid client credentials using HTTP Basic Authentication."
SCOPES = frozenset(
    {
        "manage_project",
        "view_project_settings",
        "view_products",
        "view_published_products",
        "manage_products",
        "view_orders",
        "manage_orders",
        "view_messages",
        "manage_subscriptions",
    }
)
IMPLIED = {"manage_products": ("view_products",), "manage_orders": ("view_orders",)}
"""A right to change is a right to read; `manage_project` is every right there is."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who calls, and what for."""

    client_id: str
    scopes: frozenset[str]


def answer(world: World, request: Request) -> Response:
    """`POST /oauth/token`."""
    given = dict(parse_qsl(request.query)) | dict(parse_qsl(request.body.decode(errors="replace")))
    client_id, secret = _basic(request)
    client = world.db.execute("SELECT * FROM client WHERE client_id = ?", (client_id,)).fetchone()
    if client is None or client["client_secret"] != secret:
        return answers.refusal(world, request, Unauthorized(401, "invalid_client", BASIC))
    if given.get("grant_type") != "client_credentials":
        kind = given.get("grant_type", "")
        problem = Unauthorized(400, "unsupported_grant_type", f"Invalid parameter: grant_type: '{kind}'")
        return answers.refusal(world, request, problem)
    owned: list[str] = orjson.loads(client["scopes"])
    scopes = given.get("scope", "").split() or owned
    if not set(scopes) <= _expanded(owned):
        return answers.refusal(world, request, Unauthorized(400, "invalid_scope", "Permissions exceeded."))
    token = base64.urlsafe_b64encode(world.chance.randbytes(24)).decode()
    ends = world.now() + client["token_seconds"] * 1000
    world.db.execute("DELETE FROM token WHERE expires_at <= ?", (world.now(),))
    world.db.execute("INSERT INTO token VALUES (?, ?, ?, ?)", (token, client_id, orjson.dumps(scopes).decode(), ends))
    return answers.success(
        world,
        request,
        200,
        {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": client["token_seconds"],
            "scope": " ".join(scopes),
        },
    )


def bearer(world: World, request: Request) -> Bearer | Unauthorized:
    """The one who sent the request, if the token is known and still good."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    row = world.db.execute("SELECT * FROM token WHERE token = ?", (token.strip(),)).fetchone()
    if kind.lower() != "bearer" or row is None or row["expires_at"] <= world.now():
        return Unauthorized(401, "invalid_token", "invalid_token")
    return Bearer(row["client_id"], _granted(row["scopes"]))


def missing(who: Bearer, project: str, wanted: tuple[str, ...]) -> Unauthorized | None:
    """What to say when none of the scopes is there."""
    if any(f"{scope}:{project}" in who.scopes for scope in ("manage_project", *wanted)):
        return None
    named = ", ".join(f"{scope}:{project}" for scope in wanted)
    text = f"Insufficient scope. One of the following scopes is missing: {named}."
    return Unauthorized(403, "insufficient_scope", text)


@lru_cache(maxsize=256)
def _granted(scopes: str) -> frozenset[str]:
    """What a token's scopes, as they are kept, are good for."""
    return frozenset(_expanded(orjson.loads(scopes)))


def _expanded(scopes: list[str]) -> set[str]:
    every = set(scopes)
    for scope in scopes:
        name, _, project = scope.partition(":")
        more = SCOPES if name == "manage_project" else IMPLIED.get(name, ())
        every |= {f"{one}:{project}" for one in more}
    return every


def _basic(request: Request) -> tuple[str, str]:
    kind, _, content = request.headers.get("authorization", "").partition(" ")
    try:
        client_id, _, secret = base64.b64decode(content, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (client_id, secret) if kind.lower() == "basic" else ("", "")
