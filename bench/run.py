"""One system on one workload: start it, follow what becomes visible, check it, and say what it took."""

from __future__ import annotations

import shutil
from typing import NamedTuple

from bench.load import Expected, create_topics, delete_topics, topic_names
from bench.process import Watched, cpu_at, used
from bench.progress import Progress
from bench.system import PARTITIONS, Prepared, Run, System
from bench.verify import Outputs, Reader, Wrong, check_changelog

QUIET_S = 2.0
LONGEST_S = 120.0
"""Nothing visible for so long: it hangs."""


class Load(NamedTuple):
    """A filled input topic."""

    workload: str
    topic: str
    records: int
    expected: Expected


class Result(NamedTuple):
    """What one run took."""

    system: str
    workload: str
    records: int
    seconds: float
    records_per_second: float
    warm_records_per_second: float
    """In the second half of the outputs."""
    cpu_seconds_per_million: float
    peak_memory_mb: float
    outputs: int
    repeated: int
    broker_cpu_seconds_per_million: float
    start_seconds: float
    """From the process's start to the first record."""


def measure(system: System, load: Load, run: Run, broker_pid: int) -> Result:
    """Start, follow, stop, check."""
    shutil.rmtree(run.folder, ignore_errors=True)
    run.folder.mkdir(parents=True)
    known = topic_names(run.bootstrap)
    prepared = system.prepare(run)
    if run.target not in topic_names(run.bootstrap):
        create_topics(run.bootstrap, {run.target: 1})
    if prepared.own_topics:
        create_topics(run.bootstrap, dict.fromkeys(prepared.own_topics, PARTITIONS), compacted=True)
    try:
        return _measured(system, load, run, prepared, broker_pid)
    finally:
        delete_topics(run.bootstrap, topic_names(run.bootstrap) - known)
        shutil.rmtree(run.folder, ignore_errors=True)


def _measured(system: System, load: Load, run: Run, prepared: Prepared, broker_pid: int) -> Result:
    progress = Progress(run.bootstrap, run.target, 1)
    reader = Reader(run.bootstrap, run.target, 1)
    outputs = Outputs(system.exactly_once)
    process = Watched(prepared.command, run.core, prepared.environment, run.folder / "log")
    try:
        begun = prepared.ready_at(process) if prepared.ready_at is not None else None
        broker_before = used(broker_pid)
        progress.until_more(LONGEST_S, process.must_run)
        while True:
            progress.until_quiet(QUIET_S, process.must_run)
            broker_after = used(broker_pid)
            for key, value in reader.read():
                outputs.take(key, value)
            if not outputs.missing(load.expected):
                break
            progress.until_more(LONGEST_S, process.must_run)
    except RuntimeError as problem:
        process.kill()
        missing = outputs.missing(load.expected)
        words = process.log.read_text(errors="replace")[-3000:]
        raise Wrong(f"{system.name}: {problem}; {missing} SKUs are not up to date\n{words}") from problem
    finally:
        process.stop()
    begun = begun or process.first_record_at()
    if begun is None:
        raise Wrong(f"{system.name} did not say when it had the first record")
    check_changelog(Reader(run.bootstrap, prepared.changelog, PARTITIONS), system.quantity_of, load.expected)
    ended, half = progress.seen[-1].at, progress.half_at()
    progress.close()
    reader.close()
    during = [sample for sample in process.samples if sample.at <= ended]
    million = load.records / 1e6
    return Result(
        system=system.name,
        workload=load.workload,
        records=load.records,
        seconds=ended - begun,
        records_per_second=load.records / (ended - begun),
        warm_records_per_second=load.records / 2 / (ended - half),
        cpu_seconds_per_million=(cpu_at(during, ended) - cpu_at(during, begun)) / million,
        peak_memory_mb=max(sample.resident_mb for sample in during),
        outputs=outputs.count,
        repeated=outputs.repeated,
        broker_cpu_seconds_per_million=(broker_after.cpu_seconds - broker_before.cpu_seconds) / million,
        start_seconds=begun - process.started_at,
    )
