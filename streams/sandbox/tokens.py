"""Tokens: codes that work once, access tokens that expire, refresh tokens that are replaced.

A refresh ends both old tokens at once: whether the platform does is not known, so callers must live with the harder
reading.
"""

import secrets
from dataclasses import dataclass
from urllib.parse import parse_qsl

import orjson

from streams.sandbox import answers, codes
from streams.sandbox.codes import Refused
from streams.sandbox.wire import Json, Request, Response
from streams.sandbox.world import World

GET, REFRESH = "/api/v2/token/get", "/api/v2/token/refresh"


@dataclass(frozen=True, slots=True)
class Token:
    """A token that opens doors: whose, and which."""

    open_id: str
    scopes: tuple[str, ...]


def alive(world: World, given: str, app_key: str) -> Token | Refused:
    row = world.db.execute(
        "SELECT open_id, scopes, access_expires_at, state FROM token WHERE access_token = ? AND app_key = ?",
        (given, app_key),
    ).fetchone()
    if row is None:
        return Refused(codes.INVALID, "The access token is invalid")
    if row["state"] == "revoked":
        return Refused(codes.DEAUTHORIZED)
    if row["state"] == "replaced" or row["access_expires_at"] <= world.now():
        return Refused(codes.TOKEN_EXPIRED)
    return Token(row["open_id"], tuple(orjson.loads(row["scopes"])))


def answer(world: World, request: Request) -> Response:
    """The authorization host's two calls; unsigned, everything in the query, errors with status 200."""
    request_id = answers.request_id(world)
    if request.method != "GET" or request.path not in (GET, REFRESH):
        return answers.refusal(world, request_id, Refused(codes.UNKNOWN_PATH))
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    data = _exchanged(world, query) if request.path == GET else _refreshed(world, query)
    if isinstance(data, Refused):
        refusal = answers.refusal(world, request_id, data)
        return Response(200, refusal.body, refusal.headers)
    return answers.success(request_id, data, "success")


def code(world: World, app_key: str, open_id: str, scopes: list[str]) -> Json:
    """What a seller's consent would bring back."""
    text = f"ROW_{secrets.token_urlsafe(24)}"
    expires = world.now() + world.switches.auth_code_seconds
    world.db.execute(
        "INSERT INTO auth_code VALUES (?, ?, ?, ?, ?, 0)", (text, app_key, open_id, orjson.dumps(scopes), expires)
    )
    return {"auth_code": text, "expires_at": expires}


def granted(world: World, app_key: str, open_id: str, scopes: list[str], until: int | None = None) -> Json:
    """A new pair of tokens; `until` keeps the end of the authorization over refreshes."""
    now, switches = world.now(), world.switches
    access, refresh = f"ROW_{secrets.token_urlsafe(40)}", f"ROW_{secrets.token_urlsafe(36)}"
    access_until, refresh_until = now + switches.access_token_seconds, until or now + switches.refresh_token_seconds
    world.db.execute(
        "INSERT INTO token VALUES (?, ?, ?, ?, ?, ?, ?, 'alive')",
        (access, refresh, app_key, open_id, orjson.dumps(scopes), access_until, refresh_until),
    )
    seller = world.db.execute("SELECT name, region FROM seller WHERE open_id = ?", (open_id,)).fetchone()
    return {
        "access_token": access,
        "access_token_expire_in": access_until,
        "refresh_token": refresh,
        "refresh_token_expire_in": refresh_until,
        "open_id": open_id,
        "seller_name": seller["name"],
        "seller_base_region": seller["region"],
        "user_type": 0,
        "granted_scopes": scopes,
    }


def revoke(world: World, open_id: str) -> None:
    """The seller withdraws: every token and every open code of theirs ends."""
    world.db.execute("UPDATE token SET state = 'revoked' WHERE open_id = ?", (open_id,))
    world.db.execute("UPDATE auth_code SET used = 1 WHERE open_id = ?", (open_id,))


def _exchanged(world: World, query: dict[str, str]) -> Json | Refused:
    problem = _stranger(world, query, "authorized_code")
    if problem:
        return problem
    row = world.db.execute(
        "SELECT * FROM auth_code WHERE code = ? AND app_key = ? AND used = 0 AND expires_at > ?",
        (query.get("auth_code", ""), query["app_key"], world.now()),
    ).fetchone()
    if row is None:
        return Refused(codes.BAD_AUTH_CODE)
    world.db.execute("UPDATE auth_code SET used = 1 WHERE code = ?", (row["code"],))
    return granted(world, row["app_key"], row["open_id"], orjson.loads(row["scopes"]))


def _refreshed(world: World, query: dict[str, str]) -> Json | Refused:
    problem = _stranger(world, query, "refresh_token")
    if problem:
        return problem
    row = world.db.execute(
        "SELECT * FROM token WHERE refresh_token = ? AND app_key = ? AND state = 'alive'",
        (query.get("refresh_token", ""), query["app_key"]),
    ).fetchone()
    if row is None:
        return Refused(codes.NO_AUTHORIZATION)
    if row["refresh_expires_at"] <= world.now():
        return Refused(codes.REFRESH_TOKEN_EXPIRED)
    world.db.execute("UPDATE token SET state = 'replaced' WHERE access_token = ?", (row["access_token"],))
    return granted(world, row["app_key"], row["open_id"], orjson.loads(row["scopes"]), row["refresh_expires_at"])


def _stranger(world: World, query: dict[str, str], grant: str) -> Refused | None:
    row = world.db.execute("SELECT app_secret FROM app WHERE app_key = ?", (query.get("app_key", ""),)).fetchone()
    if row is None or row["app_secret"] != query.get("app_secret"):
        return Refused(codes.INVALID, "Invalid app_key or app_secret")
    if query.get("grant_type") != grant:
        return Refused(codes.INVALID, "Invalid grant_type")
    return None
