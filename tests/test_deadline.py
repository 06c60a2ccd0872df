"""Until when a call may leave."""

import time

from streams.deadline import Deadline, since_boot


def test_it_counts_from_its_beginning_and_not_from_when_it_is_made() -> None:
    began = since_boot() - 2.0
    late, early = Deadline.after(1_500, began), Deadline.after(60_000, began)
    assert late.passed and -600 < late.left_ms <= -500
    assert not early.passed and 57_900 < early.left_ms <= 58_000


def test_nobody_sets_its_clock() -> None:
    """Wall clocks are set, by people and by NTP; this one goes on at its own pace, also while a machine sleeps."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    assert abs(since_boot() - time.clock_gettime(clock)) < 0.1
