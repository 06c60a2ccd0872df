"""What failed: tried again, isolated, rejected or given up, never at the cost of the other SKUs."""

from streams.listing.answers import InventoryShown
from streams.listing.backoff import after_failure
from streams.listing.calls import UpdateInventory
from streams.listing.decide import Ready, ready, reconsidered, updated
from streams.listing.shop import ListingPolicy
from streams.outcome import Rejected, RetryLater, ShopStopped, Unknown
from streams.records.listing import Listing
from tests.listing.builders import (
    KEY,
    NOW,
    accepted,
    answered,
    confirmed,
    failure,
    granted,
    level,
    open_updates,
    quantities,
    shop,
    shown,
    statuses,
    update,
    wanting,
)

INTERNAL = RetryLater("36009003", "internal")
WRONG = Rejected("12052097", "warehouse unknown", "warehouse_id", "w1", "map the warehouse")


def dirty(*skus: str) -> Listing:
    state = confirmed(*(update(sku, 1, level(10)) for sku in skus))
    return wanting(*(update(sku, 2, level(30)) for sku in skus), state=state)


def test_a_partial_failure_confirms_the_others() -> None:
    done = answered(granted(dirty("blue", "white")).state, accepted(("blue", WRONG)))
    assert sorted((row.sku or "", row.status) for row in done.results) == [("blue", "REJECTED"), ("white", "APPLIED")]
    assert dict(done.counts) == {"applied": 1, "rejected": 1}


def test_a_rejection_names_code_field_value_and_remedy() -> None:
    (result,) = answered(granted(dirty("blue")).state, failure(WRONG)).results
    assert (result.code, result.field, result.value, result.remedy) == (
        "12052097", "warehouse_id", "w1", "map the warehouse",
    )  # fmt: skip


def test_a_rejected_sku_waits_until_what_is_wanted_changes() -> None:
    state = answered(granted(dirty("blue")).state, failure(WRONG)).state
    assert ready(state, NOW, shop()) is None
    same = updated(KEY, state, update("blue", 3, level(29, net=1)), NOW)
    assert same.counts == (("rejected", 1),)
    assert ready(same.state, NOW, shop()) is None
    assert isinstance(ready(wanting(update("blue", 4, level(31)), state=same.state), NOW, shop()), Ready)


def test_a_reconcile_tries_a_rejected_sku_again() -> None:
    state = answered(granted(dirty("blue")).state, failure(WRONG)).state
    assert isinstance(ready(reconsidered(KEY, state, NOW).state, NOW, shop()), Ready)


def test_a_rejection_of_figures_nobody_wants_any_more_blocks_nothing() -> None:
    state = wanting(update("blue", 3, level(31)), state=granted(dirty("blue")).state)
    done = answered(state, failure(WRONG))
    assert done.results == ()
    assert dict(done.counts) == {"superseded": 1}
    assert isinstance(ready(done.state, NOW + 1_000, shop()), Ready)


def test_a_sku_named_as_failed_is_tried_again_alone() -> None:
    state = answered(granted(dirty("blue", "white")).state, accepted(("blue", INTERNAL))).state
    state = wanting(update("white", 3, level(31)), state=state)
    later = NOW + 60_000
    sent = [granted(state, later)]
    sent.append(granted(answered(sent[0].state, accepted(), later).state, later))
    assert sorted(sorted(quantities(turn.call)) for turn in sent) == [["blue"], ["white"]]


def test_a_whole_refusal_that_names_a_sku_sends_the_others_again_at_once() -> None:
    state = granted(dirty("blue", "white")).state
    refused = accepted(("blue", WRONG))._replace(outcome=WRONG)
    assert quantities(granted(answered(state, refused).state).call) == {"white": {"w1": 30}}


def test_a_whole_refusal_that_names_nobody_is_halved_until_one_stands_alone() -> None:
    names = tuple(f"sku-{number}" for number in range(8))
    state, calls = dirty(*names), 0
    while isinstance(ready(state, NOW, shop()), Ready):
        turn = granted(state)
        calls += 1
        spoiled = "sku-5" in quantities(turn.call)
        state = answered(turn.state, failure(WRONG) if spoiled else accepted()).state
    assert [sku.sku for sku in state.skus if sku.blocked] == ["sku-5"]
    assert calls == 7
    assert all(sku.group == 0 for sku in state.skus if sku.sku != "sku-5")


def test_failures_wait_longer_each_time_and_are_given_up_in_the_end() -> None:
    state, now, waits, done = dirty("blue"), NOW, [], None
    for _ in range(6):
        view = shop(orders_until=now)
        done = answered(granted(state, now, view).state, failure(INTERNAL), now, view)
        state = done.state
        wake = ready(state, now, view)
        if isinstance(wake, int):
            waits.append(wake - now)
            now = wake
    assert waits == [1_000, 2_000, 4_000, 8_000, 16_000]
    assert done is not None
    assert statuses(done.results) == [("DEAD", "36009003")]
    assert done.counts == (("dead", 1),)
    assert ready(state, now, shop(orders_until=now)) is None


def test_a_newer_update_revives_what_was_given_up() -> None:
    state, now = dirty("blue"), NOW
    while not state.skus[0].blocked:
        view = shop(orders_until=now)
        state = answered(granted(state, now, view).state, failure(INTERNAL), now, view).state
        now += 60_000
    state = wanting(update("blue", 3, level(30)), state=state, now=now)
    assert isinstance(granted(state, now, shop(orders_until=now)).call, UpdateInventory)


def test_many_skus_are_never_given_up_together() -> None:
    state, now = dirty("blue", "white", "red"), NOW
    for _ in range(60):
        view = shop(orders_until=now)
        if isinstance(ready(state, now, view), Ready):
            turn = granted(state, now, view)
            failed = "red" in quantities(turn.call)
            state = answered(turn.state, failure(INTERNAL) if failed else accepted(at=now), now, view).state
        now += 5_000
    assert [sku.sku for sku in state.skus if sku.blocked] == ["red"]


def test_waiting_that_is_nobodys_failure_costs_no_attempt() -> None:
    state = dirty("blue")
    for count in range(20):
        now = NOW + count * 100_000
        view = shop(orders_until=now)
        limited = failure(RetryLater("36009002", "limit", costs_attempt=False, not_before_ms=70_000))
        state = answered(granted(state, now, view).state, limited, now, view).state
        assert ready(state, now, view) == now + 70_000
    assert state.skus[0].attempts == 0
    assert open_updates(state) == {"waiting": 0, "retrying": 1}


def test_a_stopped_shop_costs_nothing_and_leaves_the_listing_ready() -> None:
    done = answered(granted(dirty("blue")).state, failure(ShopStopped("105001", "consent", "authorize again")))
    assert (done.results, done.retries, done.counts) == ((), (), ())
    assert isinstance(ready(done.state, NOW, shop()), Ready)


def test_a_product_that_is_gone_is_searched_again() -> None:
    done = answered(granted(dirty("blue", "white")).state, failure(Rejected("12052032", "unknown")))
    assert statuses(done.results) == [("WAITING", "12052032")] * 2
    assert all(sku.sku_id is None for sku in done.state.skus)


def test_a_state_that_forbids_stock_is_waited_for() -> None:
    done = answered(granted(dirty("blue")).state, failure(RetryLater("12052371", "auction", costs_attempt=False)))
    assert statuses(done.results) == [("WAITING", "12052371")]
    assert ready(done.state, NOW, shop()) == NOW + 60_000


def test_unmapped_warehouses_are_looked_at_once_before_giving_up() -> None:
    missing = failure(Rejected("12019028", "send all of them"))
    state = answered(granted(dirty("blue")).state, missing).state
    writing = answered(granted(state).state, shown({"blue": 10}))
    assert quantities(writing.call) == {"blue": {"w1": 30}}
    assert statuses(answered(writing.state, missing).results) == [("REJECTED", "12019028")]


def test_jitter_is_spread_by_the_token() -> None:
    waits = {after_failure(ListingPolicy(), 1, f"token-{number}") for number in range(50)}
    assert len(waits) > 30
    assert all(1_000 <= wait <= 1_500 for wait in waits)


def test_a_lost_reading_is_repeated_and_costs_no_attempt() -> None:
    looking = granted(wanting(update("blue", 2, level(1)), state=confirmed(update())))
    state = answered(looking.state, InventoryShown(Unknown("no-answer", "lost"))).state
    assert ready(state, NOW, shop()) == NOW + 1_000
    assert state.skus[0].attempts == 0


def test_an_overtaken_update_in_a_refused_call_ends_as_superseded() -> None:
    state = granted(dirty("blue", "white")).state
    state = wanting(update("white", 3, level(31)), state=state)
    refused = accepted(("blue", WRONG))._replace(outcome=WRONG)
    assert dict(answered(state, refused).counts) == {"rejected": 1, "superseded": 1}


def test_a_sku_named_in_a_stopped_shop_is_left_as_it_was() -> None:
    stopped = ShopStopped("12052115", "no warehouse", "create one")
    done = answered(granted(dirty("blue", "white")).state, accepted(("blue", stopped)))
    assert done.state.skus[0].attempts == 0
    assert isinstance(ready(done.state, NOW, shop()), Ready)
