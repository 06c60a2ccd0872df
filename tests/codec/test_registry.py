"""The registry client: what is kept, what is asked again, and what is an outage."""

import json
from collections.abc import Callable

import httpx
import pytest

from streams.codec.poison import RegistryUnavailable
from streams.codec.registry import UNKNOWN_FOR, Registered, Registry, RegistryRefused

Answer = Callable[[httpx.Request], httpx.Response]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Server:
    """Answers as it is told and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: Answer = lambda _: httpx.Response(404, json={"error_code": 40403})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.path}")
        return self.answer(request)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def registry(server: Server, clock: Clock) -> Registry:
    return Registry(httpx.Client(transport=httpx.MockTransport(server), base_url="http://registry"), clock)


def test_a_schema_is_fetched_once(registry: Registry, server: Server) -> None:
    server.answer = lambda _: httpx.Response(200, json={"schema": '"int"'})
    assert registry.schema(7) == registry.schema(7) == Registered("AVRO", '"int"', False)
    assert server.asked == ["GET /schemas/ids/7"]


def test_an_unknown_id_is_asked_again_only_after_a_while(registry: Registry, server: Server, clock: Clock) -> None:
    assert registry.schema(7) is None
    clock.now = UNKNOWN_FOR - 1
    assert registry.schema(7) is None
    assert len(server.asked) == 1
    clock.now = UNKNOWN_FOR + 1
    server.answer = lambda _: httpx.Response(200, json={"schema": '"int"', "schemaType": "JSON"})
    assert registry.schema(7) == Registered("JSON", '"int"', False)


def refused_connection(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


@pytest.mark.parametrize(
    "answer",
    [
        refused_connection,
        lambda _: httpx.Response(500),
        lambda _: httpx.Response(429),
        lambda _: httpx.Response(200, text="<html>"),
    ],
)
def test_an_outage_is_told_and_not_kept(registry: Registry, server: Server, answer: Answer) -> None:
    server.answer = answer
    with pytest.raises(RegistryUnavailable):
        registry.schema(7)
    server.answer = lambda _: httpx.Response(200, json={"schema": '"int"'})
    assert registry.schema(7) is not None


def test_missing_rights_are_refused(registry: Registry, server: Server) -> None:
    server.answer = lambda _: httpx.Response(401, json={"message": "who are you"})
    with pytest.raises(RegistryRefused, match="401: who are you"):
        registry.schema(7)


def test_the_id_of_a_schema_is_looked_up_without_registering(registry: Registry, server: Server) -> None:
    server.answer = lambda request: httpx.Response(200, json={"id": 5, "got": json.loads(request.content)})
    assert registry.id_of("tts.stock-changes-value", '"int"') == 5
    assert server.asked == ["POST /subjects/tts.stock-changes-value"]


def test_a_schema_nobody_registered_has_no_id(registry: Registry) -> None:
    assert registry.id_of("tts.stock-changes-value", '"int"') is None


def test_registering_gives_the_id(registry: Registry, server: Server) -> None:
    server.answer = lambda _: httpx.Response(200, json={"id": 5})
    assert registry.register("tts.stock-changes-value", '"int"') == 5
    assert server.asked == ["POST /subjects/tts.stock-changes-value/versions"]


def test_an_address_that_is_no_registry_is_told(registry: Registry) -> None:
    with pytest.raises(RegistryRefused, match="is the address that of a registry"):
        registry.register("tts.stock-changes-value", '"int"')
