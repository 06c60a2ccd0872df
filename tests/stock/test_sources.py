"""Whose reading counts, and which is newer."""

from streams.market.markets import Markets
from streams.records.stock_change import StockChange, StockLevel
from streams.stock.decide import Reading

from .builders import T0, claim, hold, market, reading, sold_in, warehouse


def two_sources() -> list[dict[str, object]]:
    return [warehouse("w1", "main"), warehouse("w2", "north", authority="wms")]


def test_a_source_without_authority_never_touches_a_channel() -> None:
    world = sold_in(market(warehouses=two_sources()), quantity={"main": 10})
    world.step(reading({"north": 7}, source="wms"))
    shown = [level.sellable for level in world.last["uk", "P1"].levels]
    assert shown == [10, 7]
    assert world.step(reading({"main": 99, "north": 7}, source="wms", at=1)).updates == ()
    assert world.step(reading({"north": 99, "main": 10}, at=2)).updates == ()


def test_a_channel_that_changes_hands_is_known_at_once() -> None:
    world = sold_in(market(warehouses=[warehouse()]), quantity=10)
    assert world.step(reading(4, source="wms")).updates == ()
    world.markets = type(world.markets)([market(warehouses=[warehouse(authority="wms")])])
    assert len(world.step(now=1).updates) == 1
    assert world.level().sellable == 4


def test_a_complete_reading_empties_the_channels_it_does_not_name() -> None:
    world = sold_in(market(warehouses=[warehouse("w1", "main"), warehouse("w2", "north")]), quantity={"north": 3})
    world.step(reading({"main": 5}, at=1))
    assert [level.sellable for level in world.last["uk", "P1"].levels] == [5, 0]


def test_a_partial_reading_leaves_the_others_alone() -> None:
    world = sold_in(
        market(warehouses=[warehouse("w1", "main"), warehouse("w2", "north")]), quantity={"main": 5, "north": 3}
    )
    world.step(reading({"main": 4}, at=1, complete=False))
    assert [level.sellable for level in world.last["uk", "P1"].levels] == [4, 3]


def test_a_reading_without_levels_means_no_stock() -> None:
    world = sold_in(quantity=5)
    world.step(reading({}, at=1))
    assert world.level().sellable == 0


def test_strictly_older_versions_are_dropped() -> None:
    world = sold_in(market(warehouses=[warehouse(authority="wms")]), quantity={})
    world.step(reading(5, source="wms", version=10))
    assert world.step(reading(9, source="wms", version=9, at=1)).updates == ()
    assert world.step(reading(6, source="wms", version=10, at=2)).updates != ()
    assert world.level().sellable == 6


def test_older_readings_are_counted_and_those_as_old_are_not() -> None:
    world = sold_in(market(warehouses=[warehouse(authority="wms")]))
    assert world.step(reading(5, source="wms", version=10)).older == 0
    again = [reading(number, source="wms", version=version, at=1) for number, version in ((9, 9), (5, 10), (4, 3))]
    decision = world.step(*again, reading(6, source="wms", version=None, at=2))
    assert decision.older == 2 and decision.updates


def test_a_reading_of_which_one_level_is_older_is_counted_once() -> None:
    world = sold_in(market(warehouses=[warehouse("w1", "a"), warehouse("w2", "b")]), quantity={"a": 1, "b": 1})
    world.step(reading({"a": 5}, version=50, complete=False))
    assert world.step(reading({"a": 6, "b": 3, "c": 1}, version=4, complete=False, at=1)).older == 1
    assert world.level(place=1).source == 3


def test_the_way_out_of_a_sequence_that_began_again_is_another_source() -> None:
    """As the runbook says: the new source is read first, then it gets the authority."""
    world = sold_in(market(warehouses=[warehouse(authority="wms")]))
    world.step(reading(5, source="wms", version=1 << 60))
    assert world.step(reading(7, source="wms", version=1, at=1)).older == 1
    assert world.step(reading(7, source="wms-2", version=1, at=2)).older == 0
    assert world.level().source == 5
    world.markets = Markets((market(warehouses=[warehouse(authority="wms-2")]),))
    world.step(now=3)
    assert world.level().source == 7
    world.step(reading(8, source="wms-2", version=2, at=4))
    assert world.level().source == 8


def test_a_version_is_remembered_even_if_nothing_else_changed() -> None:
    world = sold_in(quantity=5)
    world.step(reading(5, version=10))
    world.step(reading(5, version=12, at=1))
    assert world.step(reading(7, version=11, at=2)).updates == ()


def test_an_older_complete_reading_does_not_bring_back_a_moved_entry() -> None:
    world = sold_in(market(warehouses=[warehouse("w1", "a"), warehouse("w2", "b")]), quantity={})
    world.step(reading({"b": 5}, version=10))
    assert world.step(reading({"a": 5}, version=9, at=1)).updates == ()


def test_versions_of_partial_readings_are_compared_channel_by_channel() -> None:
    world = sold_in(market(warehouses=[warehouse("w1", "a"), warehouse("w2", "b")]), quantity={})
    world.step(reading({"a": 5}, version=50, complete=False))
    world.step(reading({"b": 3}, version=4, complete=False, at=1))
    assert [level.sellable for level in world.last["uk", "P1"].levels] == [5, 3]


def test_without_versions_log_order_decides() -> None:
    world = sold_in(quantity=5)
    world.step(reading(8, at=1, read_at=T0 - 5_000))
    assert world.level().sellable == 8


def test_a_reading_that_contradicts_itself_is_refused() -> None:
    world = sold_in(quantity=5)
    twice = (StockLevel("main", 1), StockLevel("main", 2))
    decision = world.step(Reading(StockChange("commercetools", T0, twice), T0))
    assert decision.updates == ()
    assert [(result.code, result.status, result.field) for result in decision.results] == [
        ("stock-channel-twice", "REJECTED", "levels")
    ]


def test_a_repeated_reading_is_written_down_only_now_and_then() -> None:
    world = sold_in(quantity=5)
    before = world.state
    assert world.step(reading(5, at=10)).state is before
    after = world.step(reading(5, at=40)).state
    assert after.levels[0].read_at == T0 + 40_000


def test_once_something_was_ordered_the_time_of_every_reading_is_kept() -> None:
    world = sold_in(quantity=5)
    world.step(hold(at=1))
    assert world.step(reading(5, at=3)).state.levels[0].read_at == T0 + 3_000


def test_a_market_whose_sources_never_spoke_hears_nothing() -> None:
    world = sold_in(market(warehouses=[warehouse(authority="wms")]), quantity=5)
    assert world.last == {}
    assert world.step(reading(5, source="wms")).updates != ()


def test_the_change_that_caused_an_update_is_named() -> None:
    world = sold_in(quantity=5)
    decision = world.step(reading(5, at=1), reading(4, at=2, trace="00-aa-bb-01"), reading(3, at=3))
    ((_, _, update),) = decision.updates
    assert (update.changed_at, update.trace) == (T0 + 2_000, "00-aa-bb-01")


def test_remembered_before_it_is_claimed() -> None:
    world = sold_in()
    fresh = type(world)()
    assert fresh.step(reading(5)).updates == ()
    fresh.step(claim("uk"))
    assert fresh.level().sellable == 5
