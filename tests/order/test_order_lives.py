"""Random lives of an order, observed in any order, with repetitions: the end is always the last state's."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.order.calls import OrderSeen
from streams.order.ledger import observed
from streams.records.order_hold import OrderHold
from streams.records.order_ledger import OrderLedger
from tests.order.builders import HOLDS, KEY, START, line, order

PATHS = (
    ("UNPAID", "ON_HOLD", "AWAITING_SHIPMENT", "AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED", "COMPLETED"),
    ("UNPAID", "CANCELLED"),
    ("UNPAID", "ON_HOLD", "CANCELLED"),
    ("AWAITING_SHIPMENT", "PARTIALLY_SHIPPING", "AWAITING_COLLECTION", "CANCELLED"),
    ("AWAITING_SHIPMENT", "AWAITING_COLLECTION", "COMPLETED"),
)
LINE_AT = {"ON_HOLD": "AWAITING_SHIPMENT", "PARTIALLY_SHIPPING": "AWAITING_SHIPMENT"}


@st.composite
def lives(draw: Any) -> list[OrderSeen]:
    """The states of one order; single lines may be cancelled on the way, some second bring two states."""
    path = draw(st.sampled_from(PATHS))
    skus = draw(st.lists(st.sampled_from(["MUG", "POT"]), min_size=1, max_size=4))
    cancelled: set[int] = set()
    at, states = 0, []
    for status in path:
        at += draw(st.integers(0, 2))
        if status in ("AWAITING_SHIPMENT", "PARTIALLY_SHIPPING"):
            cancelled |= draw(st.sets(st.integers(0, len(skus) - 1), max_size=1))
        lines = [
            line(str(n), sku, "CANCELLED" if n in cancelled else LINE_AT.get(status, status))
            for n, sku in enumerate(skus)
        ]
        states.append(order(*lines, status=status, at=at))
    return states


def told(readings: list[OrderSeen]) -> tuple[dict[str, OrderHold], OrderLedger | None]:
    ledger: OrderLedger | None = None
    facts: dict[str, OrderHold] = {}
    for reading in readings:
        seen = observed(KEY, ledger, reading, HOLDS, START)
        ledger = seen.ledger
        for sku, fact in seen.holds:
            before = facts.get(sku)
            assert before is None or before._replace(event_at=fact.event_at) != fact, "told what was told"
            facts[sku] = fact
    return facts, ledger


@settings(max_examples=200, deadline=None)
@given(states=lives(), data=st.data())
def test_facts_end_as_the_last_state_whatever_was_seen_before_it(states: list[OrderSeen], data: st.DataObject) -> None:
    seen = data.draw(st.lists(st.sampled_from(states), max_size=8))
    readings = data.draw(st.permutations([*seen, states[-1]]))
    facts, ledger = told(readings)
    expected, last = told([*states])
    assert ledger is not None and last is not None
    assert (ledger.status, ledger.updated_at, ledger.lines) == (last.status, last.updated_at, last.lines)
    assert {sku: fact._replace(event_at=0) for sku, fact in facts.items()} == {
        sku: fact._replace(event_at=0) for sku, fact in expected.items()
    }
    assert all(fact.event_at <= states[-1].updated_at for fact in facts.values())
