"""How a span of time is read completely, while orders move and pages shift.

Changed orders move to the end of a list sorted by update_time. So the search itself has no end in the present: an
order that leaves one page because it changed again is found on a later one, and only what could be seen when the
first page was read is claimed. And page tokens skip rows when those before them move away: a list is cut where its
page ends, and the rest is asked for as a new, smaller span. A page that cannot be cut, because it is not in order
or all of one second, is asked for again as a part of its span. Only when more orders than a page holds changed
within one second are page tokens followed, and then the second is read until all that it counts were seen, or until
readings show nothing new any more.
"""

from typing import Final

from streams.order.calls import OrdersFound
from streams.records.order_poll import OrderPoll

SECOND: Final = 1000
QUIET_COUNTED: Final = 8
"""Readings of a crowded second without anything new before its count is held to be wrong."""
QUIET_UNCOUNTED: Final = 2
"""The same where TikTok Shop gives no count."""


def whole_second(time: int) -> int:
    """Down to the second, as TikTok Shop counts."""
    return time // SECOND * SECOND


def opened(state: OrderPoll, begin: int, until: int, end: int) -> OrderPoll:
    """A window to read, from its start: it proves what is before ``until``, and searches up to ``end``."""
    return at_second(state._replace(window_from=begin, window_until=until, window_end=end), begin, end)


def reopened(state: OrderPoll) -> OrderPoll:
    """The same window from its start: page tokens and progress of a former owner are not used."""
    return opened(state, state.window_from, state.window_until, state.window_end)


def closed(state: OrderPoll) -> OrderPoll:
    """No window is open, and all that it could prove is known."""
    return opened(state._replace(cursor=max(state.cursor, state.window_until)), 0, 0, 0)


def shortened(state: OrderPoll, until: int) -> OrderPoll:
    """The window proves no more than what TikTok Shop could show when it answered."""
    return state._replace(window_until=min(state.window_until, whole_second(until)))


def is_read(state: OrderPoll) -> bool:
    """Whether every page of the open window was read."""
    return state.position >= state.window_end


def page_read(state: OrderPoll, page: OrdersFound) -> OrderPoll:
    """One page further: what is known now, and what is asked for next."""
    if not state.page_token and not page.next_page_token:
        return at_second(state, state.part_until, state.window_end)
    if state.page_token or state.crowd or not page.orders:
        return _crowd_read(state, page)
    seconds = [whole_second(order.updated_at) for order in page.orders]
    ascending, oldest, newest = seconds == sorted(seconds), min(seconds), max(seconds)
    if ascending and oldest < newest and state.position < newest < state.part_until:
        return at_second(state, newest, state.window_end)
    if oldest == newest and state.position < newest < state.part_until:
        return at_second(state, state.position, newest)
    if state.part_until - state.position <= SECOND:
        return _crowd_read(state, page)
    half = whole_second((min(state.part_until, newest + SECOND) - state.position) // 2)
    return at_second(state, state.position, state.position + max(SECOND, half))


def at_second(state: OrderPoll, position: int, part_until: int) -> OrderPoll:
    """Ask next for the span from ``position`` to ``part_until``, first page."""
    return state._replace(
        position=position, part_until=part_until, page_token="", crowd=(), crowd_start=0, crowd_quiet=0, crowd_total=-1
    )


def _crowd_read(state: OrderPoll, page: OrdersFound) -> OrderPoll:
    """One page of a second that needs several. Nothing can enter a second that is past, so an unchanged count means
    that nothing left it either, and what several readings saw adds up."""
    if not state.page_token:
        state = _crowd_counted(state, -1 if page.total is None else page.total)
    crowd = tuple(dict.fromkeys((*state.crowd, *(order.id for order in page.orders))))
    if page.next_page_token:
        return state._replace(page_token=page.next_page_token, crowd=crowd)
    quiet = state.crowd_quiet + 1 if len(crowd) == state.crowd_start else 0
    enough = QUIET_UNCOUNTED if state.crowd_total < 0 else QUIET_COUNTED
    if 0 <= state.crowd_total <= len(crowd) or quiet >= enough:
        return at_second(state, state.part_until, state.window_end)
    return state._replace(page_token="", crowd=crowd, crowd_start=len(crowd), crowd_quiet=quiet)


def _crowd_counted(state: OrderPoll, total: int) -> OrderPoll:
    """A reading of the second begins, and so many orders are in it."""
    if total == state.crowd_total:
        return state
    return state._replace(crowd=(), crowd_start=0, crowd_quiet=0, crowd_total=total)
