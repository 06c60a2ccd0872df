"""Hints: which orders are read next because of events, and what settles them."""

from typing import Any

from streams.order.calls import OrdersRead, ReadOrders
from streams.order.findings import trouble
from streams.order.hints import (
    FOLLOWED,
    Answered,
    heard,
    hints_answered,
    read_hints,
    reading_inherited,
    reading_wanted_at,
    settled_by_search,
)
from streams.order.polling import first_state
from streams.outcome import Delivered, Outcome, Rejected, RetryLater, ShopStopped, Unknown
from streams.records.order_event import OrderEvent
from streams.records.order_ledger import OrderLedger
from streams.records.order_poll import OrderPoll
from tests.order.builders import HINTS, POLLS, START, WAREHOUSE, event, order

NOW = START + 600_000
REFUSED = Rejected("21008111", "not an order of this shop")


def hearing(*events: OrderEvent, state: OrderPoll | None = None, now: int = NOW) -> OrderPoll:
    state = first_state(POLLS) if state is None else state
    for one in events:
        state = heard(state, one, None, now, HINTS)
    return state


def asked(state: OrderPoll, now: int = NOW) -> tuple[OrderPoll, tuple[str, ...]]:
    reading = read_hints(state, now, HINTS)
    assert reading.call is not None
    return reading.state, reading.call.order_ids


def answered(state: OrderPoll, *orders: str, at: int = 10, outcome: Outcome | None = None, now: int = NOW) -> Answered:
    found = tuple(order(id=name, at=at) for name in orders)
    return hints_answered(state, state.reading_token, OrdersRead(outcome or Delivered(), found), now, HINTS)


def ledger(at: int = 10, status: str = "AWAITING_SHIPMENT", **more: Any) -> OrderLedger:
    known = OrderLedger(START, START + at * 1000, status, WAREHOUSE, ())
    return known._replace(**more)


def test_events_of_one_order_are_read_once() -> None:
    state = hearing(event("1", 10), event("1", 12), event("1", 11), event("2"))
    _, ids = asked(state)
    assert ids == ("1", "2")
    assert state.hints[0].updated_at == START + 12_000


def test_at_most_fifty_orders_are_read_together_oldest_first() -> None:
    state = hearing(*(event(str(n)) for n in range(60)))
    _, ids = asked(state)
    assert ids == tuple(str(n) for n in range(50))


def test_a_reading_settles_its_hints() -> None:
    state, _ = asked(hearing(event("1"), event("2")))
    done = answered(state, "1", "2")
    assert [seen.id for seen, _ in done.answered] == ["1", "2"]
    assert done.state.hints == () and reading_wanted_at(done.state) is None


def test_an_event_that_came_during_the_reading_is_read_again() -> None:
    state, _ = asked(hearing(event("1")))
    state = hearing(event("1", 11), state=state, now=NOW + 5)
    assert [hint.order_id for hint in answered(state, "1", now=NOW + 9).state.hints] == ["1"]


def test_the_same_notification_again_is_no_event() -> None:
    state = hearing(event("1"))
    assert hearing(event("1"), state=state, now=NOW + 5) is state


def test_what_the_ledger_knows_is_not_read_again() -> None:
    state = first_state(POLLS)
    known = [
        (event(at=9), ledger(at=10)),
        (event(at=10), ledger(at=10)),
        (event(at=10, kind="PACKAGE_UPDATE"), ledger(heard_at=START + 10_001)),
        (event(at=10, kind="PACKAGE_UPDATE"), ledger(heard_at=START + 10_000, heard_id="n-900001-10")),
    ]
    for one, row in known:
        assert heard(state, one, row, NOW, HINTS) is state
    news = [
        (event(at=10, status="CANCELLED"), ledger(at=10)),
        (event(at=9, kind="PACKAGE_UPDATE"), ledger(at=10)),
        (event(at=10, kind="PACKAGE_UPDATE"), ledger(heard_at=START + 10_000, heard_id="another")),
    ]
    for one, row in news:
        assert heard(state, one, row, NOW, HINTS).hints


def test_events_that_move_no_unit_are_not_followed() -> None:
    for kind, follow in FOLLOWED.items():
        assert bool(hearing(event(kind=kind)).hints) == (follow != "nothing")
    assert not hearing(event(kind="TYPE_9999")).hints


def test_a_reading_older_than_its_event_is_repeated_and_then_left_to_polling() -> None:
    state, now, pauses = hearing(event("1", 10)), NOW, []
    while state.hints:
        wanted = reading_wanted_at(state)
        assert wanted is not None
        pauses.append(wanted - now if wanted > now else 0)
        now = max(now, wanted)
        state, _ = asked(state, now)
        done = answered(state, "1", at=9, now=now)
        assert done.answered == ()
        state = done.state
    assert pauses == [0, 500, 1000, 2000]
    assert [(name, type(why)) for name, why in done.given_up] == [("1", RetryLater)]


def test_an_order_the_shop_skips_is_given_up_with_a_reason() -> None:
    state = hearing(event("1"), event("2"))
    for minute in range(HINTS.tries):
        state, _ = asked(state, NOW + minute * 60_000)
        done = answered(state, "2", now=NOW + minute * 60_000)
        state = done.state
    (given,) = done.given_up
    assert given[0] == "1" and isinstance(given[1], Rejected)
    assert trouble("uk:1", given[1], NOW).code == "order-unknown"


def test_one_order_that_spoils_a_call_is_isolated() -> None:
    state = hearing(*(event(str(n)) for n in range(50)))
    calls, read, given_up = 0, set(), []
    while state.hints:
        state, ids = asked(state)
        calls += 1
        done = answered(state, outcome=REFUSED) if "33" in ids else answered(state, *ids)
        read |= {seen.id for seen, _ in done.answered}
        given_up += [name for name, _ in done.given_up]
        state = done.state
    assert given_up == ["33"] and len(read) == 49 and calls <= 14


def test_failures_of_the_shop_cost_no_hint_anything() -> None:
    for outcome in (Unknown("time-out", ""), RetryLater("36009002", "", False, 2_000), ShopStopped("105001", "", "")):
        state, _ = asked(hearing(event("1")))
        done = answered(state, outcome=outcome)
        assert [hint.tries for hint in done.state.hints] == [0]
        assert (done.trouble is not None) == isinstance(outcome, ShopStopped)
        assert (reading_wanted_at(done.state) or 0) > NOW


def test_an_answer_that_never_comes_is_waited_for_and_then_asked_again() -> None:
    state, ids = asked(hearing(event("1")))
    assert read_hints(state, NOW + 1, HINTS).call is None
    late = read_hints(state, state.reading_deadline, HINTS)
    assert late.call is None and late.wake is not None
    again, same = asked(late.state, late.wake)
    assert same == ids
    assert hints_answered(again, state.reading_token, OrdersRead(Delivered()), NOW, HINTS).state is again


def test_a_new_owner_reads_the_hints_again() -> None:
    state, ids = asked(hearing(event("1")))
    assert asked(reading_inherited(state))[1] == ids
    assert reading_inherited(first_state(POLLS)) == first_state(POLLS)


def test_a_search_that_shows_the_order_settles_its_hint() -> None:
    state = hearing(event("1", 10), event("2", 10))
    found = (order(id="1", at=10), order(id="2", at=9))
    assert [hint.order_id for hint in settled_by_search(state, found, NOW).hints] == ["2"]
    assert settled_by_search(state, found, NOW - 1) is state, "the search began before the event was heard"


def test_beyond_the_limit_polling_reads_what_hints_cannot_hold() -> None:
    few = HINTS._replace(most=1)
    state = first_state(POLLS)._replace(cursor=START + 60_000)
    state = heard(heard(state, event("1"), None, NOW, few), event("2", 20), None, NOW, few)
    assert [hint.order_id for hint in state.hints] == ["1"] and state.cursor == START + 20_000


def test_a_new_event_ends_the_pause_of_a_stale_reading() -> None:
    state, _ = asked(hearing(event("1", 10)))
    state = answered(state, "1", at=9).state
    assert (reading_wanted_at(state) or 0) > NOW
    assert asked(hearing(event("1", 11), state=state, now=NOW + 1), NOW + 1)[1] == ("1",)


def test_a_call_names_orders_only() -> None:
    reading = read_hints(hearing(event("1")), NOW, HINTS)
    assert reading.call == ReadOrders(("1",))


def test_trouble_of_a_shop_is_a_result_of_the_market() -> None:
    result = trouble("uk", ShopStopped("105001", "authorization ended", "authorize again"), NOW)
    assert (result.entity, result.status, result.remedy) == ("uk", "WAITING", "authorize again")
    assert trouble("uk:1", Unknown("time-out", "no answer"), NOW).status == "WAITING"
    assert trouble("uk:1", Delivered(), NOW).status == "UNCHANGED"
