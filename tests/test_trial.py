"""The rules on a file of changes."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli.try_ import app
from streams.trial import TrialError, tried
from tests.stock.builders import market, markets

STOCK = {"source": "commercetools", "read_at": 1, "levels": [{"channel": "main", "quantity": 50}]}
HOLD = {
    "placed_at": 5,
    "event_at": 5,
    "warehouse": "w1",
    "channel": "main",
    "lines": ["1", "2"],
    "stage": "OPEN",
}


def change(topic: str = "stock-changes", key: str = "A", value: object = STOCK, **more: object) -> dict[str, object]:
    return {"topic": topic, "key": key, "value": value, **more}


def lines(*changes: object) -> str:
    return "\n".join(json.dumps(one) for one in changes)


WORLD = markets(market("uk", buffer={"absolute": 2}))


def test_every_update_is_told_with_its_explanation() -> None:
    told = list(tried(lines(change(timestamp=1000), change("order-holds", "A|uk|O1", HOLD)), "uk", WORLD))
    assert [one["update"]["levels"][0]["sellable"] for one in told] == [48, 46]
    assert told[0]["product"] == "A"
    assert told[0]["update"]["changed_at"] == 1000
    assert told[1]["explanation"] == {"w1": "available 50, holds 2, buffer 2, sent 46"}
    json.dumps(told)


def test_an_array_is_read_too_and_links_are_obeyed() -> None:
    link = {"product": "P7", "claimed_at": 1, "markets": ["uk"]}
    (told,) = tried(json.dumps([change(), change("sku-links", "A", link)]), "uk", WORLD)
    assert told["product"] == "P7"


def test_a_deleted_hold_and_a_refused_reading_are_told() -> None:
    twice = {**STOCK, "levels": [{"channel": "main", "quantity": 1}, {"channel": "main", "quantity": 2}]}
    told = list(tried(lines(change(value=twice), change("order-holds", "A|uk|O1", None)), "uk", WORLD))
    assert [one["result"]["code"] for one in told] == ["stock-channel-twice"]


@pytest.mark.parametrize("topic", ["stock-changes", "sku-links"])
def test_a_sku_whose_orders_could_not_be_held_is_refused(topic: str) -> None:
    with pytest.raises(TrialError, match=r"change 1: key = 'A\|B'.*rename the SKU"):
        list(tried(lines(change(topic, "A|B")), "uk", WORLD))


def test_other_markets_are_left_out() -> None:
    assert list(tried(lines(change("sku-links", "A", {"product": "P", "claimed_at": 1, "markets": ["uk"]}), change()),
                      "de", WORLD)) == []  # fmt: skip


@pytest.mark.parametrize(
    ("text", "field", "remedy"),
    [
        ("{", "line", "one JSON object per line"),
        (lines(change()) + "\n{]", "line", "one JSON object per line"),
        ("[{]", "line", "one JSON object per line"),
        (lines([1]), "change", "topic, key, value"),
        (lines({**change(), "more": 1}), "change", "topic, key, value"),
        (lines(change("prices")), "topic", "stock-changes, sku-links or order-holds"),
        (lines(change(key="")), "key", "write the SKU"),
        (lines(change("order-holds", "A|uk")), "key", "sku|market|order"),
        (lines(change(timestamp="now")), "timestamp", "milliseconds"),
        (lines(change(timestamp=True)), "timestamp", "milliseconds"),
        (lines(change(timestamp=-(10**18))), "timestamp", "milliseconds"),
        ('{"topic": "stock-changes", "key": "\\ud800", "value": null}', "line", "one JSON object per line"),
        (lines(change(value="DEEP")).replace('"DEEP"', "[" * 1010 + "]" * 1010), "value", "what the contract names"),
        ("[" * 5000 + "]" * 5000, "line", "one JSON object per line"),
        ("\n", "line", "one JSON object per line"),
        (lines(change(value={**STOCK, "levels": [{"channel": "main"}]})), "value.levels[0].quantity", "send it"),
        (lines(change(value=None)), "value", "send an object"),
        (lines(change(value={**STOCK, "read_at": 1_767_225_600_000_000_000})), "value.read_at", "milliseconds"),
        (lines(change(value={**STOCK, "read_at": 10**8 + 1}, timestamp=10**6)), "value.read_at", "milliseconds"),
        (lines(change("order-holds", "A|uk|O", {**HOLD, "event_at": 10**18})), "value.event_at", "milliseconds"),
        (
            lines(change(value={**STOCK, "levels": [{"channel": "main", "quantity": -(10**12) - 1}]})),
            "value.levels[0].quantity",
            "1000000000000",
        ),
    ],
)
def test_a_line_that_cannot_be_used_is_named(text: str, field: str, remedy: str) -> None:
    with pytest.raises(TrialError) as caught:
        list(tried(text, "uk", WORLD))
    assert caught.value.field == field
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"source": "wms", "levels": []}, "value.read_at: it is missing. Remedy: send it, it has no default."),
        ({**STOCK, "reed_at": 1}, "value.reed_at = '1': it is not in the contract. Remedy: remove it or correct its"),
        ({**STOCK, "read_at": "now"}, "value.read_at = 'now': it is not a whole number. Remedy: send a number"),
    ],
)
def test_a_broken_contract_is_told_in_a_sentence(value: object, told: str) -> None:
    with pytest.raises(TrialError, match=r"^change 1: " + re.escape(told)):
        list(tried(lines(change(value=value)), "uk", WORLD))


def test_a_byte_order_mark_is_no_part_of_the_file() -> None:
    assert len(list(tried("\ufeff" + lines(change()), "uk", WORLD))) == 1


def test_the_command_prints_one_json_object_per_update(tmp_path: Path) -> None:
    value = {**STOCK, "levels": [{"channel": "uk-main", "quantity": 50}]}
    file = tmp_path / "changes.jsonl"
    file.write_text(lines(change(value=value)))
    folder = str(Path(__file__).parents[1] / "markets")
    done = CliRunner().invoke(app, ["stock", str(file), "--market", "uk", "--markets", folder])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["update"]["sku"] == "A"
    again = CliRunner().invoke(app, ["stock", "-", "--market", "uk", "--markets", folder], input=file.read_text())
    assert again.stdout == done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nowhere.jsonl", "--market", "uk"), "FILE"),
        (("nowhere.jsonl", "--market", "xx"), "--market = 'xx'"),
        (("-", "--market", "uk"), "change 1: topic"),
    ],
)
def test_the_command_names_what_is_wrong(arguments: tuple[str, ...], told: str) -> None:
    folder = str(Path(__file__).parents[1] / "markets")
    done = CliRunner().invoke(app, ["stock", *arguments, "--markets", folder], input=lines(change("prices")))
    assert done.exit_code == 2
    assert told in done.stderr
