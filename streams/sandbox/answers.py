"""Answers as bytes: the envelope, and the pages a gateway shows when it does not speak for the platform."""

import itertools
import time

import orjson

from streams.sandbox import codes
from streams.sandbox.codes import Refused
from streams.sandbox.wire import Json, Response
from streams.sandbox.world import World

JSON = {"content-type": "application/json; charset=utf-8"}
HTML = {"content-type": "text/html"}
_numbers = itertools.count(1)


def request_id(world: World) -> str:
    """Time, then a running number, then chance: unlike any other."""
    moment = time.strftime("%Y%m%d%H%M%S", time.gmtime(world.clock.real()))
    return f"{moment}{next(_numbers):08X}{world.chance.getrandbits(48):012X}"


def success(request: str, data: Json, message: str = "Success") -> Response:
    body = {"code": 0, "message": message, "request_id": request, "data": data}
    return Response(200, orjson.dumps(body), JSON)


def refusal(world: World, request: str, refused: Refused) -> Response:
    """An envelope that says no, with the status the switches give its code."""
    status = world.switches.statuses.get(str(refused.code), codes.STATUSES.get(refused.code, 200))
    return Response(status, _no(request, refused), JSON)


def internal_error(request: str, status: int) -> Response:
    return Response(status, _no(request, Refused(codes.INTERNAL)), JSON)


def over_limit(world: World, request: str) -> Response:
    """Above the limit, in the form the switches ask for."""
    wait = world.switches.retry_after_seconds
    headers = JSON | ({"retry-after": str(wait)} if wait else {})
    match world.switches.over_limit:
        case "envelope":
            answer = refusal(world, request, Refused(codes.RATE_LIMITED))
            return Response(answer.status, answer.body, headers)
        case "unavailable":
            return Response(503, _no(request, Refused(codes.INTERNAL)), headers)
        case "html":
            return page(503, "503 Service Temporarily Unavailable")


def page(status: int, title: str) -> Response:
    """What a gateway in front of the platform answers."""
    text = f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>\r\n"
    return Response(status, text.encode(), HTML)


def _no(request: str, refused: Refused) -> bytes:
    return orjson.dumps(
        {"code": refused.code, "message": codes.message_of(refused), "request_id": request, "data": None}
    )
