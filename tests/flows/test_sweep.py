"""Passes over the whole source: the first load, what notifications lost, what was deleted, what goes wrong."""

from __future__ import annotations

from streams.records.fetch_hint import FetchHint
from streams.sandbox.commercetools.control import Fault, Place
from streams.source import sweep

from .intake_desk import Desk, at_the_desk

HOUR = 3_600_000


def ask(desk: Desk) -> None:
    desk.log("fetch-hints", sweep.KEY, FetchHint("REQUEST", desk.now))


async def passed(desk: Desk) -> dict[str, int]:
    """A pass from its request to its end, and what it came to."""
    desk.emits = [one for one in desk.emits if one.topic != "sync-results"]
    ask(desk)
    await desk.quiet()
    for _ in range(20):
        if desk.codes()[-1:] == ["sweep-finished"]:
            return sweep.total(desk.tables["sweep"][sweep.KEY])
        await desk.later(600)
    raise AssertionError(f"the pass does not end: {desk.codes()}")


def test_the_first_pass_loads_everything_and_the_second_finds_nothing() -> None:
    async def play(desk: Desk) -> None:
        skus = {f"SKU-{number:04}": number for number in range(1_234)}
        desk.control.set_up({"main": skus, "other": {"SKU-0000": 1, "ZZZ": 1}})
        found = await passed(desk)
        assert (found["seen"], found["first"], found["repaired"], found["missing"]) == (1_234, 1_234, 0, 0)
        assert desk.levels() == {sku: {"main": number} for sku, number in skus.items()}
        requests = desk.client.requests
        found = await passed(desk)
        assert (found["unchanged"], found["first"], found["repaired"], found["missing"]) == (1_234, 0, 0, 0)
        assert desk.changes() == []
        assert desk.client.requests - requests == 4  # the channels, 1 236 entries in pages of 500, and nothing else

    at_the_desk(play)


def test_channels_are_read_again_with_every_pass() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {"MUG": 5}})
        await passed(desk)
        assert desk.levels() == {"MUG": {"main": 5}}
        desk.control.add_channels("later")
        desk.control.set_up({"later": {"MUG": 4}})
        assert (await passed(desk))["repaired"] == 1  # at once, although the channels were read a moment ago
        assert desk.levels() == {"MUG": {"main": 5, "later": 4}}

    at_the_desk(play, "main", "later")


def test_a_lost_change_is_found_and_repaired() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {"MUG": 5, "BOWL": 5}})
        await passed(desk)
        desk.changes()
        desk.control.change_quantities({"main": {"MUG": 4}})  # and no notification came
        desk.now += 2_000
        found = await passed(desk)
        assert (found["repaired"], found["unchanged"]) == (1, 1)
        assert desk.levels() == {"MUG": {"main": 4}}

    at_the_desk(play)


def test_a_deleted_entry_is_found_once() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {"MUG": 5, "BOWL": 5}})
        await passed(desk)
        desk.changes()
        desk.control.delete_entries(Place(sku="MUG", supply_channel="main"))
        desk.control.set_clock(step=5)
        desk.now += 5_000
        found = await passed(desk)
        assert (found["missing"], found["repaired"], found["unchanged"]) == (1, 1, 1)
        assert desk.levels() == {"MUG": {"main": 0}}
        desk.control.set_clock(step=5)
        desk.now += 5_000
        assert (await passed(desk))["missing"] == 0

    at_the_desk(play)


def test_skus_in_channels_nobody_sells_from_are_not_published() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"other": {"MUG": 5}, "": {"BOWL": 5}})
        assert (await passed(desk))["seen"] == 0
        assert desk.changes() == []

    at_the_desk(play)


def test_entries_of_a_sku_on_two_pages_are_seen_together() -> None:
    async def play(desk: Desk) -> None:
        skus = {f"SKU-{number:04}": number for number in range(333)}
        desk.control.set_up({"main": skus, "other": skus})
        await passed(desk)
        assert (await passed(desk))["unchanged"] == 333

    at_the_desk(play, "main", "other")


def test_a_change_that_is_on_its_way_is_not_counted_as_lost() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {"MUG": 5}})
        await passed(desk)
        desk.control.change_quantities({"main": {"MUG": 4}})
        desk.now += 2_000
        desk.hint("sku:MUG", "ORDER", not_before=desk.now + 12_000)
        found = await passed(desk)
        assert (found["unchanged"], found["repaired"]) == (1, 0)

    at_the_desk(play)


def test_the_first_pass_begins_by_itself_and_the_next_on_schedule() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {"MUG": 5}})
        await desk.quiet()
        assert desk.levels() == {"MUG": {"main": 5}}
        for _ in range(3):
            await desk.later(1_000)
        assert desk.codes() == ["sweep-finished"]
        await desk.later(12 * HOUR)
        assert desk.codes() == ["sweep-finished"]
        await desk.later(12 * HOUR)
        await desk.later(1_000)
        assert desk.codes() == ["sweep-finished"] * 2

    at_the_desk(play, commercetools_sweep_hours=24)


def test_a_request_during_a_pass_leads_to_another_one() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {"MUG": 5}})
        ask(desk)
        while not desk.tables.get("sweep"):
            desk._answer(*desk.events.pop(0))
        row = desk.tables["sweep"][sweep.KEY]
        desk.tables["sweep"][sweep.KEY] = row._replace(running=True, wanted_at=None, started_at=desk.now)
        ask(desk)
        for _ in range(6):
            await desk.later(1_000)
        assert desk.codes() == ["sweep-finished"] * 2

    at_the_desk(play)


def test_an_outage_is_told_once_and_the_pass_goes_on() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {f"SKU-{number:04}": 1 for number in range(700)}})
        desk.control.add_faults(Fault(kind="over_capacity", operation="*"))
        ask(desk)
        for _ in range(6):
            await desk.later(20_000)
        assert desk.codes() == ["OverCapacity"]
        assert desk.results()[0].status == "RETRYING"
        desk.control.clear_faults()
        for _ in range(4):
            await desk.later(60_000)
        assert desk.codes() == ["OverCapacity", "sweep-finished"]
        assert len(desk.levels()) == 700

    at_the_desk(play)


def test_progress_adds_up() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {f"SKU-{number:04}": 1 for number in range(1_200)}})
        await passed(desk)
        jobs = [value for topic, _, value in desk.emits if topic == "sync-jobs"]
        assert {job.job.count("/") for job in jobs} == {1, 2}
        for job in jobs:
            assert job.received == sum(job.counts.values())
        assert [job.counts["applied"] for job in jobs if job.partition == -1] == [499, 998, 1_200]
        assert [job.counts for job in jobs if job.partition == 0][-1]["waiting"] == 0

    at_the_desk(play)
