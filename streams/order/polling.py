"""The poller of one shop: which search comes next, and how far the shop's orders are known.

The cursor moves, and the watermark is told, only when a window was read to its last page; a failure repeats a call
and moves nothing. A window proves what lies a little before TikTok Shop's present and begins before the cursor,
because changes show up late. What has to be made up after a long absence is read in bounded windows; they prove
where to go on, and the watermark waits for the window that reaches the present.

It is a state machine over a row: calls go out by ``plan``, answers come in by ``completed``.
"""

from typing import Final, NamedTuple, assert_never

from streams.order.calls import OrdersFound, SearchOrders
from streams.order.policy import PollPolicy, back_off
from streams.order.window import closed, is_read, opened, page_read, reopened, shortened, whole_second
from streams.outcome import Delivered, Outcome, Rejected, RetryLater, ShopStopped, Unknown
from streams.records.order_poll import OrderPoll
from streams.records.shop_watermark import ShopWatermark

AHEAD: Final = 86_400_000
"""The search ends so long after the present: clocks differ, and what changes meanwhile is found too."""


class Poll(NamedTuple):
    """What the poller decided."""

    state: OrderPoll
    call: SearchOrders | None = None
    """To be made after the commit, named ``state.token``."""
    wake: int | None = None
    """Milliseconds, our clock: when to plan again at the latest."""
    watermark: ShopWatermark | None = None
    """To be told, when it moved."""
    trouble: Outcome | None = None
    """Why the last search failed, when that is news."""


def first_state(policy: PollPolicy) -> OrderPoll:
    """A shop never read before begins at its cut-over."""
    return OrderPoll(cursor=whole_second(policy.cut_over))


def wanted_at(state: OrderPoll) -> int | None:
    """Milliseconds, our clock: when a search is wanted; None while one is under way."""
    return None if state.token else state.next_at


def plan(state: OrderPoll, now: int, policy: PollPolicy) -> Poll:
    """The next search, when one is due."""
    if state.token:
        if now < state.deadline:
            return Poll(state, wake=state.deadline)
        state = _failed(state, "no-answer", policy.retry, policy, now)
    if now < state.next_at:
        return Poll(state, wake=state.next_at)
    if state.window_end == 0:
        begin = whole_second(max(state.cursor - policy.overlap, min(state.cursor, policy.cut_over)))
        span = max(policy.window, (now - state.cursor) // 2)
        until = end = whole_second(min(now - policy.margin, state.cursor + span))
        if until <= state.cursor:
            wake = max(now, state.cursor + policy.margin) + policy.interval
            return Poll(state._replace(next_at=wake), wake=wake)
        if now - policy.margin < state.cursor + span:
            end = whole_second(now) + AHEAD
        state = opened(state, begin, until, end)
    calls = state.calls + 1
    state = state._replace(calls=calls, token=f"search-{calls}-{now}", deadline=now + policy.call)
    call = SearchOrders(state.position, state.part_until, state.page_token)
    return Poll(state, call, state.deadline)


def completed(state: OrderPoll, token: str, page: OrdersFound, now: int, policy: PollPolicy) -> Poll:
    """The answer of a search; that of an abandoned one moves nothing."""
    if not state.token or token != state.token:
        return Poll(state, wake=state.deadline if state.token else state.next_at)
    if not isinstance(page.outcome, Delivered):
        return _not_delivered(state, page.outcome, now, policy)
    state = state._replace(token="", deadline=0, failures=0, failed_code="", next_at=now)
    if page.server_date is not None:
        state = shortened(state, page.server_date - policy.margin)
    state = page_read(state, page)
    if not is_read(state):
        return Poll(state, wake=now)
    before, reached_present = state.cursor, state.window_end > now
    state = closed(state)
    if not reached_present and state.cursor > before:
        return Poll(state, wake=now)
    state = state._replace(next_at=now + policy.interval)
    if state.cursor == before:
        return Poll(state, wake=state.next_at)
    return Poll(state, wake=state.next_at, watermark=ShopWatermark(state.cursor - 1, page.answered_at))


def inherited(state: OrderPoll) -> OrderPoll:
    """After a change of owner nothing is under way, and the window is read from its start."""
    return reopened(state._replace(token="", deadline=0))


def read_again_from(state: OrderPoll, time: int) -> OrderPoll:
    """Forget that orders were read from this time on: a lower cursor is always safe.

    A search under way is abandoned; what it finds is still worth observing.
    """
    if time >= state.cursor:
        return state
    return opened(state._replace(cursor=whole_second(time), next_at=0, token="", deadline=0), 0, 0, 0)


def _not_delivered(state: OrderPoll, outcome: Outcome, now: int, policy: PollPolicy) -> Poll:
    match outcome:
        case RetryLater():
            failed = _failed(state, outcome.code, max(policy.retry, outcome.not_before_ms), policy, now)
        case Unknown():
            failed = _failed(state, outcome.code, policy.retry, policy, now)
        case Rejected():
            failed = _failed(reopened(state), outcome.code, policy.retry, policy, now)
        case ShopStopped():
            failed = _failed(state, outcome.code, policy.stopped, policy, now)
        case Delivered():
            raise AssertionError("a delivered answer is no failure")
        case _:
            assert_never(outcome)
    news = isinstance(outcome, Rejected | ShopStopped) and failed.failed_code != state.failed_code
    return Poll(failed, wake=failed.next_at, trouble=outcome if news else None)


def _failed(state: OrderPoll, code: str, shortest: int, policy: PollPolicy, now: int) -> OrderPoll:
    failures = min(state.failures + 1, 30)
    wait = max(shortest, back_off(policy.retry, policy.retry_longest, failures))
    return state._replace(token="", deadline=0, failures=failures, failed_code=code, next_at=now + wait)
