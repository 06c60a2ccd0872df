"""A pass over all listings: what is proven is compared with TikTok Shop, behind everything else, and repaired."""

from streams.listing.answers import ProductsFound
from streams.listing.calls import SearchInventory
from streams.listing.decide import Ready, ready, reconsidered
from streams.listing.lanes import COMPARE, FIRST, STOCK
from streams.outcome import Delivered
from streams.records.listing import Listing
from tests.listing.builders import (
    KEY,
    NOW,
    accepted,
    answered,
    confirmed,
    granted,
    level,
    quantities,
    shop,
    shown,
    update,
)
from tests.listing.builders import wanting as after


def swept(state: Listing) -> Listing:
    return reconsidered(KEY, state, NOW).state


def two() -> Listing:
    return confirmed(update("blue", 1, level(10)), update("white", 1, level(10)))


def test_a_quiet_listing_is_compared_in_the_last_lane() -> None:
    assert ready(two(), NOW, shop()) is None
    wish = ready(swept(two()), NOW, shop())
    assert isinstance(wish, Ready) and wish.lane == COMPARE
    assert granted(swept(two())).call == SearchInventory(("id-blue", "id-white"))


def test_a_quantity_changed_by_hand_is_written_again_in_the_same_turn() -> None:
    looked = answered(granted(swept(two())).state, shown({"blue": 7, "white": 10}))
    assert quantities(looked.call) == {"blue": {"w1": 10}}
    assert ready(answered(looked.state, accepted()).state, NOW, shop()) is None


def test_what_is_found_right_is_left_alone_until_the_next_pass() -> None:
    looked = answered(granted(swept(two())).state, shown({"blue": 10, "white": 10}))
    assert looked.call is None
    assert ready(looked.state, NOW, shop()) is None


def test_an_order_nobody_has_heard_of_is_not_taken_for_a_change_by_hand() -> None:
    looked = answered(granted(swept(two())).state, shown({"blue": 9, "white": 9}, committed=1))
    assert looked.call is None


def test_a_comparison_holds_up_no_change() -> None:
    state = after(update("blue", 2, level(8)), state=swept(two()))
    wish = ready(state, NOW, shop())
    assert isinstance(wish, Ready) and wish.lane == STOCK
    assert quantities(granted(state).call) == {"blue": {"w1": 8}}


def test_a_drop_to_zero_goes_at_once_during_a_pass() -> None:
    state = after(update("blue", 2, level(0), lane="FIRST"), state=swept(two()))
    wish = ready(state, NOW, shop())
    assert isinstance(wish, Ready) and wish.lane == FIRST
    assert quantities(granted(state).call) == {"blue": {"w1": 0}}


def test_a_proven_write_is_a_comparison_too() -> None:
    state = after(update("blue", 2, level(8)), state=swept(confirmed(update("blue", 1, level(10)))))
    assert ready(answered(granted(state).state, accepted()).state, NOW, shop()) is None


def test_a_listing_that_waits_for_people_goes_on_waiting() -> None:
    state = answered(granted(after(update("blue"))).state, ProductsFound(Delivered(), (), NOW, NOW)).state
    later = ready(state, NOW, shop())
    assert isinstance(later, int) and ready(swept(state), NOW, shop()) == later
