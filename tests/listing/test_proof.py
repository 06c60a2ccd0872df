"""Wanted and confirmed are compared by gross; what is written is gross less the newest net."""

from streams.listing.answers import InventoryShown, ShownLevel, ShownSku
from streams.listing.calls import SearchInventory, UpdateInventory
from streams.listing.decide import Ready, completed, ready
from streams.outcome import Delivered
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
    order,
    quantities,
    shop,
    shown,
    statuses,
    update,
    wanting,
)


def shown_in(one: str, units: int, other: str, other_units: int, committed: int = 0) -> InventoryShown:
    """Two warehouses of one SKU; orders in the other."""
    rows = (ShownSku("id-blue", (ShownLevel(one, units, 0), ShownLevel(other, other_units, committed))),)
    return InventoryShown(Delivered(), rows, NOW, NOW)


def test_a_write_says_every_changed_sku_of_the_product_with_every_warehouse() -> None:
    both = (level(10, "w1"), level(5, "w2"))
    state = confirmed(update("blue"), update("white"), update("red"))
    state = wanting(update("blue", 2, *both), update("white", 2, level(20)), state=state)
    assert quantities(granted(state).call) == {"blue": {"w1": 10, "w2": 5}, "white": {"w1": 20}}


def test_a_write_says_the_freshest_value() -> None:
    state = confirmed(update("blue", 1, level(10)))
    state = wanting(update("blue", 2, level(30)), state=state)
    state = wanting(update("blue", 3, level(28, net=2, committed=2), facts=(order(NOW, 2),)), state=state)
    assert quantities(granted(state).call) == {"blue": {"w1": 28}}


def test_a_proven_write_is_applied_with_sequence_and_explanation() -> None:
    state = wanting(update("blue", 7, level(30)), state=confirmed(update()))
    done = answered(granted(state).state, accepted())
    (result,) = done.results
    assert (result.status, result.sequence, result.changed_at, result.sku) == ("APPLIED", 7, NOW, "blue")
    assert result.explanation is not None
    assert result.explanation.endswith("sellable 30; sent w1: 30")
    assert done.counts == (("applied", 1),)
    assert ready(done.state, NOW, shop()) is None


def test_an_answer_of_another_token_changes_nothing() -> None:
    state = granted(wanting(update("blue", 2, level(30)), state=confirmed(update()))).state
    assert completed(KEY, state, "another", accepted(), NOW, shop()).state == state


def test_a_fact_that_the_write_did_not_count_and_may_have_overwritten_makes_it_dirty() -> None:
    state = confirmed(update("blue", 1, level(10)))
    late = update("blue", 2, level(9, net=1, committed=1), facts=(order(NOW + 2_000),))
    state = wanting(late, state=state)
    assert quantities(granted(state).call) == {"blue": {"w1": 9}}


def test_a_fact_heard_of_while_the_write_was_under_way_makes_it_dirty() -> None:
    state = granted(wanting(update("blue", 2, level(30)), state=confirmed(update()))).state
    state = wanting(update("blue", 3, level(29, net=1, committed=1), facts=(order(NOW),)), state=state)
    done = answered(state, accepted())
    assert quantities(granted(done.state).call) == {"blue": {"w1": 29}}


def test_a_fact_later_than_the_answer_is_no_reason_to_write() -> None:
    state = granted(wanting(update("blue", 2, level(30)), state=confirmed(update()))).state
    state = wanting(update("blue", 3, level(29, net=1, committed=1), facts=(order(NOW + 5_000),)), state=state)
    done = answered(state, accepted())
    assert ready(done.state, NOW, shop()) is None
    assert dict(done.counts) == {"applied": 1, "unchanged": 1}


def test_a_fact_without_a_known_warehouse_makes_all_of_them_doubtful() -> None:
    state = confirmed(update("blue", 1, level(10)))
    state = wanting(update("blue", 2, facts=(order(NOW, warehouse=""),)), state=state)
    view = shop(orders_until=None)
    assert quantities(granted(state, view=view).call) == {"blue": {"w1": 10}}
    later = wanting(update("blue", 2, facts=(order(NOW + 9_000, warehouse=""),)), state=confirmed(update()))
    assert ready(later, NOW, shop()) is None


def test_a_reading_that_a_fact_overtook_is_followed_by_a_write() -> None:
    state = granted(adopted(update("blue", 1, level(10)))).state
    state = wanting(update("blue", 2, level(9, net=1, committed=1), facts=(order(NOW),)), state=state)
    done = answered(state, shown({"blue": 9}, committed=1))
    assert quantities(done.call) == {"blue": {"w1": 9}}


def test_a_warehouse_without_a_name_is_the_only_one() -> None:
    rows = (ShownSku("id-blue", (ShownLevel("", 10, 0),)),)
    done = answered(granted(adopted(update())).state, InventoryShown(Delivered(), rows, NOW, NOW))
    assert statuses(done.results) == [("UNCHANGED", None)]


def test_a_sku_that_is_not_shown_any_more_is_searched_again() -> None:
    done = answered(granted(adopted(update())).state, InventoryShown(Delivered(), (), NOW, NOW))
    assert statuses(done.results) == [("WAITING", "sku-not-shown")]
    assert done.state.skus[0].sku_id is None


def test_a_first_look_comes_before_the_first_write() -> None:
    looking = granted(adopted(update("blue", 1, level(10))))
    assert looking.call == SearchInventory(("id-blue",))
    writing = answered(looking.state, shown({"blue": 4}))
    assert quantities(writing.call) == {"blue": {"w1": 10}}


def test_a_low_write_is_preceded_by_a_search_in_the_same_turn() -> None:
    state = wanting(update("blue", 2, level(2)), state=confirmed(update("blue", 1, level(10))))
    wish = ready(state, NOW, shop())
    assert isinstance(wish, Ready)
    assert wish.operations == ("search_inventory", "update_inventory")
    looking = granted(state)
    writing = answered(looking.state, shown({"blue": 9}, committed=1))
    assert quantities(writing.call) == {"blue": {"w1": 1}}


def test_late_facts_that_make_up_for_each_other_are_looked_at_before_a_low_write() -> None:
    """The order was given back by our write, and its cancellation gave it back once more."""
    state = confirmed(update("blue", 1, level(2)))
    state = wanting(update("blue", 2, level(2), facts=(order(NOW, 1), order(NOW, -1))), state=state)
    looking = granted(state)
    assert looking.call == SearchInventory(("id-blue",))
    assert quantities(answered(looking.state, shown({"blue": 3})).call) == {"blue": {"w1": 2}}
    assert answered(looking.state, shown({"blue": 2})).call is None


def test_a_write_that_leaves_another_warehouse_low_is_preceded_by_a_search() -> None:
    """It names every warehouse, and would give back what the other has just sold."""
    state = granted(adopted(update("blue", 1, level(10, "w1"), level(2, "w2")))).state
    state = answered(state, shown_in("w1", 10, "w2", 2)).state
    looking = granted(wanting(update("blue", 2, level(20, "w1"), level(2, "w2")), state=state))
    assert looking.call == SearchInventory(("id-blue",))
    writing = answered(looking.state, shown_in("w1", 10, "w2", 1, committed=1))
    assert quantities(writing.call) == {"blue": {"w1": 20, "w2": 1}}


def test_units_seen_committed_stay_subtracted_until_their_fact_comes() -> None:
    state = wanting(update("blue", 2, level(2)), state=confirmed(update("blue", 1, level(10))))
    state = answered(granted(state).state, shown({"blue": 9}, committed=1, at=NOW + 60_000)).state
    state = answered(state, accepted(at=NOW + 60_000)).state
    higher = wanting(update("blue", 3, level(20)), state=state)
    assert quantities(granted(higher).call) == {"blue": {"w1": 19}}
    heard = wanting(update("blue", 4, level(19, net=1, committed=1), facts=(order(NOW),)), state=higher)
    assert quantities(granted(heard).call) == {"blue": {"w1": 19}}


def test_a_fact_of_a_unit_the_search_had_seen_makes_nothing_dirty() -> None:
    state = wanting(update("blue", 2, level(2)), state=confirmed(update("blue", 1, level(10))))
    state = answered(granted(state).state, shown({"blue": 9}, committed=1, at=NOW + 60_000)).state
    state = answered(state, accepted(at=NOW + 60_000)).state
    state = wanting(update("blue", 3, level(1, net=1, committed=1), facts=(order(NOW),)), state=state)
    assert ready(state, NOW + 60_000, shop()) is None


def test_units_that_no_fact_explains_are_looked_at_once_more_when_the_orders_are_known() -> None:
    state = wanting(update("blue", 2, level(2)), state=confirmed(update("blue", 1, level(10))))
    state = answered(granted(state).state, shown({"blue": 9}, committed=1)).state
    state = answered(state, accepted()).state
    view = shop(orders_until=NOW + 32_000)
    now = NOW + 33_000
    assert isinstance(ready(state, NOW, shop(orders_until=NOW)), int)
    settling = granted(state, now, view)
    assert settling.call == SearchInventory(("id-blue",))
    done = answered(settling.state, shown({"blue": 1}, committed=1, at=now), now, view)
    assert done.call is None
    assert ready(done.state, now, view) is None


def test_a_drop_to_zero_goes_at_once_without_a_search() -> None:
    state = wanting(update("blue", 2, level(0), lane="FIRST"), state=confirmed(update("blue", 1, level(10))))
    assert isinstance(granted(state).call, UpdateInventory)


def test_a_drop_to_zero_does_not_wait_for_another_skus_search() -> None:
    state = confirmed(update("blue", 1, level(10)), update("white", 1, level(10)))
    state = wanting(update("white", 2, level(1)), update("blue", 2, level(0), lane="FIRST"), state=state)
    first = granted(state)
    assert quantities(first.call) == {"blue": {"w1": 0}}
    assert isinstance(granted(answered(first.state, accepted()).state).call, SearchInventory)


def test_increases_wait_while_the_orders_are_not_known() -> None:
    state = wanting(update("blue", 2, level(30)), state=confirmed(update("blue", 1, level(10))))
    for stale in (shop(orders_until=None), shop(orders_until=NOW - 60_001)):
        assert ready(state, NOW, stale) == NOW + 60_000
    assert isinstance(ready(state, NOW, shop(orders_until=NOW - 60_000)), Ready)


def test_a_doubt_is_looked_at_while_the_orders_are_not_known() -> None:
    """What may be shown too much is found and lowered; what is shown too little goes on waiting."""
    state = confirmed(update("blue", 1, level(10)))
    state = wanting(update("blue", 2, level(10), facts=(order(NOW, 1), order(NOW, -1))), state=state)
    view = shop(orders_until=None)
    looking = granted(state, view=view)
    assert looking.call == SearchInventory(("id-blue",))
    assert quantities(answered(looking.state, shown({"blue": 11}), view=view).call) == {"blue": {"w1": 10}}
    done = answered(looking.state, shown({"blue": 9}), view=view)
    assert done.call is None
    assert ready(done.state, NOW, view) == NOW + 60_000


def test_decreases_do_not_wait_for_the_orders() -> None:
    state = wanting(update("blue", 2, level(8)), state=confirmed(update("blue", 1, level(10))))
    view = shop(orders_until=None)
    assert quantities(granted(state, view=view).call) == {"blue": {"w1": 8}}


def test_a_decrease_in_one_warehouse_leaves_the_increase_in_another_out() -> None:
    before = update("blue", 1, level(10, "w1"), level(10, "w2"))
    state = wanting(before, state=confirmed(update("white")))
    view = shop(orders_until=None)
    state = answered(granted(state).state, found("blue", "white")).state
    state = answered(granted(state).state, shown_in("w1", 10, "w2", 10)).state
    state = wanting(update("blue", 2, level(20, "w1"), level(5, "w2")), state=state)
    sent = granted(state, view=view)
    assert quantities(sent.call) == {"blue": {"w1": 10, "w2": 5}}
    done = answered(sent.state, accepted(), view=view)
    assert statuses(done.results) == [("WAITING", "orders-not-known")]
    assert quantities(granted(done.state).call) == {"blue": {"w1": 20, "w2": 5}}


def test_a_warehouse_the_market_does_not_map_is_left_as_found() -> None:
    rows = (ShownSku("id-blue", (ShownLevel("w1", 3, 0), ShownLevel("w9", 44, 0))),)
    writing = answered(granted(adopted(update())).state, InventoryShown(Delivered(), rows, NOW, NOW))
    assert quantities(writing.call) == {"blue": {"w1": 10, "w9": 44}}
