"""The Subscription: made once, watched, and a pass over the source when it delivers again."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from streams.codec.poison import Poison
from streams.commercetools.access import Access
from streams.commercetools.client import Client
from streams.commercetools.hints import Hints, hints_of
from streams.commercetools.provision import health, made
from streams.commercetools.subscription import ConfluentCloud, draft
from streams.market.markets import Markets
from streams.outcome import Rejected, ShopStopped
from streams.sandbox.commercetools import control as fake_control
from streams.sandbox.commercetools.control import CommercetoolsControl
from streams.sandbox.commercetools.fake import Commercetools
from streams.sandbox.commercetools.transport import CommercetoolsTransport

from .intake_desk import BASE, Desk, at_the_desk, market

WHERE = ConfluentCloud("pkc-1.eu.confluent.cloud:9092", "key", "cloud-secret", "notifications", "pottery")
SETUP = fake_control.Client(client_id="setup", client_secret="hush", scopes=("manage_subscriptions",))


def client_of(fake: Commercetools, which: fake_control.Client = SETUP) -> Client:
    access = Access("sandbox", f"{BASE}/api", f"{BASE}/auth", which.client_id, which.client_secret)
    return Client(access, lambda: 1, transport=CommercetoolsTransport(fake))


def fresh() -> tuple[Commercetools, CommercetoolsControl]:
    fake = Commercetools()
    control = CommercetoolsControl(httpx.Client(transport=CommercetoolsTransport(fake), base_url="http://sandbox"))
    control.add_projects(fake_control.Project(key="sandbox"))
    control.add_clients(SETUP)
    return fake, control


def test_a_subscription_is_made_once_and_its_test_notification_is_understood() -> None:
    async def play() -> None:
        fake, control = fresh()
        async with client_of(fake) as client:
            for form in ("CloudEvents", "Platform"):
                first = await made(client, draft(f"ours-{form}", WHERE, form))  # type: ignore[arg-type]
                second = await made(client, draft(f"ours-{form}", WHERE, form))  # type: ignore[arg-type]
                assert first.new and not second.new
                assert first.subscription is not None and second.subscription is not None
                assert first.subscription["id"] == second.subscription["id"]
                assert (await health(client, first.subscription["id"])).status == "healthy"
        assert len(control.see("subscriptions")["subscriptions"]) == 2

    asyncio.run(play())


def test_what_is_refused_says_why() -> None:
    async def play() -> None:
        fake, control = fresh()
        control.add_clients(fake_control.Client(client_id="reader", client_secret="hush", scopes=("view_products",)))
        async with client_of(fake) as client:
            refused = await made(client, {**draft("ours", WHERE, "Platform"), "messages": "none"})
            assert refused.subscription is None and isinstance(refused.answer.outcome, Rejected)
            assert (await health(client, "not-there")).status in ("stopped", "unknown")
        reader = fake_control.Client(client_id="reader", client_secret="hush")
        async with client_of(fake, reader) as client:
            refused = await made(client, draft("ours", WHERE, "Platform"))
            assert isinstance(refused.answer.outcome, ShopStopped)

    asyncio.run(play())


def test_a_stopped_subscription_is_told_once_and_a_pass_follows_its_healing() -> None:
    async def play(desk: Desk) -> None:
        async def look_on(status: str) -> None:
            desk.control.put_health(SUBSCRIPTION, status)
            await desk.later(61_000)
            await desk.later(1_000)

        await desk.quiet()
        await desk.later(1_000)
        assert desk.codes() == ["sweep-finished"]
        desk.emits.clear()
        await look_on("Healthy")
        await look_on("ConfigurationErrorDeliveryStopped")
        await look_on("ConfigurationErrorDeliveryStopped")
        assert desk.codes() == ["subscription-stopped"]
        assert "Subscription" in desk.results()[0].remedy
        desk.control.change_quantities({"main": {"MUG": 4}})
        await look_on("Healthy")
        await desk.later(1_000)
        assert desk.codes() == ["subscription-stopped", "subscription-healthy", "sweep-finished"]
        assert desk.levels() == {"MUG": {"main": 4}}
        await look_on("TemporaryError")
        await look_on("Healthy")
        assert desk.codes()[3:] == ["subscription-temporary", "subscription-healthy"]

    fake, _ = fresh()

    async def subscribed() -> str:
        async with client_of(fake) as client:
            found = await made(client, draft("ours", WHERE, "CloudEvents"))
            assert found.subscription is not None
            return str(found.subscription["id"])

    SUBSCRIPTION = asyncio.run(subscribed())
    at_the_desk(play, "main", fake=fake, commercetools_subscription_id=SUBSCRIPTION)


@pytest.mark.parametrize("broken", [False, True])
def test_a_subscription_seen_for_the_first_time_is_followed_by_a_pass(broken: bool) -> None:
    """A new id replaces one that had stopped: what happened meanwhile was told to nobody."""

    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {"MUG": 4}})
        if broken:
            desk.control.put_health(second, "ConfigurationErrorDeliveryStopped")
        await desk.quiet()
        await desk.later(1_000)
        if broken:
            assert desk.codes() == ["subscription-stopped"] and desk.levels() == {}
            desk.control.put_health(second, "Healthy")
            await desk.later(61_000)
            await desk.later(1_000)
        assert "sweep-finished" in desk.codes() and desk.levels() == {"MUG": {"main": 4}}
        desk.emits.clear()
        desk.start(Markets([market("main")]))
        await desk.later(61_000)
        assert desk.codes() == []

    async def subscribed(key: str) -> str:
        async with client_of(fake) as client:
            found = await made(client, draft(key, WHERE, "CloudEvents"))
            assert found.subscription is not None
            return str(found.subscription["id"])

    fake, _ = fresh()
    asyncio.run(subscribed("old"))
    second = asyncio.run(subscribed("new"))
    at_the_desk(play, "main", fake=fake, commercetools_subscription_id=second)


def test_notifications_of_the_fake_are_understood_in_both_forms() -> None:
    async def play() -> None:
        fake, control = fresh()
        control.add_channels("main")
        async with client_of(fake) as client:
            for form in ("CloudEvents", "Platform"):
                await made(client, draft(f"ours-{form}", WHERE, form))  # type: ignore[arg-type]
        control.set_up({"main": {"MUG": 5}})
        control.change_quantities({"main": {"MUG": 7}})
        control.place(fake_control.Order(lines=(fake_control.Line(sku="MUG", supply_channel="main"),)))
        kinds: dict[str, int] = {}
        for one in control.every("notifications"):
            told = hints_of(json.dumps(one["body"]).encode(), 1_000)
            assert not isinstance(told, Poison)
            for hint in told.hints if isinstance(told, Hints) else ():
                kinds[hint.key] = kinds.get(hint.key, 0) + 1
        assert kinds["sku:MUG"] >= 4  # a message of the quantity and one of the order, in two forms

    asyncio.run(play())
