"""The frequent shape is decided on the quick path, and no other shape is."""

from typing import Any

import pytest

from streams.stock.plan import plan_for

from .builders import SECOND, T0, World, claim, hold, market, quickly, reading, sold_in, warehouse


def found(world: World, second: int = 40, quantity: int = 40, **settings: Any) -> Any:
    assert world.state is not None
    reading_ = reading(quantity, at=second, **settings)
    return quickly(world.sku, world.state, world.wake, [reading_], T0 + second * SECOND, world.markets)


@pytest.mark.parametrize(
    "settings",
    [
        {"buffer": {"percentage": 10}},
        {"buffer": {"threshold": 60}},
        {"stock": {"cap": 20}},
        {"stock": {"dead_band": {"units": 20, "above": 30}}},
        {"warehouses": [warehouse(authority="commercetools", logic="on_stock")]},
    ],
)
def test_a_reading_of_the_only_channel_is_quick(settings: dict[str, Any]) -> None:
    world = sold_in(market(**settings))
    assert found(world) is not None
    assert found(world, quantity=0) is not None
    world.step(hold(2))
    assert found(world) is not None
    assert found(world, quantity=1) is not None


def test_the_first_reading_and_several_of_one_batch_are_quick() -> None:
    world = World(market())
    world.step(claim("uk"))
    world.step(claim("uk", claimed_at=2))  # the plan of its kind is known from now on
    assert world.state is not None and not world.state.levels
    first = found(world)
    assert first.updates[0][2].levels[0].sellable == 40 and first.state.levels[0].quantity == 40
    batch = [reading(quantity, at=second) for second, quantity in ((1, 50), (2, 7), (3, 7), (4, 12))]
    later = quickly(world.sku, first.state, None, batch, T0 + 50 * SECOND, world.markets)
    assert later is not None and later.state.levels[0].quantity == 12
    [(_, _, update)] = later.updates
    assert (update.levels[0].sellable, update.changed_at) == (12, T0 + SECOND)


def test_time_dependent_terms_wake_on_the_quick_path_too() -> None:
    campaign = {"name": "x", "starts": "2027-01-15T08:10:00Z", "ends": "2027-01-15T09:00:00Z", "absolute": 9}
    world = sold_in(market(buffer={"campaigns": [campaign]}))
    assert found(world).wake == T0 + 600 * SECOND
    world.step(hold(1, stage="CLOSED", cancelled=1, at=0))
    assert found(world).wake == T0 + 600 * SECOND


def test_a_row_whose_wake_up_is_late_is_left_to_the_general_rule() -> None:
    """Another SKU's decision has brought the new plan in; the row asks for a time that has passed."""
    campaign = {"name": "x", "starts": "2027-01-15T08:10:00Z", "ends": "2027-01-15T09:00:00Z", "absolute": 9}
    world = sold_in(market(buffer={"campaigns": [campaign]}))
    before = found(world, second=590)
    world.state = before.state
    assert found(world, second=591) is not None
    plan_for(world.markets, ("uk",), None, "another", T0 + 600 * SECOND)
    assert found(world, second=601) is None
    [(_, _, update)] = world.step(reading(40, at=601)).updates
    assert update.levels[0].sellable == 31


def test_a_row_to_forget_wakes_on_the_quick_path_too() -> None:
    world = sold_in()
    decision = world.step(hold(1, stage="CLOSED", cancelled=1, at=0))
    assert found(world).wake == decision.wake is not None


@pytest.mark.parametrize(
    "settings",
    [
        {"source": "wms"},
        {"acknowledged_orders": ("A",)},
        {"quantity": 1 << 60},
        {"version": 1},
        {"read_at": T0},
    ],
)
def test_every_doubt_is_left_to_the_general_rule(settings: dict[str, Any]) -> None:
    world = sold_in()
    world.step(reading(50, at=1, version=2), hold(3))
    assert found(world, **settings) is None


def test_other_shapes_are_left_to_the_general_rule() -> None:
    assert found(sold_in(market(buffer={"velocity": {"minutes": 1, "factor": 1}}))) is None
    assert found(sold_in(market(warehouses=[warehouse(share=50)]))) is None
    assert found(sold_in(market(warehouses=[warehouse(), warehouse("w2", "north")]))) is None
    world = sold_in()
    world.step(hold(3, stage="IMPORTED", at=0, imported=0))
    assert found(world) is None
    world.step(hold(3, order="B", channel="else"))
    assert found(world, second=1) is None
