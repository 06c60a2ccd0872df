"""How fast one operation of one shop may be called, learned from what TikTok Shop says.

TikTok Shop's limits are dynamic and cannot be asked for.  So the rate starts low, grows a little
with every success while it is what holds us back, and is halved when a call comes back as too fast.
Near the rate that was too fast before it grows much more slowly, and meeting the same limit there again
after a while takes only a part of it away: a limit that is known is kept to closely.  Several answers to
calls sent before a cut count once.  Overload is not a limit: it makes us wait, not unlearn.

A bucket belongs to (app, shop, operation).  What it learned is a plain tuple in the shop's row.
Time and chance are arguments; times are milliseconds of our clock.
"""

from typing import NamedTuple

WAIT_MS = 1_000
"""First wait after being refused; doubles with every further refusal."""
LONGEST_WAIT_MS = 60_000
LONGEST_RETRY_AFTER_MS = 3_600_000
BURST_MS = 200
"""Calls of so long a time may be made at once, so that a fast bucket does not depend on fine timing."""
NEAR = 0.9
"""From this part of the rate that was too fast, growth is slow."""
PAST = 1.1
"""Beyond this part of it without a refusal, the shop's limit has grown: growth is normal again."""
KNOWN = 0.85
"""What is left of the rate when a limit is met that was known; of any other, half."""
KNOWN_AFTER_MS = 10_000
"""A limit met sooner after the last cut than this has fallen: it is not known."""
USED = 1.5
"""A call made before this many fillings of the bucket would have come in: it was waited for."""


class Pace(NamedTuple):
    """Bounds of learning, from the settings.  Rates are calls per second."""

    start: float = 1.0
    floor: float = 0.2
    ceiling: float = 50.0
    growth: float = 0.05
    """Added to the rate by every success while it holds us back; below 1 call per second, this part of it."""
    slow_growth: float = 0.0025
    """The same near a rate that was too fast before."""
    burst: float = 1.0
    """Calls that may follow each other at once after a pause; at least 1."""


class Bucket(NamedTuple):
    """What is known about one operation of one shop."""

    pace: Pace
    rate: float
    tokens: float
    at: int
    """When ``tokens`` was counted."""
    closed_until: int = 0
    """No call before this time."""
    refusals: int = 0
    """Refusals less successes, never below zero: how long the next wait is."""
    knee: float = 0.0
    """The rate that was last too fast; 0: none yet."""
    halved_at: int = 0
    pressed: bool = False
    """The last call was made about as soon as it could be: the rate is what holds us back."""


Row = tuple[float, float, int, int, int, float, int]


def opened(pace: Pace, now: int) -> Bucket:
    """A bucket that has learned nothing yet."""
    return Bucket(pace, rate=pace.start, tokens=pace.burst, at=now)


def room(bucket: Bucket, now: int) -> bool:
    """Whether one call may be made now."""
    return now >= bucket.closed_until and _tokens(bucket, now) >= 1.0


def next_at(bucket: Bucket, now: int) -> int:
    """The first time at which there is room."""
    lacking = 1.0 - _tokens(bucket, now)
    refill = 0 if lacking <= 0 else int(lacking / bucket.rate * 1000) + 1
    return max(now + refill, bucket.closed_until)


def taken(bucket: Bucket, now: int) -> Bucket:
    """One call is being made."""
    uncapped = bucket.tokens + max(0, now - bucket.at) * bucket.rate / 1000
    pressed = uncapped <= USED * _capacity(bucket.pace, bucket.rate)
    return bucket._replace(tokens=_tokens(bucket, now) - 1.0, at=now, pressed=pressed)


def returned(bucket: Bucket, now: int) -> Bucket:
    """A call that was taken is not made after all."""
    return bucket._replace(tokens=min(_tokens(bucket, now) + 1.0, _capacity(bucket.pace, bucket.rate)), at=now)


def succeeded(bucket: Bucket, now: int) -> Bucket:
    """A call came back and was not too fast, whatever else became of it."""
    if now < bucket.closed_until:
        return bucket
    calm = bucket._replace(refusals=max(bucket.refusals - 1, 0))
    if not bucket.pressed:
        return calm
    near = bucket.knee > 0 and bucket.rate >= bucket.knee * NEAR
    step = bucket.pace.slow_growth if near else bucket.pace.growth
    rate = min(bucket.rate + step * min(1.0, bucket.rate), bucket.pace.ceiling)
    knee = 0.0 if rate > bucket.knee * PAST else bucket.knee
    return calm._replace(rate=rate, knee=knee, tokens=_tokens(bucket, now), at=max(now, bucket.at))


def throttled(
    bucket: Bucket, now: int, retry_after_ms: int = 0, jitter_ms: int = 0, sent_at: int | None = None
) -> Bucket:
    """A call was too fast: wait, and be slower; once for all calls that were under way."""
    if now < bucket.closed_until or (sent_at is not None and sent_at < bucket.halved_at):
        return _closed(bucket, now, retry_after_ms)
    known = bucket.rate >= bucket.knee * NEAR > 0 and now - bucket.halved_at >= KNOWN_AFTER_MS
    left = bucket.rate * (KNOWN if known else 0.5)
    slower = bucket._replace(rate=max(left, bucket.pace.floor), knee=bucket.rate, halved_at=now, tokens=0.0, at=now)
    return _refused(slower, now, retry_after_ms, jitter_ms)


def overloaded(bucket: Bucket, now: int, retry_after_ms: int = 0, jitter_ms: int = 0) -> Bucket:
    """TikTok Shop as a whole is too busy: wait, but keep what was learned."""
    if now < bucket.closed_until:
        return _closed(bucket, now, retry_after_ms)
    return _refused(bucket._replace(tokens=0.0, at=now), now, retry_after_ms, jitter_ms)


def place(bucket: Bucket, free_from: float, now: int, at_most_ms: int) -> tuple[int, float]:
    """When a call that was granted is to be sent: milliseconds to wait, and from when the next one's place is free.

    Calls are granted by steps, so several are ready at once, and what one step delayed meets what the next one
    brings: sent like that they would exceed a limit which their number per second keeps.
    """
    at = min(max(now, free_from), now + at_most_ms)
    return int(at) - now, at + 1000 / bucket.rate


def to_row(bucket: Bucket) -> Row:
    """What is worth keeping, as plain values."""
    return bucket[1:8]


def from_row(row: Row, pace: Pace, now: int) -> Bucket:
    """A kept bucket under the settings of today; a clock that went back cannot lock it."""
    rate, tokens, at, closed_until, refusals, knee, halved_at = row
    return Bucket(
        pace=pace,
        rate=min(max(rate, pace.floor), pace.ceiling),
        tokens=min(tokens, _capacity(pace, rate)),
        at=min(at, now),
        closed_until=min(closed_until, now + LONGEST_RETRY_AFTER_MS),
        refusals=refusals,
        knee=knee,
        halved_at=min(halved_at, now),
    )


def _tokens(bucket: Bucket, now: int) -> float:
    gained = max(0, now - bucket.at) * bucket.rate / 1000
    return min(bucket.tokens + gained, _capacity(bucket.pace, bucket.rate))


def _capacity(pace: Pace, rate: float) -> float:
    return max(pace.burst, rate * BURST_MS / 1000)


def _refused(bucket: Bucket, now: int, retry_after_ms: int, jitter_ms: int) -> Bucket:
    wait = min(WAIT_MS << min(bucket.refusals, 10), LONGEST_WAIT_MS) + jitter_ms
    return _closed(bucket._replace(refusals=bucket.refusals + 1), now, max(wait, retry_after_ms))


def _closed(bucket: Bucket, now: int, wait_ms: int) -> Bucket:
    until = now + min(wait_ms, LONGEST_RETRY_AFTER_MS)
    return bucket._replace(closed_until=max(bucket.closed_until, until))
