"""Figures are compared without what TikTok Shop moves by itself."""

from .builders import SECOND, T0, World, claim, hold, market, reading, sold_in


def test_an_order_is_told_without_a_new_gross() -> None:
    world = sold_in(quantity=10)
    ((name, product, update),) = world.step(hold(2, at=1)).updates
    assert (name, product, update.levels[0].gross, update.levels[0].net) == ("uk", "P1", 10, 2)
    assert update.facts == (("w1", T0 + SECOND, 2),)


def test_facts_are_told_once() -> None:
    world = sold_in(quantity=10)
    world.step(hold(2, at=1))
    ((_, _, update),) = world.step(reading(9, at=2)).updates
    assert update.facts == ()


def test_an_order_cancelled_early_leaves_gross_as_it_was() -> None:
    world = sold_in(quantity=10)
    world.step(hold(2, at=1))
    ((_, _, update),) = world.step(hold(2, stage="ABSENT", cancelled=2, at=5, placed=1)).updates
    assert (update.levels[0].gross, update.levels[0].net) == (10, 0)
    assert update.facts == (("w1", T0 + 5 * SECOND, -2),)


def test_an_order_first_seen_cancelled_is_counted_both_ways() -> None:
    world = sold_in(quantity=10)
    ((_, _, update),) = world.step(hold(2, stage="ABSENT", cancelled=2, at=5, placed=1)).updates
    assert update.facts == (("w1", T0 + SECOND, 2), ("w1", T0 + 5 * SECOND, -2))


def test_a_unit_counts_as_taken_when_its_order_was_placed() -> None:
    world = sold_in(quantity=10)
    ((_, _, update),) = world.step(hold(2, at=60, placed=1)).updates
    assert update.facts == (("w1", T0 + SECOND, 2),)


def test_a_cancellation_without_restock_lowers_gross() -> None:
    world = sold_in(quantity=10)
    world.step(hold(2, stage="IMPORTED", at=1, imported=5), reading(8, at=60))
    world.step(hold(2, stage="IMPORTED", at=70, placed=1, imported=5, cancelled=2))
    assert (world.level().gross, world.level().sellable) == (8, 8)


def test_shipping_is_told_because_it_moves_what_is_committed() -> None:
    world = sold_in(quantity=10)
    world.step(hold(2, at=1))
    ((_, _, update),) = world.step(hold(2, at=9, placed=1, shipped=1)).updates
    assert (update.levels[0].committed, update.levels[0].gross, update.facts) == (1, 10, ())


def test_an_order_told_at_the_cap_or_within_the_buffer_leaves_gross_as_it_was() -> None:
    world = sold_in(market(stock={"cap": 20}, buffer={"percentage": 10, "threshold": 30}), quantity=50)
    world.step(hold(15, at=1))
    assert (world.level().gross, world.level().sellable) == (20, 5)


def test_sequence_grows_with_every_update_and_never_falls_behind_the_clock() -> None:
    world = sold_in(quantity=10)
    sequences = [world.last["uk", "P1"].sequence]
    for quantity in (9, 8):
        world.step(reading(quantity))
        sequences.append(world.last["uk", "P1"].sequence)
    world.step(reading(7, at=60))
    sequences.append(world.last["uk", "P1"].sequence)
    assert sequences == [T0, T0 + 1, T0 + 2, T0 + 60 * SECOND]


def test_sequence_grows_even_after_loss_of_state() -> None:
    world = sold_in(quantity=10)
    world.step(reading(9, at=60))
    lost = World()
    lost.step(claim("uk"), reading(9, at=61))
    assert lost.last["uk", "P1"].sequence > world.last["uk", "P1"].sequence


def test_a_change_to_or_below_the_low_water_mark_takes_the_first_lane() -> None:
    world = World(market(stock={"low_water": 3}))
    lanes = []
    world.step(claim("uk"), reading(9))
    for second, quantity in enumerate((4, 3, 0, 5)):
        world.step(reading(quantity, at=second))
        lanes.append(world.last["uk", "P1"].lane)
    assert lanes == ["STOCK", "FIRST", "FIRST", "STOCK"]
    assert world.last["uk", "P1"].low_water == 3


def test_a_change_to_zero_takes_the_first_lane() -> None:
    world = sold_in(quantity=5)
    assert world.last["uk", "P1"].lane == "STOCK"
    world.step(reading(0, at=1))
    assert world.last["uk", "P1"].lane == "FIRST"


def test_small_changes_above_a_level_are_not_told() -> None:
    world = sold_in(market(stock={"dead_band": {"units": 5, "above": 50}}), quantity=100)
    assert world.step(reading(95, at=1)).updates == ()
    assert world.step(reading(106, at=2)).updates != ()
    assert world.step(reading(101, at=3)).updates == ()
    assert world.step(reading(100, at=4)).updates != ()


def test_small_changes_at_the_level_are_told() -> None:
    world = sold_in(market(stock={"dead_band": {"units": 5, "above": 50}}), quantity=52)
    assert world.step(reading(51, at=1)).updates == ()
    assert world.step(reading(50, at=2)).updates != ()
    assert world.step(reading(51, at=3)).updates != ()


def test_an_order_is_told_within_the_dead_band_with_the_true_gross() -> None:
    world = sold_in(market(stock={"dead_band": {"units": 5, "above": 50}}), quantity=100)
    world.step(reading(97, at=1))
    world.step(hold(1, at=2))
    assert world.level().gross == 97


def test_a_batch_is_told_once() -> None:
    world = sold_in(quantity=10)
    decision = world.step(reading(9, at=1), hold(1, at=1), hold(1, order="B", at=2), reading(8, at=3))
    ((_, _, update),) = decision.updates
    assert (update.levels[0].sellable, len(update.facts), update.changed_at) == (6, 2, T0 + SECOND)
