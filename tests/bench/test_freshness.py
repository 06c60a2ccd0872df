"""Ages of changes, from what was said and what was written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.freshness import Change, Write, ages, keep, percentile


def test_a_change_is_as_old_as_the_first_write_that_says_it_or_a_newer_one() -> None:
    changes = [Change(100, "MUG", 2), Change(150, "MUG", 3), Change(180, "LAMP", 2), Change(400, "MUG", 4)]
    writes = [Write(50, "MUG", 1), Write(300, "MUG", 3), Write(310, "MUG", 3), Write(200, "LAMP", 2)]
    assert ages(changes, [*writes, Write(450, "MUG", 4)]) == [200, 150, 20, 50]


def test_a_change_that_was_never_written_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="MUG: 4 was never written"):
        ages([Change(100, "MUG", 4)], [Write(300, "MUG", 3)])


def test_percentiles_are_ranks() -> None:
    assert [percentile([5, 1, 3], share) for share in (0.0, 0.5, 0.99)] == [1, 3, 5]


def test_what_stands_in_the_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "build" / "bench.json"
    keep(file, "freshness", {"p99_ms": 5})
    keep(file, "scale", {"seconds": 7})
    assert json.loads(file.read_text()) == {"freshness": {"p99_ms": 5}, "scale": {"seconds": 7}}
