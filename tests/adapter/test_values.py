"""Units, texts and times: what is taken, and that half a pack is never sold."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.adapter.values import MOST_UNITS, Unfit, decimal_of, text_of, time_of, units_of

ONE = Decimal(1)


@pytest.mark.parametrize(
    ("value", "factor", "comma", "units"),
    [
        (7, 1, False, 7),
        (-7, 1, False, -7),
        (7.9, 1, False, 7),
        (-0.1, 1, False, -1),
        ("12.000", 1, False, 12),
        (" 12 ", 1, False, 12),
        ("+3.99", 1, False, 3),
        ("5.000-", 1, False, -5),
        ("12,000", 1, True, 12),
        ("12,5", 2, True, 25),
        (12.5, 2, True, 25),
        ("0.1", 30, False, 3),
        ("4.5", 6, False, 27),
        (0.7, 10, False, 7),
        (Decimal("2.25"), 2, False, 4),
        (1e12, 1, False, 10**12),
    ],
)
def test_units_are_whole_and_rounded_down(value: Any, factor: int, comma: bool, units: int) -> None:
    assert units_of(value, Decimal(factor), comma) == units


@pytest.mark.parametrize(
    "value",
    [
        *(True, None, "", "x", "1e5", "1,000", "1 000", "12,5", "0x10", "--1", "-1-", [], {}, b"1", "９", "NaN"),
        *(float("nan"), float("inf"), Decimal("NaN"), Decimal("1e999999999"), 1e300, 10**30, "9" * 31, MOST_UNITS + 1),
    ],
)
def test_what_is_no_number_of_units_is_refused(value: Any) -> None:
    with pytest.raises(Unfit):
        units_of(value, ONE, False)


@pytest.mark.parametrize(
    ("value", "comma", "remedy"),
    [
        *((text, True, "let decimal be point") for text in ("1.000", "1.000,00", "12.5", "1.000.000")),
        *((text, False, "let decimal be comma") for text in ("1,000", "1,000.00", "12,5", "1,000,000")),
    ],
)
def test_the_other_mark_is_refused_because_it_may_be_thousands(value: str, comma: bool, remedy: str) -> None:
    with pytest.raises(Unfit, match="without thousands marks") as problem:
        units_of(value, ONE, comma)
    assert remedy in str(problem.value)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**10), max_value=10**10))
def test_no_fraction_is_ever_rounded_up(value: Decimal) -> None:
    for factor in (ONE, Decimal(12), Decimal("0.5")):
        exact = value * factor
        units = units_of(value, factor, False)
        assert units <= exact < units + 1


@pytest.mark.parametrize("value", ["", None, True, 1.5, [], {}, b"x", "x" * 1001, 10**40])
def test_what_is_no_text_is_refused(value: Any) -> None:
    with pytest.raises(Unfit):
        text_of(value)


def test_whole_numbers_are_texts() -> None:
    assert text_of(4006381333931) == "4006381333931" and text_of("0012") == "0012"


@pytest.mark.parametrize(
    ("value", "form", "milliseconds"),
    [
        ("2027-01-15T08:00:00Z", "iso", 1_800_000_000_000),
        ("2027-01-15T09:00:00.123+01:00", "iso", 1_800_000_000_123),
        (1_800_000_000, "epoch_s", 1_800_000_000_000),
        (1_800_000_000.5, "epoch_s", 1_800_000_000_500),
        ("1800000000", "epoch_s", 1_800_000_000_000),
        (1_800_000_000_123, "epoch_ms", 1_800_000_000_123),
        (17, "number", 17),
        ("0017", "number", 17),
        (datetime(2027, 1, 15, 8, tzinfo=UTC), "epoch_ms", 1_800_000_000_000),
    ],
)
def test_times_are_milliseconds(value: Any, form: Any, milliseconds: int) -> None:
    assert time_of(value, form, None) == milliseconds


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("value", "offset"),
    [
        ("2026-07-01T12:00:00", "+02:00"),
        ("2026-10-25T01:59:59", "+02:00"),
        ("2026-10-25T02:30:00", "+02:00"),  # comes twice: the first
        ("2026-10-25T03:00:00", "+01:00"),
        ("2026-03-29T01:59:59", "+01:00"),
        ("2026-03-29T03:00:00", "+02:00"),
    ],
)
def test_a_time_of_a_wall_clock_is_the_earliest_it_can_be(value: str, offset: str) -> None:
    assert time_of(value, "iso", BERLIN) == time_of(value + offset, "iso", None)
    assert time_of(datetime.fromisoformat(value).replace(fold=1), "epoch_ms", BERLIN) == time_of(
        value + offset, "iso", None
    )


def test_a_time_no_clock_shows_is_refused() -> None:
    for value in ("2026-03-29T02:00:00", "2026-03-29T02:30:00", "2026-03-29T02:59:59.999"):
        with pytest.raises(Unfit, match="send the offset"):
            time_of(value, "iso", BERLIN)
        assert time_of(value + "+01:00", "iso", BERLIN)


def test_a_time_is_no_number_of_the_sources_own() -> None:
    with pytest.raises(Unfit, match="let form be epoch_ms"):
        time_of(datetime(2027, 1, 15, 8, tzinfo=UTC), "number", None)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        *(("yesterday", "iso"), (5, "iso"), ("2027-01-15T08:00:00", "iso"), (1.5, "number"), ("1.5", "number")),
        *((True, "number"), (1e30, "epoch_ms"), (10**18, "epoch_s"), (None, "epoch_s"), ("", "number")),
    ],
)
def test_what_is_no_time_is_refused(value: Any, form: Any) -> None:
    with pytest.raises(Unfit):
        time_of(value, form, None)


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.datetimes()))
def test_whatever_comes_is_taken_or_unfit(value: Any) -> None:
    for read in (
        text_of,
        decimal_of,
        lambda one: units_of(one, Decimal("0.001"), True),
        *(lambda one, form=form: time_of(one, form, UTC) for form in ("iso", "epoch_s", "epoch_ms", "number")),
    ):
        with contextlib.suppress(Unfit):
            read(value)
