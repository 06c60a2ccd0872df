"""A lost answer: nothing is written before the request can no longer be applied; then TikTok Shop is read."""

import pytest

from streams.listing.calls import SearchInventory, UpdateInventory
from streams.listing.decide import Ready, completed, inherited, ready
from streams.outcome import RetryLater, Unknown
from streams.records.listing import Listing
from tests.listing.builders import (
    KEY,
    NOW,
    answered,
    confirmed,
    failure,
    granted,
    level,
    quantities,
    shop,
    shown,
    statuses,
    update,
    wanting,
)

UNTIL = NOW + 10_000
LATER = shop(orders_until=UNTIL)


def under_way(units: int = 30) -> Listing:
    return granted(wanting(update("blue", 2, level(units)), state=confirmed(update("blue", 1, level(10))))).state


def test_an_unknown_outcome_is_waited_out() -> None:
    state = answered(under_way(), failure(Unknown("no-answer", "lost"))).state
    assert ready(state, NOW, shop()) == UNTIL
    assert isinstance(ready(state, UNTIL, LATER), Ready)


def test_an_unknown_outcome_is_read_back_and_found_applied() -> None:
    state = answered(under_way(), failure(Unknown("no-answer", "lost"))).state
    looking = granted(state, UNTIL, LATER)
    assert looking.call == SearchInventory(("id-blue",))
    done = answered(looking.state, shown({"blue": 30}, at=UNTIL), UNTIL, LATER)
    assert statuses(done.results) == [("APPLIED", None)]
    assert done.call is None
    assert done.counts == (("applied", 1),)


def test_an_unknown_outcome_that_was_not_applied_is_written_in_the_same_turn() -> None:
    state = answered(under_way(), failure(Unknown("no-answer", "lost"))).state
    done = answered(granted(state, UNTIL, LATER).state, shown({"blue": 10}, at=UNTIL), UNTIL, LATER)
    assert quantities(done.call) == {"blue": {"w1": 30}}


def test_a_drop_to_zero_after_a_lost_answer_is_written_without_reading() -> None:
    state = answered(under_way(0), failure(Unknown("no-answer", "lost"))).state
    assert ready(state, NOW, shop()) == UNTIL
    assert isinstance(granted(state, UNTIL, LATER).call, UpdateInventory)


def test_other_skus_of_the_listing_go_on_meanwhile() -> None:
    state = confirmed(update("blue", 1, level(10)), update("white", 1, level(10)))
    state = granted(wanting(update("blue", 2, level(30)), state=state)).state
    state = answered(state, failure(Unknown("no-answer", "lost"))).state
    state = wanting(update("white", 2, level(0), lane="FIRST"), state=state)
    assert quantities(granted(state).call) == {"white": {"w1": 0}}


def test_an_inherited_write_is_waited_out_and_read_back() -> None:
    state = inherited(KEY, under_way(), NOW, shop()).state
    assert state.call is None
    assert ready(state, NOW, shop()) == UNTIL
    assert isinstance(granted(state, UNTIL, LATER).call, SearchInventory)


@pytest.mark.parametrize("wrong_by", [-3_600_000, -20_000, 20_000, 3_600_000])
def test_an_inherited_write_is_waited_out_by_our_own_clock(wrong_by: int) -> None:
    """Whatever the former owner's clock said: not shorter, and not an hour either."""
    now = NOW + wrong_by
    state = inherited(KEY, under_way(), now, shop()).state
    assert ready(state, now, shop()) == now + UNTIL - NOW


def test_an_inherited_reading_is_simply_repeated() -> None:
    looking = granted(wanting(update("blue", 2, level(1)), state=confirmed(update()))).state
    again = granted(inherited(KEY, looking, NOW, shop()).state)
    assert isinstance(again.call, SearchInventory)


def test_a_late_answer_to_an_inherited_call_changes_nothing() -> None:
    call = under_way().call
    assert call is not None
    state = inherited(KEY, under_way(), NOW, shop()).state
    assert completed(KEY, state, call.token, failure(RetryLater("1", "")), NOW, shop()).state == state


def test_an_answer_that_never_comes_is_unknown_after_the_deadline() -> None:
    state = under_way()
    assert ready(state, UNTIL - 1, shop()) == UNTIL
    assert isinstance(granted(state, UNTIL, LATER).call, SearchInventory)
