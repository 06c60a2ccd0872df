"""Consuming an update changes only what is wanted, and ends or overtakes what was wanted before."""

from streams.listing.decide import ready, updated
from tests.listing.builders import (
    KEY,
    NOW,
    accepted,
    adopted,
    answered,
    confirmed,
    found,
    granted,
    level,
    open_updates,
    order,
    shop,
    shown,
    statuses,
    update,
    wanting,
)


def test_an_update_waits_for_its_listing() -> None:
    state = wanting(update(), update("white"))
    assert open_updates(state) == {"waiting": 2, "retrying": 0}


def test_a_lower_sequence_changes_nothing() -> None:
    state = wanting(update("blue", 5, level(7)))
    applied = updated(KEY, state, update("blue", 4, level(0)), NOW)
    assert applied.state == state
    assert applied.counts == (("superseded", 1),)


def test_the_same_update_twice_is_counted_as_superseded() -> None:
    state = wanting(update("blue", 5))
    assert updated(KEY, state, update("blue", 5), NOW).counts == (("superseded", 1),)


def test_a_newer_update_ends_the_one_before() -> None:
    state = wanting(update("blue", 1))
    assert updated(KEY, state, update("blue", 2, level(3)), NOW).counts == (("superseded", 1),)


def test_an_update_that_a_call_already_carries_ends_with_the_answer() -> None:
    state = granted(wanting(update("blue", 2, level(3)), state=confirmed(update()))).state
    overtaken = updated(KEY, state, update("blue", 3, level(4)), NOW)
    assert overtaken.counts == ()
    assert sum(open_updates(overtaken.state).values()) == 2


def test_an_order_alone_never_causes_a_call() -> None:
    state = confirmed(update("blue", 1, level(10)))
    later = updated(KEY, state, update("blue", 2, level(9, net=1, committed=1), facts=(order(NOW + 60_000),)), NOW)
    assert statuses(later.results) == [("UNCHANGED", None)]
    assert later.counts == (("unchanged", 1),)
    assert ready(later.state, NOW + 60_000, shop()) is None


def test_a_released_sku_is_brought_to_zero_and_forgotten() -> None:
    state = confirmed(update("blue"), update("white"))
    state = wanting(update("blue", 2, level(0), lane="FIRST")._replace(released=True), state=state)
    done = answered(granted(state).state, accepted())
    assert [sku.sku for sku in done.state.skus] == ["white"]
    assert done.counts == (("applied", 1),)


def test_a_released_sku_that_was_never_listed_is_forgotten() -> None:
    state = wanting(update("blue", 1, level(0))._replace(released=True))
    done = answered(granted(state).state, found())
    assert done.state.skus == ()
    assert done.counts == (("unchanged", 1),)


def test_a_released_sku_without_levels_is_forgotten_without_a_call() -> None:
    state = confirmed(update("blue"))
    gone = updated(KEY, state, update("blue", 2)._replace(released=True, levels=()), NOW)
    assert gone.state.skus == ()


def test_what_is_shown_already_is_unchanged_without_a_write() -> None:
    done = answered(granted(adopted(update("blue", 1, level(10)))).state, shown({"blue": 10}))
    assert done.call is None
    assert statuses(done.results) == [("UNCHANGED", None)]
    assert done.counts == (("unchanged", 1),)
