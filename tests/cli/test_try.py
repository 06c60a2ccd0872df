"""`streams try`: what would be told, as JSON, without Kafka and network."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

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


ADAPTER = """
topic = "wms.stock"
format = "json"
complete = false
sku = { path = "sku" }
[[levels]]
channel = { path = "site" }
quantity = { path = "qty" }
"""
GOOD = b'{"sku": "MUG", "site": "main", "qty": 5}'


def adapter(tmp_path: Path, data: bytes, *words: str, text: str = ADAPTER) -> Result:
    markets = tmp_path / "markets"
    markets.mkdir()
    (markets / "uk.toml").write_text(MARKET)
    (tmp_path / "wms.toml").write_text(text)
    (tmp_path / "records").write_bytes(data)
    given = ["try", "adapter", str(tmp_path / "records"), "--adapter", "wms", "--adapters", str(tmp_path), *words]
    if "--markets" not in words:
        given += ["--markets", str(markets)]
    return CliRunner().invoke(command(["try"]), given)


def test_a_channel_or_source_that_no_market_knows_is_told(tmp_path: Path) -> None:
    text = 'source = "vms"\n' + ADAPTER.replace('"site"', '"site", values = { main = "leds", north = "leeds" }')
    ended = adapter(tmp_path, GOOD, text=text)
    assert ended.exit_code == 0 and ended.stdout.count("\n") == 1
    first, second = ended.stderr.splitlines()
    for part in ("warning: adapter wms: source = 'vms'", "no channel of any market", "Remedy: ", "did you mean 'wms'"):
        assert part in first
    for part in ("warning: adapter wms: levels.0.channel.values.main = 'leds'", "Remedy: ", "did you mean 'leeds'"):
        assert part in second


def test_readings_that_matter_to_no_market_are_told_once(tmp_path: Path) -> None:
    (tmp_path / "uk.toml").write_text(MARKET + '[[warehouses.channels]]\nchannel = "york"\n')

    def said(source: str, *channels: str) -> dict[str, object]:
        levels = [{"channel": channel, "quantity": 9} for channel in channels]
        return {"topic": "stock-changes", "key": "M", "value": {"source": source, "read_at": 1, "levels": levels}}

    lines = (said("vms", "leeds"), said("wms", "leeds", "leds", "york"), said("wms", "leds"), said("vms", "york"))
    file = tmp_path / "changes.jsonl"
    file.write_bytes(b"\n".join(orjson.dumps({**line, "timestamp": 1_000}) for line in lines))
    words = ["try", "stock", str(file), "--market", "uk", "--markets", str(tmp_path)]
    ended = CliRunner().invoke(command(["try"]), words)
    assert ended.exit_code == 0, ended.output
    starts = (
        "change 1: source = 'vms'",
        "change 2: levels[1].channel = 'leds'",
        "change 2: levels[2].channel = 'york'",
    )
    told = ended.stderr.splitlines()
    assert len(told) == len(starts)
    for line, start in zip(told, starts, strict=True):
        assert line.startswith(f"warning: {start}") and "Remedy: " in line


@pytest.mark.parametrize(
    "bad",
    [b"{no json", b'{"sku": "MUG", "site": "main", "qty": 1e400}', b"\xff\xfe\x00\x01", b'{"sku": "MUG", "qty": 1}'],
)
def test_a_bad_record_is_a_dead_letter_and_hides_no_other(tmp_path: Path, bad: bytes) -> None:
    ended = adapter(tmp_path, b"\n".join((GOOD, bad, b"", GOOD)))
    assert ended.exit_code == 1 and ended.stderr == ""
    told = [orjson.loads(line) for line in ended.stdout.splitlines()]
    assert [one["record"] for one in told] == [1, 2, 3]
    assert ["dead_letter" in one for one in told] == [False, True, False]


def test_a_record_that_is_written_wrongly_is_named_and_hides_no_other(tmp_path: Path) -> None:
    ended = adapter(tmp_path, b"\n".join((GOOD, b'{"value": {}, "timestamp": "x"}', b"!", GOOD)))
    assert ended.exit_code == 2 and "error: record 2: timestamp = 'x'" in ended.stderr
    assert [orjson.loads(line)["record"] for line in ended.stdout.splitlines()] == [1, 3, 4]


@pytest.mark.parametrize("data", [b"[" + GOOD + b",\n" + GOOD + b"]", GOOD + b"\r\n" + GOOD])
def test_lines_and_arrays_are_read(tmp_path: Path, data: bytes) -> None:
    ended = adapter(tmp_path, data)
    assert ended.exit_code == 0 and len(ended.stdout.splitlines()) == 2


def test_one_record_may_stand_on_several_lines(tmp_path: Path) -> None:
    ended = adapter(tmp_path, orjson.dumps(orjson.loads(GOOD), option=orjson.OPT_INDENT_2))
    assert ended.exit_code == 0 and len(ended.stdout.splitlines()) == 1


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    ended = adapter(tmp_path, GOOD, "--adapters", "/nonexistent")
    assert ended.exit_code == 2 and "--adapters = '/nonexistent': there is no such folder" in ended.stderr


def test_a_notification_that_cannot_be_read_ends_the_same_way(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"\xff\xfe")
    ended = CliRunner().invoke(command(["try"]), ["try", "notification", str(tmp_path / "one")])
    assert ended.exit_code == 1 and "undecodable" in ended.stdout


QUANTITY = {
    "notificationType": "Message",
    "projectKey": "pottery-demo",
    "type": "OrderCreated",
    "resource": {"typeId": "order", "id": "o1"},
}


def notification(tmp_path: Path, value: object, monkeypatch: pytest.MonkeyPatch, **settings: str) -> tuple[int, object]:
    monkeypatch.chdir(tmp_path)
    for name, text in settings.items():
        monkeypatch.setenv(f"TTS_COMMERCETOOLS_{name}", text)
    (tmp_path / "one").write_bytes(orjson.dumps(value))
    ended = CliRunner().invoke(command(["try"]), ["try", "notification", str(tmp_path / "one"), "--at", "1000"])
    return ended.exit_code, orjson.loads(ended.stdout)


def test_a_notification_is_taken_as_the_relay_would_take_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, told = notification(tmp_path, QUANTITY, monkeypatch)
    assert code == 0 and isinstance(told, dict) and told["hints"][0]["not_before"] == 13_000
    _, told = notification(tmp_path, QUANTITY, monkeypatch, SETTLE_SECONDS="2.5", PROJECT="pottery-demo")
    assert isinstance(told, dict) and told["hints"][0]["not_before"] == 3_500
    code, told = notification(tmp_path, QUANTITY, monkeypatch, PROJECT="another")
    assert code == 0 and told == {"notification": "order/OrderCreated", "skipped": "other-project"}


def test_a_notification_that_cannot_be_read_names_field_and_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, told = notification(tmp_path, {"Records": [{"body": "{"}]}, monkeypatch)
    assert code == 1 and isinstance(told, dict)
    assert told["poison"] == "undecodable" and told["field"] == "Records[0].body" and "bytes" in told["value"]
    code, told = notification(tmp_path, [1, QUANTITY], monkeypatch)
    assert code == 1 and isinstance(told, dict) and told["hints"] and told["field"] == "[0]"
