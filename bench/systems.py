"""The systems that are compared, and how each is started.  A table: one row is one system."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from bench import engine, java, peer_venv
from bench.job import STATE
from bench.system import Prepared, Run, System
from streams.records import stock_update

ROOT = Path(__file__).parents[1]


def _peer_row(key: bytes, value: bytes) -> tuple[str, int]:
    return key.decode(), STATE.unpack(value)[0]


def _quix_row(key: bytes, value: bytes) -> tuple[str, int]:
    return key.split(b"|")[0].decode(), STATE.unpack(value)[0]


def _arguments(run: Run) -> list[str]:
    return [run.bootstrap, run.source, run.target, run.name, str(run.folder)]


def _loop(run: Run) -> Prepared:
    command = [sys.executable, "-m", "bench.peers.loop", *_arguments(run)]
    return Prepared(command, {"PYTHONPATH": str(ROOT)}, f"{run.name}-changelog", (f"{run.name}-changelog",))


def _loop_generated(run: Run) -> Prepared:
    found = _loop(run)
    return replace(found, command=[*found.command, "generated"])


def _faust(run: Run) -> Prepared:
    command = [sys.executable, "-m", "bench.peers.faust_agent", *_arguments(run)]
    return Prepared(command, {"PYTHONPATH": str(ROOT)}, f"{run.name}-stock-changelog")


def _quix(run: Run) -> Prepared:
    command = [str(peer_venv.python(run.build)), "-m", "bench.peers.quix", *_arguments(run)]
    return Prepared(command, {"PYTHONPATH": str(ROOT)}, f"changelog__{run.name}--{run.source}--default")


def _kafka_streams(run: Run) -> Prepared:
    command = [*java.command(run.build), *_arguments(run), stock_update.FINGERPRINT.hex()]
    return Prepared(command, {}, f"{run.name}-stock-changelog")


SYSTEMS = (
    System("engine", "this engine", True, engine.prepare, engine.quantity_of),
    System("faust", "plain Faust agent, rocksdict table", False, _faust, _peer_row),
    System("quix", "Quix Streams", False, _quix, _quix_row, quick=False, build=peer_venv.build),
    System("kafka-streams", "Kafka Streams, exactly once", True, _kafka_streams, _peer_row, False, java.build),
    System("loop", "confluent-kafka loop", False, _loop, _peer_row),
    System("loop-generated", "the loop with our codecs", False, _loop_generated, _peer_row, quick=False),
)
