"""The door: every check in the platform's order, before an operation sees a request.

Path, version, method, app key, timestamp, sign present, signature, token, cipher required or forbidden, token against
cipher, scope, limit, body; only then the operation.
"""

# ruff: noqa: S608 - statements are put together from our own column names; every value is bound

from dataclasses import dataclass
from urllib.parse import parse_qsl

import orjson

from streams.sandbox import answers, codes, faults, limits, signature, tokens
from streams.sandbox.codes import Refused
from streams.sandbox.operations import Operation, find
from streams.sandbox.wire import Request, Response
from streams.sandbox.world import SHOP_COLUMNS, Call, Shop, World

TOO_OLD, TOO_NEW = 300, 30
"""Seconds a request's timestamp may be old or ahead, in real time."""
NO_SHOP = Shop(0, "", "", "", "", "", "", "")


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request whose sender, shop and right are known."""

    operation: Operation
    app_key: str
    open_id: str
    shop: Shop
    query: dict[str, str]
    ids: dict[str, str]


def admitted(world: World, request: Request) -> Admitted | Refused:
    """Every check up to the scope."""
    found = find(request.method, request.path, world.switches.retired_versions)
    if isinstance(found, Refused):
        return found
    operation, ids = found
    pairs = parse_qsl(request.query, keep_blank_values=True)
    query: dict[str, str] = {}
    for name, value in pairs:
        query.setdefault(name, value)
    problem = _unsigned(world, request, pairs, query)
    if problem:
        return problem
    token = tokens.alive(world, request.headers.get("x-tts-access-token", ""), query["app_key"])
    if isinstance(token, Refused):
        return token
    shop = _shop(world, operation, query)
    if isinstance(shop, Refused):
        return shop
    if shop is not NO_SHOP and shop.open_id != token.open_id:
        return Refused(codes.WRONG_IDENTITY)
    if operation.scope not in token.scopes:
        return Refused(codes.SCOPE_MISSING)
    return Admitted(operation, query["app_key"], token.open_id, shop, query, ids)


def serve(world: World, request: Request) -> tuple[Call, Operation] | Response:
    """Admission, then the limit, faults at the door and the body."""
    request_id = answers.request_id(world)
    who = admitted(world, request)
    if isinstance(who, Refused):
        return answers.refusal(world, request_id, who)
    name = who.operation.name
    if not limits.allowed(world, who.app_key, who.shop.id, name):
        return answers.over_limit(world, request_id)
    body = _body(request)
    if isinstance(body, Refused):
        limits.count_refused(world, who.app_key, who.shop.id, name)
        return answers.refusal(world, request_id, body)
    call = Call(name, who.app_key, who.open_id, who.shop, who.query, body, who.ids, request_id)
    return call, who.operation


def struck(world: World, call: Call) -> Response | None:
    """The answer of a fault that strikes before the request is applied; a ticket of -1 stands for late."""
    fault = faults.drawn(world, faults.AT_THE_DOOR, call.operation, call.shop.id)
    if fault is None:
        return None
    match fault.kind:
        case "rate_limited":
            limits.count_limited(world, call.app_key, call.shop.id, call.operation)
            return answers.over_limit(world, call.request_id)
        case "internal_error":
            return answers.internal_error(call.request_id, 500)
        case "bad_gateway":
            return answers.page(502, "502 Bad Gateway")
        case "unavailable":
            return answers.internal_error(call.request_id, 503)
        case "gateway_timeout":
            return answers.refusal(world, call.request_id, Refused(codes.TIMEOUT))
        case "timeout_before":
            return Response(0, lost=True, delay=hang(world, fault))
        case "late":
            return Response(0, ticket=-1, delay=fault.seconds or 0.0)
        case _:
            return answers.refusal(world, call.request_id, Refused(fault.code or codes.INTERNAL))


def hang(world: World, fault: faults.Fault) -> float:
    """How long the connection of a lost answer stays open."""
    return world.switches.lost_answer_seconds if fault.seconds is None else fault.seconds


def _unsigned(world: World, request: Request, pairs: list[tuple[str, str]], query: dict[str, str]) -> Refused | None:
    app = world.db.execute("SELECT app_secret FROM app WHERE app_key = ?", (query.get("app_key", ""),)).fetchone()
    if app is None:
        return Refused(codes.INVALID, "Invalid app_key")
    sent, now = query.get("timestamp", ""), world.clock.real()
    if not (sent.isascii() and sent.isdigit() and len(sent) == 10 and now - TOO_OLD <= int(sent) <= now + TOO_NEW):
        return Refused(codes.INVALID, "Invalid timestamp")
    if not query.get("sign"):
        return Refused(codes.INVALID, "Missing sign")
    if request.body == b"{}" and world.switches.empty_object_body == "refused":
        return Refused(codes.BAD_SIGNATURE)
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    expected = signature.of_request(app["app_secret"], request.path, pairs, media_type, request.body)
    return None if signature.matches(expected, query["sign"]) else Refused(codes.BAD_SIGNATURE)


def _shop(world: World, operation: Operation, query: dict[str, str]) -> Shop | Refused:
    cipher = query.get("shop_cipher")
    if operation.cipher == "forbidden":
        return NO_SHOP if cipher is None else Refused(codes.INVALID, "unexpected identifier: shop_cipher")
    if not cipher:
        return Refused(codes.CIPHER_MISSING)
    row = world.db.execute(f"SELECT {SHOP_COLUMNS} FROM shop WHERE cipher = ?", (cipher,)).fetchone()
    return Shop(*row) if row else Refused(codes.WRONG_IDENTITY)


def _body(request: Request) -> object | Refused:
    if not request.body:
        return {}
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        return Refused(codes.UNREADABLE_BODY)
    return body if isinstance(body, dict) else Refused(codes.UNREADABLE_BODY)
