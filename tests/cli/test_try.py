"""`streams try stock`: what would be told, as JSON, without Kafka and network."""

from __future__ import annotations

from pathlib import Path

import orjson
from typer.testing import CliRunner

from streams.cli import command

MARKET = """
[shop]
region = "GB"
currency = "GBP"

[buffer]
absolute = 2

[[warehouses]]
warehouse = "7001"

[[warehouses.channels]]
channel = "leeds"
authority = "wms"
"""
LINES = (
    {"topic": "sku-links", "key": "MUG", "value": {"product": "p", "claimed_at": 1, "markets": ["uk"]}},
    {
        "topic": "stock-changes",
        "key": "MUG",
        "value": {"source": "wms", "read_at": 1, "levels": [{"channel": "leeds", "quantity": 9}]},
    },
)


def test_updates_are_printed_as_json_with_their_reason(tmp_path: Path) -> None:
    (tmp_path / "uk.toml").write_text(MARKET)
    file = tmp_path / "changes.jsonl"
    file.write_bytes(b"\n".join(orjson.dumps({**line, "timestamp": 1_000}) for line in LINES))
    words = ["try", "stock", str(file), "--market", "uk", "--markets", str(tmp_path)]
    ended = CliRunner().invoke(command(["try"]), words)
    assert ended.exit_code == 0, ended.output
    printed = [orjson.loads(line) for line in ended.stdout.splitlines()]
    assert "buffer" in str(printed[-1]) and "7" in str(printed[-1])
