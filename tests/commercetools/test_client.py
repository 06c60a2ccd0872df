"""The client: one token for all, patience, bounds, and every failure as a value."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx
import pytest

from streams.commercetools.access import Access, hosts
from streams.commercetools.answer import Answer
from streams.commercetools.client import PAGE, Client, Running
from streams.commercetools.exchange import ANSWER_LIMIT
from streams.outcome import Delivered, Rejected, RetryLater, ShopStopped

ACCESS = Access("pottery", "https://api.test", "https://auth.test", "me", "hush", ("view_products:pottery",))
DATE = {"Date": "Mon, 05 Jan 2026 08:40:03 GMT"}
Answering = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]


class World:
    """A clock that only sleeping moves, and what was asked."""

    def __init__(self, answer: Answering, token_seconds: int = 172_800) -> None:
        self.now = 1_767_602_403_000
        self.asked: list[httpx.Request] = []
        self.tokens = 0
        self.under_way = self.most = 0
        self._answer = answer
        self._token_seconds = token_seconds

    async def sleep(self, seconds: float) -> None:
        self.now += round(seconds * 1000)
        await asyncio.sleep(0)

    async def handle(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "auth.test":
            self.tokens += 1
            await asyncio.sleep(0)
            body = {"access_token": f"token-{self.tokens}", "expires_in": self._token_seconds, "token_type": "Bearer"}
            return httpx.Response(200, json=body)
        self.asked.append(request)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            answer = self._answer(request)
            return answer if isinstance(answer, httpx.Response) else await answer
        finally:
            self.under_way -= 1

    def client(self, **options: Any) -> Client:
        transport = httpx.MockTransport(self.handle)
        return Client(
            ACCESS, lambda: self.now, transport=transport, running=Running(lambda: self.now, self.sleep), **options
        )


def run(world: World, play: Callable[[Client], Awaitable[Any]], **options: Any) -> Any:
    async def inside() -> Any:
        async with world.client(**options) as client:
            return await play(client)

    return asyncio.run(inside())


def page(*ids: str) -> httpx.Response:
    return httpx.Response(200, json={"results": [{"id": one} for one in ids]}, headers=DATE)


def in_turn(*answers: httpx.Response) -> Answering:
    """One after the other; the last one for ever."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def refused(status: int, code: str, message: str = "no", **more: Any) -> httpx.Response:
    body = {"statusCode": status, "message": message, "errors": [{"code": code, "message": message}]}
    return httpx.Response(status, json=body, headers={"X-Correlation-ID": "pottery-1"}, **more)


HTML = httpx.Response(502, text="<html>Please try again</html>", headers={"Content-Type": "text/html"})


def test_hosts_are_those_of_the_region() -> None:
    assert hosts("us-east-2.aws") == (
        "https://api.us-east-2.aws.commercetools.com",
        "https://auth.us-east-2.aws.commercetools.com",
    )


def test_a_reading_says_when_it_was_by_their_clock() -> None:
    world = World(in_turn(page("a")))
    answer: Answer = run(world, lambda client: client.get("inventory"))
    assert answer.outcome == Delivered()
    assert answer.server_date == 1_767_602_403_000
    assert str(world.asked[0].url) == "https://api.test/pottery/inventory"
    assert world.asked[0].headers["Authorization"] == "Bearer token-1"


def test_the_token_is_asked_for_with_client_and_scopes_and_by_one_only() -> None:
    asked: list[httpx.Request] = []
    world = World(in_turn(page("a")))
    handle = world.handle

    async def seen(request: httpx.Request) -> httpx.Response:
        if request.url.host == "auth.test":
            asked.append(request)
        return await handle(request)

    world.handle = seen  # type: ignore[method-assign]

    async def play(client: Client) -> None:
        await asyncio.gather(*(client.get("inventory") for _ in range(20)))

    run(world, play)
    assert world.tokens == 1
    assert base64.b64decode(asked[0].headers["Authorization"].removeprefix("Basic ")) == b"me:hush"
    form = parse_qs(asked[0].content.decode())
    assert form == {"grant_type": ["client_credentials"], "scope": ["view_products:pottery"]}


def test_the_token_is_renewed_beside_after_four_fifths_of_its_life() -> None:
    world = World(in_turn(page("a")), token_seconds=1_000)

    async def play(client: Client) -> list[str]:
        used = []
        for at in (0, 799_000, 801_000, 802_000):
            world.now = 1_767_602_403_000 + at
            await client.get("inventory")
            used.append(world.asked[-1].headers["Authorization"])
            await asyncio.sleep(0.01)
        return used

    assert run(world, play) == ["Bearer token-1", "Bearer token-1", "Bearer token-1", "Bearer token-2"]


def test_a_refused_token_is_replaced_and_the_request_repeated_once() -> None:
    world = World(in_turn(refused(401, "invalid_token"), page("a")))
    answer = run(world, lambda client: client.get("inventory"))
    assert answer.delivered and world.tokens == 2 and len(world.asked) == 2


def test_a_fresh_token_that_is_refused_stops_the_source() -> None:
    world = World(in_turn(refused(401, "invalid_token")))

    async def play(client: Client) -> None:
        answer = await client.get("inventory")
        assert isinstance(answer.outcome, ShopStopped) and answer.outcome.code == "token-refused"
        assert client.stopped == answer.outcome and client.wait_ms() > 0

    run(world, play)
    assert len(world.asked) == 2


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (refused(401, "invalid_client"), "invalid_client"),
        (refused(400, "invalid_scope"), "invalid_scope"),
        (httpx.Response(401), "invalid_client"),
        (httpx.Response(404, text="not here"), "http-404"),
    ],
)
def test_a_refused_client_stops_the_source(answer: httpx.Response, code: str) -> None:
    world = World(in_turn(page("a")))

    async def no(request: httpx.Request) -> httpx.Response:
        return httpx.Response(answer.status_code, content=answer.content)

    world.handle = no  # type: ignore[method-assign]
    outcome = run(world, lambda client: client.get("inventory")).outcome
    assert isinstance(outcome, ShopStopped) and outcome.code == code
    assert outcome.remedy


@pytest.mark.parametrize(
    "trouble",
    [
        HTML,
        refused(502, "BadGateway"),
        refused(503, "OverCapacity"),
        refused(503, "PendingOperation"),
        refused(500, "General"),
        httpx.Response(504, text="upstream request timeout"),
        httpx.Response(429, text="Too Many Requests"),
        httpx.Response(200, text="<html>"),
        httpx.Response(200),
    ],
    ids=lambda answer: f"{answer.status_code} {answer.text[:30]}",
)
def test_trouble_is_waited_out_with_growing_pauses(trouble: httpx.Response) -> None:
    world = World(in_turn(trouble, trouble, trouble, page("a")))
    assert run(world, lambda client: client.get("inventory")).delivered
    assert 600 <= world.now - 1_767_602_403_000 < 10_000
    assert len(world.asked) == 4


def test_retry_after_is_honoured_by_all_requests() -> None:
    world = World(in_turn(httpx.Response(429, headers={"Retry-After": "7"}), page("a")))
    assert run(world, lambda client: client.get("inventory")).delivered
    assert world.now - 1_767_602_403_000 >= 7_000


def test_a_wait_beyond_the_deadline_is_given_back() -> None:
    world = World(in_turn(httpx.Response(503, headers={"Retry-After": "70"})))

    async def play(client: Client) -> Answer:
        answer = await client.get("inventory")
        assert client.wait_ms() == 70_000
        return answer

    answer = run(world, play)
    assert isinstance(answer.outcome, RetryLater) and answer.outcome.not_before_ms == 70_000
    assert len(world.asked) == 1


def test_a_network_that_fails_is_a_value() -> None:
    def down(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    answer = run(World(down), lambda client: client.get("inventory"))
    assert isinstance(answer.outcome, RetryLater) and answer.outcome.code == "no-answer"


def test_an_answer_that_never_comes_is_cut_off() -> None:
    async def slow(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(30)
        raise AssertionError

    answer = run(World(slow), lambda client: client.get("inventory", deadline_ms=120))
    assert isinstance(answer.outcome, RetryLater) and "no answer" in answer.outcome.reason


def test_an_answer_too_large_is_not_held() -> None:
    world = World(in_turn(httpx.Response(200, content=b"x" * (ANSWER_LIMIT + 1))))
    answer = run(world, lambda client: client.get("inventory", deadline_ms=150))
    assert isinstance(answer.outcome, RetryLater)


def test_requests_under_way_are_bounded() -> None:
    async def slow(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.01)
        return page("a")

    world = World(slow)

    async def play(client: Client) -> None:
        answers = await asyncio.gather(*(client.get("inventory") for _ in range(12)))
        assert all(answer.delivered for answer in answers)

    run(world, play, concurrency=3)
    assert world.most == 3


def test_a_write_is_sent_once() -> None:
    world = World(in_turn(refused(500, "General")))
    answer = run(world, lambda client: client.post("subscriptions", {"key": "one"}))
    assert isinstance(answer.outcome, RetryLater) and len(world.asked) == 1


def test_errors_name_the_correlation_and_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    world = World(in_turn(refused(403, "insufficient_scope", "token-1 of me, hush, lacks a scope")))
    with caplog.at_level(logging.WARNING):
        outcome = run(world, lambda client: client.get("inventory")).outcome
    assert isinstance(outcome, ShopStopped)
    assert "pottery-1" in outcome.reason and "pottery-1" in caplog.text
    for secret in ("token-1", "hush"):
        assert secret not in outcome.reason + caplog.text
    assert "hush" not in repr(ACCESS)


def test_pages_go_on_behind_the_last_id_and_never_by_offset() -> None:
    ids = [f"{number:04}" for number in range(PAGE + 3)]
    world = World(in_turn(page(*ids[:PAGE]), page(*ids[PAGE:])))
    found = run(world, lambda client: client.all("inventory", 'sku in ("A")'))
    assert [one["id"] for one in found.resources] == ids
    queries = [parse_qs(request.url.query.decode()) for request in world.asked]
    assert queries[0] == {
        "sort": ["id asc"],
        "limit": ["500"],
        "withTotal": ["false"],
        "where": ['sku in ("A")'],
    }
    assert queries[1]["where"] == ['sku in ("A")', f'id > "{ids[PAGE - 1]}"']
    assert "offset" not in queries[1]


def test_no_second_page_is_asked_for_when_there_can_be_none() -> None:
    world = World(in_turn(page(*(str(number) for number in range(PAGE)))))
    run(world, lambda client: client.all("inventory", None, PAGE))
    assert len(world.asked) == 1


def test_a_failing_page_fails_the_whole() -> None:
    ids = [f"{number:04}" for number in range(PAGE)]
    world = World(in_turn(page(*ids), refused(400, "InvalidInput")))
    found = run(world, lambda client: client.all("inventory", None))
    assert isinstance(found.first.outcome, Rejected) and found.resources == ()


def test_a_query_that_is_not_found_means_the_project_is_not() -> None:
    world = World(in_turn(httpx.Response(404)))
    outcome = run(world, lambda client: client.all("inventory", None)).first.outcome
    assert isinstance(outcome, ShopStopped) and outcome.code == "project-unknown"


@pytest.mark.parametrize("body", [{}, {"results": "x"}, {"results": [1]}, {"results": [{"sku": "A"}]}, []])
def test_a_page_that_is_none_is_not_believed(body: Any) -> None:
    found = run(World(in_turn(httpx.Response(200, json=body))), lambda client: client.all("inventory", None))
    assert isinstance(found.first.outcome, RetryLater) and found.first.outcome.code == "unreadable"


def test_addresses_keep_what_a_sku_may_hold() -> None:
    world = World(in_turn(page("a")))
    predicate = 'sku in ("A\\"B","ä&b=c+d","1%20")'
    run(world, lambda client: client.all("inventory", predicate))
    assert unquote(world.asked[0].url.query.decode()).split("where=")[1] == predicate


FULL = page(*(f"{number:04}" for number in range(PAGE)))


def test_a_further_page_that_comes_too_late_is_too_much_and_not_slowness(caplog: pytest.LogCaptureFixture) -> None:
    async def slow(request: httpx.Request) -> httpx.Response:
        if "id%20%3E" in str(request.url):
            await asyncio.sleep(30)
        return FULL

    async def play(client: Client) -> None:
        first = (await client.all("inventory", 'sku in ("A")')).first
        assert isinstance(first.outcome, RetryLater) and first.reaction == "narrow"
        assert "1 pages came within 200 ms" in first.outcome.reason
        assert client.wait_ms() == 0 and client.failures == {"too-much-at-once": 1}

    run(World(slow), play, deadline_ms=200)
    assert "no answer" not in caplog.text and "TTS_COMMERCETOOLS_SKUS_PER_REQUEST" in caplog.text


def test_a_first_page_that_never_comes_is_slowness() -> None:
    async def slow(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(30)
        raise AssertionError

    async def play(client: Client) -> None:
        first = (await client.all("inventory", None)).first
        assert first.reaction == "slower" and client.wait_ms() > 0

    run(World(slow), play, deadline_ms=100)


def test_a_further_page_behind_an_outage_is_an_outage() -> None:
    world = World(in_turn(FULL, refused(503, "OverCapacity")))
    found = run(world, lambda client: client.all("inventory", None))
    assert isinstance(found.first.outcome, RetryLater) and found.first.outcome.code == "OverCapacity"
    assert found.first.reaction == "slower"
