"""How soon a worker with a million SKUs is back, with and without its local state, and the memory it takes.

The state is built by the worker itself, from a claim and a first reading of every SKU.  Then it is stopped and
started on its local state (warm), and stopped and started without it (cold): everything comes from the changelog.
Both times run from the start of the process to ``/ready``.  Memory is the highest seen, also while the state was built.
"""

from __future__ import annotations

import shutil
from typing import NamedTuple

from bench import engine
from bench.load import create_topics, delete_topics, load_changes, load_links, topic_names
from bench.progress import Progress
from bench.system import PARTITIONS, Run
from bench.verify import Reader, check_changelog
from bench.workload import FIRST_READING, Change

SKUS = 1_000_000
QUIET_S = 3.0
LONGEST_S = 60.0


class Restored(NamedTuple):
    """Of one worker with all partitions on one core."""

    skus: int
    build_seconds: float
    """From ready to the last row."""
    warm_seconds: float
    cold_seconds: float
    memory_mb: float
    """Highest of all three lives of the worker."""
    memory_building_mb: float
    memory_restored_mb: float


def measure(run: Run, skus: int) -> Restored:
    """Build, restart warm, restart cold.  ``run.source`` is created and filled here."""
    known = topic_names(run.bootstrap)
    shutil.rmtree(run.folder, ignore_errors=True)
    run.folder.mkdir(parents=True)
    links = f"{run.name}-links"
    try:
        create_topics(run.bootstrap, {run.source: PARTITIONS, links: PARTITIONS})
        load_links(run.bootstrap, links, skus)
        expected = load_changes(
            run.bootstrap, run.source, (Change(number, 100 + number % 400, FIRST_READING) for number in range(skus))
        )
        engine.set_up(run, links)
        built, building_mb = _built(run, links)
        check_changelog(Reader(run.bootstrap, engine.changelog(run), PARTITIONS), engine.quantity_of, expected)
        warm, warm_mb = _started(run, links)
        shutil.rmtree(engine.state_folder(run))
        cold, cold_mb = _started(run, links)
        return Restored(skus, built, warm, cold, max(building_mb, warm_mb, cold_mb), building_mb, cold_mb)
    finally:
        delete_topics(run.bootstrap, topic_names(run.bootstrap) - known)
        shutil.rmtree(run.folder, ignore_errors=True)


def _built(run: Run, links: str) -> tuple[float, float]:
    settings = engine.environment(run, run.source, links)
    process = engine.worker(run, settings)
    progress = Progress(run.bootstrap, engine.changelog(run), PARTITIONS)
    try:
        ready = engine.wait_ready(process, int(settings["TTS_HEALTH_PORT"]))
        progress.until_more(LONGEST_S, process.must_run)
        progress.until_quiet(QUIET_S, process.must_run)
        return progress.seen[-1].at - ready, max(sample.resident_mb for sample in process.samples)
    finally:
        process.stop()
        progress.close()


def _started(run: Run, links: str) -> tuple[float, float]:
    """Seconds from the start of the process to ready, and memory."""
    settings = engine.environment(run, run.source, links)
    process = engine.worker(run, settings)
    try:
        ready = engine.wait_ready(process, int(settings["TTS_HEALTH_PORT"]))
        return ready - process.started_at, max(sample.resident_mb for sample in process.samples)
    finally:
        process.stop()
