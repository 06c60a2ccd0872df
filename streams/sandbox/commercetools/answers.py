"""Answers as bytes: resources, error envelopes, and the pages that infrastructure in front of the API shows."""

import orjson

from streams.sandbox.commercetools.errors import Refused, Unauthorized
from streams.sandbox.commercetools.world import World
from streams.sandbox.wire import Json, Request, Response, http_date

JSON = "application/json; charset=utf-8"
HTML = "text/html"


def headers(world: World, request: Request, media_type: str = JSON, late: float = 0.0) -> dict[str, str]:
    """`Date` is the fake's time when the answer leaves, `late` seconds from now."""
    correlation = request.headers.get("x-correlation-id") or f"sandbox-{world.new_id()}"
    moment = int(world.clock.exact() + late * world.clock.pace.speed)
    return {"content-type": media_type, "x-correlation-id": correlation, "date": http_date(moment)}


def success(world: World, request: Request, status: int, body: Json | bytes) -> Response:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return Response(status, content, headers(world, request))


def refusal(world: World, request: Request, refused: Refused | Unauthorized) -> Response:
    if isinstance(refused, Unauthorized):
        body: Json = {
            "statusCode": refused.status,
            "message": refused.message,
            "errors": [{"code": refused.error, "message": refused.message}],
            "error": refused.error,
            "error_description": refused.message,
        }
    else:
        first = {"code": refused.code, "message": refused.message} | refused.extra
        body = {"statusCode": refused.status, "message": refused.message, "errors": [first]}
    return success(world, request, refused.status, body)


def page(world: World, request: Request, status: int, title: str) -> Response:
    """What a proxy answers that cannot reach the API."""
    name = f"{status} {title}"
    text = f"<html><head><title>{name}</title></head><body><center><h1>{name}</h1></center></body></html>\r\n"
    return Response(status, text.encode(), headers(world, request, HTML))
