"""How a span of time is read completely, while orders move and pages shift.

Changed orders move to the end of a list sorted by update_time, and the rows behind them slide one place forward:
whoever follows page tokens skips a row. So a list is cut where its page ends, and the rest is asked for as a new,
smaller span; a page that cannot be cut, because it is not in order, is asked for again as half the span. Only
when more orders than a page holds changed within one second are page tokens followed, and then the second is read
until its count is complete, or until a whole reading shows nothing new.
"""

from typing import Final

from streams.order.calls import OrdersFound
from streams.records.order_poll import OrderPoll

SECOND: Final = 1000


def whole_second(time: int) -> int:
    """Down to the second, as TikTok Shop counts."""
    return time // SECOND * SECOND


def opened(state: OrderPoll, begin: int, end: int) -> OrderPoll:
    """A window to read, from its start."""
    return at_second(state._replace(window_from=begin, window_until=end), begin, end)


def reopened(state: OrderPoll) -> OrderPoll:
    """The same window from its start: page tokens and progress of a former owner are not used."""
    return state if state.window_from == 0 else opened(state, state.window_from, state.window_until)


def closed(state: OrderPoll) -> OrderPoll:
    """No window is open; all before its end is known."""
    return opened(state._replace(cursor=max(state.cursor, state.window_until)), 0, 0)


def shortened(state: OrderPoll, end: int) -> OrderPoll:
    """The window claims no more than what TikTok Shop could show when it answered."""
    end = max(whole_second(end), state.window_from)
    if end >= state.window_until:
        return state
    return state._replace(window_until=end, part_until=min(state.part_until, end))


def is_read(state: OrderPoll) -> bool:
    """Whether every page of the open window was read."""
    return state.position >= state.window_until


def page_read(state: OrderPoll, page: OrdersFound) -> OrderPoll:
    """One page further: what is known now, and what is asked for next."""
    if state.page_token or state.crowd:
        return _crowd_read(state, page)
    times = [order.updated_at for order in page.orders]
    cut = whole_second(times[-1]) if times and times == sorted(times) else 0
    if not page.next_page_token or state.part_until <= max(state.position, cut):
        return at_second(state, max(state.position, state.part_until), state.window_until)
    if state.position < cut:
        return at_second(state, cut, state.window_until)
    if state.part_until - state.position > SECOND:
        half = whole_second((state.part_until - state.position) // 2)
        return at_second(state, state.position, state.position + max(SECOND, half))
    return _crowd_read(state, page)


def at_second(state: OrderPoll, position: int, part_until: int) -> OrderPoll:
    """Ask next for the span from ``position`` to ``part_until``, first page."""
    return state._replace(
        position=position, part_until=part_until, page_token="", crowd=(), crowd_before=(), crowd_total=-1
    )


def _crowd_read(state: OrderPoll, page: OrdersFound) -> OrderPoll:
    """One page of a second that needs several."""
    total = state.crowd_total
    if not state.page_token:
        total = -1 if page.total is None else page.total
    crowd = tuple(dict.fromkeys((*state.crowd, *(order.id for order in page.orders))))
    if page.next_page_token:
        return state._replace(page_token=page.next_page_token, crowd=crowd, crowd_total=total)
    if 0 <= total <= len(crowd) or (state.crowd_before and set(crowd) <= set(state.crowd_before)):
        return at_second(state, state.part_until, state.window_until)
    return state._replace(page_token="", crowd=(), crowd_before=crowd, crowd_total=-1)
