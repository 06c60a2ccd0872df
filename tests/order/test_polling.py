"""The poller: what it asks, when its cursor moves, and what the watermark promises."""

from streams.order.calls import OrdersFound, SearchOrders
from streams.order.polling import AHEAD, Poll, completed, first_state, inherited, plan, read_again_from, wanted_at
from streams.outcome import Delivered, Outcome, Rejected, RetryLater, ShopStopped, Unknown
from streams.records import order_poll
from streams.records.order_poll import OrderPoll
from tests.order.builders import POLLS, START, order

NOW = START + 600_000
PROVEN = NOW - POLLS.margin
END = NOW + AHEAD


def asked(state: OrderPoll | None = None, now: int = NOW) -> tuple[OrderPoll, SearchOrders]:
    poll = plan(first_state(POLLS) if state is None else state, now, POLLS)
    assert poll.call is not None
    return poll.state, poll.call


def page(*seconds: int, more: str = "", total: int | None = None, now: int = NOW) -> OrdersFound:
    orders = tuple(order(id=f"o{n}-{at}", at=at) for n, at in enumerate(seconds))
    return OrdersFound(Delivered(), orders, more, total, now, now, now)


def answered(state: OrderPoll, found: OrdersFound, now: int = NOW) -> Poll:
    return completed(state, state.token, found, now, POLLS)


def failed(outcome: Outcome) -> Poll:
    state, _ = asked()
    return answered(state, OrdersFound(outcome))


def test_a_shop_never_read_begins_at_its_cut_over_and_is_searched_beyond_the_present() -> None:
    _, call = asked()
    assert call == SearchOrders(START, END)


def test_the_last_page_moves_cursor_and_watermark() -> None:
    state, _ = asked()
    poll = answered(state, page(1, 2))
    assert poll.state.cursor == PROVEN and poll.state.window_from == 0
    assert poll.watermark is not None and poll.watermark.orders_until == PROVEN - 1
    assert poll.wake == NOW + POLLS.interval


def test_the_next_window_overlaps_the_last() -> None:
    state, _ = asked()
    state = answered(state, page()).state
    _, call = asked(state, NOW + POLLS.interval)
    assert call == SearchOrders(PROVEN - POLLS.overlap, END + POLLS.interval)


def test_a_page_is_cut_where_it_ends_and_no_token_is_followed() -> None:
    state, _ = asked()
    poll = answered(state, page(1, 2, 7, more="t"))
    assert poll.watermark is None and poll.state.cursor == START
    _, call = asked(poll.state)
    assert call == SearchOrders(START + 7_000, END)


def test_a_page_that_is_not_in_order_is_asked_for_as_half_its_span() -> None:
    state, _ = asked()
    _, call = asked(answered(state, page(19, 2, 7, more="t")).state)
    assert call == SearchOrders(START, START + 10_000)


def test_a_page_of_one_second_is_not_trusted_to_be_the_oldest() -> None:
    state, _ = asked()
    state, call = asked(answered(state, page(9, 9, more="t")).state)
    assert call == SearchOrders(START, START + 9_000), "nothing older, if the shop sorts as it was asked to"
    _, call = asked(answered(state, page()).state)
    assert call == SearchOrders(START + 9_000, END)


def crowded() -> OrderPoll:
    """One second is left, and it needs several pages."""
    state, _ = asked()
    state, call = asked(answered(state, page(0, 0, more="t")).state)
    assert call == SearchOrders(START, START + 1_000)
    return answered(state, page(0, 0, more="p+2/=", total=3)).state


def test_within_a_crowded_second_tokens_are_followed_as_they_are() -> None:
    _, call = asked(crowded())
    assert call == SearchOrders(START, START + 1000, "p+2/=")


def test_a_crowded_second_is_left_when_its_count_is_complete() -> None:
    state, _ = asked(crowded())
    third = page()._replace(orders=(order(id="third", at=0),))
    _, call = asked(answered(state, third).state)
    assert call == SearchOrders(START + 1000, END)


def other(*names: str, more: str = "", total: int | None = None) -> OrdersFound:
    return page(more=more, total=total)._replace(orders=tuple(order(id=name, at=0) for name in names))


def test_a_crowded_second_whose_rows_moved_is_read_again() -> None:
    state, _ = asked(crowded())
    state, call = asked(answered(state, page(0)).state)
    assert call == SearchOrders(START, START + 1000)
    _, call = asked(answered(state, page(0, 0)).state)
    assert call == SearchOrders(START + 1000, END), "now one page holds it"


def test_readings_of_a_crowded_second_add_up_while_its_count_stays() -> None:
    state, _ = asked(crowded())
    state, _ = asked(answered(state, other("o0-0")).state)
    state, _ = asked(answered(state, other("o0-0", "third", more="t", total=3)).state)
    _, call = asked(answered(state, other("o0-0")).state)
    assert call == SearchOrders(START + 1000, END)


def test_what_left_a_crowded_second_counts_no_more() -> None:
    state, _ = asked(crowded()._replace(crowd_total=4))
    state, _ = asked(answered(state, other("o0-0")).state)
    state, _ = asked(answered(state, other("o0-0", more="t", total=2)).state)
    _, call = asked(answered(state, other("o0-0")).state)
    assert call == SearchOrders(START, START + 1000)


def test_a_second_without_a_true_count_is_left_when_nothing_new_shows() -> None:
    for total, readings in ((None, 3), (7, 9)):
        state = answered(
            asked(crowded()._replace(crowd=(), page_token=""))[0], other("a", "b", more="t", total=total)
        ).state
        for reading in range(1, readings + 1):
            state, call = asked(state)
            state, call = asked(answered(state, other("c")).state)
            if reading < readings:
                assert call == SearchOrders(START, START + 1000)
                state = answered(state, other("a", "b", more="t", total=total)).state
        assert call == SearchOrders(START + 1000, END)


def test_a_shop_whose_clock_is_behind_is_believed_only_so_far() -> None:
    state, _ = asked()
    poll = answered(state, page(1)._replace(server_date=NOW - 30_000))
    assert poll.watermark is not None and poll.watermark.orders_until == PROVEN - 30_000 - 1


def test_a_long_absence_is_made_up_in_windows_of_half_of_what_is_missing() -> None:
    now = START + 8 * POLLS.window
    state, call = asked(None, now)
    assert call == SearchOrders(START, START + 4 * POLLS.window)
    poll = answered(state, page(now=now), now)
    assert poll.watermark is None and poll.wake == now, "orders that changed again are still ahead"
    for _ in range(3):
        state, call = asked(poll.state, now)
        poll = answered(state, page(now=now), now)
    assert call.updated_before == now + AHEAD
    assert poll.watermark is not None and poll.watermark.orders_until == now - POLLS.margin - 1


def test_a_shop_watched_from_the_beginning_of_time_is_soon_known() -> None:
    policy, state, calls = POLLS._replace(cut_over=0), first_state(POLLS._replace(cut_over=0)), 0
    watermark = None
    while watermark is None:
        poll = plan(state, NOW, policy)
        assert poll.call is not None
        poll = completed(poll.state, poll.state.token, page(), NOW, policy)
        state, watermark, calls = poll.state, poll.watermark, calls + 1
    assert calls < 20


def test_the_first_window_keeps_its_place_also_from_the_beginning_of_time() -> None:
    policy = POLLS._replace(cut_over=0, window=NOW)
    state = plan(first_state(policy), NOW, policy).state
    state = completed(state, state.token, page(1, 7, more="t"), NOW, policy).state
    call = plan(state, NOW, policy).call
    assert call is not None and call.updated_from == START + 7_000


def test_a_clock_behind_the_cursor_proves_nothing_and_moves_nothing() -> None:
    state, _ = asked()
    known = answered(state, page()).state
    state, _ = asked(known, NOW + POLLS.interval)
    poll = completed(state, state.token, page()._replace(server_date=NOW - 60_000), NOW + POLLS.interval, POLLS)
    assert poll.watermark is None and poll.state.cursor == known.cursor
    assert poll.wake == NOW + 2 * POLLS.interval


def test_nothing_is_asked_while_a_search_is_under_way() -> None:
    state, _ = asked()
    assert wanted_at(state) is None
    assert plan(state, NOW + 1, POLLS) == Poll(state, wake=state.deadline)


def test_an_answer_that_never_comes_is_given_up_and_asked_for_again() -> None:
    state, call = asked()
    late = plan(state, state.deadline, POLLS)
    assert late.call is None and late.wake == state.deadline + POLLS.retry
    again, same = asked(late.state, late.wake or 0)
    assert same == call and again.token != state.token
    assert completed(again, state.token, page(1), NOW, POLLS).state == again, "the late answer moves nothing"


def test_failures_wait_longer_and_longer_and_move_nothing() -> None:
    state, call = asked()
    waits, now = [], NOW
    for _ in range(9):
        poll = completed(state, state.token, OrdersFound(Unknown("time-out", "no answer")), now, POLLS)
        assert poll.wake is not None and poll.watermark is None and poll.state.cursor == START
        waits.append(poll.wake - now)
        now = poll.wake
        state, same = asked(poll.state, now)
        assert same == call
    assert waits == sorted(waits) and waits[0] == POLLS.retry and waits[-1] == POLLS.retry_longest


def test_a_wait_the_other_side_asks_for_is_kept() -> None:
    assert failed(RetryLater("36009002", "limit", False, 9_000)).wake == NOW + 9_000


def test_a_stopped_shop_is_told_once_and_tried_slowly() -> None:
    stopped = ShopStopped("105001", "authorization ended", "authorize again")
    poll = failed(stopped)
    assert poll.trouble == stopped and poll.wake == NOW + POLLS.stopped
    state, _ = asked(poll.state, poll.wake)
    assert completed(state, state.token, OrdersFound(stopped), poll.wake, POLLS).trouble is None


def test_a_refused_page_token_is_not_used_again() -> None:
    state, _ = asked(crowded())
    poll = answered(state, OrdersFound(Rejected("36009004", "page_token is invalid")))
    assert poll.trouble is not None
    _, call = asked(poll.state, poll.wake or 0)
    assert call == SearchOrders(START, END)


def test_a_new_owner_reads_the_window_from_its_start() -> None:
    state, _ = asked(crowded())
    _, call = asked(inherited(state))
    assert call == SearchOrders(START, END)


def test_a_new_owner_between_windows_just_goes_on() -> None:
    state, _ = asked()
    done = answered(state, page()).state
    assert inherited(done) == done


def test_a_lowered_cursor_reads_again_and_a_higher_one_is_ignored() -> None:
    state, _ = asked()
    done = answered(state, page()).state
    assert read_again_from(done, PROVEN) is done
    _, call = asked(read_again_from(done, START + 90_500))
    assert call.updated_from == START + 90_000 - POLLS.overlap


def test_a_cut_over_in_the_future_is_waited_for() -> None:
    early = plan(first_state(POLLS), START - 1_000_000, POLLS)
    assert early.call is None and early.wake is not None and early.wake >= START


def test_a_row_survives_its_codec() -> None:
    state = crowded()
    assert order_poll.decode(order_poll.encode(state)) == state
