"""Counts add up: received is the sum of everything else, in every job."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.engine.jobs import job_of
from tests.engine.flows import errand_flow, ledger_flow

counts = st.dictionaries(st.sampled_from(["received", "applied", "dead", "rejected"]), st.integers(0, 50))


@given(counts)
def test_in_a_flow_without_calls(found: dict[str, int]) -> None:
    job, carried = job_of(ledger_flow(), "job", 0, found)
    assert job.received == sum(job.counts.values()) and carried == 0


@given(st.lists(counts))
def test_in_a_flow_with_calls_what_waits_is_carried(spans: list[dict[str, int]]) -> None:
    """Over all jobs: carried out of one is received by the next."""
    carried = 0
    for span in spans:
        found = dict(span)
        found["received"] = found.get("received", 0) + carried
        job, carried = job_of(errand_flow(), "job", 0, found)
        assert job.received == sum(job.counts.values())
        assert carried == job.counts.get("waiting", 0)
