"""The client: signed requests out, values in, secrets nowhere."""

import asyncio
import contextlib
import io
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import parse_qsl

import httpx
import orjson
import pytest

from streams.deadline import Deadline
from streams.outcome import Delivered, RetryLater, ShopStopped, Unknown
from streams.tiktok_shop.access import AppAccess, ShopAccess
from streams.tiktok_shop.answer import Answer
from streams.tiktok_shop.call import Call
from streams.tiktok_shop.client import Client
from streams.tiktok_shop.operations import OPERATIONS
from streams.tiktok_shop.request import Upload, signed_request
from streams.tiktok_shop.sign import request_signature
from streams.tiktok_shop.token import Token
from streams.tiktok_shop.token_call import TokenAnswer, exchange_code, refresh

SECRETS = ("s3cr3t-of-app", "tok-of-shop", "cip-of-shop", "ref-of-shop", "code-of-seller")
APP = AppAccess("key1", SECRETS[0], "http://api.example", "http://auth.example")
SHOP = ShopAccess(SECRETS[1], SECRETS[2])
TOKEN = Token(SECRETS[1], SECRETS[3], 0, 0, 6, 0)
NOW = 1_767_225_600_500
T = TypeVar("T")
DONE = {"code": 0, "message": "Success", "request_id": "r-1", "data": {}}


class FakeShop:
    """Remembers what it was asked and answers in turn."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if self.answers else httpx.Response(200, json=DONE)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.requests[-1].url.query.decode(), keep_blank_values=True))


def with_client(shop: FakeShop, use: Callable[[Client], Awaitable[T]]) -> T:
    async def run() -> T:
        async with Client(APP, lambda: NOW, httpx.MockTransport(shop)) as client:
            return await use(client)

    return asyncio.run(run())


def update(client: Client) -> Awaitable[Answer]:
    return client.call("update_inventory", shop=SHOP, path={"product_id": "17"}, body={"skus": [{"id": "é"}]})


def test_signs_exactly_what_it_sends() -> None:
    shop = FakeShop()
    assert with_client(shop, update).outcome == Delivered()
    request, query = shop.requests[0], shop.query()
    assert (request.method, request.url.path) == ("POST", "/product/202309/products/17/inventory/update")
    assert request.headers["x-tts-access-token"] == SHOP.access_token
    assert request.headers["content-type"] == "application/json"
    assert query["timestamp"] == str(NOW // 1000) and query["shop_cipher"] == SHOP.shop_cipher
    sign = request_signature(
        app_secret=APP.app_secret, path=request.url.path, query=list(query.items()), body=request.content
    )
    assert query["sign"] == sign


def test_signs_a_page_token_decoded_and_sends_it_encoded() -> None:
    shop = FakeShop()
    with_client(shop, lambda c: c.call("search_orders", shop=SHOP, query=[("page_token", "a+/= é,")]))
    raw = shop.requests[0].url.raw_path.decode()
    assert "page_token=a%2B%2F%3D%20%C3%A9%2C" in raw
    query = shop.query()
    assert query["sign"] == request_signature(
        app_secret=APP.app_secret, path="/order/202309/orders/search", query=list(query.items()), body=b""
    )


@pytest.mark.parametrize("body", [None, {}])
def test_never_sends_an_empty_object(body: object) -> None:
    shop = FakeShop()
    with_client(shop, lambda c: c.call("search_orders", shop=SHOP, body=body))
    assert shop.requests[0].content == b""


def test_sends_no_cipher_where_it_does_not_belong() -> None:
    shop = FakeShop()
    with_client(shop, lambda c: c.call("authorized_shops", shop=SHOP))
    assert "shop_cipher" not in shop.query()


def test_a_file_travels_unsigned() -> None:
    shop = FakeShop()
    upload = Upload(b"\x89PNG", "a b.png", (("use_case", "MAIN_IMAGE"),))
    with_client(shop, lambda c: c.call("upload_image", shop=SHOP, body=upload))
    request, query = shop.requests[0], shop.query()
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b"\x89PNG" in request.content and b'name="use_case"' in request.content
    assert query["sign"] == request_signature(
        app_secret=APP.app_secret, path=request.url.path, query=list(query.items()), body=b""
    )


@pytest.mark.parametrize("name", ["sign", "app_key", "timestamp", "shop_cipher", "access_token"])
def test_what_the_client_sets_is_not_the_callers(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        with_client(FakeShop(), lambda c: c.call("search_orders", shop=SHOP, query=[(name, "x")]))


def test_bytes_are_sent_as_they_are() -> None:
    shop = FakeShop()
    with_client(shop, lambda c: c.call("search_orders", shop=SHOP, body=b'{"a": 1}'))
    assert shop.requests[0].content == b'{"a": 1}'


def test_prints_a_request_without_its_query() -> None:
    request = signed_request(
        OPERATIONS["search_orders"], app=APP, shop=SHOP, path={}, query=[], body={"a": 1}, now_ms=NOW
    )
    assert repr(request) == "SignedRequest(POST http://api.example/order/202309/orders/search, 7 bytes)"


def test_an_answer_too_large_to_hold_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.tiktok_shop.exchange.ANSWER_LIMIT", 10)
    answer = with_client(FakeShop(), update)
    assert isinstance(answer.outcome, Unknown) and answer.sent


def test_follows_no_redirect() -> None:
    shop = FakeShop(httpx.Response(302, headers={"location": "http://elsewhere.example/"}))
    answer = with_client(shop, update)
    assert isinstance(answer.outcome, Unknown) and len(shop.requests) == 1


@pytest.mark.parametrize(
    ("failure", "outcome", "sent"),
    [
        (httpx.ConnectError("refused"), RetryLater, False),
        (httpx.ConnectTimeout("late"), RetryLater, False),
        (httpx.ReadError("reset"), Unknown, True),
        (httpx.ReadTimeout("late"), Unknown, True),
        (httpx.RemoteProtocolError("closed"), Unknown, True),
        (httpx.WriteError("broken"), Unknown, True),
    ],
)
def test_a_broken_connection_is_a_value(failure: Exception, outcome: type, sent: bool) -> None:
    answer = with_client(FakeShop(failure), update)
    assert isinstance(answer.outcome, outcome) and answer.sent == sent


SEARCH = Call("search_orders", query=(("page_size", "1"),), body={"update_time_ge": 1})


def test_pages_follow_the_token_until_it_is_empty() -> None:
    shop = FakeShop(
        httpx.Response(200, json={"code": 0, "data": {"orders": [1], "next_page_token": "+/="}}),
        httpx.Response(200, json={"code": 0, "data": {"orders": [2], "next_page_token": ""}}),
    )
    turns: list[Answer] = []

    async def turn(answer: Answer) -> None:
        turns.append(answer)

    answers = with_client(shop, lambda c: c.send_all(SEARCH, shop=SHOP, turn=turn))
    assert [answer.data["orders"] for answer in answers] == [[1], [2]]
    assert turns == answers and shop.query()["page_token"] == "+/="
    assert shop.requests[0].content == shop.requests[1].content


def test_pages_end_with_a_failure_and_with_a_token_seen_before() -> None:
    async def turn(_: Answer) -> None:
        return None

    same = FakeShop(*(httpx.Response(200, json={"code": 0, "data": {"next_page_token": "x"}}) for _ in range(9)))
    assert len(with_client(same, lambda c: c.send_all(SEARCH, shop=SHOP, turn=turn))) == 2
    limited = FakeShop(httpx.Response(429))
    (answer,) = with_client(limited, lambda c: c.send_all(SEARCH, shop=SHOP, turn=turn))
    assert isinstance(answer.outcome, RetryLater)


def test_a_refresh_brings_the_next_generation() -> None:
    data = {"access_token": "a2", "access_token_expire_in": 1_767_830_400, "refresh_token": "r2"}
    shop = FakeShop(httpx.Response(200, json={"code": 0, "data": {**data, "refresh_token_expire_in": 1_798_761_600}}))
    got = with_client(shop, lambda c: refresh(c, TOKEN))
    assert got.outcome == Delivered()
    assert got.token == Token("a2", "r2", 1_767_830_400_000, 1_798_761_600_000, 7, NOW)
    request, query = shop.requests[0], shop.query()
    assert (request.method, request.url.host, request.url.path) == ("GET", "auth.example", "/api/v2/token/refresh")
    assert query["grant_type"] == "refresh_token" and "sign" not in query
    assert "x-tts-access-token" not in request.headers


def test_a_code_is_exchanged_with_its_own_grant_type() -> None:
    shop = FakeShop()
    with_client(shop, lambda c: exchange_code(c, SECRETS[4]))
    assert shop.query()["grant_type"] == "authorized_code" and shop.requests[0].url.path == "/api/v2/token/get"


@pytest.mark.parametrize("code", [36004001, 36004004, 36004005])
def test_a_dead_consent_stops_the_shop(code: int) -> None:
    shop = FakeShop(httpx.Response(200, json={"code": code, "message": f"no {SECRETS[3]}"}))
    got = with_client(shop, lambda c: refresh(c, TOKEN))
    assert isinstance(got.outcome, ShopStopped) and got.token is None and SECRETS[3] not in str(got)


def test_a_lost_refresh_is_unknown_because_the_token_may_be_replaced() -> None:
    assert isinstance(with_client(FakeShop(httpx.ReadError("x")), lambda c: refresh(c, TOKEN)).outcome, Unknown)
    assert isinstance(with_client(FakeShop(httpx.ConnectError("x")), lambda c: refresh(c, TOKEN)).outcome, RetryLater)


def test_an_accepted_refresh_without_tokens_is_unknown() -> None:
    assert isinstance(with_client(FakeShop(), lambda c: refresh(c, TOKEN)).outcome, Unknown)


def test_secrets_are_in_no_log_line_and_in_no_repr() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:

        async def use(client: Client) -> list[Answer | TokenAnswer]:
            return [await update(client), await refresh(client, TOKEN), await exchange_code(client, SECRETS[4])]

        refused = httpx.Response(401, json={"code": 106001, "message": " ".join(SECRETS)})
        answers = with_client(FakeShop(refused, httpx.ReadError("x")), use)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    written = stream.getvalue() + repr([answers[0], answers[1], APP, SHOP, TOKEN])
    assert "HTTP Request" in written
    assert not [secret for secret in SECRETS[:3] if secret in written]
    assert not [secret for secret in SECRETS if secret in stream.getvalue()]


@asynccontextmanager
async def server(behave: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[str]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await behave(reader, writer)
        finally:
            writer.close()

    listening = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()


async def call_at(url: str, deadline_ms: int) -> Answer:
    async with Client(APP._replace(api_url=url), lambda: NOW) as client:
        return await client.call(
            "update_inventory", shop=SHOP, path={"product_id": "1"}, body={"a": 1}, deadline=Deadline.after(deadline_ms)
        )


def test_the_deadline_covers_an_answer_that_only_drips() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        for _ in range(1000):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def run() -> Answer:
        async with server(drip) as url:
            return await call_at(url, 200)

    answer = asyncio.run(run())
    assert isinstance(answer.outcome, Unknown) and answer.sent
    assert re.fullmatch(r"no answer within (199|200) ms", answer.message)


@pytest.mark.parametrize(
    ("looks", "sent"),
    [(1, False), (2, False), (3, True)],
    ids=["before-the-exchange", "before-the-headers", "before-the-body"],
)
def test_a_frozen_process_sends_nothing_when_it_goes_on(
    monkeypatch: pytest.MonkeyPatch, looks: int, sent: bool
) -> None:
    """The clock jumps at every place where the process may have stood still; the request is never whole."""
    whole: list[bytes] = []

    async def read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            whole.append(await reader.readexactly(len(b'{"a":1}')))

    async def run() -> Answer:
        async with server(read) as url:
            seen = iter(range(100))
            monkeypatch.setattr("streams.deadline.since_boot", lambda: 0.0 if next(seen) < looks else 60.0)
            return await call_at(url, 2_000)

    answer = asyncio.run(run())
    assert not whole and answer.sent == sent
    assert isinstance(answer.outcome, Unknown if sent else RetryLater)
    assert sent or "passed" in answer.message


def test_a_connection_closed_after_the_request_is_unknown() -> None:
    async def hang_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    async def run() -> Answer:
        async with server(hang_up) as url:
            return await call_at(url, 2_000)

    answer = asyncio.run(run())
    assert isinstance(answer.outcome, Unknown) and answer.sent


def test_a_refused_connection_was_never_sent() -> None:
    async def run() -> Answer:
        async with server(lambda r, w: asyncio.sleep(0)) as url:
            gone = url
        return await call_at(gone, 2_000)

    answer = asyncio.run(run())
    assert isinstance(answer.outcome, RetryLater) and not answer.sent and not answer.outcome.costs_attempt


def test_an_answer_keeps_the_connection_and_reads_the_date() -> None:
    body = orjson.dumps(DONE)
    connections: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        for _ in range(2):
            await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(len(b'{"a":1}'))
            head = f"HTTP/1.1 200 OK\r\ndate: Thu, 01 Jan 2026 00:00:07 GMT\r\ncontent-length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()

    async def run() -> list[Answer]:
        async with server(answer) as url, Client(APP._replace(api_url=url), lambda: NOW) as client:
            path = {"product_id": "1"}
            return [
                await client.call(
                    "update_inventory", shop=SHOP, path=path, body={"a": 1}, deadline=Deadline.after(2_000)
                )
                for _ in range(2)
            ]

    answers = asyncio.run(run())
    assert [a.outcome for a in answers] == [Delivered(), Delivered()] and len(connections) == 1
    assert answers[0].server_date == 1_767_225_607_000
