"""What an adapter names and no market hears: a warning, because it may come later; never an error."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from streams.adapter.heard import unheard
from streams.relay.setup import warn_of_unheard
from streams.settings import Settings
from tests.adapter.builders import adapter
from tests.stock.builders import market, markets, warehouse

HEARD = markets(market(warehouses=[warehouse("w1", "leeds", authority="wms"), warehouse("w2", "york")]))


@pytest.mark.parametrize(
    ("channel", "said"),
    [
        ({"constant": "leeds"}, None),
        ({"constant": "leds"}, "levels.0.channel.constant = 'leds'"),
        ({"path": "site", "values": {"A": "leeds", "B": "york"}}, None),
        ({"path": "site", "values": {"A": "leeds", "B": "Leeds"}}, "levels.0.channel.values.B = 'Leeds'"),
        ({"path": "site"}, None),
        ({"path": "site", "pattern": "^(.)"}, None),
    ],
)
def test_channels_that_the_file_names(channel: Any, said: str | None) -> None:
    found = unheard(adapter(channel=channel), HEARD)
    if said is None:
        assert found == []
    else:
        (warning,) = found
        assert warning.startswith(f"adapter wms: {said}: no market file has this channel. Remedy: ")


def test_its_source() -> None:
    (warning,) = unheard(adapter(source="wsm"), HEARD)
    assert warning.startswith("adapter wms: source = 'wsm': ") and "authority = 'wsm'" in warning
    (warning,) = unheard(adapter(name="wsm"), HEARD)
    assert "adapter wsm: source (the file's name) = 'wsm'" in warning and "did you mean 'wms'" in warning


FILE = """
topic = "wms.stock"
format = "json"
complete = false
sku = { path = "sku" }
[[levels]]
channel = { constant = "leds" }
quantity = { path = "qty" }
"""
MARKET = """
[shop]
region = "GB"
currency = "GBP"
[[warehouses]]
warehouse = "7001"
[[warehouses.channels]]
channel = "leeds"
authority = "wms"
"""


def test_a_relay_that_starts_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "adapters").mkdir()
    (tmp_path / "adapters" / "wms.toml").write_text(FILE)
    settings = Settings(
        kafka_bootstrap="localhost:9092", adapters_dir=tmp_path / "adapters", markets_dir=tmp_path / "markets"
    )
    with caplog.at_level(logging.WARNING):
        warn_of_unheard(settings)
        assert "not compared with the market files" in caplog.text and "Remedy: " in caplog.text
        caplog.clear()
        (tmp_path / "markets").mkdir()
        (tmp_path / "markets" / "uk.toml").write_text(MARKET)
        warn_of_unheard(settings)
        (line,) = caplog.messages
    assert line.startswith("adapter wms: levels.0.channel.constant = 'leds'") and "did you mean 'leeds'" in line
