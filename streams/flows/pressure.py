"""How fast and whether the shops may be called, for one worker: limiter per (market, operation), breaker per market.

The limiter's and the breaker's rules are ``streams.tiktok_shop``'s; here they are kept and fed.  Each operation is
called from one worker group only, and a market belongs to one worker of it, so nothing is shared.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from streams.deadline import Deadline
from streams.records.shop import LearnedLimit
from streams.tiktok_shop import breaker as breaker_rules
from streams.tiktok_shop import limiter
from streams.tiktok_shop.answer import Answer, too_late
from streams.tiktok_shop.breaker import CLOSED, Breaker
from streams.tiktok_shop.limiter import Bucket, Pace

_JITTER_MS = 500
_TELL_EVERY_MS = 60_000
_LONGEST_QUEUE_MS = 1_000


class Pressure:
    """Limits of the shops a worker calls."""

    def __init__(self, pace: Pace, learned: Callable[[str, tuple[LearnedLimit, ...]], None] | None = None) -> None:
        self._pace = pace
        self._learned = learned
        self._buckets: dict[str, dict[str, Bucket]] = {}
        self._breakers: dict[str, Breaker] = {}
        self._told_at: dict[str, int] = {}
        self._remembered: set[str] = set()
        self._takes: dict[tuple[str, str], tuple[Bucket, Bucket]] = {}
        """What the last turn made of a bucket, and what it was before."""
        self._free_from: dict[tuple[str, str], float] = {}
        """From when the next call of a market's operation may be sent."""
        self.throttled: dict[str, int] = {}
        """429 answers by market, for metrics."""

    def remember(self, market: str, limits: Iterable[LearnedLimit], now: int) -> None:
        """What the shop's row has kept; heard once, at the market's first call."""
        if market in self._remembered:
            return
        self._remembered.add(market)
        kept = self._buckets.setdefault(market, {})
        kept.update({limit.operation: limiter.from_row(limit[1:], self._pace, now) for limit in limits})

    def wait(self, market: str, operations: Iterable[str], now: int) -> int:
        """Milliseconds until all operations of the market have room; 0: now."""
        breaker = self._breakers.get(market, CLOSED)
        if not breaker_rules.may_call(breaker, now):
            return max(1, breaker_rules.next_at(breaker) - now)
        return max((limiter.next_at(self._bucket(market, name, now), now) - now for name in operations), default=0)

    def take(self, market: str, operations: Iterable[str], now: int) -> None:
        """The operations are about to be called."""
        self._breakers[market] = breaker_rules.called(self._breakers.get(market, CLOSED), now)
        for name in operations:
            bucket = self._bucket(market, name, now)
            self._buckets[market][name] = taken = limiter.taken(bucket, now)
            self._takes[market, name] = (taken, bucket)

    def give_back(self, market: str, operations: Iterable[str], now: int) -> None:
        """The room was not used: it is as it was before, if nothing came in between."""
        for name in operations:
            bucket = self._bucket(market, name, now)
            taken, former = self._takes.pop((market, name), (None, bucket))
            self._buckets[market][name] = former if bucket is taken else limiter.returned(bucket, now)

    async def queue_up(self, market: str, operation: str, now: int, deadline: Deadline) -> None:
        """Wait for the place of a call that was granted; whether it may still leave then is for the sender to see.

        Not longer than a second, nor half of what is left: figures grow old.
        """
        name = (market, operation)
        bucket, at_most = self._bucket(market, operation, now), min(_LONGEST_QUEUE_MS, max(0, deadline.left_ms) // 2)
        wait, self._free_from[name] = limiter.place(bucket, self._free_from.get(name, 0.0), now, at_most)
        if wait > 0:
            await asyncio.sleep(wait / 1000)

    def resume(self, market: str) -> None:
        """The shop's consent is a new one: why the old one was refused counts no more."""
        self._breakers[market] = breaker_rules.resume()

    def hear(self, market: str, operation: str, answer: Answer, now: int) -> None:
        """An answer came, or none: learn from it."""
        if too_late(answer):
            self.give_back(market, (operation,), now)
            self._breakers[market] = breaker_rules.not_called(self._breakers.get(market, CLOSED))
            return
        bucket = self._bucket(market, operation, now)
        jitter = random.randrange(_JITTER_MS)
        if answer.pressure == "throttled":
            self.throttled[market] = self.throttled.get(market, 0) + 1
            bucket = limiter.throttled(bucket, now, answer.retry_after_ms, jitter, answer.sent_at)
        elif answer.pressure == "overloaded":
            bucket = limiter.overloaded(bucket, now, answer.retry_after_ms, jitter)
        elif answer.http_status:
            bucket = limiter.succeeded(bucket, now)
        self._buckets[market][operation] = bucket
        self._breakers[market] = breaker_rules.after(self._breakers.get(market, CLOSED), answer, now, jitter)
        if self._learned is not None and now - self._told_at.setdefault(market, now) > _TELL_EVERY_MS:
            self._told_at[market] = now
            self._learned(market, self.limits(market))

    def limits(self, market: str) -> tuple[LearnedLimit, ...]:
        """What was learned, for the shop's row."""
        buckets = self._buckets.get(market, {})
        return tuple(LearnedLimit(name, *limiter.to_row(bucket)) for name, bucket in sorted(buckets.items()))

    def rates(self) -> dict[tuple[str, str], float]:
        """Calls per second allowed now, by market and operation, for metrics."""
        return {(market, name): bucket.rate for market, kept in self._buckets.items() for name, bucket in kept.items()}

    def open_breakers(self) -> dict[str, Breaker]:
        return {market: found for market, found in self._breakers.items() if breaker_rules.is_open(found)}

    def collect(self) -> Iterable[Metric]:
        """Prometheus metrics of limiter and breaker."""
        rates = GaugeMetricFamily("tts_call_rate", "Calls per second allowed now.", labels=["queue", "operation"])
        for (market, operation), rate in self.rates().items():
            rates.add_metric([market, operation], rate)
        throttled = CounterMetricFamily("tts_throttled", "Answers that said: too fast.", labels=["queue"])
        for market, count in self.throttled.items():
            throttled.add_metric([market], count)
        broken = GaugeMetricFamily("tts_breaker_open", "1 while a shop is not called.", labels=["queue", "code"])
        for market, breaker in self.open_breakers().items():
            broken.add_metric([market, breaker.code], 1)
        yield from (rates, throttled, broken)

    def _bucket(self, market: str, operation: str, now: int) -> Bucket:
        kept = self._buckets.setdefault(market, {})
        found = kept.get(operation)
        if found is None:
            found = kept[operation] = limiter.opened(self._pace, now)
        return found
