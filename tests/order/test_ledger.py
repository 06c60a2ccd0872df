"""What readings of one order make of its holds."""

import itertools

import pytest

from streams.order.calls import OrderSeen
from streams.order.facts import hold_key
from streams.order.kinds import BY_ORDER_TYPE, HOLDING
from streams.order.ledger import decided, event_answered, is_finished, observed
from streams.order.policy import HoldPolicy
from streams.order.progress import BY_LINE_STATUS, BY_ORDER_STATUS, RANK
from streams.records import order_ledger
from streams.records.order_hold import OrderHold
from streams.records.order_ledger import LINE_KIND_SYMBOLS, LINE_PROGRESS_SYMBOLS, LineKind, OrderLedger
from streams.records.order_poll import Hint
from tests.order.builders import HOLDS, KEY, START, WAREHOUSE, bundle, line, order

NOW = START + 100_000


def holds_of(*readings: OrderSeen, policy: HoldPolicy = HOLDS) -> tuple[dict[str, OrderHold], OrderLedger]:
    """The last fact per SKU after the readings, and the ledger."""
    ledger: OrderLedger | None = None
    facts: dict[str, OrderHold] = {}
    for reading in readings:
        seen = observed(KEY, ledger, reading, policy, NOW)
        ledger = seen.ledger
        facts |= dict(seen.holds)
    assert ledger is not None
    return facts, ledger


def test_an_order_holds_its_units_from_first_sight() -> None:
    facts, _ = holds_of(order(line("1"), line("2"), line("3", "POT"), status="UNPAID"))
    assert facts["MUG"] == OrderHold(START, START + 10_000, WAREHOUSE, "leeds", ("1", "2"), "OPEN", unpaid=True)
    assert facts["POT"].lines == ("3",)


def test_the_same_reading_again_is_no_news() -> None:
    _, ledger = holds_of(order())
    assert observed(KEY, ledger, order(), HOLDS, NOW).ledger is ledger


def test_a_new_status_that_changes_no_unit_tells_nothing_but_is_remembered() -> None:
    _, ledger = holds_of(order(status="ON_HOLD"))
    later = observed(KEY, ledger, order(at=20), HOLDS, NOW)
    assert later.holds == () and later.results == ()
    assert later.ledger is not None and later.ledger.updated_at == START + 20_000


def test_only_the_changed_sku_is_told() -> None:
    _, ledger = holds_of(order(line("1"), line("2", "POT")))
    later = observed(KEY, ledger, order(line("1"), line("2", "POT", "CANCELLED"), at=20), HOLDS, NOW)
    assert [sku for sku, _ in later.holds] == ["POT"]
    assert later.holds[0][1].stage == "ABSENT"
    assert [result.status for result in later.results] == ["APPLIED"]


def test_a_cancelled_order_cancels_lines_that_do_not_show_it_yet() -> None:
    facts, _ = holds_of(order(line("1"), line("2"), status="CANCELLED"))
    assert facts["MUG"].cancelled == ("1", "2") and facts["MUG"].stage == "ABSENT"


def test_lines_are_not_believed_in_the_hour_of_remorse() -> None:
    facts, _ = holds_of(order(line(status="CANCELLED"), status="ON_HOLD"))
    assert facts["MUG"].cancelled == ()


def test_a_partly_cancelled_sku_stays_open() -> None:
    facts, _ = holds_of(order(line("1"), line("2", status="CANCELLED")))
    assert facts["MUG"].cancelled == ("2",) and facts["MUG"].stage == "OPEN"


def test_shipped_units_stay_open_until_nothing_can_change() -> None:
    facts, ledger = holds_of(order(line(status="AWAITING_COLLECTION"), status="IN_TRANSIT"))
    assert facts["MUG"].shipped == ("1",) and facts["MUG"].stage == "OPEN"
    done = observed(KEY, ledger, order(status="COMPLETED", at=30), HOLDS, NOW)
    assert done.holds[0][1].stage == "CLOSED"


def test_a_lost_parcel_is_cancelled_and_no_longer_shipped() -> None:
    facts, _ = holds_of(order(status="IN_TRANSIT"), order(status="CANCELLED", at=20))
    assert facts["MUG"].cancelled == ("1",) and facts["MUG"].shipped == ()


def test_with_imports_of_ours_nothing_is_proven_absent() -> None:
    facts, _ = holds_of(order(status="CANCELLED"), policy=HOLDS._replace(imports="ours"))
    assert facts["MUG"].stage == "OPEN"


def test_a_late_old_reading_takes_nothing_back_and_adds_what_only_it_knew() -> None:
    _, ledger = holds_of(order(line("1", status="IN_TRANSIT"), status="IN_TRANSIT", at=20))
    assert observed(KEY, ledger, order(line("1"), at=10), HOLDS, NOW).ledger is ledger
    late = observed(KEY, ledger, order(line("1"), line("2", status="CANCELLED"), at=10), HOLDS, NOW)
    assert late.holds[0][1].lines == ("1", "2") and late.holds[0][1].shipped == ("1",)
    assert late.ledger is not None and late.ledger.updated_at == START + 20_000


def test_a_sku_once_seen_is_not_lost_by_a_reading_without_it() -> None:
    facts, _ = holds_of(order(), order(line(sku=""), at=20))
    assert facts["MUG"].lines == ("1",)


@pytest.mark.parametrize("first", [0, 1])
def test_two_states_of_one_second_end_the_same_in_either_order(first: int) -> None:
    readings = [order(status="UNPAID"), order(status="CANCELLED")]
    _, ledger = holds_of(readings[first], readings[1 - first])
    assert ledger.status == "CANCELLED"


def test_bundles_hold_their_parts() -> None:
    facts, _ = holds_of(order(bundle("1", MUG=2, POT=1)))
    assert facts["MUG"].lines == ("1+1", "1+2") and facts["POT"].lines == ("1+3",) and "BOX" not in facts


def test_a_bundle_read_without_its_parts_is_not_held_twice() -> None:
    for readings in itertools.permutations([order(line("1", "BOX")), order(bundle("1", MUG=2), at=20)]):
        facts, _ = holds_of(*readings)
        assert facts["MUG"].lines == ("1+1", "1+2")
        assert facts.get("BOX", facts["MUG"]._replace(lines=())).lines == ()


def test_units_are_told_before_they_are_paid() -> None:
    """TikTok Shop takes them at once; whether they hold is decided where the market's figures are."""
    facts, ledger = holds_of(order(status="UNPAID"))
    assert [fact.unpaid for fact in facts.values()] == [True]
    paid = observed(KEY, ledger, order(status="ON_HOLD", at=20), HOLDS, NOW).holds[0][1]
    assert paid.lines == ("1",) and not paid.unpaid


def test_a_changed_policy_tells_the_difference() -> None:
    _, ledger = holds_of(order())
    elsewhere = HOLDS._replace(channels={WAREHOUSE: "dover"})
    again = decided(KEY, ledger, elsewhere, NOW)
    assert again.holds[0][1].channel == "dover"
    assert again.ledger is not None
    assert decided(KEY, again.ledger, elsewhere, NOW).holds == ()


def test_orders_before_the_cut_over_are_not_ours() -> None:
    assert observed(KEY, None, order(), HOLDS._replace(cut_over=START + 1), NOW).ledger is None


KINDS: dict[LineKind, OrderSeen] = {
    "NORMAL": order(),
    "PRE_ORDER": order(order_type="PRE_ORDER"),
    "MADE_TO_ORDER": order(order_type="MADE_TO_ORDER"),
    "BACK_ORDER": order(order_type="BACK_ORDER"),
    "VIRTUAL_ORDER": order(order_type="VIRTUAL_ORDER"),
    "AUCTION": order(order_type="AUCTION"),
    "ZERO_LOTTERY": order(order_type="ZERO_LOTTERY"),
    "UNLISTED": order(order_type="SOMETHING_NEW"),
    "SAMPLE": order(is_sample=True),
    "REPLACEMENT": order(is_replacement=True),
    "EXCHANGE": order(is_exchange=True),
    "GIFT": order(line(is_gift=True)),
    "BUNDLE": order(bundle("1", MUG=1)),
    "UNLINKED": order(line(sku="")),
    "UNUSABLE_SKU": order(line(sku="MUG|BLUE")),
    "FULFILLED_BY_TIKTOK": order(fulfillment_type="FULFILLMENT_BY_TIKTOK"),
    "FULFILLED_BY_TOKOPEDIA": order(fulfillment_type="FULFILLMENT_BY_DILAYANI_TOKOPEDIA"),
}


def test_every_kind_has_a_row_and_an_example() -> None:
    assert set(HOLDING) == set(KINDS) == set(LINE_KIND_SYMBOLS)
    assert set(BY_ORDER_TYPE.values()) <= set(HOLDING)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_held_as_its_row_says(kind: LineKind) -> None:
    facts, ledger = holds_of(KINDS[kind])
    assert [unit.kind for unit in ledger.lines] == [kind]
    assert bool(facts) == (HOLDING[kind] == "units")


def test_an_unknown_fulfilment_is_held() -> None:
    facts, ledger = holds_of(order(fulfillment_type="FULFILLMENT_BY_DRONE"))
    assert facts["MUG"].lines == ("1",) and ledger.lines[0].kind == "UNLISTED"


@pytest.mark.parametrize(
    ("reading", "code"),
    [
        (order(line(sku="")), "sku-missing"),
        (order(line(sku="A|B")), "sku-unusable"),
        (order(order_type="SOMETHING_NEW"), "order-type-unlisted"),
        (order(status="SOMEWHERE"), "status-unlisted"),
        (order(line(sku="A|B"), line("2"), status="CANCELLED"), "sku-unusable"),
        (order(warehouse_id="unheard-of"), "warehouse-unmapped"),
    ],
)
def test_what_a_person_should_know_is_told_once(reading: OrderSeen, code: str) -> None:
    first = observed(KEY, None, reading, HOLDS, NOW)
    assert code in [result.code for result in first.results]
    again = observed(KEY, first.ledger, reading._replace(updated_at=START + 50_000), HOLDS, NOW)
    assert code not in [result.code for result in again.results]


def test_every_progress_is_reached_and_ordered() -> None:
    assert list(RANK) == list(LINE_PROGRESS_SYMBOLS)
    assert set(BY_LINE_STATUS.values()) == {row.least for row in BY_ORDER_STATUS.values()} == set(RANK)


def test_a_line_without_status_is_judged_by_its_package() -> None:
    facts, _ = holds_of(order(line(status="", package_status="PROCESSING")))
    assert facts["MUG"].shipped == ("1",)


def test_the_latest_answered_event_is_remembered() -> None:
    _, ledger = holds_of(order())
    heard = event_answered(ledger, Hint("900001", START + 5, 0, 0, "n2"))
    assert (heard.heard_at, heard.heard_id) == (START + 5, "n2")
    assert event_answered(heard, Hint("900001", START + 4, 0, 0, "n1")) is heard


def test_the_key_of_a_hold_names_sku_market_and_order() -> None:
    assert hold_key(KEY, "MUG") == "MUG|uk|900001"


def test_a_ledger_survives_its_codec() -> None:
    _, ledger = holds_of(order(bundle("1", MUG=2), line("2", "POT")))
    assert order_ledger.decode(order_ledger.encode(ledger)) == ledger


def test_an_ended_order_is_forgotten_after_a_while_and_an_open_one_never() -> None:
    _, ended = holds_of(order(status="COMPLETED"))
    _, open_ = holds_of(order(status="IN_TRANSIT"))
    later = START + 10_000 + HOLDS.keep
    assert is_finished(ended, HOLDS, later) and not is_finished(ended, HOLDS, later - 1)
    assert not is_finished(open_, HOLDS, later)
