"""Units of an order hold until the source shows them, and leave by one of three exits only."""

import pytest

from streams.stock.holds import MEMORY_MS, oldest_hold_at
from streams.stock.inputs import HoldSeen

from .builders import DAY, SECOND, SKU, T0, World, claim, hold, market, reading, sold_in, tombstone, warehouse


def holds(world: World) -> int:
    assert world.state is not None
    return sum(tally.holds for tally in world.state.tallies)


def net(world: World) -> int:
    assert world.state is not None
    return sum(tally.net for tally in world.state.tallies)


def foreign(logic: str = "available") -> World:
    world = World(market(warehouses=[warehouse(authority="wms", logic=logic)]))
    world.step(claim("uk"), reading(10, source="wms"))
    return world


def physical() -> World:
    return sold_in(market(warehouses=[warehouse(logic="on_stock")]), quantity=10)


def test_an_order_holds_its_units() -> None:
    world = sold_in(quantity=10)
    world.step(hold(3, at=1))
    level = world.level()
    assert (level.sellable, level.gross, level.net, level.committed, level.holds) == (7, 10, 3, 3, 3)


# exit 1


def test_a_cancelled_line_leaves_when_the_import_is_absent() -> None:
    world = sold_in(quantity=10)
    world.step(hold(3, at=1))
    world.step(hold(3, stage="ABSENT", cancelled=2, at=2))
    assert (world.level().sellable, world.level().gross, holds(world)) == (9, 10, 1)


@pytest.mark.parametrize("stage", ["OPEN", "IMPORTING"])
def test_a_cancelled_line_stays_while_the_import_may_have_happened(stage: str) -> None:
    world = sold_in(quantity=10)
    world.step(hold(1, at=1))
    world.step(hold(1, stage=stage, cancelled=1, at=2))
    assert (holds(world), net(world), world.level().gross) == (1, 0, 9)


def test_a_line_not_cancelled_stays_although_the_import_is_absent() -> None:
    world = sold_in(quantity=10)
    world.step(hold(2, stage="ABSENT", at=1))
    world.step(reading(10, at=DAY // SECOND))
    assert holds(world) == 2


def test_closed_without_import_is_absent() -> None:
    world = sold_in(quantity=10)
    world.step(hold(1, at=1), hold(1, stage="CLOSED", cancelled=1, at=2))
    assert holds(world) == 0


# exit 2


def test_an_imported_order_leaves_with_a_reading_that_began_the_settle_time_later() -> None:
    world = sold_in(quantity=10)
    world.step(hold(3, at=1))
    world.step(hold(3, stage="IMPORTED", at=1, imported=5))
    world.step(reading(7, at=34))
    assert (holds(world), world.level().sellable) == (3, 4)
    world.step(reading(7, at=35))
    assert (holds(world), world.level().sellable, world.level().gross) == (0, 7, 10)


def test_importing_alone_says_nothing() -> None:
    world = sold_in(quantity=10)
    world.step(hold(3, at=1))
    assert world.step(hold(3, stage="IMPORTED", at=1, imported=5)).updates == ()


def test_the_time_of_the_reading_counts_not_when_it_arrives() -> None:
    world = sold_in(quantity=10)
    world.step(hold(3, stage="IMPORTED", at=1, imported=5))
    world.step(reading(10, at=500, read_at=T0 + 20 * SECOND))
    assert holds(world) == 3


def test_a_fact_after_the_reading_that_covers_it_never_holds() -> None:
    world = sold_in(quantity=10)
    world.step(hold(1, order="O0", at=0))
    world.step(reading(7, at=60))
    world.step(hold(3, stage="IMPORTED", at=1, imported=5))
    assert (holds(world), net(world)) == (1, 4)


def test_a_reading_of_another_channel_covers_nothing() -> None:
    world = sold_in(market(warehouses=[warehouse("w1", "main"), warehouse("w2", "north")]), quantity={"main": 10})
    world.step(hold(3, stage="IMPORTED", at=1, imported=5))
    world.step(reading({"north": 5}, complete=False, at=60))
    assert holds(world) == 3


def test_an_import_that_did_not_deduct_holds() -> None:
    world = sold_in(quantity=10)
    world.step(hold(3, stage="IMPORTED", at=1, imported=5, deducted=False), reading(10, at=60))
    assert holds(world) == 3


def test_cancelled_after_import_leaves_with_the_reading_and_comes_back_with_the_restock() -> None:
    world = sold_in(quantity=10)
    world.step(hold(3, stage="IMPORTED", at=1, imported=5))
    world.step(hold(3, stage="IMPORTED", at=20, imported=5, cancelled=3))
    assert (holds(world), world.level().gross, world.level().sellable) == (3, 7, 7)
    world.step(reading(7, at=60))
    assert (holds(world), world.level().gross) == (0, 7)
    world.step(reading(10, at=70))
    assert (world.level().gross, world.level().sellable) == (10, 10)


def test_the_settle_time_is_the_markets() -> None:
    world = sold_in(market(holds={"settle_seconds": 5}), quantity=10)
    world.step(hold(3, stage="IMPORTED", at=1, imported=5), reading(7, at=10))
    assert holds(world) == 0


# exit 3


def test_a_watermark_of_the_authority_covers_older_orders() -> None:
    world = foreign()
    world.step(hold(2, order="A", at=10), hold(1, order="B", at=20))
    world.step(reading(8, source="wms", at=30, orders_until=T0 + 10 * SECOND))
    assert (holds(world), world.level().sellable) == (1, 7)
    world.step(reading(7, source="wms", at=40, orders_until=T0 + 20 * SECOND))
    assert (holds(world), world.level().sellable, world.level().gross) == (0, 7, 10)


def test_a_watermark_of_another_source_covers_nothing() -> None:
    world = foreign()
    world.step(hold(2, at=10))
    world.step(reading(8, source="other", at=30, orders_until=T0 + 99 * SECOND))
    assert holds(world) == 2


def test_an_acknowledged_order_leaves() -> None:
    world = foreign()
    world.step(hold(2, order="A", at=10), hold(1, order="B", at=10))
    world.step(reading(8, source="wms", at=30, acknowledged_orders=("A", "Z")))
    assert (holds(world), world.level().sellable) == (1, 7)


def test_an_order_acknowledged_before_it_was_seen_never_holds() -> None:
    world = foreign()
    world.step(reading(8, source="wms", at=1, acknowledged_orders=("A",)))
    world.step(hold(2, order="A", at=2))
    assert (holds(world), net(world), world.level().sellable) == (0, 2, 8)
    assert list(world.rows.rows) == [f"|{SKU}|uk|A"]


def test_an_acknowledgement_in_an_old_reading_counts() -> None:
    world = foreign()
    world.step(hold(2, order="A", at=1))
    world.step(reading(8, source="wms", at=2, version=2))
    world.step(reading(9, source="wms", at=3, version=1, acknowledged_orders=("A",)))
    assert (holds(world), world.level().sellable) == (0, 8)


def test_an_import_does_not_cover_where_the_authority_is_foreign() -> None:
    world = foreign()
    world.step(hold(2, stage="IMPORTED", at=1, imported=5), reading(8, source="wms", at=90))
    assert holds(world) == 2


# physical stock


def test_physical_stock_is_held_until_goods_have_left() -> None:
    world = physical()
    world.step(hold(2, stage="IMPORTED", at=1, imported=5), reading(10, at=60))
    assert holds(world) == 2
    world.step(hold(2, stage="IMPORTED", at=100, imported=5, shipped=1), reading(9, at=129))
    assert holds(world) == 2
    world.step(reading(9, at=130))
    assert (holds(world), world.level().sellable) == (1, 8)
    world.step(hold(2, stage="IMPORTED", at=200, imported=5, shipped=2))
    assert holds(world) == 1
    world.step(reading(8, at=230))
    assert (holds(world), world.level().sellable, world.level().gross) == (0, 8, 10)


def test_physical_stock_of_an_order_cancelled_after_import_is_free_with_the_next_reading() -> None:
    world = physical()
    world.step(hold(2, stage="IMPORTED", at=1, imported=5))
    world.step(hold(2, stage="IMPORTED", at=10, imported=5, cancelled=2))
    assert holds(world) == 2
    world.step(reading(10, at=40))
    assert (holds(world), world.level().sellable, world.level().gross) == (0, 10, 10)


def test_physical_stock_of_a_foreign_source_may_have_a_watermark_too() -> None:
    world = foreign("on_stock")
    world.step(hold(2, at=10), reading(8, source="wms", at=30, orders_until=T0 + 10 * SECOND))
    assert holds(world) == 0


# never otherwise


def test_never_by_time() -> None:
    world = sold_in(quantity=10)
    world.step(hold(3, at=1))
    world.step(now=400 * DAY // SECOND)
    world.step(reading(10, at=401 * DAY // SECOND))
    assert holds(world) == 3
    assert world.state is not None
    assert oldest_hold_at(world.state) == T0 + SECOND


def test_never_by_a_tombstone() -> None:
    world = sold_in(quantity=10)
    world.step(hold(3, stage="IMPORTED", at=1, imported=5))
    decision = world.step(tombstone())
    assert [result.code for result in decision.results] == ["hold-deleted-while-holding"]
    assert holds(world) == 3
    assert world.step(tombstone()).results == ()
    world.step(reading(7, at=60))
    assert (holds(world), world.rows.rows) == (0, {})


def test_the_age_of_the_oldest_hold_is_known() -> None:
    world = sold_in(quantity=10)
    world.step(hold(order="A", at=5), hold(order="B", at=9), hold(order="C", at=20))
    assert world.state is not None
    assert oldest_hold_at(world.state) == T0 + 5 * SECOND
    world.step(hold(order="A", stage="ABSENT", cancelled=1, at=30))
    assert oldest_hold_at(world.state) == T0 + 9 * SECOND
    world.step(hold(order="B", stage="ABSENT", cancelled=1, at=30), hold(order="C", stage="ABSENT", cancelled=1, at=30))
    assert oldest_hold_at(world.state) is None


# unpaid orders


def test_unpaid_orders_hold_unless_the_market_says_otherwise() -> None:
    world = sold_in(quantity=10)
    world.step(hold(2, unpaid=True, at=1))
    assert world.level().sellable == 8
    other = sold_in(market(holds={"unpaid": False}), quantity=10)
    other.step(hold(2, unpaid=True, at=1))
    assert (other.level().sellable, other.level().gross, other.level().committed) == (10, 12, 2)
    other.step(hold(2, at=2))
    assert (other.level().sellable, other.level().gross) == (8, 10)


# repetition and disorder


def test_the_same_fact_again_changes_nothing() -> None:
    world = sold_in(quantity=10)
    world.step(hold(3, at=1))
    before = world.state
    decision = world.step(hold(3, at=1), hold(3, at=1))
    assert decision.updates == ()
    assert decision.state is before


def test_an_older_state_of_an_order_changes_nothing() -> None:
    world = sold_in(quantity=10)
    world.step(hold(3, at=1))
    world.step(hold(3, stage="IMPORTED", at=9, imported=5, cancelled=1))
    before = world.state
    assert world.step(hold(3, at=1)).state is before
    assert world.step(hold(3, stage="OPEN", at=9)).state is before


def test_an_import_told_with_an_older_reading_of_the_order_counts() -> None:
    world = sold_in(quantity=10)
    world.step(hold(3, at=9, placed=1), hold(3, stage="IMPORTED", at=1, imported=5), reading(7, at=60))
    assert holds(world) == 0


def test_an_order_corrected_to_nothing_gives_everything_back() -> None:
    world = sold_in(quantity=10)
    world.step(hold(3, at=1))
    world.step(hold(0, stage="ABSENT", at=1))
    assert (holds(world), net(world), world.level().sellable) == (0, 0, 10)


def test_an_order_moved_to_another_warehouse_moves_its_units() -> None:
    world = sold_in(
        market(warehouses=[warehouse("w1", "main"), warehouse("w2", "north")]), quantity={"main": 10, "north": 10}
    )
    world.step(hold(3, at=1))
    decision = world.step(hold(3, at=2, placed=1, warehouse="w2", channel="north"))
    assert [(level.sellable, level.net) for level in world.last["uk", "P1"].levels] == [(10, 0), (7, 3)]
    assert [fact[::2] for fact in decision.updates[0][2].facts] == [("w1", -3), ("w2", 3)]
    assert world.state is not None
    assert oldest_hold_at(world.state) == T0 + SECOND


def test_lines_an_order_does_not_have_are_reported_and_ignored() -> None:
    world = sold_in(quantity=10)
    seen = hold(2, at=1)
    assert seen.hold is not None
    odd = HoldSeen("uk", "O1", seen.hold._replace(cancelled=("else",)), seen.appended_at)
    assert [result.code for result in world.step(odd).results] == ["hold-lines-unknown"]
    assert net(world) == 2


def test_a_reading_that_began_earlier_lets_covered_orders_hold_again() -> None:
    world = sold_in(quantity=10)
    world.step(hold(3, stage="IMPORTED", at=1, imported=5), reading(7, at=60))
    assert world.level().sellable == 7
    world.step(reading(10, at=61, read_at=T0 + 2 * SECOND))
    assert (world.level().sellable, holds(world)) == (7, 3)
    world.step(reading(7, at=62))
    assert (world.level().sellable, holds(world)) == (7, 0)


def test_a_changed_settle_time_is_applied_to_open_orders() -> None:
    world = sold_in(quantity=10)
    world.step(hold(3, stage="IMPORTED", at=1, imported=5), reading(7, at=20))
    assert holds(world) == 3
    world.markets = type(world.markets)([market(holds={"settle_seconds": 5})])
    world.step()
    assert (holds(world), world.level().sellable) == (0, 7)


# what is remembered


def test_a_closed_order_is_forgotten_once_nobody_will_ask_again() -> None:
    world = sold_in(quantity=10)
    world.step(hold(2, stage="IMPORTED", at=1, imported=5), reading(8, at=60))
    decision = world.step(hold(2, stage="CLOSED", at=100, imported=5, shipped=2))
    assert decision.wake == T0 + 100 * SECOND + MEMORY_MS
    assert world.step(hold(2, stage="CLOSED", at=100, imported=5, shipped=2)).updates == ()
    done = world.step(now=100 + MEMORY_MS // SECOND)
    assert (done.wake, world.rows.rows, net(world)) == (None, {}, 2)
    again = world.step(hold(2, stage="CLOSED", at=100, imported=5, shipped=2))
    assert (again.updates, net(world), world.rows.rows) == ((), 2, {})


def test_closed_orders_are_forgotten_one_after_the_other() -> None:
    world = sold_in(quantity=10)
    for order, second in (("A", 0), ("B", 50)):
        world.step(hold(order=order, stage="CLOSED", cancelled=1, at=second))
    world.step(hold(order="C", stage="ABSENT", cancelled=1, at=60))
    decision = world.step(now=MEMORY_MS // SECOND)
    assert decision.wake == T0 + 50 * SECOND + MEMORY_MS
    assert sorted(world.rows.rows) == [f"|{SKU}|uk|B", f"|{SKU}|uk|C"]


def test_a_closed_order_that_holds_is_never_forgotten() -> None:
    world = sold_in(quantity=10)
    world.step(hold(2, stage="CLOSED", at=1, imported=5))
    world.step(now=2 * MEMORY_MS // SECOND)
    assert holds(world) == 2
    world.step(reading(8, at=3 * MEMORY_MS // SECOND))
    world.step(now=3 * MEMORY_MS // SECOND)
    assert (holds(world), world.rows.rows) == (0, {})


def test_an_acknowledgement_without_order_is_forgotten_too() -> None:
    world = foreign()
    world.step(reading(8, source="wms", at=1, acknowledged_orders=("A",)))
    world.step(now=2 + MEMORY_MS // SECOND)
    assert world.rows.rows == {}


def test_a_tombstone_drops_what_does_not_hold() -> None:
    world = sold_in(quantity=10)
    world.step(hold(2, stage="ABSENT", cancelled=2, at=1))
    assert world.rows.rows != {}
    world.step(tombstone(), tombstone("never-seen"))
    assert (world.rows.rows, net(world)) == ({}, 0)


def test_the_row_of_a_sku_does_not_grow_with_orders() -> None:
    world = sold_in(quantity=1000)
    world.step(hold(order="first", stage="ABSENT", cancelled=1, at=1))
    assert world.state is not None
    size = len(world.state.tallies)
    for number in range(50):
        world.step(hold(order=f"O{number}", stage="ABSENT", cancelled=1, at=number))
    assert len(world.state.tallies) == size == 1


def test_holding_rows_are_searched_only_when_one_may_leave() -> None:
    world = sold_in(quantity=100)
    world.step(*(hold(order=f"O{number}", at=1) for number in range(20)))
    searched = []
    scan = world.rows.scan
    world.rows.scan = lambda prefix: (searched.append(prefix), scan(prefix))[1]  # type: ignore[method-assign]
    for second in range(2, 30):
        world.step(reading(100 - second, at=second))
    assert searched == []
    world.step(hold(order="O3", stage="IMPORTED", at=1, imported=31))
    world.step(reading(50, at=60))
    assert searched == []
    world.step(reading(50, at=61))
    assert searched == [f"{SKU}|uk|"]
    assert holds(world) == 19
