"""What a worker keeps of its shops' limits: room that was not used is there again, and lateness is nobody's refusal."""

from __future__ import annotations

from streams.flows.pressure import Pressure
from streams.records.shop import LearnedLimit
from streams.tiktok_shop import limiter
from streams.tiktok_shop.answer import Answer, answered, lost
from streams.tiktok_shop.breaker import LOST_IN_A_ROW
from streams.tiktok_shop.limiter import Pace
from streams.tiktok_shop.operations import OPERATIONS

WRITE = OPERATIONS["update_inventory"]
NAME = "update_inventory"
GOOD = answered(WRITE, 200, {}, b'{"code":0}', 0, 0)


def late() -> Answer:
    return lost(WRITE, "too-late", "its time had passed", 0, 0)


def test_room_given_back_is_as_it_was() -> None:
    """Also whether the rate is what holds us back: else unused turns would raise it."""
    used, unused = Pressure(Pace(start=10.0)), Pressure(Pace(start=10.0))
    for now in range(0, 60_000, 1_000):
        for pressure in (used, unused):
            assert pressure.wait("uk", (NAME,), now) == 0
            pressure.take("uk", (NAME,), now)
            pressure.hear("uk", NAME, GOOD, now + 50)
        unused.take("uk", (NAME,), now + 60)
        unused.give_back("uk", (NAME,), now + 90)
    assert used.rates() == unused.rates()
    assert used.limits("uk") == unused.limits("uk")


def test_room_given_back_after_something_came_in_between_is_there_too() -> None:
    pressure = Pressure(Pace(start=0.5))
    pressure.take("uk", (NAME,), 0)
    pressure.hear("uk", NAME, GOOD, 1)
    assert pressure.wait("uk", (NAME,), 2) > 1_000
    pressure.give_back("uk", (NAME,), 2)
    assert pressure.wait("uk", (NAME,), 2) == 0


def test_calls_that_left_too_late_are_no_outage_and_leave_their_room() -> None:
    pressure = Pressure(Pace(start=10.0, burst=3.0))
    for now in range(3 * LOST_IN_A_ROW):
        pressure.take("uk", (NAME,), now)
        pressure.hear("uk", NAME, late(), now)
        assert pressure.wait("uk", (NAME,), now) == 0 and not pressure.open_breakers()


def test_calls_nobody_answered_are_an_outage_still() -> None:
    pressure = Pressure(Pace(start=10.0, burst=9.0))
    for now in range(LOST_IN_A_ROW):
        pressure.take("uk", (NAME,), now)
        pressure.hear("uk", NAME, lost(WRITE, "not-sent", "dns", 0, 0), now)
    assert pressure.open_breakers()


def test_what_the_row_has_kept_is_used_after_a_restart() -> None:
    """The room is asked for before the first call brings the row."""
    pace = Pace(start=1.0)
    learned = limiter.to_row(limiter.opened(Pace(start=20.0), 0))
    pressure = Pressure(pace)
    pressure.wait("uk", (NAME,), 0)
    pressure.take("uk", (NAME,), 0)
    pressure.remember("uk", (LearnedLimit(NAME, *learned),), 0)
    assert pressure.rates()["uk", NAME] == 20.0
    pressure.remember("uk", (LearnedLimit(NAME, *learned)._replace(rate=5.0),), 9)
    assert pressure.rates()["uk", NAME] == 20.0, "only once: what is learned since counts more"


def test_a_probe_that_left_too_late_holds_no_place() -> None:
    pressure = Pressure(Pace(start=10.0, burst=9.0))
    for now in range(LOST_IN_A_ROW):
        pressure.take("uk", (NAME,), now)
        pressure.hear("uk", NAME, lost(WRITE, "no-answer", "", 0, 0), now)
    now = pressure.wait("uk", (NAME,), LOST_IN_A_ROW) + LOST_IN_A_ROW
    pressure.take("uk", (NAME,), now)
    assert pressure.wait("uk", (NAME,), now) > 1_000, "one probe at a time"
    pressure.hear("uk", NAME, late(), now)
    assert pressure.wait("uk", (NAME,), now) == 0 and pressure.open_breakers()
