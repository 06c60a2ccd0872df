"""The adaptive limiter against servers whose limit nobody tells."""

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.tiktok_shop.limiter import (
    BURST_MS,
    Bucket,
    Pace,
    from_row,
    next_at,
    opened,
    overloaded,
    place,
    returned,
    room,
    succeeded,
    taken,
    throttled,
    to_row,
)

PACE = Pace()


class Server:
    """A token bucket with a hidden rate, in calls per second, holding one second of calls."""

    def __init__(self, rate: float) -> None:
        self.rate, self.size = rate, max(rate, 1.0)
        self.tokens, self.at, self.refused, self.served = self.size, 0, 0, 0

    def accepts(self, now: int) -> bool:
        self.tokens = min(self.size, self.tokens + (now - self.at) * self.rate / 1000)
        self.at = now
        if self.tokens < 1:
            self.refused += 1
            return False
        self.tokens -= 1
        self.served += 1
        return True


def drive(bucket: Bucket, server: Server, now: int, until: int) -> tuple[Bucket, int]:
    """Call as fast as the bucket allows; answers come at once."""
    while (now := next_at(bucket, now)) < until:
        assert room(bucket, now)
        bucket = taken(bucket, now)
        bucket = succeeded(bucket, now) if server.accepts(now) else throttled(bucket, now)
    return bucket, until


@given(
    st.lists(st.tuples(st.integers(0, 3000), st.sampled_from(["ok", "throttled", "overloaded", "none"])), max_size=60)
)
def test_never_calls_faster_than_the_rate_allows(history: list[tuple[int, str]]) -> None:
    """Between any two moments: at most a burst, and what the highest rate in between brings."""
    bucket, now = opened(PACE, 0), 0
    calls: list[tuple[int, float]] = []
    for pause, answer in history:
        now += pause
        while room(bucket, now):
            bucket = taken(bucket, now)
            calls.append((now, bucket.rate))
            if answer == "ok":
                bucket = succeeded(bucket, now)
            elif answer == "throttled":
                bucket = throttled(bucket, now)
            elif answer == "overloaded":
                bucket = overloaded(bucket, now)
    for start in range(len(calls)):
        top = 0.0
        for end in range(start, len(calls)):
            top = max(top, calls[end][1])
            allowed = max(PACE.burst, top * BURST_MS / 1000) + top * (calls[end][0] - calls[start][0]) / 1000
            assert end - start + 1 <= allowed + 1.001


@given(st.floats(0.2, 200), st.lists(st.sampled_from(["ok", "throttled", "overloaded"]), max_size=200))
def test_the_rate_stays_between_floor_and_ceiling(start: float, answers: list[str]) -> None:
    pace = Pace(start=min(max(start, PACE.floor), PACE.ceiling))
    bucket, now = opened(pace, 0), 0
    for answer in answers:
        now = next_at(bucket, now)
        bucket = taken(bucket, now)
        step = {"ok": succeeded, "throttled": throttled, "overloaded": overloaded}[answer]
        bucket = step(bucket, now)
        assert pace.floor <= bucket.rate <= pace.ceiling
        assert next_at(bucket, now) >= now and room(bucket, next_at(bucket, now))


@settings(max_examples=15, deadline=None)
@given(st.floats(0.3, 40))
def test_finds_a_hidden_limit_with_few_refusals(limit: float) -> None:
    server = Server(limit)
    bucket, now = drive(opened(PACE, 0), server, 0, 600_000)
    served, refused = server.served, server.refused
    drive(bucket, server, now, 1_200_000)
    assert refused <= 40
    assert server.refused - refused <= 30
    assert server.served - served >= 0.6 * limit * 600


@settings(max_examples=10, deadline=None)
@given(st.floats(1, 40))
def test_keeps_closely_to_a_limit_it_has_learned(limit: float) -> None:
    server = Server(limit)
    bucket, now = drive(opened(PACE, 0), server, 0, 600_000)
    served = server.served
    drive(bucket, server, now, 1_200_000)
    assert server.served - served >= 0.84 * limit * 600


def test_a_limit_met_again_after_a_while_costs_a_part_and_any_other_half() -> None:
    once = throttled(opened(Pace(start=8.0), 0), 1_000)
    assert (once.rate, once.knee) == (4.0, 8.0)
    near = once._replace(rate=7.5)
    assert throttled(near, 11_000).rate == 7.5 * 0.85
    assert throttled(near, 10_999).rate == 3.75
    assert throttled(once._replace(rate=7.1), 60_000).rate == 3.55


def test_calls_granted_together_are_sent_one_after_the_other() -> None:
    bucket, free_from, sent = opened(Pace(start=20.0), 0), 0.0, []
    for now in (1_000, 1_000, 1_000, 1_030):
        wait, free_from = place(bucket, free_from, now, at_most_ms=500)
        sent.append(now + wait)
    assert sent == [1_000, 1_050, 1_100, 1_150]
    assert place(bucket, free_from, 2_000, at_most_ms=500)[0] == 0


def test_no_call_waits_for_its_place_longer_than_it_may() -> None:
    bucket, free_from = opened(Pace(start=0.5), 0), 0.0
    waits = []
    for _ in range(4):
        wait, free_from = place(bucket, free_from, 0, at_most_ms=500)
        waits.append(wait)
    assert waits == [0, 500, 500, 500]


def test_recovers_when_the_limit_grows() -> None:
    server = Server(1.0)
    bucket, now = drive(opened(PACE, 0), server, 0, 300_000)
    server.rate = server.size = 20.0
    bucket, now = drive(bucket, server, now, 900_000)
    assert bucket.rate > 9


def test_survives_a_limit_below_its_floor() -> None:
    """Refusals cost a wait that grows, so that they stay few even then."""
    server = Server(0.03)
    drive(opened(PACE, 0), server, 0, 3_600_000)
    assert server.refused < 3 * server.served + 20


def test_several_calls_refused_at_once_halve_once() -> None:
    bucket = opened(Pace(start=8.0), 0)
    once = throttled(bucket, 1000)
    assert throttled(throttled(once, 1001), 1100).rate == once.rate == 4.0


def test_does_not_grow_while_unused() -> None:
    bucket, now = opened(PACE, 0), 0
    for _ in range(50):
        now += 20_000
        bucket = succeeded(taken(bucket, now), now + 300)
    assert bucket.rate == PACE.start


def test_grows_while_used_and_slowly_near_what_was_too_fast() -> None:
    bucket = succeeded(taken(opened(PACE, 0), 0), 10)
    assert bucket.rate == PACE.start + PACE.growth
    near = bucket._replace(knee=bucket.rate, pressed=True)
    assert succeeded(near, 20).rate == bucket.rate + PACE.slow_growth


def test_honours_retry_after() -> None:
    for refused in (throttled, overloaded):
        bucket = refused(opened(PACE, 0), 0, 30_000)
        assert not room(bucket, 29_999) and next_at(bucket, 1) >= 30_000


def test_waits_longer_with_every_refusal_and_jitter_comes_on_top() -> None:
    bucket, now, waits = opened(PACE, 0), 0, []
    for _ in range(8):
        bucket = throttled(bucket, now, jitter_ms=7)
        waits.append(bucket.closed_until - now)
        now = bucket.closed_until
    assert waits == [1007, 2007, 4007, 8007, 16007, 32007, 60007, 60007]


def test_overload_unlearns_nothing() -> None:
    bucket = opened(Pace(start=8.0), 0)
    assert overloaded(bucket, 1000).rate == 8.0


def test_late_answers_neither_halve_again_nor_raise() -> None:
    """Answers to calls that were under way when the rate was halved."""
    bucket = throttled(opened(Pace(start=8.0), 0), 1_000)
    assert throttled(bucket, 3_000, sent_at=900).rate == 4.0
    assert throttled(bucket, 3_000, sent_at=2_900).rate == 2.0
    assert succeeded(bucket, 1_500) == bucket
    assert overloaded(bucket, 1_500, 9_000).closed_until == 10_500


def test_a_row_keeps_what_was_learned() -> None:
    bucket, now = drive(opened(PACE, 0), Server(7.0), 0, 120_000)
    again = from_row(to_row(bucket), PACE, now)
    assert again._replace(pressed=bucket.pressed) == bucket


def test_a_row_from_a_clock_that_was_ahead_does_not_lock() -> None:
    row = to_row(throttled(opened(PACE, 10**12), 10**12))
    bucket = from_row(row, PACE, 0)
    assert next_at(bucket, 0) <= 3_600_000


def test_a_kept_rate_obeys_todays_bounds() -> None:
    assert from_row(to_row(opened(Pace(start=40.0), 0)), Pace(ceiling=5.0), 0).rate == 5.0


def test_a_call_that_is_not_made_leaves_its_room() -> None:
    bucket = opened(Pace(start=0.5), 0)
    assert not room(taken(bucket, 0), 100)
    again = returned(taken(bucket, 0), 100)
    assert room(again, 100) and not room(taken(again, 100), 100)
    assert returned(bucket, 0).tokens == bucket.tokens, "no more than fit"
