"""The door: who calls, whether they may, and what stands in the body, before an operation sees a request.

Faults come first, as infrastructure in front of the API does; then the token, its scopes, the path, and the body.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl

import orjson

from streams.sandbox.commercetools import answers, faults, operations, order_stock, projects, tokens
from streams.sandbox.commercetools.errors import Refused, Unauthorized, invalid_json
from streams.sandbox.commercetools.operations import OPEN, TOKEN, Operation
from streams.sandbox.commercetools.world import Call, World, author
from streams.sandbox.wire import Json, Request, Response

NOWHERE = Refused(404, "ResourceNotFound", "The requested resource was not found.")
NO_PROJECT = Refused(404, "ResourceNotFound", "The project was not found.")


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that passed every check."""

    operation: Operation
    call: Call


def move_on(world: World) -> None:
    """What is due by itself: units of orders leave their entries."""
    order_stock.take_due(world)


def token(world: World, request: Request, path: str) -> Response:
    """The token endpoint with its faults."""
    struck = faults.at_the_door(world, request, TOKEN)
    if struck is None:
        if (request.method, path) == ("POST", tokens.PATH):
            struck = faults.of_the_answer(world, request, TOKEN, tokens.answer(world, request))
        else:
            struck = answers.refusal(world, request, NOWHERE)
    return _counted(world, TOKEN, struck)


def admitted(world: World, request: Request, path: str) -> Admitted | Response:
    place = operations.find(request.method, path)
    name = place.operation.name if place.operation else ""
    struck = faults.at_the_door(world, request, name)
    if struck is not None:
        return _counted(world, name, struck)
    call = _call(world, request, place)
    if isinstance(call, Call) and place.operation is not None:
        return Admitted(place.operation, call)
    assert not isinstance(call, Call)
    return _counted(world, name, answers.refusal(world, request, call))


def answered(world: World, request: Request, done: Admitted, result: Json | Refused) -> Response:
    """What an operation said, as the caller gets it."""
    if isinstance(result, Refused):
        answer = answers.refusal(world, request, result)
    elif request.method == "HEAD":
        found = result.get("count", 1) > 0
        answer = Response(200 if found else 404, b"", answers.headers(world, request))
    else:
        answer = answers.success(world, request, done.operation.status, result)
    name = done.operation.name
    return _counted(world, name, faults.of_the_answer(world, request, name, answer))


def _call(world: World, request: Request, place: operations.Place) -> Call | Refused | Unauthorized:
    client = ""
    if place.operation is None or place.operation.scopes is not OPEN:
        who = tokens.bearer(world, request)
        if isinstance(who, Unauthorized):
            return who
        if place.operation is None:
            return NOWHERE
        missing = tokens.missing(who, place.project, place.operation.scopes)
        if missing is not None:
            return missing
        client = who.client_id
    project = projects.named(world, place.project)
    if project is None:
        return NO_PROJECT
    if len(request.path) + len(request.query) > world.switches.longest_target_bytes:
        return Refused(414, "InvalidInput", "The request target is too long.")
    query = tuple(parse_qsl(request.query, keep_blank_values=True))
    body = _body(request)
    if isinstance(body, Refused):
        return body
    who_writes = author(client, request.headers.get("x-external-user-id"))
    return Call(place.operation.name, project, who_writes, place.ids, query, body)


def _body(request: Request) -> object | Refused:
    if request.method != "POST":
        return {}
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError as problem:
        return invalid_json(str(problem))
    return body if isinstance(body, dict) else invalid_json("an object is wanted")


def _counted(world: World, operation: str, answer: Response) -> Response:
    world.db.execute(
        "INSERT INTO call_count VALUES (?, ?, 1) ON CONFLICT (operation, status) DO UPDATE SET calls = calls + 1",
        (operation, 0 if answer.lost else answer.status),
    )
    return answer
