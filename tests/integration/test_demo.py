"""The demo as a visitor runs it: every promise kept, a table at the end, exit code 0."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster import Cluster


@pytest.mark.timeout(240)
def test_a_short_campaign_keeps_every_promise(kafka: Cluster, tmp_path: Path) -> None:
    run = subprocess.run(
        [
            *(sys.executable, "-m", "streams.cli", "demo"),
            *("--seconds", "20", "--folder", str(tmp_path / "demo")),
        ],
        env={**os.environ, "KAFKA_BOOTSTRAP": kafka.bootstrap, "COLUMNS": "160"},
        capture_output=True,
        text=True,
        timeout=220,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
    table = run.stdout[run.stdout.index("What was measured") :]
    facts = [line.strip("│").split("│") for line in table.splitlines() if line.count("│") == 3]
    value = {name.strip(): figure.strip() for name, figure in facts}
    for source in ("the WMS's topic", "commercetools"):
        assert int(value[f"of these from {source}"].replace(",", "")) > 200, table
    assert int(value["changes of quantity told by notifications"]) > 0, table
    for fact in ("stock changes in", "deltas out", "calls saved", "freshness p99", "oversold by a poller"):
        assert fact in table, table
    assert table.count("kept") == 7 and "BROKEN" not in table, table
