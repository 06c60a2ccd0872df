"""What raises an alarm about the source: stopped, unknown channels, passes, the Subscription's health."""

from __future__ import annotations

import pytest

from streams.commercetools.told import told
from streams.flows.channel_book import ChannelBook
from streams.flows.source_alarms import SourceAlarms
from streams.market.markets import Markets
from streams.outcome import ShopStopped
from streams.records.source_health import SourceHealth
from streams.records.sweep import Sweep, SweepReport
from streams.sandbox.commercetools.fake import Commercetools
from streams.source import sweep

from .intake_desk import Desk, Looking, Rows, at_the_desk, market


def test_alarms_say_what_is_wrong_and_how_old_the_last_pass_is() -> None:
    async def play(desk: Desk) -> None:
        desk.tables["sweep"] = Rows(
            {sweep.KEY: Sweep(finished_at=desk.now - 5_000, reports=(SweepReport(0, 9, 1, 7, 0, 3, 0),))}
        )
        desk.tables["source_health"] = Rows({"health:one": SourceHealth("stopped", 1, 1)})
        book = ChannelBook(desk.client, {"main": "available", "mian": "available"})
        await book.channels()
        desk.client.stop(ShopStopped("invalid_client", "no", "mend it"))
        alarms = SourceAlarms(lambda: {0: Looking(desk.tables, desk.now)}, desk.client, book, "one", lambda: desk.now)  # type: ignore[dict-item]
        found = {
            (sample.name, *sample.labels.values()): sample.value
            for family in alarms.collect()
            for sample in family.samples
        }
        assert found["tts_source_stopped", "invalid_client"] == 1
        assert found["tts_source_channel_unknown", "mian"] == 1
        assert found["tts_sweep_age_seconds",] == 5
        assert (found["tts_sweep_found", "repaired"], found["tts_sweep_found", "missing"]) == (3, 1)
        assert found["tts_subscription_status", "stopped"] == 1 and found["tts_subscription_status", "healthy"] == 0
        assert found["tts_source_requests_total",] == 1
        assert found["tts_subscription_watched",] == 1

    at_the_desk(play)


def test_a_subscription_that_nobody_watches_is_told(caplog: pytest.LogCaptureFixture) -> None:
    async def play(desk: Desk) -> None:
        (said,) = (one.getMessage() for one in caplog.records if one.levelname == "WARNING")
        assert "TTS_COMMERCETOOLS_SUBSCRIPTION_ID is not set" in said and "GET /sandbox/subscriptions" in said
        alarms = SourceAlarms(
            lambda: {}, desk.client, ChannelBook(desk.client, {"main": "available"}), None, lambda: desk.now
        )
        found = {sample.name: sample.value for family in alarms.collect() for sample in family.samples}
        assert found["tts_subscription_watched"] == 0 and "tts_subscription_status" not in found
        caplog.clear()
        Desk(Commercetools(), Markets([market("main")]), commercetools_subscription_id="one")
        assert not caplog.records

    at_the_desk(play)


def test_what_notifications_would_do_is_told_one_by_one() -> None:
    one = b'{"notificationType": "ResourceUpdated", "resource": {"typeId": "inventory-entry", "id": "7"}, "version": 2}'
    skipped = b'{"notificationType": "ResourceCreated", "resource": {"typeId": "subscription", "id": "7"}}'
    hinted = {
        "notification": "inventory-entry/ResourceUpdated",
        "hints": [{"key": "inventory-entry:7", "reason": "NOTIFICATION", "noticed_at": 5, "resource_version": 2}],
    }
    assert list(told(one, 5)) == [hinted]
    rest = [{"notification": "subscription/ResourceCreated", "skipped": "test-notification"}]
    assert list(told(one + b"\n\n" + skipped, 5)) == [hinted, *rest]
    ((bad),) = told(b"what?", 5)
    assert bad["poison"] == "undecodable" and bad["remedy"]
