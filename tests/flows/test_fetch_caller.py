"""Many questions in one request: who shares it, who goes first, and who is to blame when it is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from streams.commercetools.access import Access
from streams.commercetools.client import Client, Running
from streams.deadline import Deadline
from streams.engine.flow import Call, Ready
from streams.flows.channel_book import ChannelBook
from streams.flows.coalescing import Coalescer
from streams.flows.fetch_caller import Batch, FetchCaller
from streams.flows.portion import Portion
from streams.outcome import Delivered, Rejected, RetryLater, ShopStopped
from streams.source.answers import EntryRead, FetchRequest, OrderRead, StockRead


class Asked:
    """Answers after a while with the question in capitals; remembers what shared a request."""

    def __init__(self) -> None:
        self.requests: list[list[str]] = []

    async def send(self, names: Sequence[str]) -> Mapping[str, str]:
        self.requests.append(list(names))
        await asyncio.sleep(0.01)
        return {name: name.upper() for name in names}


def test_questions_share_a_request_full_ones_go_at_once_and_urgent_ones_first() -> None:
    async def play() -> None:
        asked = Asked()
        pool = Coalescer(asked.send, lambda names: min(len(names), 3), 1, 5)
        calm = [asyncio.create_task(pool.ask(name, 1)) for name in "abcdef"]
        await asyncio.sleep(0)
        urgent = [asyncio.create_task(pool.ask(name, 0)) for name in "xyz"]
        assert await asyncio.gather(*calm, *urgent) == list("ABCDEFXYZ")
        assert asked.requests == [list("abc"), list("xyz"), list("def")]

    asyncio.run(play())


def test_the_same_question_twice_is_asked_once_unless_it_is_under_way() -> None:
    async def play() -> None:
        asked = Asked()
        pool = Coalescer(asked.send, len, 2, 0)
        first = [asyncio.create_task(pool.ask("a", 1)) for _ in range(2)]
        await asyncio.sleep(0.005)
        assert await pool.ask("a", 1) == "A"
        assert await asyncio.gather(*first) == ["A", "A"]
        assert asked.requests == [["a"], ["a"]]

    asyncio.run(play())


def test_a_worker_that_stops_leaves_nothing_running() -> None:
    async def play() -> None:
        async def never(_: Sequence[str]) -> Mapping[str, str]:
            await asyncio.sleep(60)
            return {}

        pool = Coalescer(never, len, 1, 0)
        tasks = [asyncio.create_task(pool.ask(name, 0)) for name in "ab"]
        await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.01)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(play())


def test_a_bug_in_sending_reaches_everybody_who_asked() -> None:
    async def play() -> None:
        async def broken(_: Sequence[str]) -> Mapping[str, str]:
            raise ZeroDivisionError

        pool = Coalescer(broken, len, 1, 0)
        told = await asyncio.gather(pool.ask("a", 0), pool.ask("b", 0), return_exceptions=True)
        assert [type(one) for one in told] == [ZeroDivisionError] * 2

    asyncio.run(play())


class Project:
    """Refuses requests that name ``bad``, or all; answers others with an entry for each SKU or id."""

    def __init__(self, bad: str = "", all_refused: bool = False, longest: int = 10**6) -> None:
        self.bad = bad
        self.all_refused = all_refused
        self.longest = longest
        self.now = 0
        self.requests = 0

    def handle(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": "t", "expires_in": 9_999})
        if request.url.path.endswith("/channels"):
            return httpx.Response(200, json={"results": [{"id": "c", "key": "main"}]})
        self.requests += 1
        query = request.url.query.decode()
        if len(query) > self.longest:
            return httpx.Response(414, text="URI too long")
        where = parse_qs(query)["where"][0]
        if self.all_refused or (self.bad and f'"{self.bad}"' in where):
            body = {"statusCode": 400, "message": "no", "errors": [{"code": "InvalidInput", "message": "no"}]}
            return httpx.Response(400, json=body)
        names = [part.strip('"') for part in where.split("(", 1)[1].rstrip(")").split(",")]
        return httpx.Response(200, json={"results": [self.resource(request.url.path, name) for name in names]})

    def resource(self, path: str, name: str) -> dict[str, Any]:
        if path.endswith("/orders"):
            return {"id": name, "lineItems": [{"variant": {"sku": "MUG"}}, {"variant": {}}], "customerEmail": "x@y.z"}
        more = {"version": 1, "quantityOnStock": 3, "availableQuantity": 3, "supplyChannel": {"id": "c"}}
        return {"id": name, "sku": name, **more}

    async def sleep(self, seconds: float) -> None:
        self.now += round(seconds * 1000)

    def caller(self) -> tuple[FetchCaller, Client]:
        access = Access("p", "http://api", "http://auth", "me", "hush")
        transport = httpx.MockTransport(self.handle)
        running = Running(lambda: self.now, self.sleep)
        client = Client(access, lambda: self.now, transport=transport, running=running)
        return FetchCaller(client, ChannelBook(client, {"main": "available"}), Batch(linger_ms=0)), client


def answers(project: Project, names: Sequence[str], operation: Any = "inventory") -> list[Any]:
    async def play() -> list[Any]:
        caller, client = project.caller()
        async with client:
            calls = [Call(name, FetchRequest(operation, name, 0), 1_000) for name in names]
            return await asyncio.gather(
                *(caller.call("commercetools", call, Deadline.after(call.deadline_ms)) for call in calls)
            )

    return asyncio.run(play())


def test_one_bad_sku_does_not_hold_up_the_others() -> None:
    project = Project(bad="SKU-3")
    found = answers(project, [f"SKU-{number}" for number in range(8)])
    assert [number for number, one in enumerate(found) if isinstance(one.outcome, Rejected)] == [3]
    assert [one.levels for one in found if one.outcome == Delivered()] == [(("main", 3),)] * 7
    assert project.requests == 7


def test_when_everything_is_refused_no_sku_is_given_up() -> None:
    project = Project(all_refused=True)
    found: list[StockRead] = answers(project, [f"SKU-{number}" for number in range(500)])
    outcomes = [one.outcome for one in found]
    assert sum(isinstance(one, ShopStopped) for one in outcomes) >= 500 - 11
    assert project.requests < 50


def test_an_address_that_is_too_long_is_halved_and_remembered() -> None:
    project = Project(longest=2_000)
    skus = [f"SKU-{number:04}" for number in range(300)]
    assert all(one.outcome == Delivered() for one in answers(project, skus))


def test_entries_and_orders_lead_to_skus() -> None:
    assert answers(Project(), ["a", "b"], "entries") == [EntryRead(Delivered(), "a"), EntryRead(Delivered(), "b")]
    assert answers(Project(), ["o"], "orders") == [OrderRead(Delivered(), ("MUG",))]


def test_passes_leave_room_for_hints() -> None:
    caller, _ = Project().caller()
    calm, urgent = (Ready("commercetools", lane, 0, ("inventory",)) for lane in (1, 0))
    for _ in range(500 * 4):
        assert caller.room(calm, 0) == 0
        caller.take(calm, 0)
    assert caller.room(calm, 0) > 0
    assert caller.room(urgent, 0) == 0
    assert caller.room(calm, 2_000) == 0  # turns whose rows made no call are forgotten


class ManyChannels(Project):
    """Every SKU has an entry in each of many channels, and every page takes its time."""

    def __init__(self, channels: int, page_ms: int) -> None:
        super().__init__()
        self.channels = channels
        self.page_ms = page_ms
        self.asked: list[int] = []
        """SKUs of each query, in the order of first pages."""

    def handle(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/inventory"):
            return super().handle(request)
        self.requests += 1
        self.now += self.page_ms
        where = parse_qs(request.url.query.decode())["where"]
        names = [part.strip('"') for part in where[0].split("(", 1)[1].rstrip(")").split(",")]
        after = where[1].split('"')[1] if len(where) > 1 else ""
        if not after:
            self.asked.append(len(names))
        begin = 0
        if after:
            name, channel = after.split("/")
            begin = names.index(name) * self.channels + int(channel) + 1
        ids = (divmod(number, self.channels) for number in range(begin, min(begin + 500, len(names) * self.channels)))
        found = [(names[number], f"{names[number]}/{channel:04}") for number, channel in ids]
        return httpx.Response(
            200, json={"results": [{**self.resource("/inventory", one), "sku": sku} for sku, one in found]}
        )


@pytest.mark.parametrize(("channels", "skus", "page_ms"), [(45, 500, 250), (200, 300, 120)])
def test_skus_of_many_channels_are_asked_for_in_smaller_requests(channels: int, skus: int, page_ms: int) -> None:
    project = ManyChannels(channels, page_ms)
    names = [f"SKU-{number:04}" for number in range(skus)]

    async def play() -> None:
        caller, client = project.caller()
        async with client:
            for again in range(2):
                found = await asyncio.gather(*(reading(caller, name) for name in names))
                assert [one.outcome for one in found] == [Delivered()] * skus
                assert [len(one.ids) for one in found] == [channels] * skus
                halves = [skus // 2, skus // 2]
                assert project.asked == ([skus, *halves] if not again else [skus, *halves, *halves])
            assert client.wait_ms() == 0 and client.failures == {"too-much-at-once": 1}

    asyncio.run(play())


def reading(caller: FetchCaller, name: str) -> Any:
    call = Call(name, FetchRequest("inventory", name, 0), 60_000)
    return caller.call("commercetools", call, Deadline.after(call.deadline_ms))


def test_what_would_take_too_long_altogether_waits_for_another_request() -> None:
    project = ManyChannels(500, 1_000)
    names = [f"SKU-{number:03}" for number in range(500)]

    async def play() -> None:
        caller, client = project.caller()
        async with client:
            found = await asyncio.gather(*(reading(caller, name) for name in names))
            assert {one.outcome.code for one in found} == {"others-first"}
            assert project.asked == [500, 250, 125, 62, 31] and project.now <= 60_000
            found = await asyncio.gather(*(reading(caller, name) for name in names[:14]))
            assert [one.outcome for one in found] == [Delivered()] * 14
            assert project.asked[5:] == [14, 7, 7]

    asyncio.run(play())


def test_a_single_sku_that_is_too_much_is_asked_for_again_and_holds_up_no_other() -> None:
    project = ManyChannels(6_000, 1_000)
    first, second = answers(project, ["A", "B"])
    for one in (first, second):
        assert isinstance(one.outcome, RetryLater) and one.outcome.code == "too-much-at-once"
        assert "10 pages" in one.outcome.reason and "10000 ms" in one.outcome.reason
        assert "TTS_COMMERCETOOLS_SKUS_PER_REQUEST" in one.outcome.reason


def test_requests_grow_again_when_there_is_time() -> None:
    portion = Portion(500, 500).halved(500)
    assert portion.now == 250 and portion.halved(500).now == 250 and portion.halved(1).now == 1
    assert portion.answered(250, 5_000, 10_000) == portion.answered(249, 10, 10_000) == portion
    grown = portion
    for _ in range(6):
        grown = grown.answered(grown.now, 4_999, 10_000)
    assert grown.now == 500 and Portion(500, 1).answered(1, 1, 10_000).now == 2


class OneGiant(ManyChannels):
    """One SKU has more entries than come in time; the others have one each."""

    def __init__(self) -> None:
        super().__init__(1, 1_000)

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.channels = 6_000 if "GIANT" in request.url.query.decode() else 1
        return super().handle(request)


@pytest.mark.parametrize("others", [17, 63])
def test_a_sku_that_is_too_much_alone_is_asked_for_apart_from_then_on(others: int) -> None:
    project = OneGiant()
    names = ["GIANT", *(f"SKU-{number}" for number in range(others))]

    async def play() -> list[tuple[int, int]]:
        caller, client = project.caller()
        rounds = []
        async with client:
            for _ in range(12):
                asked = project.requests
                found = await asyncio.gather(*(reading(caller, name) for name in names))
                unanswered = sum(one.outcome != Delivered() for one in found)
                rounds.append((unanswered, project.requests - asked))
                for number in range(2):  # requests of others grow again meanwhile
                    await asyncio.gather(*(reading(caller, f"X-{number}-{one}") for one in range(400)))
        return rounds

    rounds = asyncio.run(play())
    assert rounds[0][0] <= others, "others are answered in the first round already"
    assert all(unanswered == 1 for unanswered, _ in rounds[-4:]), rounds
    assert all(requests <= 12 for _, requests in rounds[-4:]), "one request for the others, ten pages of the giant"


async def test_a_question_that_is_never_reached_ends_with_its_time() -> None:
    project = Project()
    caller, client = project.caller()
    async with client:
        call = Call("MUG", FetchRequest("inventory", "MUG", 0), 1_000)
        late = await caller.call("commercetools", call, Deadline.after(-1))
    assert late.outcome.code == "no-room" and project.requests == 0
