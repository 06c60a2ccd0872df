"""``python -m bench``: everything in one run, side by side.

QUICK=1: 200 000 records; engine, Faust and loop only.  ROUNDS=n: n rounds, systems taking turns.  For development also
RECORDS, SYSTEMS, WORKLOADS (comma separated) and RESTORE (SKUs, 0: none).
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from bench import engine, java, peer_venv, report, restore
from bench.load import create_topics, load_changes, load_links
from bench.run import Load, Result, measure
from bench.system import PARTITIONS, Run, System
from bench.systems import SYSTEMS
from bench.verify import Wrong
from bench.workload import SKUS, WORKLOADS, changes_of
from streams.local_kafka import LocalKafka

BUILD = Path("build").absolute()
FOLDER = BUILD / "bench"


class Plan(NamedTuple):
    """What is run."""

    systems: Sequence[System]
    workloads: Sequence[str]
    records: int
    rounds: int
    restored_skus: int


def plan(wishes: dict[str, str]) -> Plan:
    """From the environment."""
    quick = wishes.get("QUICK", "") not in ("", "0")
    names = (
        wishes.get("SYSTEMS", "").split(",")
        if wishes.get("SYSTEMS")
        else [system.name for system in SYSTEMS if system.quick or not quick]
    )
    workloads = wishes.get("WORKLOADS", "").split(",") if wishes.get("WORKLOADS") else list(WORKLOADS)
    for given, known in ((names, [system.name for system in SYSTEMS]), (workloads, list(WORKLOADS))):
        for name in given:
            if name not in known:
                raise SystemExit(f"{name!r} is not one of {', '.join(known)}")
    return Plan(
        [system for system in SYSTEMS if system.name in names],
        workloads,
        int(wishes.get("RECORDS", 200_000 if quick else 1_000_000)),
        int(wishes.get("ROUNDS", 1)),
        int(wishes.get("RESTORE", restore.SKUS)),
    )


def cores() -> tuple[int, int]:
    """The broker's (and ours), and the worker's."""
    found = sorted(os.sched_getaffinity(0))
    if len(found) < 2:
        raise SystemExit("two cores are needed: one for the broker, one for the worker")
    return found[0], found[1]


def run_all(
    wanted: Plan, console: Console, kafka: LocalKafka, core: int
) -> tuple[list[Result], restore.Restored | None]:
    results: list[Result] = []
    stamp = int(time.time())
    create_topics(kafka.bootstrap, {engine.LINKS: PARTITIONS, engine.NOTHING: PARTITIONS})
    load_links(kafka.bootstrap, engine.LINKS, SKUS)
    for workload in wanted.workloads:
        topic = f"bench-{workload}"
        with console.status(f"{workload}: loading {wanted.records:,} records"):
            create_topics(kafka.bootstrap, {topic: PARTITIONS})
            expected = load_changes(kafka.bootstrap, topic, changes_of(workload, wanted.records))
        load = Load(workload, topic, wanted.records, expected)
        for turn in range(wanted.rounds):
            for system in wanted.systems:
                name = f"bench-{workload}-{system.name}-{stamp}-{turn}"
                run = Run(kafka.bootstrap, topic, f"{name}-updates", name, FOLDER / "run" / name, FOLDER, core)
                with console.status(f"{workload}, round {turn + 1} of {wanted.rounds}: {system.name}"):
                    result = measure(system, load, run, kafka.pid)
                results.append(result)
                console.print(
                    f"{workload} {turn + 1}/{wanted.rounds} {system.name}: {result.records_per_second:,.0f}/s, "
                    f"CPU {result.cpu_seconds_per_million:.1f} s per million, {result.peak_memory_mb:.0f} MB"
                )
    restored = None
    if wanted.restored_skus and any(system.name == "engine" for system in wanted.systems):
        name = f"bench-restore-{stamp}"
        run = Run(kafka.bootstrap, f"{name}-changes", f"{name}-updates", name, FOLDER / "run" / name, FOLDER, core)
        with console.status(f"restore: {wanted.restored_skus:,} SKUs"):
            restored = restore.measure(run, wanted.restored_skus)
    return results, restored


def main() -> int:
    wanted = plan(dict(os.environ))
    console = Console() if sys.stdout.isatty() else Console(width=120)
    ours, core = cores()
    FOLDER.mkdir(parents=True, exist_ok=True)
    lock = (FOLDER / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SystemExit("another bench is running here") from None
    for system in wanted.systems:
        with console.status(f"building {system.name}"):
            system.build(FOLDER)
    os.sched_setaffinity(0, {each for each in os.sched_getaffinity(0) if each != core})
    shutil.rmtree(FOLDER / "broker", ignore_errors=True)
    kafka = LocalKafka.start(FOLDER / "broker", cpus=(ours,))
    try:
        results, restored = run_all(wanted, console, kafka, core)
    except Wrong as wrong:
        console.print(f"[red]{wrong}", markup=True, highlight=False)
        return 1
    finally:
        kafka.stop()
        shutil.rmtree(FOLDER / "broker", ignore_errors=True)
    found = report.rows(results)
    report.show(console, found, restored)
    report.write(BUILD / "bench.json", found, peer_versions(wanted), restored)
    console.print(f"written: {BUILD / 'bench.json'}")
    return 0


def peer_versions(wanted: Plan) -> dict[str, str]:
    names = {system.name for system in wanted.systems}
    quix = peer_venv.versions() if "quix" in names else {}
    return {**quix, **(java.versions() if "kafka-streams" in names else {})}


if __name__ == "__main__":
    sys.exit(main())
