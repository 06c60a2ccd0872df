"""A plain poller in the same history: what it shows, what it sells, what it oversells."""

from hypothesis import given
from hypothesis import strategies as st

from streams.sandbox.control import Order, OrderItem, StockMove
from streams.sandbox.poller_history import Event, Kind, Outcome, events, replayed

from .caller import Sandbox

MINUTE = 60_000


def at(minute: float, kind: Kind, units: int, shop: str = "UK", order: str = "") -> Event:
    return Event(int(minute * MINUTE), kind, "MUG", "main", units, shop, order)


def test_one_shop_alone_is_never_oversold_between_polls() -> None:
    history = [at(0, "stock", 3), at(1, "bought", 2, order="a"), at(2, "bought", 2, order="b")]
    assert replayed(history) == Outcome(sold_units=2, refused_units=2, oversold_units=0)


def test_two_shops_sell_the_same_units() -> None:
    history = [at(0, "stock", 3), at(1, "bought", 3, "UK", "a"), at(2, "refused", 3, "DE")]
    assert replayed(history) == Outcome(sold_units=6, refused_units=0, oversold_units=3)


def test_units_sold_elsewhere_are_missing() -> None:
    history = [at(0, "stock", 5), at(1, "bought", 1, order="a"), at(2, "stock", -4), at(3, "refused", 2)]
    assert replayed(history).oversold_units == 2


def test_the_next_poll_puts_it_right() -> None:
    history = [at(0, "stock", 5), at(1, "bought", 1, order="a"), at(2, "stock", -4), at(16.5, "refused", 2)]
    assert replayed(history) == Outcome(sold_units=1, refused_units=2, oversold_units=0)


def test_a_poll_sees_what_was_there_at_its_time_not_later() -> None:
    """The last event before an attempt may lie after the poll."""
    history = [at(0, "stock", 5), at(1, "bought", 1, order="a"), at(16.5, "stock", -4), at(17, "refused", 4)]
    assert replayed(history).oversold_units == 4


def test_the_first_poll_can_be_given() -> None:
    history = [at(0, "stock", 5), at(10, "stock", -5), at(11, "refused", 5)]
    assert replayed(history).sold_units == 0
    assert replayed(history, first_poll_ms=5 * MINUTE).oversold_units == 5


def test_cancelled_and_shipped_orders_count_only_when_the_poller_has_them() -> None:
    history = [
        at(0, "stock", 2),
        at(1, "bought", 2, order="a"),
        at(2, "cancelled", 2, order="a"),
        at(3, "bought", 2, order="b"),
        at(4, "shipped", 2, order="b"),
        at(5, "cancelled", 9, order="unknown"),
        at(20, "refused", 1),
    ]
    assert replayed(history) == Outcome(sold_units=4, refused_units=1, oversold_units=0)


@given(st.lists(st.tuples(st.sampled_from(["stock", "bought", "refused"]), st.integers(1, 3), st.sampled_from("AB"))))
def test_a_poller_that_polls_before_every_attempt_oversells_nothing(steps: list[tuple[Kind, int, str]]) -> None:
    history = [at(2 * minute, kind, units, shop, str(minute)) for minute, (kind, units, shop) in enumerate(steps)]
    outcome = replayed(history, interval_seconds=60, first_poll_ms=0)
    assert outcome.oversold_units == 0
    assert outcome.sold_units <= sum(units for kind, units, _ in steps if kind == "stock")


def test_reads_the_history_of_the_sandbox() -> None:
    sandbox = Sandbox()
    sandbox.control.move_stock(StockMove(seller_sku="MUG-BLUE", supply_channel="main", counted=1))
    sandbox.control.place(Order(shop_id=sandbox.shop["id"], items=(OrderItem(seller_sku="MUG-BLUE"),)))
    sandbox.control.place(Order(shop_id=sandbox.shop["id"], items=(OrderItem(seller_sku="MUG-BLUE", units=50),)))
    assert replayed(events(sandbox.control.every("history"))) == Outcome(1, 50, 0)
