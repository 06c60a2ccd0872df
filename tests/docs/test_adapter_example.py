"""The example of adapters.md does what the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path

from typer.testing import CliRunner

from streams.cli.try_ import app

PAGE = (Path(__file__).parents[2] / "docs" / "adapters.md").read_text(encoding="utf-8")


def test_the_example_makes_what_the_page_shows(tmp_path: Path) -> None:
    records, told = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (adapter,) = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "warehouse.toml").write_text(adapter, encoding="utf-8")
    (tmp_path / "records.json").write_text(records, encoding="utf-8")
    words = ["adapter", str(tmp_path / "records.json"), "--adapter", "warehouse", "--adapters", str(tmp_path)]
    ran = CliRunner().invoke(app, words)
    assert ran.exit_code == 1, ran.output  # its last record would be a dead letter
    assert [json.loads(line) for line in ran.stdout.splitlines()] == [json.loads(line) for line in told.splitlines()]
    assert "source (the file's name) = 'warehouse': no channel of any market" in ran.stderr
