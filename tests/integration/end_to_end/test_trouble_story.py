"""What TikTok Shop refuses, loses or spoils: right in the end, told to people, and nobody else pays for it."""

from __future__ import annotations

from typing import Final

from streams.sandbox.control import Fault
from streams.sandbox.faults import Kind
from tests.integration.end_to_end.running import Running

KINDS: Final[tuple[Kind, ...]] = ("internal_error", "bad_gateway")


def test_too_many_calls_slow_the_shop_down_and_cost_no_attempt(running: Running) -> None:
    skus = [f"STORM-{number}" for number in range(6)]
    for sku in skus:
        running.on_sale(sku, "de", bremen=20)
    labels = {"queue": "de", "operation": "update_inventory"}
    calm = running.metric("deliver", "tts_call_rate", **labels)
    shop = running.shops["de"]
    running.control.add_faults(Fault(kind="rate_limited", operation="update_inventory", shop_id=shop, count=3))
    for sku in skus:
        running.change(sku, {"bremen": 15})
    running.until(
        lambda: running.metric("deliver", "tts_call_rate", **labels) <= calm / 2 + 0.01, "the limiter at half its rate"
    )
    for sku in skus:
        running.until_shown("de", sku, 14)
        result = running.until_ended(sku, "de")
        assert (result.status, result.attempts) == ("APPLIED", 0)
    assert running.metric("deliver", "tts_throttled_total", queue="de") >= 3

    slowed = running.metric("deliver", "tts_call_rate", **labels)
    units = 12

    def recovers() -> bool:
        nonlocal units
        units = 30 - units
        for sku in skus:
            running.change(sku, {"bremen": units})
        for sku in skus:
            running.until_shown("de", sku, units - 1)
        return running.metric("deliver", "tts_call_rate", **labels) > slowed

    running.until(recovers, "a limiter that recovers")


def test_an_answer_lost_after_applying_is_read_back(running: Running) -> None:
    running.on_sale("LOST-ANSWER", "de", bremen=20)
    shop = running.shops["de"]
    looked = running.calls("de", "search_inventory")
    running.control.add_faults(
        Fault(kind="timeout_after", operation="update_inventory", shop_id=shop, count=1, seconds=3)
    )
    running.change("LOST-ANSWER", {"bremen": 11})
    running.until_shown("de", "LOST-ANSWER", 10)
    running.until(lambda: any(one.levels[0].sellable == 10 for one in running.heard.updates("LOST-ANSWER")), "it")
    result = running.until_ended("LOST-ANSWER", "de")
    assert result.status in ("APPLIED", "UNCHANGED") and running.shown("de", "LOST-ANSWER") == [10]
    assert running.calls("de", "search_inventory") > looked
    assert any(key.endswith("product-LOST-ANSWER") for key, _ in running.heard.records["sync-retries"])


def test_server_errors_end_well(running: Running) -> None:
    running.on_sale("SHAKY", "de", bremen=20)
    shop = running.shops["de"]
    for kind in KINDS:
        running.control.add_faults(Fault(kind=kind, operation="update_inventory", shop_id=shop, count=1))
    running.change("SHAKY", {"bremen": 9})
    running.until_shown("de", "SHAKY", 8)
    assert running.until_ended("SHAKY", "de").status in ("APPLIED", "UNCHANGED")


def test_a_spoiling_sku_is_isolated_and_named(running: Running) -> None:
    skus = ["GOOD-1", "BAD", "GOOD-2"]
    running.list_product("de", *skus)
    for sku in skus:
        running.claim(sku, "mixed", "de")
        running.change(sku, {"bremen": 11})
    for sku in skus:
        running.until_shown("de", sku, 10)
        running.until_ended(sku, "de")
    running.control.add_faults(
        Fault(kind="partial_failure", operation="update_inventory", seller_sku="BAD", code=12052097)
    )
    for sku in skus:
        running.change(sku, {"bremen": 6})
    running.until_shown("de", "GOOD-1", 5)
    running.until_shown("de", "GOOD-2", 5)
    refused = running.until_told("BAD", "REJECTED", "de")
    assert refused.code and refused.field and refused.value and refused.remedy
    assert running.shown("de", "BAD") == [10]
    running.control.clear_faults()
    running.change("BAD", {"bremen": 7})
    running.until_shown("de", "BAD", 6)


def test_a_refused_decrease_tells_how_many_units_are_exposed(running: Running) -> None:
    running.on_sale("PROMOTED", "de", bremen=20)
    running.until_ended("PROMOTED", "de")
    running.control.add_faults(Fault(kind="refused_decrease", operation="update_inventory", seller_sku="PROMOTED"))
    running.change("PROMOTED", {"bremen": 9})
    exposed = running.until_told("PROMOTED", "EXPOSED", "de")
    assert exposed.code == "12052393" and exposed.remedy
    assert "11" in f"{exposed.value} {exposed.explanation}"
    assert running.shown("de", "PROMOTED") == [19]
    running.control.clear_faults()
    running.until_shown("de", "PROMOTED", 8)


def test_tokens_are_refreshed_before_they_end(running: Running) -> None:
    """They live six seconds here, and every story before and after this one goes on."""
    tokens = running.until(
        lambda: [one for one in running.heard.of("shop-tokens", "uk") if one.generation >= 3], "a third generation"
    )
    running.control.switch(access_token_seconds=604_800)
    assert all(b"TTP" not in one.ciphertext for one in tokens)
    running.on_sale("REFRESHED", "uk", leeds=20, dover=20)


def test_a_new_cipher_is_fetched(running: Running) -> None:
    running.on_sale("CIPHERED", "uk", leeds=20, dover=20)
    running.control.new_cipher(running.shops["uk"])
    running.change("CIPHERED", {"leeds": 12, "dover": 20})
    running.until_shown("uk", "CIPHERED", 10, 18)


def test_a_revoked_consent_stops_one_shop_and_no_other(running: Running) -> None:
    running.on_sale("REVOKED", "fr", lyon=20)
    running.on_sale("UNAFFECTED", "de", bremen=20)
    running.control.deauthorize(running.shops["fr"])
    running.change("REVOKED", {"lyon": 9})
    running.change("UNAFFECTED", {"bremen": 9})
    running.until_shown("de", "UNAFFECTED", 8)
    stopped = running.until(
        lambda: [one for one in running.heard.of("sync-results", "fr") if one.remedy and one.kind in ("shop", "order")],
        "a result that says why the shop stopped",
    )[-1]
    assert stopped.code and stopped.market == "fr"
    assert running.shown("fr", "REVOKED") == [20]
    assert not running.heard.results("REVOKED", "REJECTED", "DEAD")
    assert running.processes["deliver"].code() is None
