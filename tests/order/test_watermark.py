"""The watermark's promise over random histories of a shop with moving rows, late rows, failures and new owners."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.order.calls import OrdersFound, SearchOrders
from streams.order.policy import PollPolicy
from streams.order.polling import Poll, completed, first_state, inherited, plan
from streams.outcome import Rejected, RetryLater, Unknown
from tests.order.shop import EPOCH, Shop

POLICY = PollPolicy(
    EPOCH - 10_000, interval=2_000, margin=3_000, overlap=2_000, window=20_000, retry=500, stopped=2_000
)
FAILURES = (Unknown("time-out", ""), RetryLater("36009002", "", False, 700), Rejected("36009004", ""))


class History:
    """A shop, its poller, and what the poller has seen."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.shop = Shop(
            draw(st.sampled_from([0, -7_000, 4_000])),
            lambda rows: draw(st.permutations(rows)) if len(rows) > 1 else rows,
            draw(st.sampled_from([True, True, False])),
            draw(st.sampled_from([True, True, False])),
        )
        self.clock = EPOCH
        self.state = first_state(POLICY)
        self.seen: dict[str, int] = {}
        self.promised = 0

    def sells(self, most_orders: int) -> None:
        for number in self.draw(st.lists(st.integers(1, 9), max_size=most_orders)):
            self.shop.change(str(number), self.clock, self.draw(st.sampled_from([0, 900, 2_000])))

    def polls(self, failing: bool) -> None:
        poll = plan(self.state, self.clock, POLICY)
        self.state = poll.state
        if poll.call is None:
            return
        found = self.answer(poll.call, failing)
        self.clock += self.draw(st.sampled_from([0, 300, 1_100]))
        if failing and self.draw(st.integers(0, 9)) == 0:
            self.state = inherited(self.state)
            return
        self.take(found, completed(self.state, self.state.token, found, self.clock, POLICY))

    def answer(self, call: SearchOrders, failing: bool) -> OrdersFound:
        found = self.shop.search(call, self.clock)
        if failing and self.draw(st.integers(0, 5)) == 0:
            return OrdersFound(self.draw(st.sampled_from(FAILURES)))
        return found if self.draw(st.booleans()) or self.shop.skew else found._replace(server_date=None)

    def take(self, found: OrdersFound, poll: Poll) -> None:
        self.state = poll.state
        for order in found.orders:
            self.seen[order.id] = max(self.seen.get(order.id, 0), order.updated_at)
        if poll.watermark is not None:
            assert poll.watermark.orders_until > self.promised
            self.promised = poll.watermark.orders_until
            assert not self.shop.unseen(self.promised, self.seen)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_the_watermark_never_passes_an_order_that_was_not_seen(data: st.DataObject) -> None:
    history = History(data.draw)
    for _ in range(data.draw(st.integers(5, 30))):
        history.sells(5)
        history.clock += data.draw(st.sampled_from([0, 400, 1_000, 5_000]))
        history.polls(failing=True)
    last = history.clock + history.shop.skew
    for _ in range(400):
        history.clock += 500
        history.polls(failing=False)
        if history.promised >= last:
            break
    assert history.promised >= last, "when all is quiet, everything is known"
    assert not history.shop.unseen(last, history.seen)
