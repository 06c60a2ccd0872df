"""Paths: names, places, stars, quotes; what is written is what was read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.adapter.outcome import MISSING
from streams.adapter.paths import EVERY, MEMBERS, found_by, getter, parse, written

VALUE = {
    "a": {"b": [10, {"c.d": 5}, None]},
    "x y": {'"q"': 1},
    "null": None,
    "list": [[1, 2], [3]],
    "map": {"k": 1, "l": 2},
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b[0]", 10),
        ("a.b[-2]", {"c.d": 5}),
        ('a.b[1]["c.d"]', 5),
        ('x y["\\"q\\""]', 1),
        ("list[0][1]", 2),
        (".", VALUE),
        ("", VALUE),
        ("null", MISSING),
        ("a.b[2]", MISSING),
        ("a.b[7]", MISSING),
        ("a.b[-7]", MISSING),
        ("a[0]", MISSING),
        ("a.b.c", MISSING),
        ("a.b[0].c", MISSING),
        ("nowhere.at.all", MISSING),
    ],
)
def test_a_path_leads_to_its_value_or_nowhere(path: str, found: Any) -> None:
    assert getter(parse(path).steps)(VALUE) == found


@pytest.mark.parametrize(
    ("path", "places"),
    [
        ("list[*]", ["list[0]", "list[1]"]),
        ("list[*][*]", ["list[0][0]", "list[0][1]", "list[1][0]"]),
        ("map.*", ["map.k", "map.l"]),
        ("a.b[*]", ["a.b[0]", "a.b[1]", "a.b[2]"]),
        ("nowhere[*]", None),
        ("map[*]", None),
        ("list.*", None),
    ],
)
def test_stars_lead_to_every_value_with_its_place(path: str, places: list[str] | None) -> None:
    found = found_by(parse(path).steps, VALUE)
    assert (None if found is None else [one.place for one in found]) == places


def test_the_star_of_an_object_says_the_members_name() -> None:
    assert [(one.member, one.value) for one in found_by(parse("map.*").steps, VALUE) or ()] == [("k", 1), ("l", 2)]


def test_a_path_says_where_it_begins() -> None:
    assert [parse(text).base for text in ("a", "$.a", "^.a", "$", "^[0]")] == [
        *("here", "record", "outer", "record", "outer")
    ]


@pytest.mark.parametrize("path", ["a..b", "a.", "a[", "a[x]", 'a["b]', "a b]", "[*", "a[1", "*a", "a*", "a[]"])
def test_what_is_no_path_is_refused_with_the_remedy(path: str) -> None:
    with pytest.raises(ValueError, match="remedy"):
        parse(path)


@given(st.lists(st.one_of(st.text(min_size=1), st.integers(-999, 999), st.sampled_from([EVERY, MEMBERS])), max_size=5))
def test_a_written_path_reads_as_it_was(steps: list[Any]) -> None:
    text = written(tuple(steps))
    if text[:1] in ("$", "^"):
        text = f"$.{text}"
    assert parse(text).steps == tuple(steps)
