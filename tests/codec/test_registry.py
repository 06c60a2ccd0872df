"""The registry client: never waited for, what is kept, what is asked again, and what is an outage."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import pytest

from streams.codec.poison import RegistryUnavailable
from streams.codec.registered import Registered
from streams.codec.registry import UNKNOWN_FOR, Registry, RegistryRefused, SchemaOnItsWay, open_registry
from tests.codec.registry_server import RegistryServer


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server() -> Iterator[RegistryServer]:
    one = RegistryServer()
    yield one
    one.stop()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def registry(server: RegistryServer, clock: Clock) -> Registry:
    return open_registry(server.url, clock)


def fetched(registry: Registry, number: int) -> Registered | None:
    """As a worker does: try again while it is on its way."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            return registry.schema(number)
        except SchemaOnItsWay:
            time.sleep(0.005)
    raise AssertionError("it never came")


def test_reading_never_waits_and_a_schema_is_fetched_once(registry: Registry, server: RegistryServer) -> None:
    server.add(7, '"int"')
    with pytest.raises(SchemaOnItsWay):
        registry.schema(7)
    assert fetched(registry, 7) == registry.schema(7) == Registered("AVRO", '"int"')
    assert server.asked == ["GET /schemas/ids/7"]


def test_an_unknown_id_is_asked_again_only_after_a_while(
    registry: Registry, server: RegistryServer, clock: Clock
) -> None:
    assert fetched(registry, 7) is None
    clock.now = UNKNOWN_FOR - 1
    assert registry.schema(7) is None
    assert len(server.asked) == 1
    clock.now = UNKNOWN_FOR + 1
    server.add(7, '"int"', "JSON")
    assert fetched(registry, 7) == Registered("JSON", '"int"')


@pytest.mark.parametrize(
    "answer",
    [
        (500, b"{}"),
        (429, b"{}"),
        (200, b"<html>"),
        (404, b"<html>"),
        (404, b'{"error_code": 404, "message": "HTTP 404 Not Found"}'),
        (401, b'{"error_code": 40101, "message": "who are you"}'),
    ],
)
def test_an_outage_a_wrong_address_and_a_missing_right_are_waited_for(
    registry: Registry, server: RegistryServer, answer: tuple[int, bytes]
) -> None:
    """None of them is the record's fault, and none is kept."""
    server.add(7, '"int"')
    server.answer = answer
    with pytest.raises(RegistryUnavailable):
        fetched(registry, 7)
    server.answer = None
    assert fetched(registry, 7) is not None


def test_a_registry_that_is_away_is_waited_for(registry: Registry, server: RegistryServer) -> None:
    server.add(7, '"int"')
    server.stop()
    with pytest.raises(RegistryUnavailable):
        fetched(registry, 7)
    server.start()
    assert fetched(registry, 7) is not None


def test_schemas_that_others_refer_to_come_with_them(registry: Registry, server: RegistryServer) -> None:
    site = {"type": "record", "name": "Site", "fields": [{"name": "code", "type": "string"}]}
    level = {"type": "record", "name": "Level", "fields": [{"name": "site", "type": "Site"}]}
    top = {"type": "record", "name": "Top", "fields": [{"name": "level", "type": "Level"}]}
    refer: Callable[[str], dict[str, object]] = lambda name: {"name": name, "subject": name.lower(), "version": 2}  # noqa: E731
    server.subjects["site", 2] = {"subject": "site", "version": 2, "id": 1, "schema": json.dumps(site)}
    server.subjects["level", 2] = {
        **{"subject": "level", "version": 2, "id": 2, "schema": json.dumps(level)},
        "references": [refer("Site")],
    }
    server.add(9, top, references=[refer("Level")])
    assert fetched(registry, 9) == Registered("AVRO", json.dumps(top), (json.dumps(site), json.dumps(level)))


def test_the_id_of_a_schema_is_looked_up_without_registering(registry: Registry, server: RegistryServer) -> None:
    server.add(5, '"int"')
    assert registry.id_of("tts.stock-changes-value", '"int"') == 5
    assert server.asked == ["POST /subjects/tts.stock-changes-value"]


def test_a_schema_nobody_registered_has_no_id(registry: Registry) -> None:
    assert registry.id_of("tts.stock-changes-value", '"int"') is None


def test_registering_gives_the_id(registry: Registry, server: RegistryServer) -> None:
    assert registry.register("tts.stock-changes-value", '"int"') == 1
    assert server.asked == ["POST /subjects/tts.stock-changes-value/versions"]


def test_a_refusal_says_why(registry: Registry, server: RegistryServer) -> None:
    server.answer = (409, b'{"error_code": 409, "message": "incompatible"}')
    with pytest.raises(RegistryRefused, match="409: incompatible"):
        registry.register("tts.stock-changes-value", '"int"')


def test_an_address_that_is_no_registry_is_told(registry: Registry, server: RegistryServer) -> None:
    server.answer = (404, b"<html>")
    with pytest.raises(RegistryUnavailable, match="is the address that of a registry"):
        registry.register("tts.stock-changes-value", '"int"')
