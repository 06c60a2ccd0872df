"""From a record on stock-changes to the figure in the shop and the result that says why."""

from __future__ import annotations

import time

import orjson
import pytest
from typer.testing import CliRunner

from streams.cli import command
from streams.sandbox.control import Fault, StockMove
from tests.integration.end_to_end.running import Running

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_change_shows_within_seconds_and_the_result_says_why(running: Running) -> None:
    running.on_sale("LAMP", "uk", "de", leeds=20, dover=30, bremen=40)
    began = time.monotonic()
    running.change("LAMP", {"leeds": 9, "dover": 30, "bremen": 40}, trace=TRACE)
    running.until_shown("uk", "LAMP", 7, 28)
    assert time.monotonic() - began < 5
    result = running.until_ended("LAMP", "uk")
    assert (result.status, result.kind, result.product) == ("APPLIED", "stock", "product-LAMP")
    assert "buffer" in result.explanation and "sent 7" in result.explanation
    assert result.changed_at > 0 and result.finished_at - result.changed_at < 5_000
    assert running.shown("de", "LAMP") == [39]


def test_the_trace_of_a_change_is_on_update_and_result(running: Running) -> None:
    running.on_sale("TRACED", "de", bremen=20)
    running.change("TRACED", {"bremen": 10}, trace=TRACE)
    running.until_shown("de", "TRACED", 9)
    running.until(lambda: running.heard.updates("TRACED")[-1].trace == TRACE, "the trace on the update")
    result = running.until(
        lambda: next((one for one in [running.until_ended("TRACED", "de")] if one.trace == TRACE), None),
        "the trace on the result",
    )
    assert result.trace == TRACE


def test_all_skus_of_a_product_travel_in_one_call_with_every_warehouse(running: Running) -> None:
    skus = [f"SHIRT-{size}" for size in ("S", "M", "L", "XL")]
    running.list_product("uk", *skus)
    for sku in skus:
        running.claim(sku, "shirt", "uk")
        running.change(sku, {"leeds": 30, "dover": 30})
    for sku in skus:
        running.until_shown("uk", sku, 28, 28)
        running.until_ended(sku, "uk")
    before = running.calls("uk", "update_inventory")
    for sku in skus:
        running.change(sku, {"leeds": 12, "dover": 30})
    for sku in skus:
        running.until_shown("uk", sku, 10, 28)
        assert [one for one, _ in running.writes("uk", sku)[-2:]] == running.warehouses["uk"]
    assert running.calls("uk", "update_inventory") - before <= 3


def test_plain_json_is_taken_on_stock_changes(running: Running) -> None:
    running.on_sale("JSON", "de", bremen=8)
    value = {"source": "wms", "read_at": 1, "levels": [{"channel": "bremen", "quantity": 5}]}
    running.publish_raw("stock-changes", b"JSON", orjson.dumps(value))
    running.until_shown("de", "JSON", 4)


def test_poison_becomes_a_dead_letter_with_its_bytes_and_the_flow_goes_on(running: Running) -> None:
    running.on_sale("AFTER-POISON", "de", bremen=8)
    poison = b'{"source": "wms", "read_at": "yesterday"}'
    running.publish_raw("stock-changes", b"AFTER-POISON", poison, [("origin", b"\xff\x00erp")])
    running.change("AFTER-POISON", {"bremen": 6})
    running.until_shown("de", "AFTER-POISON", 5)
    letter = running.until(
        lambda: [one for one in running.heard.letters if one.key == b"AFTER-POISON"], "a dead letter"
    )[-1]
    assert letter.value == poison
    assert letter.headers["origin"] == b"\xff\x00erp"
    assert letter.headers["tts.topic"] == running.catalog["stock-changes"].full_name.encode()
    assert letter.headers["tts.code"] and letter.headers["tts.offset"] is not None


def test_a_figure_that_falls_to_zero_overtakes_the_others(running: Running) -> None:
    """While the shop is closed for calls they queue up; when it opens, the SKU that is out goes first."""
    crowd = [f"CROWD-{number:02d}" for number in range(12)]
    for sku in (*crowd, "GONE"):
        running.list_product("de", sku, quantity=50)
        running.claim(sku, f"product-{sku}", "de")
        running.change(sku, {"bremen": 31})
    for sku in (*crowd, "GONE"):
        running.until_shown("de", sku, 30)
        running.until_ended(sku, "de")
    shop = running.shops["de"]
    before = running.metric("deliver", "tts_throttled_total", queue="de")
    running.control.add_faults(Fault(kind="rate_limited", operation="update_inventory", shop_id=shop, count=1))
    running.change(crowd[0], {"bremen": 28})
    running.until(lambda: running.metric("deliver", "tts_throttled_total", queue="de") > before, "too many calls")
    for sku in crowd:
        running.change(sku, {"bremen": 26})
    running.change("GONE", {"bremen": 1})
    for sku in crowd:
        running.until_shown("de", sku, 25)
    running.until_shown("de", "GONE", 0)
    rows = [row["seller_sku"] for row in running.control.see("writes", shop_id=shop)["writes"]]
    order = [sku for sku in rows if sku in {*crowd, "GONE"}][-13:]
    assert order.index("GONE") < 5, order


def test_a_low_figure_is_looked_up_before_it_is_written(running: Running) -> None:
    running.on_sale("SCARCE", "uk", leeds=30, dover=30)
    before = running.calls("uk", "search_inventory")
    running.change("SCARCE", {"leeds": 6, "dover": 30})
    running.until_shown("uk", "SCARCE", 4, 28)
    running.until_ended("SCARCE", "uk")
    assert running.calls("uk", "search_inventory") > before


def test_shadow_publishes_what_it_would_send_and_writes_nothing(running: Running) -> None:
    running.list_product("it", "QUIET", quantity=3)
    running.claim("QUIET", "product-QUIET", "it")
    running.change("QUIET", {"turin": 9})
    planned = running.until_told("QUIET", "PLANNED", "it")
    assert "9" in planned.explanation
    assert running.writes("it", "QUIET") == [] and running.shown("it", "QUIET") == [3]


def test_a_sku_without_a_listing_waits_and_is_adopted_when_it_appears(running: Running) -> None:
    running.claim("LATECOMER", "product-LATECOMER", "de")
    running.change("LATECOMER", {"bremen": 5})
    waiting = running.until_told("LATECOMER", "WAITING", "de")
    assert (waiting.code, waiting.field, waiting.value) == ("sku-not-listed", "seller_sku", "LATECOMER")
    assert waiting.remedy
    running.list_product("de", "LATECOMER")
    running.until_shown("de", "LATECOMER", 4)
    assert running.until_ended("LATECOMER", "de").status == "APPLIED"


def test_inspect_shows_state_and_explanation(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    running.on_sale("INSPECTED", "uk", "de", leeds=10, dover=11, bremen=12)
    for market in ("uk", "de"):
        running.until_ended("INSPECTED", market)
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    shown = CliRunner().invoke(command(["inspect"]), ["inspect", "sku", "INSPECTED", "--json"])
    assert shown.exit_code == 0, shown.output
    found = orjson.loads(shown.stdout)
    assert found["state"]["product"] == "product-INSPECTED"
    assert "buffer" in found["listings"]["uk"]["explanation"]
    assert [level["quantity"] for level in found["listings"]["uk"]["proof"]] == [8, 9]
    table = CliRunner().invoke(command(["inspect"]), ["inspect", "sku", "INSPECTED"])
    assert table.exit_code == 0 and "INSPECTED" in table.output
    nothing = CliRunner().invoke(command(["inspect"]), ["inspect", "sku", "NOBODY"])
    assert nothing.exit_code == 1 and "NOBODY" in nothing.output and "Traceback" not in nothing.output


def test_more_stock_than_before_is_offered_again(running: Running) -> None:
    running.on_sale("REFILLED", "de", bremen=1)
    running.control.move_stock(StockMove(seller_sku="REFILLED", supply_channel="bremen", counted=25))
    running.change("REFILLED", {"bremen": 25})
    running.until_shown("de", "REFILLED", 24)
