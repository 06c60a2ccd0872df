"""Channels that get other keys, in every worker; and channels that are new to the market files."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from streams.commercetools.access import Access
from streams.commercetools.client import Client
from streams.commercetools.reading import Channels
from streams.flows.channel_book import AGAIN_MS, OLD_MS, ChannelBook
from streams.flows.intake import IntakeSource
from streams.market.markets import Markets
from streams.sandbox.commercetools import control as fake_control
from streams.sandbox.commercetools.control import Fault
from streams.sandbox.commercetools.fake import Commercetools
from streams.sandbox.commercetools.transport import CommercetoolsTransport
from streams.settings import Settings
from streams.source import sweep
from streams.topics.catalog import load

from .intake_desk import BASE, Desk, at_the_desk, market

WRITER = fake_control.Client(client_id="writer", client_secret="hush", scopes=("manage_products",))


class Writer:
    """Who may rename channels."""

    def __init__(self, desk: Desk, fake: Commercetools) -> None:
        desk.control.add_clients(WRITER)
        access = Access("sandbox", f"{BASE}/api", f"{BASE}/auth", WRITER.client_id, WRITER.client_secret)
        self._client = Client(access, lambda: desk.now, transport=CommercetoolsTransport(fake))

    async def exchange(self, first: str, second: str) -> None:
        """The keys of two channels."""
        for before, after in ((first, "aside"), (second, first), ("aside", second)):
            channel: dict[str, Any] = (await self._client.get(f"channels/key={before}")).body
            action = {"action": "changeKey", "key": after}
            done = await self._client.post(
                f"channels/{channel['id']}", {"version": channel["version"], "actions": [action]}
            )
            assert done.delivered, done


def another_worker(desk: Desk, channel: str) -> IntakeSource:
    markets = Markets([market(channel)])
    return IntakeSource(Settings(commercetools_linger_ms=0), markets, desk.client, load(partitions={"sku": 1}))


def project() -> Commercetools:
    fake = Commercetools()
    control = fake_control.CommercetoolsControl(
        httpx.Client(transport=CommercetoolsTransport(fake), base_url="http://sandbox")
    )
    control.add_projects(fake_control.Project(key="sandbox"))
    return fake


def test_a_pass_paged_by_another_worker_reads_with_the_new_keys_here_too() -> None:
    fake = project()

    async def play(desk: Desk) -> None:
        writer = Writer(desk, fake)
        desk.control.set_up({"main": {"MUG": 5}, "other": {"MUG": 7}})
        desk.callers = {**desk.callers, "sweep": another_worker(desk, "main").group().callers["sweep"]}
        desk.hint(sweep.KEY, "REQUEST")
        await desk.quiet()
        assert desk.levels() == {"MUG": {"main": 5}}
        await writer.exchange("main", "other")
        desk.control.set_clock(step=30)
        desk.now += 30_000
        desk.hint(sweep.KEY, "REQUEST")
        for _ in range(3):
            await desk.later(1_000)
        assert desk.levels() == {"MUG": {"main": 7}}

    at_the_desk(play, fake=fake)


def test_keys_are_not_believed_for_more_than_ten_minutes() -> None:
    fake = project()

    async def play(desk: Desk) -> None:
        writer = Writer(desk, fake)
        desk.control.set_up({"main": {"MUG": 5}, "other": {"MUG": 7}})
        desk.hint("sku:MUG")
        await desk.quiet()
        await writer.exchange("main", "other")
        desk.now += OLD_MS - 1_000
        desk.hint("sku:MUG")
        await desk.quiet()
        assert desk.levels() == {"MUG": {"main": 5}}
        desk.now += 1_000
        desk.hint("sku:MUG")
        await desk.quiet()
        assert desk.levels() == {"MUG": {"main": 7}}

    at_the_desk(play, fake=fake)


def test_what_is_known_does_while_channels_cannot_be_read_but_not_for_a_pass() -> None:
    async def play(desk: Desk) -> None:
        book = ChannelBook(desk.client, {"main": "available"})
        assert isinstance(await book.channels(), Channels)
        desk.control.add_faults(Fault(kind="over_capacity", operation="query_channels"))
        desk.now += OLD_MS
        assert isinstance(await book.channels(), Channels)
        requests = desk.client.requests
        assert isinstance(await book.channels(), Channels) and desk.client.requests == requests  # not at once again
        book.passes(1)
        assert not isinstance(await book.channels(), Channels)
        desk.control.clear_faults()
        desk.now += AGAIN_MS
        assert isinstance(await book.channels(), Channels)
        requests = desk.client.requests
        book.passes(1)
        assert isinstance(await book.channels(), Channels) and desk.client.requests == requests

    at_the_desk(play)


def test_channels_that_are_expired_while_they_are_read_are_read_again() -> None:
    async def play(desk: Desk) -> None:
        book = ChannelBook(desk.client, {"main": "available"})
        reading = asyncio.create_task(book.channels())
        await asyncio.sleep(0)
        book.expire()
        await reading
        requests = desk.client.requests
        await book.channels()
        assert desk.client.requests == requests + 1

    at_the_desk(play)


def test_a_channel_new_to_the_market_files_is_filled_by_one_pass_also_without_schedule() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {"MUG": 5}, "other": {"BOWL": 7}})
        desk.hint("sku:MUG")
        await desk.quiet()
        assert desk.levels() == {"MUG": {"main": 5}}
        for codes in (["sweep-finished"], ["sweep-finished"]):
            desk.restart(Markets([market("main", "other")]))
            await desk.quiet()
            for _ in range(3):
                await desk.later(1_000)
            assert desk.codes() == codes
        assert desk.levels() == {"MUG": {"main": 5, "other": 0}, "BOWL": {"main": 0, "other": 7}}

    at_the_desk(play)


def test_without_schedule_no_pass_begins_by_itself() -> None:
    async def play(desk: Desk) -> None:
        await desk.quiet()
        await desk.later(100 * 86_400_000)
        assert desk.codes() == [] and desk.client.requests == 0

    at_the_desk(play)
