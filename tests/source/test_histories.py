"""Random histories of hints, turns, answers, failures and crashes: no hint is left without a reading, counts add up."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from streams.outcome import Delivered, Rejected, RetryLater
from streams.records.fetch import Fetch
from streams.records.fetch_hint import FetchHint
from streams.source import fetch
from streams.source.answers import StockRead
from streams.source.wishes import Wish

KEY = "sku:MUG"
DEADLINE = 70_000

events = st.one_of(
    st.tuples(st.just("hint"), st.just(0)),
    st.tuples(st.just("order"), st.integers(0, 3_000)),
    st.tuples(st.just("sweep"), st.integers(0, 2)),
    st.tuples(st.just("absent"), st.just(0)),
    st.tuples(st.just("change"), st.integers(0, 2)),
    st.tuples(st.just("turn"), st.just(0)),
    st.tuples(st.just("answer"), st.just(0)),
    st.tuples(st.just("fail"), st.just(0)),
    st.tuples(st.just("reject"), st.just(0)),
    st.tuples(st.just("crash"), st.just(0)),
    st.tuples(st.just("look"), st.just(0)),
    st.tuples(st.just("wait"), st.integers(1, 4_000)),
    st.tuples(st.just("back"), st.integers(1, 7_200_000)),
)


class History:
    """One SKU, its row, a source that is always right, and a clock that may be set back."""

    def __init__(self) -> None:
        self.row: Fetch | None = None
        self.now = 10_000_000
        self.truth = 5
        self.call: tuple[str, int, int] | None = None
        """Token, the true time it began, what the source said then."""
        self.steps = 0
        self.read_at = 0
        self.owed: list[tuple[int, int]] = []
        """Hints: what a reading must have begun after, in steps; and not before which time."""
        self.received = 0
        self.counts: Counter[str] = Counter()
        self.passes: Counter[str] = Counter()
        self.published: int | None = None
        self.last_read_at = -1

    def take(self, found: fetch.Fetched) -> None:
        self.row = found.state
        self.counts.update(dict(found.counts))
        for _, name in found.swept:
            self.passes[name] += 1
        for change in found.changes:
            assert change.read_at >= self.last_read_at
            self.last_read_at, self.published = change.read_at, change.levels[0].quantity

    def do(self, kind: str, number: int) -> None:
        self.steps += 1
        if kind in ("hint", "order"):
            not_before = self.now + number if kind == "order" else None
            self.received += 1
            self.owed.append((self.steps, not_before or 0))
            self.take(fetch.hint(KEY, self.row, FetchHint("ORDER", self.now, not_before), self.now))
        elif kind in ("sweep", "absent"):
            self.received += 1
            seen = number if kind == "sweep" else None
            hint = FetchHint("SWEEP", 7, digest=seen, read_at=None if seen is None else self.now)
            self.take(fetch.hint(KEY, self.row, hint, self.now))
        elif kind == "change":
            self.truth = number
        elif kind == "turn" and isinstance(self.wish(), Wish):
            found = fetch.begin(self.row, f"t{self.steps}", self.now, DEADLINE)
            if found is not None:
                self.take(found)
                self.call = (f"t{self.steps}", self.steps, self.truth)
        elif kind == "answer" and self.call is not None:
            token, began, said = self.call
            self.call = None
            self.owed = [(step, at) for step, at in self.owed if step > began or at > self.now]
            read = StockRead(Delivered(), self.now, (("main", said),), True, said, 1)
            self.take(fetch.read(KEY, self.row, token, read, self.now))
        elif kind in ("fail", "reject") and self.call is not None:
            token, began, _ = self.call
            self.call = None
            outcome = RetryLater("503", "later") if kind == "fail" else Rejected("400", "never")
            if kind == "reject":
                self.owed = [(step, at) for step, at in self.owed if step > began or at > self.now]
            self.take(fetch.read(KEY, self.row, token, StockRead(outcome), self.now))
        elif kind == "crash":
            self.call = None
            self.take(fetch.inherited(self.row, self.now))
        elif kind == "look":
            self.take(fetch.looked_again(KEY, self.row))
        elif kind == "wait":
            self.now += number
        elif kind == "back":
            self.now -= number

    def wish(self) -> Wish | int | None:
        return None if self.row is None else fetch.wish(self.row, self.now)

    def quiet(self) -> None:
        """Everything that is owed is read."""
        for _ in range(200):
            if self.call is not None:
                self.do("answer", 0)
                continue
            wanted = self.wish()
            if wanted is None:
                return
            if isinstance(wanted, int):
                assert wanted > self.now, "looked at again at a time that is past: the worker would spin"
                self.now = wanted
            else:
                self.do("turn", 0)
        raise AssertionError(f"never quiet: {self.row}")


@given(st.lists(events, max_size=40))
def test_when_all_is_quiet_every_hint_was_read_after_it_came(history: list[tuple[str, int]]) -> None:
    one = History()
    for kind, number in history:
        one.do(kind, number)
    one.do("hint", 0)
    one.quiet()
    assert [step for step, at in one.owed if at <= one.now] == []
    assert one.published == one.truth
    assert sum(one.counts.values()) == one.received, one.counts
    assert one.passes["pending"] == one.passes["done"]
    assert one.passes["seen"] + one.passes["asked"] == sum(
        one.passes[name] for name in ("unchanged", "first", "repaired", "rejected")
    )


@given(st.lists(events, max_size=40))
def test_a_row_that_waits_for_a_time_waits_for_one_to_come(history: list[tuple[str, int]]) -> None:
    one = History()
    for kind, number in history:
        one.do(kind, number)
        wanted = one.wish()
        assert not isinstance(wanted, int) or wanted > one.now
