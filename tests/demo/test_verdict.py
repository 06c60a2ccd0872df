"""What counts as a broken promise, and that one is enough for exit code 1."""

from __future__ import annotations

from typing import Any

import pytest

from streams.demo.verdict import differing, exit_code, jobs_off, promises
from streams.demo.view import final_table
from streams.records.sync_job import SyncJob

KEPT: dict[str, Any] = {
    "oversold": [],
    "misheard_places": [],
    "differing_places": [],
    "unproven": [],
    "jobs": [],
    "dead": 0,
    "ended": [],
}
BROKEN: dict[str, Any] = {
    "oversold": [("MUG", "hub", 1)],
    "misheard_places": [("wms", "MUG", "hub")],
    "differing_places": [("uk", "MUG", "7001")],
    "unproven": [("uk", "MUG")],
    "jobs": ["decide/stock/0"],
    "dead": 1,
    "ended": ["deliver"],
}


def test_a_campaign_that_kept_everything_ends_well() -> None:
    assert exit_code(promises(**KEPT)) == 0


@pytest.mark.parametrize("name", BROKEN)
def test_one_broken_promise_is_enough(name: str) -> None:
    kept = promises(**{**KEPT, name: BROKEN[name]})
    assert [promise.broken for promise in kept if promise.broken] == [1]
    assert exit_code(kept) == 1
    assert final_table([], kept).row_count == len(kept)


def test_a_job_must_account_for_everything_it_received() -> None:
    def job(name: str, received: int) -> SyncJob:
        counts = {"applied": 2, "unchanged": 1}
        return SyncJob(job=name, group="deliver", partition=0, from_=0, until=1, received=received, counts=counts)

    assert jobs_off([job("whole", 3), job("short", 4)]) == ["short"]


def test_a_listing_must_show_what_the_rule_wants() -> None:
    place = ("uk", "MUG", "7001")
    assert differing({place: 5}, {place: 5}, (2, 20)) == []
    assert differing({place: 6}, {place: 5}, (2, 20)) == [place]
    assert differing({}, {place: 0}, (2, 20)) == [place]


def test_within_the_dead_band_both_are_the_same() -> None:
    place = ("uk", "MUG", "7001")
    assert differing({place: 31}, {place: 30}, (2, 20)) == []
    assert differing({place: 33}, {place: 30}, (2, 20)) == [place]
    assert differing({place: 21}, {place: 20}, (2, 20)) == [place]
