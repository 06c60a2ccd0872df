"""Deleted inventory entries whose notification does not name their SKU: known ones at once, others by a pass."""

from __future__ import annotations

import asyncio
import json

import httpx

from streams.commercetools.access import Access
from streams.commercetools.client import Client
from streams.commercetools.provision import made
from streams.commercetools.subscription import ConfluentCloud, draft
from streams.records.fetch import Fetch
from streams.records.fetch_hint import FetchHint
from streams.sandbox.commercetools import control as fake_control
from streams.sandbox.commercetools.control import CommercetoolsControl, Place
from streams.sandbox.commercetools.fake import Commercetools
from streams.sandbox.commercetools.transport import CommercetoolsTransport
from streams.source import entries, fetch, sweep

from .intake_desk import BASE, Desk, at_the_desk

DAY = 86_400_000
SETUP = fake_control.Client(client_id="setup", client_secret="hush", scopes=("manage_subscriptions",))
UNKNOWN = "inventory-entry:5b2f6f0e-9a3d-4c1b-8e47-2f1d7c90a6b1"


def subscribed() -> Commercetools:
    """A project whose Subscription sends changes only, without a word of SKUs."""
    fake = Commercetools()
    control = CommercetoolsControl(httpx.Client(transport=CommercetoolsTransport(fake), base_url="http://sandbox"))
    control.add_projects(fake_control.Project(key="sandbox"))
    control.add_clients(SETUP)
    control.switch(notification_identifiers="left_out")

    async def subscribe() -> None:
        access = Access("sandbox", f"{BASE}/api", f"{BASE}/auth", SETUP.client_id, SETUP.client_secret)
        async with Client(access, lambda: 1, transport=CommercetoolsTransport(fake)) as client:
            where = ConfluentCloud("pkc-1.eu.confluent.cloud:9092", "key", "cloud-secret", "notifications")
            found = await made(client, {**draft("ours", where, "CloudEvents"), "messages": []})
            assert found.subscription is not None

    asyncio.run(subscribe())
    return fake


def hear_all(desk: Desk) -> int:
    """Everything the Subscription has sent by now, as the relay takes it; how many records that is."""
    records = [json.dumps(one["body"]).encode() for one in desk.control.every("notifications")]
    assert not any(b"MUG" in one for one in records), "the notifications name the SKU: they prove nothing"
    for one in records:
        desk.hear(one)
    return len(records)


def test_a_deleted_entry_that_was_read_once_is_off_sale_at_once() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {"MUG": 5}, "other": {"MUG": 2}})
        desk.hint("sku:MUG")
        await desk.quiet()
        assert desk.levels() == {"MUG": {"main": 5}}
        desk.control.delete_entries(Place(sku="MUG", supply_channel="main"))
        assert hear_all(desk) >= 2  # the Subscription's own test, and the deletion
        await desk.quiet()
        assert desk.levels() == {"MUG": {"main": 0}} and desk.codes() == []

    at_the_desk(play, fake=subscribed())


def test_a_pass_is_enough_to_know_an_entry() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {"MUG": 5}})
        desk.hint("sweep:stock", "REQUEST")
        await desk.quiet()
        desk.changes()
        desk.control.delete_entries(Place(sku="MUG", supply_channel="main"))
        hear_all(desk)
        await desk.quiet()
        assert desk.levels() == {"MUG": {"main": 0}}

    at_the_desk(play, fake=subscribed())


def test_a_deleted_entry_nobody_knew_is_found_by_a_pass_that_it_asks_for() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {"MUG": 5, "BOWL": 1}})
        desk.hint("sku:MUG")
        await desk.quiet()
        desk.changes()
        for key in [key for key in desk.tables["fetch"] if key.startswith("inventory-entry:")]:
            del desk.tables["fetch"][key]  # as in rows of a version that did not remember them
        desk.control.delete_entries(Place(sku="MUG", supply_channel="main"))
        desk.control.set_clock(step=20)
        desk.now += 20_000
        hear_all(desk)
        await desk.quiet()
        for _ in range(4):
            await desk.later(3_000)
        assert desk.codes() == ["inventory-entry-gone", "sweep-finished"]
        assert desk.levels()["MUG"] == {"main": 0}

    at_the_desk(play, fake=subscribed())


def test_a_rush_of_deletions_nobody_can_name_asks_for_few_passes() -> None:
    async def play(desk: Desk) -> None:
        for number in range(40):
            desk.hint(f"{UNKNOWN[:-2]}{number:02}")
            await desk.later(5_000)
        assert desk.codes().count("inventory-entry-gone") > 30 and desk.codes().count("sweep-finished") == 1
        await desk.later(sweep.MISSED_MS)
        await desk.later(1_000)
        assert desk.codes().count("sweep-finished") == 2

    at_the_desk(play)


def test_who_asks_for_a_pass_does_not_wait_for_a_rush_of_deletions() -> None:
    async def play(desk: Desk) -> None:
        for reason in ("NOTIFICATION", "NOTIFICATION", "REQUEST"):
            desk.hint(sweep.KEY, reason)
            await desk.quiet()
            await desk.later(1_000)
        assert desk.codes() == ["sweep-finished"] * 2

    at_the_desk(play)


def test_an_entry_that_is_gone_is_forgotten_a_day_later() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {"MUG": 5}})
        desk.hint("sku:MUG")
        await desk.quiet()
        (known,) = (key for key in desk.tables["fetch"] if key.startswith("inventory-entry:"))
        desk.control.delete_entries(Place(sku="MUG", supply_channel="main"))
        desk.hint("sku:MUG")
        await desk.quiet()
        assert desk.tables["fetch"][known].gone_at == desk.now
        desk.hint(known)  # late, and known all the same
        await desk.later(DAY - 1)
        assert known in desk.tables["fetch"] and desk.codes() == []
        await desk.later(1)
        assert set(desk.tables["fetch"]) == {"sku:MUG"}

    at_the_desk(play)


def test_an_entry_that_is_seen_again_is_not_forgotten() -> None:
    row: Fetch | None = None
    for ids in ((), ("a",), ()):
        for key, hint in entries.changed_entries("MUG", () if ids else ("a",), ids, 7, 1_000):
            row = fetch.hint(key, row, hint, 1_000).state
    assert row is not None and entries.forgets_at(row) == 1_000 + DAY
    (again,) = entries.changed_entries("MUG", (), ("a",), 8, 2_000)
    row = fetch.hint(again[0], row, again[1], 2_000).state
    assert row is not None and entries.forgets_at(row) is None and entries.forgotten(row, 9 * DAY) is row


def test_ids_that_stay_are_told_nobody() -> None:
    assert entries.changed_entries("MUG", ("a", "b"), ("a", "b"), 7, 9) == ()
    assert entries.changed_entries("MUG", ("a", "b"), ("b", "c"), 7, 9) == (
        ("inventory-entry:c", FetchHint("SWEEP", 9, read_at=7, sku="MUG")),
        ("inventory-entry:a", FetchHint("SWEEP", 9, sku="MUG")),
    )
