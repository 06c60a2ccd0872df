"""A pass reaches every row once, in portions, and its cursor survives restarts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from streams.engine.positions import Positions
from streams.engine.settings import EngineSettings
from streams.engine.sweep import begin_sweeps, next_portion, request_sweep
from tests.engine.flows import alarm_flow, ledger_flow
from tests.engine.partitions import Bench

SETTINGS = EngineSettings("group", "changelog", "id", Path("/nowhere"), sweep_portion=4)
LEDGER = ledger_flow("new")
FLOWS = (LEDGER, alarm_flow())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    found = Bench(tmp_path, FLOWS)
    found.step(*(found.batch("items", (b"k%02d" % number, {"n": 1})) for number in range(10)))
    yield found
    found.close()


def portion(bench: Bench, positions: Positions, now: int = 0) -> list[bytes]:
    found = next_portion(positions, FLOWS, bench.store, bench.stepper, now, SETTINGS)
    return [entity for _, entity, _ in found]


def whole_pass(bench: Bench, positions: Positions) -> list[bytes]:
    """All that is swept when the worker is started again after every portion."""
    seen: list[bytes] = []
    while found := portion(bench, positions):
        seen += found
        positions = Positions.decode(positions.encode())
        begin_sweeps(positions, FLOWS, 0)
    assert not positions.sweeps["ledger"].active
    return seen


def test_a_first_start_sweeps_nothing(bench: Bench) -> None:
    positions = Positions()
    begin_sweeps(positions, FLOWS, 5)
    assert portion(bench, positions) == []


def test_another_fingerprint_sweeps_every_row_once(bench: Bench) -> None:
    positions = Positions()
    begin_sweeps(positions, (ledger_flow("old"), FLOWS[1]), 5)
    begin_sweeps(positions, FLOWS, 6)
    assert whole_pass(bench, positions) == [b"k%02d" % number for number in range(10)]


def test_a_pass_that_is_changed_again_begins_again(bench: Bench) -> None:
    positions = Positions()
    begin_sweeps(positions, (ledger_flow("old"), FLOWS[1]), 5)
    begin_sweeps(positions, FLOWS, 6)
    portion(bench, positions)
    begin_sweeps(positions, (ledger_flow("newest"), FLOWS[1]), 7)
    assert portion(bench, positions)[0] == b"k00"


def test_on_schedule(bench: Bench) -> None:
    flows = (replace(LEDGER, sweep_every_ms=100), FLOWS[1])
    positions = Positions()
    begin_sweeps(positions, flows, 1_000)
    assert next_portion(positions, flows, bench.store, bench.stepper, 1_050, SETTINGS) == []
    assert len(next_portion(positions, flows, bench.store, bench.stepper, 1_100, SETTINGS)) == 4


def test_on_demand(bench: Bench) -> None:
    positions = Positions()
    begin_sweeps(positions, FLOWS, 0)
    request_sweep(positions, LEDGER)
    assert len(whole_pass(bench, positions)) == 10
