"""A refused decrease: deactivate when all is out, else the least quantity, else tell; wanted stays."""

import pytest

from streams.listing.answers import ProductChanged
from streams.listing.calls import ActivateProduct, DeactivateProduct, SearchInventory, UpdateInventory
from streams.listing.decide import Ready, inherited, ready
from streams.listing.refusal import REFUSED_DECREASE, STATUS
from streams.outcome import Delivered, Rejected, RetryLater, ShopStopped, Unknown
from streams.records.listing import Listing
from tests.listing.builders import (
    KEY,
    NOW,
    POLICY,
    accepted,
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

NO_ZERO = failure(Rejected("12052055", "quantity out of range"))
PROMOTION = failure(Rejected("12052393", "promotion"))
ALARM = shop(policy=POLICY._replace(zero_fallback="alarm"))


def one(units: int = 0) -> Listing:
    return wanting(update("blue", 2, level(units), lane="FIRST"), state=confirmed(update("blue", 1, level(10))))


def two() -> Listing:
    state = confirmed(update("blue", 1, level(10)), update("white", 1, level(10)))
    return wanting(update("blue", 2, level(0), lane="FIRST"), state=state)


def test_a_product_that_is_out_altogether_is_taken_off_sale() -> None:
    refused = answered(granted(one()).state, NO_ZERO)
    off = granted(refused.state)
    assert off.call == DeactivateProduct("p1")
    done = answered(off.state, ProductChanged(Delivered()))
    assert statuses(done.results) == [("APPLIED", None)]
    assert done.counts == (("applied", 1),)
    assert ready(done.state, NOW, shop()) is None


def test_it_is_put_back_after_its_stock_is_right() -> None:
    state = answered(granted(one()).state, NO_ZERO).state
    state = answered(granted(state).state, ProductChanged(Delivered())).state
    state = wanting(update("blue", 3, level(7)), state=state)
    writing = granted(state)
    assert quantities(writing.call) == {"blue": {"w1": 7}}
    putting_back = granted(answered(writing.state, accepted()).state)
    assert putting_back.call == ActivateProduct("p1")
    done = answered(putting_back.state, ProductChanged(Delivered()))
    assert ready(done.state, NOW, shop()) is None
    assert not done.state.products[0].deactivated


def test_beside_skus_on_sale_the_least_quantity_is_tried_and_the_rest_exposed() -> None:
    refused = answered(granted(two()).state, NO_ZERO)
    least = granted(refused.state)
    assert quantities(least.call) == {"blue": {"w1": 1}}
    done = answered(least.state, accepted())
    assert statuses(done.results) == [("EXPOSED", "12052055")]
    assert done.results[0].value == "1"
    assert isinstance(ready(done.state, NOW, shop()), int)


def test_nothing_helps_against_a_promotion_so_the_exposed_units_are_told() -> None:
    done = answered(granted(two()).state, PROMOTION)
    assert statuses(done.results) == [("EXPOSED", "12052393")]
    assert done.results[0].value == "10"
    assert ready(done.state, NOW, shop()) == NOW + 60_000
    assert done.counts == ()


def test_the_same_exposure_is_told_once_and_tried_again_slowly() -> None:
    state, now, told = answered(granted(two()).state, PROMOTION).state, NOW, 0
    for _ in range(5):
        wake = ready(state, now, shop(orders_until=now))
        assert isinstance(wake, int)
        now = wake
        view = shop(orders_until=now)
        done = answered(granted(state, now, view).state, PROMOTION, now, view)
        state, told = done.state, told + len(done.results)
    assert told == 0
    assert now - NOW > 3_600_000 / 2
    assert state.skus[0].attempts == 0
    final = answered(granted(state, now + 3_600_000, shop(orders_until=now + 3_600_000)).state, accepted(), now)
    assert statuses(final.results) == [("APPLIED", None)]


def test_an_alarm_is_all_the_market_wants() -> None:
    refused = answered(granted(one(), view=ALARM).state, PROMOTION, view=ALARM)
    assert statuses(refused.results) == [("EXPOSED", "12052393")]
    assert isinstance(ready(refused.state, NOW, ALARM), int)


def test_a_product_with_skus_of_others_is_not_taken_off_sale() -> None:
    state = one()
    state = state._replace(products=(state.products[0]._replace(skus=2),))
    assert isinstance(granted(answered(granted(state).state, NO_ZERO).state).call, UpdateInventory)


def test_a_refused_deactivation_leads_to_the_least_quantity() -> None:
    state = answered(granted(one()).state, NO_ZERO).state
    state = answered(granted(state).state, ProductChanged(Rejected("12052901", "state"))).state
    assert quantities(granted(state).call) == {"blue": {"w1": 1}}


def test_a_new_wish_is_tried_at_once() -> None:
    state = answered(granted(two()).state, PROMOTION).state
    state = wanting(update("blue", 3, level(12)), state=state)
    assert isinstance(ready(state, NOW, shop()), Ready)


def test_a_quantity_out_of_range_that_is_no_decrease_is_an_ordinary_rejection() -> None:
    done = answered(granted(one(500_000)).state, NO_ZERO)
    assert statuses(done.results) == [("REJECTED", "12052055")]


def going_off() -> Listing:
    return granted(answered(granted(one()).state, NO_ZERO).state).state


def test_a_lost_deactivation_is_waited_out_and_repeated() -> None:
    lost = answered(going_off(), ProductChanged(Unknown("no-answer", "lost"))).state
    inherits = inherited(KEY, going_off(), NOW, shop()).state
    for state in (lost, inherits):
        assert ready(state, NOW, shop()) == NOW + 10_000
        later = NOW + 10_000
        assert granted(state, later, shop(orders_until=later)).call == DeactivateProduct("p1")


def test_a_deactivation_that_failed_is_tried_again_slowly() -> None:
    state = answered(going_off(), ProductChanged(RetryLater("36009003", "internal"))).state
    assert ready(state, NOW, shop()) == NOW + 60_000


def test_a_stopped_shop_leaves_a_deactivation_ready() -> None:
    state = answered(going_off(), ProductChanged(ShopStopped("105001", "consent", "authorize again"))).state
    assert isinstance(ready(state, NOW, shop()), Ready)


def test_zero_refused_without_knowing_what_is_shown_is_read_first() -> None:
    state = answered(granted(two()).state, failure(Unknown("no-answer", "lost"))).state
    later = NOW + 10_000
    view = shop(orders_until=later)
    state = answered(granted(state, later, view).state, NO_ZERO, later, view).state
    looking = granted(state, later, view)
    assert isinstance(looking.call, SearchInventory)
    assert quantities(answered(looking.state, shown({"blue": 10}), later, view).call) == {"blue": {"w1": 1}}


@pytest.mark.parametrize("code", ["12052055", "12052393", "12019024", "12052146"])
def test_every_refused_decrease_has_a_row(code: str) -> None:
    assert REFUSED_DECREASE[code].remedy


def test_every_status_has_a_row() -> None:
    assert set(STATUS) == {
        "DRAFT", "PENDING", "FAILED", "ACTIVATE", "SELLER_DEACTIVATED",
        "PLATFORM_DEACTIVATED", "FREEZE", "DELETED", "SCHEDULED",
    }  # fmt: skip
