"""The breaker of one shop: outages and refusals of the whole shop."""

from streams.outcome import ShopStopped
from streams.tiktok_shop.answer import Answer, answered, lost
from streams.tiktok_shop.breaker import (
    CLOSED,
    LOST_IN_A_ROW,
    PROBE_MS,
    STOPPED_WAIT_MS,
    Breaker,
    after,
    called,
    is_open,
    may_call,
    next_at,
    not_called,
    resume,
    stop,
)
from streams.tiktok_shop.operations import OPERATIONS

READ = OPERATIONS["search_inventory"]
LOST = lost(READ, "no-answer", "no answer within 8000 ms", 0, 0)
GOOD = answered(READ, 200, {}, b'{"code":0}', 0, 0)


def coded(code: int, status: int = 200) -> Answer:
    return answered(READ, status, {}, b'{"code":%d,"message":"words"}' % code, 0, 0)


def outage(now: int = 0) -> Breaker:
    breaker = CLOSED
    for _ in range(LOST_IN_A_ROW):
        breaker = after(breaker, LOST, now)
    return breaker


def test_one_lost_answer_is_an_accident() -> None:
    assert not is_open(after(CLOSED, LOST, 0))


def test_several_lost_answers_in_a_row_are_an_outage() -> None:
    assert is_open(outage()) and not may_call(outage(), 999)


def test_an_answer_in_between_forgets_the_lost_ones() -> None:
    breaker = CLOSED
    for _ in range(3 * LOST_IN_A_ROW):
        breaker = after(after(breaker, LOST, 0), GOOD, 0)
    assert not is_open(breaker)


def test_internal_errors_in_a_row_are_an_outage_too() -> None:
    breaker = CLOSED
    for _ in range(LOST_IN_A_ROW):
        breaker = after(breaker, coded(36009003), 0)
    assert is_open(breaker)


def test_a_refused_entity_proves_that_the_shop_answers() -> None:
    assert after(outage(), coded(12052032), 5_000) == CLOSED


def test_one_probe_at_a_time() -> None:
    breaker = called(outage(), 1_000)
    assert not may_call(breaker, 1_001) and not may_call(breaker, 30_000)


def test_a_probe_that_succeeds_closes() -> None:
    assert after(called(outage(), 1_000), GOOD, 1_100) == CLOSED


def test_a_probe_that_fails_waits_twice_as_long_up_to_a_minute() -> None:
    breaker, now, waits = outage(), 1_000, []
    for _ in range(8):
        breaker = after(called(breaker, now), LOST, now)
        waits.append(next_at(breaker) - now)
        now = next_at(breaker)
    assert waits == [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]


def test_a_probe_whose_worker_died_is_followed_by_another() -> None:
    breaker = called(outage(), 1_000)
    assert not may_call(breaker, 1_000 + PROBE_MS - 1) and may_call(breaker, 1_000 + PROBE_MS)


def test_late_answers_of_calls_before_the_opening_do_not_lengthen_it() -> None:
    assert next_at(after(outage(), LOST, 500)) == next_at(outage())


def test_a_shop_that_refuses_as_a_whole_stops_at_once_and_says_what_helps() -> None:
    breaker = after(CLOSED, coded(105001, 401), 0)
    assert (breaker.code, may_call(breaker, STOPPED_WAIT_MS - 1), may_call(breaker, STOPPED_WAIT_MS)) == (
        "105001",
        False,
        True,
    )
    assert breaker.reason and breaker.remedy


def test_a_stopped_shop_stays_stopped_through_lost_probes() -> None:
    breaker = after(called(stop(ShopStopped("105001", "ended", "again"), 0), STOPPED_WAIT_MS), LOST, STOPPED_WAIT_MS)
    assert breaker.code == "105001" and next_at(breaker) == 2 * STOPPED_WAIT_MS


def test_an_operator_resumes_at_once() -> None:
    assert may_call(resume(), 0)


def test_being_too_fast_neither_opens_nor_closes() -> None:
    stopped = stop(ShopStopped("105001", "ended", "again"), 0)
    assert is_open(after(called(stopped, STOPPED_WAIT_MS), coded(36009002, 429), STOPPED_WAIT_MS))
    assert after(CLOSED, coded(36009002, 429), 0) == CLOSED


def test_an_expired_token_is_not_the_shops_refusal() -> None:
    assert after(CLOSED, coded(105002, 401), 0) == CLOSED


def test_a_probe_that_is_not_made_leaves_room_for_another() -> None:
    breaker = called(outage(), 1_000)
    assert not may_call(breaker, 1_001)
    assert may_call(not_called(breaker), 1_001)
