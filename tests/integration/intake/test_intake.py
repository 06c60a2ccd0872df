"""From commercetools to stock-changes on the real broker: notifications, a killed worker, a pass, many SKUs at once."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.records.fetch_hint import FetchHint
from streams.sandbox.commercetools.control import Fault, Line, Order, Place
from tests.cluster import Cluster

from .shop import SECRET, Shop

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def shop(kafka: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    one = Shop(kafka, f"t{uuid.uuid4().hex[:10]}.", tmp_path_factory.mktemp("intake"))
    try:
        one.start("relay", "intake")
        made = one.subscribe()
        assert made.returncode == 0, made.stderr
        yield one
    finally:
        codes = one.end()
    assert SECRET not in one.logs() and "sample-cloud-secret" not in one.logs()
    assert set(codes.values()) == {0}, codes


def test_a_subscription_is_made_once_is_well_and_shows_no_secret(shop: Shop) -> None:
    again = shop.subscribe()
    assert again.returncode == 0, again.stderr
    assert "exists already" in again.stderr and "health: healthy" in again.stderr
    assert "sample-cloud-secret" not in again.stdout + again.stderr and "sample-key" not in again.stdout
    assert json.loads(again.stdout)["status"] == "Healthy"
    assert len(shop.control.see("subscriptions")["subscriptions"]) == 1


def test_a_notification_leads_to_the_stock_of_its_sku_within_a_second_or_so(shop: Shop) -> None:
    shop.control.set_up({"main": {"MUG": 5}, "other": {"MUG": 3}})
    took = []
    for units in (50, 49, 48, 47, 46):
        began = time.monotonic()
        shop.control.change_quantities({"main": {"MUG": units}})
        shop.until_published({"MUG": units})
        took.append(time.monotonic() - began)
    assert sorted(took)[2] < 1.5, took
    change = [change for sku, change in shop.heard.changes if sku == "MUG"][-1]
    assert (change.source, [tuple(level) for level in change.levels], change.complete) == (
        "commercetools",
        [("main", 46)],
        True,
    )


def test_deleted_entries_are_published_as_zero(shop: Shop) -> None:
    shop.control.set_up({"main": {"BOWL": 5}})
    shop.hint("sku:BOWL")
    shop.until_published({"BOWL": 5})
    shop.control.delete_entries(Place(sku="BOWL", supply_channel="main"))
    shop.until_published({"BOWL": 0})


def test_an_order_leads_to_a_reading_of_its_skus_after_stock_has_settled(shop: Shop) -> None:
    shop.control.switch(order_stock_delay_seconds=0.5)
    shop.control.set_up({"main": {"PLATE": 9}})
    shop.control.place(Order(lines=(Line(sku="PLATE", quantity=4, supply_channel="main"),)))
    shop.until_published({"PLATE": 5})
    assert [hint.reason for key, hint in shop.heard.hints if key == "sku:PLATE"] == ["ORDER"]


def test_five_hundred_skus_share_a_few_requests(shop: Shop) -> None:
    skus = {f"MANY-{number:03}": number for number in range(500)}
    shop.control.set_up({"main": skus})
    before = shop.requests()
    shop.publish([(f"sku:{sku}", FetchHint("REQUEST", 1)) for sku in skus])
    shop.until_published(skus)
    assert shop.requests() - before <= 12


def test_a_worker_killed_in_the_middle_of_a_call_loses_nothing(shop: Shop) -> None:
    shop.control.set_up({"main": {"VASE": 8}})
    shop.control.add_faults(Fault(kind="slow", seconds=5, count=1))
    shop.hint("sku:VASE")
    before = shop.requests()
    shop.until(lambda: shop.requests() > before, "the call is under way")
    shop.kill("intake")
    shop.control.clear_faults()
    assert "VASE" not in shop.heard.levels
    shop.start("intake")
    shop.until_published({"VASE": 8})


def test_a_pass_finds_what_notifications_lost_and_says_so(shop: Shop) -> None:
    first = shop.command("sync", "stock", "--json")
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["code"] == "sweep-finished"
    shop.control.switch(notification_loss=1.0)
    shop.control.change_quantities({"main": {"MUG": 13}})
    shop.control.delete_entries(Place(sku="VASE", supply_channel="main"))
    shop.control.switch(notification_loss=0.0)
    time.sleep(
        1.2
    )  # commercetools' clock is known in whole seconds: a reading and a pass within one are not told apart
    second = shop.command("sync", "stock")
    assert second.returncode == 0, second.stderr
    assert "1 known ones were not" in second.stdout and "2 differences found and repaired" in second.stdout
    shop.until_published({"MUG": 13, "VASE": 0})


def test_a_refused_token_is_renewed_once(shop: Shop) -> None:
    shop.control.end_tokens()
    shop.control.change_quantities({"main": {"MUG": 21}})
    shop.until_published({"MUG": 21})


def test_an_outage_delays_and_loses_nothing(shop: Shop) -> None:
    shop.control.add_faults(Fault(kind="over_capacity"), Fault(kind="bad_gateway", probability=0.5))
    shop.control.change_quantities({"main": {"MUG": 22}})
    time.sleep(1)
    shop.control.clear_faults()
    shop.until_published({"MUG": 22})


def test_what_a_notification_would_do_is_printed(shop: Shop, tmp_path: Path) -> None:
    rows = [row for row in shop.control.every("notifications") if "MUG" in json.dumps(row)]
    assert rows
    body = rows[-1].get("body", rows[-1])
    (tmp_path / "one.json").write_text(body if isinstance(body, str) else json.dumps(body))
    printed = shop.command("try", "notification", str(tmp_path / "one.json"), "--at", "1000")
    assert json.loads(printed.stdout)["hints"][0]["key"] in ("sku:MUG",) or "inventory-entry" in printed.stdout
