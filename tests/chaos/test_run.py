"""A small run under real faults, and what counts as one that has passed."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import orjson
import pytest
from rich.console import Console

from tests.chaos.faults import drawn
from tests.chaos.judge import CHECKS, Finding
from tests.chaos.run import Run, run
from tests.chaos.strikes import Struck
from tests.chaos.system import STAGE

FAULTS = 9


@pytest.mark.kafka
@pytest.mark.chaos
def test_the_system_keeps_its_promises_under_faults(tmp_path: Path) -> None:
    seed = int(os.environ.get("CHAOS_SEED", random.SystemRandom().randrange(1_000_000)))
    code = run(FAULTS, seed, tmp_path / "run", tmp_path / "chaos.json", Console(width=140))
    told = orjson.loads((tmp_path / "chaos.json").read_bytes())
    assert told["verdict"] == dict.fromkeys(CHECKS, 0), f"SEED={seed}"
    assert told["failures"] == [] and code == 0, f"SEED={seed}"
    assert (told["faults"], told["seed"]) == (FAULTS, seed)


def finished(tmp_path: Path, **more: Any) -> Run:
    one = Run(3, 1, tmp_path, Console(quiet=True))
    one.struck = [Struck(1.0, fault, "") for fault in drawn(1, 3, STAGE)]
    one.findings = {name: [] for name in CHECKS}
    for name, value in more.items():
        setattr(one, name, value)
    return one


def test_zeros_alone_pass(tmp_path: Path) -> None:
    assert finished(tmp_path).exit_code == 0


@pytest.mark.parametrize("name", CHECKS)
def test_one_finding_fails_a_run(tmp_path: Path, name: str) -> None:
    assert finished(tmp_path, findings={**{one: [] for one in CHECKS}, name: [Finding("wrong")]}).exit_code == 1


@pytest.mark.parametrize(
    "more",
    [
        {"failures": ["not quiet after 300 s"]},
        {"findings": None},
        {"findings": {}},
        {"struck": []},
    ],
    ids=["never quiet", "not judged", "nothing judged", "faults missing"],
)
def test_a_run_that_was_not_finished_never_passes(tmp_path: Path, more: dict[str, Any]) -> None:
    assert finished(tmp_path, **more).exit_code == 1


def test_a_run_that_breaks_is_a_failure_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError("no room on the disk")

    monkeypatch.setattr("tests.chaos.run.System", broken)
    assert run(1, 2, tmp_path / "run", tmp_path / "chaos.json", Console(quiet=True)) == 1
    told = orjson.loads((tmp_path / "chaos.json").read_bytes())
    assert told["verdict"] is None and "no room on the disk" in told["failures"][0]
