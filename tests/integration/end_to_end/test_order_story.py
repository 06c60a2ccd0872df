"""Orders in the shop: what they take is never offered again, and nothing is sent because of a hold alone."""

from __future__ import annotations

import pytest

from tests.integration.end_to_end.running import Running, now_ms


@pytest.fixture(scope="module", autouse=True)
def _listed(running: Running) -> None:
    for sku in ("HELD", "CANCELLED"):
        running.on_sale(sku, "de", bremen=20)


def test_an_order_holds_its_units_and_causes_no_push(running: Running) -> None:
    running.until_aged("de", "HELD")
    before = running.writes("de", "HELD")
    order = running.order("de", "HELD", units=2)
    hold = running.until(lambda: running.heard.of("order-holds", f"HELD|de|{order}"), "a hold")[-1]
    assert (len(hold.lines), hold.stage, hold.channel) == (2, "OPEN", "bremen")
    counted = running.until(
        lambda: [one for one in running.heard.updates("HELD") if any(fact.units == 2 for fact in one.facts)],
        "an update that counts the order",
    )
    assert counted[-1].levels[0].holds == 2
    assert running.until_ended("HELD", "de").status == "UNCHANGED"
    assert running.writes("de", "HELD") == before and running.shown("de", "HELD") == [17]


def test_an_order_the_source_has_not_counted_is_subtracted_from_its_figures(running: Running) -> None:
    running.on_sale("UNHEARD", "de", bremen=20)
    order = running.order("de", "UNHEARD", units=3)
    running.until(lambda: running.heard.of("order-holds", f"UNHEARD|de|{order}"), "a hold")
    running.change("UNHEARD", {"bremen": 15})
    running.until_shown("de", "UNHEARD", 15 - 3 - 1)


def test_an_acknowledged_order_is_subtracted_no_more(running: Running) -> None:
    running.on_sale("ACKNOWLEDGED", "de", bremen=20)
    order = running.order("de", "ACKNOWLEDGED", units=3)
    running.until(lambda: running.heard.of("order-holds", f"ACKNOWLEDGED|de|{order}"), "a hold")
    running.change("ACKNOWLEDGED", {"bremen": 15}, heard_of=[order])
    running.until_shown("de", "ACKNOWLEDGED", 14)


def test_a_watermark_past_the_order_frees_its_hold(running: Running) -> None:
    running.on_sale("WATERMARKED", "de", bremen=20)
    order = running.order("de", "WATERMARKED", units=3)
    running.until(lambda: running.heard.of("order-holds", f"WATERMARKED|de|{order}"), "a hold")
    running.change("WATERMARKED", {"bremen": 15}, orders_until=now_ms() + 2_000)
    running.until_shown("de", "WATERMARKED", 14)


def test_a_cancelled_order_gives_its_units_back_and_causes_no_push(running: Running) -> None:
    running.until_aged("de", "CANCELLED")
    before = running.writes("de", "CANCELLED")
    order = running.order("de", "CANCELLED", units=4)
    running.until(lambda: running.heard.of("order-holds", f"CANCELLED|de|{order}"), "a hold")
    running.control.cancel(order)
    running.until(
        lambda: [one for one in running.heard.of("order-holds", f"CANCELLED|de|{order}") if len(one.cancelled) == 4],
        "the cancellation",
    )
    running.until(
        lambda: [one for one in running.heard.updates("CANCELLED") if any(fact.units == -4 for fact in one.facts)],
        "an update that gives the units back",
    )
    running.until_ended("CANCELLED", "de")
    assert running.shown("de", "CANCELLED") == [19] and running.writes("de", "CANCELLED") == before


def test_an_unpaid_order_holds_too(running: Running) -> None:
    running.on_sale("UNPAID", "de", bremen=20)
    order = running.order("de", "UNPAID", units=2, paid=False)
    hold = running.until(lambda: running.heard.of("order-holds", f"UNPAID|de|{order}"), "a hold")[-1]
    assert hold.unpaid
    running.change("UNPAID", {"bremen": 18})
    running.until_shown("de", "UNPAID", 18 - 2 - 1)


def test_orders_are_found_without_webhooks(running: Running) -> None:
    running.on_sale("POLLED", "de", bremen=20)
    running.control.switch(webhook_loss=1.0)
    try:
        order = running.order("de", "POLLED", units=2)
        running.until(lambda: running.heard.of("order-holds", f"POLLED|de|{order}"), "a hold")
    finally:
        running.control.switch(webhook_loss=0.0)
    running.change("POLLED", {"bremen": 12})
    running.until_shown("de", "POLLED", 12 - 2 - 1)
