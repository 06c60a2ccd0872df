"""Stock as commercetools has it becomes stock changes: every kind of entry, hint and failure."""

from __future__ import annotations

import time

from streams.market.markets import Markets
from streams.sandbox.commercetools.control import Entry, Fault, Line, Order, Place

from .intake_desk import Desk, at_the_desk, market


def test_a_hint_leads_to_all_configured_channels() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {"MUG": 5}, "other": {"MUG": 7}, "": {"MUG": 9}})
        desk.hint("sku:MUG")
        await desk.quiet()
        assert desk.levels() == {"MUG": {"main": 5, "": 9}}

    at_the_desk(play, "main", "")


def test_a_sku_whose_orders_could_not_be_held_is_told_and_not_published() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {"MUG|BLUE": 5, "MUG": 7}})
        desk.hint("sku:MUG|BLUE")
        await desk.quiet()
        (result,) = desk.results()
        assert (result.code, result.status, result.sku) == ("sku-unusable", "REJECTED", "MUG|BLUE")
        assert desk.changes() == [] and desk.tables["fetch"] == {} and desk.counts == {"rejected": 1}
        desk.hint("sweep:stock", "REQUEST")
        await desk.quiet()
        await desk.later(1_000)
        assert desk.levels() == {"MUG": {"main": 7}}
        assert desk.codes()[1:] == ["sku-unusable", "sweep-finished"]
        assert (
            "1 read for the first time, 0 differences found and repaired, 1 refused" in desk.results()[-1].explanation
        )

    at_the_desk(play)


def test_available_or_on_stock_by_the_logic_of_the_channel() -> None:
    async def play(desk: Desk) -> None:
        desk.control.put_entries(
            Entry(sku="MUG", supply_channel="main", quantity_on_stock=10, reserved=3),
            Entry(sku="MUG", supply_channel="other", quantity_on_stock=10, reserved=3),
        )
        desk.hint("sku:MUG")
        await desk.quiet()
        assert desk.levels() == {"MUG": {"main": 7, "other": 10}}

    at_the_desk(play, ("main", "salable"), ("other", "on_stock"))


def test_five_hundred_skus_are_one_request() -> None:
    async def play(desk: Desk) -> None:
        skus = {f"SKU-{number:04}": number for number in range(500)}
        desk.control.set_up({"main": skus})
        for sku in skus:
            desk.hint(f"sku:{sku}")
        await desk.quiet()
        assert desk.levels() == {sku: {"main": number} for sku, number in skus.items()}
        # one for the channels, one for the entries, and one to see that there is no second page
        assert desk.client.requests == 3

    at_the_desk(play)


def test_negative_missing_deleted_and_recreated_entries() -> None:
    async def play(desk: Desk) -> None:
        desk.control.put_entries(Entry(sku="NEGATIVE", supply_channel="main", quantity_on_stock=1, reserved=4))
        desk.control.set_up({"main": {"GOES": 5}, "other": {"ELSEWHERE": 3}})
        for sku in ("NEGATIVE", "GOES", "ELSEWHERE", "NOWHERE"):
            desk.hint(f"sku:{sku}")
        await desk.quiet()
        assert desk.levels() == {
            sku: {"main": n} for sku, n in {"NEGATIVE": -3, "GOES": 5, "ELSEWHERE": 0, "NOWHERE": 0}.items()
        }
        desk.control.delete_entries(Place(sku="GOES", supply_channel="main"))
        desk.hint("sku:GOES")
        await desk.quiet()
        assert desk.levels() == {"GOES": {"main": 0}}
        desk.control.set_up({"main": {"GOES": 2}})
        desk.hint("sku:GOES")
        await desk.quiet()
        assert desk.levels() == {"GOES": {"main": 2}}

    at_the_desk(play)


def test_a_channel_that_does_not_exist_is_left_out_and_not_sold_out() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {"MUG": 5}})
        desk.hint("sku:MUG")
        await desk.quiet()
        ((_, change),) = desk.changes()
        assert [tuple(level) for level in change.levels] == [("main", 5)]
        assert not change.complete

    at_the_desk(play, "main", "mian")


def test_an_entry_in_a_channel_newer_than_what_is_known_is_found() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {"MUG": 5}})
        desk.hint("sku:MUG")
        await desk.quiet()
        desk.control.add_channels("later")
        desk.control.set_up({"later": {"MUG": 4}})
        desk.now += 61_000
        desk.hint("sku:MUG")
        await desk.quiet()
        assert desk.levels() == {"MUG": {"main": 5, "later": 4}}

    at_the_desk(play, "main", "later")


def test_a_hint_of_an_entry_leads_to_its_sku_also_after_it_is_gone() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {"MUG": 5}})
        (entry,) = desk.control.every("inventory")
        desk.hint(f"inventory-entry:{entry['id']}")
        await desk.quiet()
        assert desk.levels() == {"MUG": {"main": 5}}
        desk.control.delete_entries(Place(sku="MUG", supply_channel="main"))
        desk.hint(f"inventory-entry:{entry['id']}")
        await desk.quiet()
        assert desk.levels() == {"MUG": {"main": 0}}

    at_the_desk(play)


def test_an_entry_gone_before_it_was_known_is_told_after_a_second_look() -> None:
    async def play(desk: Desk) -> None:
        desk.hint("inventory-entry:5b2f6f0e-9a3d-4c1b-8e47-2f1d7c90a6b1")
        await desk.quiet()
        assert desk.codes() == []
        await desk.later(3_000)
        assert desk.codes() == ["inventory-entry-gone", "sweep-finished"]
        assert not desk.tables["fetch"]

    at_the_desk(play)


def test_an_order_leads_to_its_skus_after_stock_has_settled() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {"MUG": 5, "BOWL": 5}})
        lines = (Line(sku="MUG", quantity=2, supply_channel="main"), Line(sku="BOWL", supply_channel="main"))
        (order,) = desk.control.place(Order(lines=lines))
        desk.hint(f"order:{order['order_id']}", "ORDER", not_before=desk.now + 12_000)
        await desk.quiet()
        assert desk.client.requests == 0
        desk.control.set_clock(step=12)
        await desk.later(13_000)
        assert desk.levels() == {"MUG": {"main": 3}, "BOWL": {"main": 4}}
        kinds = {key.partition(":")[0] for key in desk.tables["fetch"]}
        assert kinds == {"sku", "inventory-entry"} and {"sku:MUG", "sku:BOWL"} <= set(desk.tables["fetch"])

    at_the_desk(play)


def test_nothing_personal_of_an_order_is_kept_or_published() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {"MUG": 5}})
        (order,) = desk.control.place(Order(lines=(Line(sku="MUG", supply_channel="main"),)))
        desk.hint(f"order:{order['order_id']}", "ORDER")
        await desk.quiet()
        kept = repr(desk.tables) + repr(desk.emits)
        assert "MUG" in kept
        assert order["order_number"] not in kept

    at_the_desk(play)


def test_a_rush_of_order_hints_is_one_reading_a_second() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {"MUG": 5}})
        for number in range(50):
            desk.hint("sku:MUG", "ORDER", not_before=desk.now + 12_000 + number)
        await desk.later(30_000)
        assert 1 <= len(desk.changes()) <= 2
        assert desk.counts["collapsed"] >= 48

    at_the_desk(play)


def test_read_at_is_never_later_than_the_beginning_and_never_goes_back() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {"MUG": 5}})
        desk.hint("sku:MUG")
        await desk.quiet()
        ((_, first),) = desk.changes()
        assert first.read_at <= time.time_ns() // 1_000_000  # the fake's clock is the real one
        desk.tables["fetch"]["sku:MUG"] = desk.tables["fetch"]["sku:MUG"]._replace(read_at=first.read_at + 5_000)
        desk.hint("sku:MUG")
        await desk.quiet()
        ((_, second),) = desk.changes()
        assert second.read_at == first.read_at + 5_000

    at_the_desk(play)


def test_an_outage_loses_nothing_and_is_not_hurried() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {"MUG": 5}})
        desk.control.add_faults(Fault(kind="bad_gateway"))
        desk.hint("sku:MUG")
        for _ in range(5):
            await desk.later(200)
        assert desk.changes() == []
        desk.control.clear_faults()
        await desk.later(60_000)
        assert desk.levels() == {"MUG": {"main": 5}}

    at_the_desk(play, commercetools_deadline_ms=500)


def test_a_killed_worker_reads_again() -> None:
    async def play(desk: Desk) -> None:
        desk.control.set_up({"main": {"MUG": 5}})
        desk.hint("sku:MUG")
        desk._answer(*desk.events.pop())
        desk.granted()  # the call is made, its answer never comes
        await desk.quiet()
        assert desk.changes() == []
        desk.start(Markets([market("main")]))
        await desk.quiet()
        assert desk.levels() == {"MUG": {"main": 5}}

    at_the_desk(play)


def test_another_logic_of_a_channel_is_read_and_published_after_a_restart() -> None:
    async def play(desk: Desk) -> None:
        desk.control.put_entries(Entry(sku="MUG", supply_channel="main", quantity_on_stock=10, reserved=3))
        desk.control.put_entries(Entry(sku="BOWL", supply_channel="main", quantity_on_stock=4))
        for sku in ("MUG", "BOWL"):
            desk.hint(f"sku:{sku}")
        await desk.quiet()
        desk.changes()
        desk.restart(Markets([market(("main", "on_stock"))]))
        await desk.quiet()
        assert desk.levels() == {"MUG": {"main": 10}}  # the bowl's figure is the same

    at_the_desk(play)


def test_products_wait_for_a_later_capability() -> None:
    async def play(desk: Desk) -> None:
        desk.hint("product:5b2f6f0e-9a3d-4c1b-8e47-2f1d7c90a6b1")
        await desk.quiet()
        assert desk.counts == {"unchanged": 1}
        assert not desk.tables["fetch"]

    at_the_desk(play)
