"""Counts of one flow in one partition over a span of time, made to add up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from streams.engine.attempt import Outlet
from streams.engine.flow import Flow
from streams.records.sync_job import SyncJob


def job_of(flow: Flow, name: str, partition: int, counts: Mapping[str, int]) -> tuple[SyncJob, int]:
    """The job's record (group and times still to be set) and how many entities it carries into the next one.

    A flow that counts no outcomes of its own is done with everything it received.  In one that does, an update
    that has no outcome yet is counted as ``waiting`` and received again by the next job.
    """
    outcomes = {what: number for what, number in counts.items() if what != "received"}
    received = counts.get("received", 0)
    carried = received - sum(outcomes.values())
    if not flow.counts_outcomes or carried <= 0:
        received, carried = sum(outcomes.values()), 0
    else:
        outcomes["waiting"] = carried
    job = SyncJob(job=name, group="", partition=partition, from_=0, until=0, received=received, counts=outcomes)
    return job, carried


def publish_jobs(
    flows: Sequence[Flow],
    group: str,
    partition: int,
    counts: dict[str, int],
    since: int,
    until: int,
    outlet: Outlet,
    produce: Callable[..., None],
) -> None:
    """Publish what was counted (keys ``flow:outcome``) and start again; what is under way is carried over."""
    topic, encode, partition_of = outlet
    for flow in flows:
        stem = f"{flow.name}:"
        own = {name[len(stem) :]: number for name, number in counts.items() if name.startswith(stem) and number}
        if not own:
            continue
        job, carried = job_of(flow, f"{group}/{flow.name}/{partition}", partition, own)
        key = job.job.encode()
        produce(topic, encode(job._replace(group=group, from_=since, until=until)), key, partition_of(key))
        for name in list(counts):
            if name.startswith(stem):
                del counts[name]
        if carried:
            counts[f"{stem}received"] = carried
