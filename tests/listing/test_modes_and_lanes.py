"""Which call comes first, and what a shop in shadow or switched off does not do."""

from streams.listing.calls import UPDATE_INVENTORY, SearchInventory
from streams.listing.decide import Ready, inherited, ready, turn
from tests.listing.builders import (
    EVERY,
    KEY,
    NOW,
    adopted,
    answered,
    confirmed,
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

SHADOW = shop(mode="shadow")


def lane(state: object) -> int:
    wish = ready(state, NOW, shop())  # type: ignore[arg-type]
    assert isinstance(wish, Ready)
    return wish.lane


def test_a_drop_to_zero_is_in_the_first_lane() -> None:
    state = confirmed(update("blue", 1, level(10)))
    assert lane(wanting(update("blue", 2, level(0)), state=state)) == 0
    assert lane(wanting(update("blue", 2, level(8)), state=state)) == 1


def test_an_overwritten_order_at_low_water_is_in_the_first_lane() -> None:
    state = confirmed(update("blue", 1, level(3)))
    state = wanting(update("blue", 2, level(2, net=1, committed=1), facts=(order(NOW),)), state=state)
    assert lane(state) == 0


def test_the_oldest_difference_counts_within_a_lane() -> None:
    state = wanting(update("blue", 2, level(20)), state=confirmed(update("blue", 1, level(10))), now=NOW + 5)
    state = wanting(update("blue", 3, level(30)), state=state, now=NOW + 9)
    wish = ready(state, NOW + 9, shop())
    assert isinstance(wish, Ready)
    assert wish.since == NOW + 5


def test_one_call_of_a_listing_at_a_time() -> None:
    state = granted(wanting(update("blue", 2, level(20)), state=confirmed(update()))).state
    assert ready(wanting(update("white"), state=state), NOW, shop()) == NOW + 10_000


def test_a_shop_switched_off_calls_nothing() -> None:
    assert ready(wanting(update()), NOW, shop(mode="off")) is None


def test_shadow_reads_plans_and_confirms_nothing() -> None:
    looking = granted(adopted(update("blue", 1, level(10))), view=SHADOW)
    assert isinstance(looking.call, SearchInventory)
    done = answered(looking.state, shown({"blue": 4}), view=SHADOW)
    assert done.call is None
    assert statuses(done.results) == [("PLANNED", None)]
    assert done.counts == (("planned", 1),)
    assert ready(done.state, NOW, SHADOW) is None
    live = granted(done.state)
    assert isinstance(live.call, SearchInventory)
    assert quantities(answered(live.state, shown({"blue": 4})).call) == {"blue": {"w1": 10}}


def test_shadow_confirms_nothing_even_when_nothing_differs() -> None:
    done = answered(granted(adopted(update()), view=SHADOW).state, shown({"blue": 10}), view=SHADOW)
    assert ready(done.state, NOW, SHADOW) is None
    assert isinstance(granted(done.state).call, SearchInventory)


def test_a_turn_that_comes_too_late_or_too_early_calls_nothing() -> None:
    state = confirmed(update())
    assert turn(KEY, state, NOW, shop(), "t", EVERY).call is None
    busy = granted(wanting(update("blue", 2, level(20)), state=state)).state
    again = turn(KEY, busy, NOW, shop(), "t2", EVERY)
    assert (again.state, again.call, again.wake) == (busy, None, NOW + 10_000)
    assert inherited(KEY, state, NOW, shop()).state == state


def test_a_turn_for_other_operations_brings_no_call_and_changes_nothing() -> None:
    state = wanting(update("blue", 2, level(1)), state=confirmed(update()))
    assert isinstance(granted(state).call, SearchInventory), "a low figure is looked up before it is written"
    other = turn(KEY, state, NOW, shop(), "t", (UPDATE_INVENTORY,))
    assert other.call is None and other.state == state
