"""Shop and listings against the simulator: connected, authorized again, keys changed, changes by hand repaired."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.engine.flow import Due
from streams.flows.shop import sealed_access
from streams.sandbox.control import SkuChange
from streams.tiktok_shop.token_box import TokenBox, new_key
from tests.flows.desk import Desk, at_the_desk


def published(desk: Desk) -> list[int]:
    """Generations told on shop-tokens."""
    return [emit.value.generation for emit in desk.emits if emit.topic == "shop-tokens"]


async def selling(desk: Desk, key: str) -> None:
    """The shop is connected and shows seven."""
    desk.start([key], desk.new_code())
    desk.offer(7)
    await desk.quiet()
    assert desk.quantity() == 7
    desk.calls.clear()


def test_a_quantity_changed_by_hand_is_repaired_by_the_next_pass(tmp_path: Path) -> None:
    async def play(desk: Desk) -> None:
        await selling(desk, new_key())
        desk.control.change_skus(SkuChange(shop_id=desk.shop_id, seller_sku="MUG", quantity=99))
        await desk.quiet()
        assert (desk.calls, desk.quantity()) == ([], 99), "nobody tells us"
        desk.sweep()
        await desk.quiet()
        assert (desk.calls, desk.quantity()) == (["SearchInventory", "UpdateInventory"], 7)
        desk.calls.clear()
        desk.sweep()
        await desk.quiet()
        assert desk.calls == ["SearchInventory"], "what is right is only read"

    at_the_desk(play, tmp_path)


def test_a_listing_planned_in_shadow_is_sent_when_it_goes_live(tmp_path: Path) -> None:
    async def play(desk: Desk) -> None:
        key, code = new_key(), desk.new_code()
        desk.start([key], code, mode="shadow")
        shadow = desk.flows["listing"].fingerprint
        desk.offer(3)
        await desk.quiet()
        assert desk.quantity() == 5
        desk.start([key], code)
        assert desk.flows["listing"].fingerprint != shadow, "the engine looks at every row again"
        desk.sweep()
        await desk.quiet()
        assert desk.quantity() == 3

    at_the_desk(play, tmp_path)


def test_a_shop_is_authorized_again_with_another_code(tmp_path: Path) -> None:
    async def play(desk: Desk) -> None:
        key = new_key()
        await selling(desk, key)
        desk.control.deauthorize(desk.shop_id)
        desk.offer(6)
        await desk.quiet()
        assert desk.quantity() == 7 and "uk" in desk.pressure.open_breakers()
        desk.start([key], desk.new_code())
        desk.offer(6)
        await desk.quiet()
        assert (desk.quantity(), desk.shop.generation, published(desk)) == (6, 2, [1, 2])

    at_the_desk(play, tmp_path)


def test_a_new_consent_opens_the_breaker_without_a_restart(tmp_path: Path) -> None:
    async def play(desk: Desk) -> None:
        await selling(desk, new_key())
        desk.control.deauthorize(desk.shop_id)
        desk.offer(6)
        await desk.quiet()
        desk.pressure.resume("uk")
        assert desk.pressure.open_breakers() == {}

    at_the_desk(play, tmp_path)


def test_the_code_that_was_used_is_not_sent_again_after_a_restart(tmp_path: Path) -> None:
    async def play(desk: Desk) -> None:
        key, code = new_key(), desk.new_code()
        for _ in range(2):
            desk.start([key], code)
            await desk.quiet()
        assert desk.calls == ["CONNECT", "CIPHER"]

    at_the_desk(play, tmp_path)


def test_a_shop_without_tokens_is_told_once_and_so_is_its_return(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def play(desk: Desk) -> None:
        key = new_key()
        desk.start([key], None)
        await desk.quiet()
        desk.rows["shop"]["uk"] = desk.shop._replace(not_before=0)
        desk.tell("shop", "uk", Due())
        await desk.quiet()
        assert desk.calls == ["CONNECT", "CONNECT"]
        desk.callers["shop"]._given = {"uk": desk.new_code()}
        desk.rows["shop"]["uk"] = desk.shop._replace(not_before=0)
        desk.tell("shop", "uk", Due())
        await desk.quiet()

    caplog.set_level("INFO", "streams.flows.shop_caller")
    at_the_desk(play, tmp_path)
    stopped, again = (one.getMessage() for one in caplog.records if one.name == "streams.flows.shop_caller")
    assert "the shop of market uk stops: not-authorized: " in stopped and "Remedy: " in stopped
    assert "TTS_SHOP_UK_AUTH_CODE" in stopped
    assert again == "the shop of market uk has tokens again"


def test_an_old_key_can_go_after_one_refresh(tmp_path: Path) -> None:
    async def play(desk: Desk) -> None:
        old, new = new_key(), new_key()
        await selling(desk, old)
        desk.start([new, old], None)
        desk.rows["shop"]["uk"] = desk.shop._replace(refresh_at=0)
        await desk.quiet()
        assert desk.calls == ["REFRESH"]
        desk.start([new], None)
        desk.offer(4)
        await desk.quiet()
        assert (desk.quantity(), desk.calls) == (4, ["REFRESH", "UpdateInventory"])

    at_the_desk(play, tmp_path)


def test_a_cipher_nobody_can_read_is_asked_for_again_and_no_token_is_refreshed(tmp_path: Path) -> None:
    async def play(desk: Desk) -> None:
        key = new_key()
        await selling(desk, key)
        desk.rows["shop"]["uk"] = desk.shop._replace(shop_cipher=TokenBox([new_key()]).sealed_text("lost"))
        desk.offer(4)
        await desk.quiet()
        assert "CIPHER" in desk.calls and "REFRESH" not in desk.calls
        assert TokenBox([key]).opened_text(desk.shop.shop_cipher) is not None
        assert sealed_access(desk.shop) is not None

    at_the_desk(play, tmp_path)


def test_a_token_nobody_can_read_stops_the_shop_and_says_what_helps(tmp_path: Path) -> None:
    async def play(desk: Desk) -> None:
        await selling(desk, new_key())
        desk.start([new_key()], None)
        desk.offer(4)
        await desk.quiet()
        assert desk.shop.stopped == "token-key" and desk.quantity() == 7
        assert desk.calls.count("REFRESH") == 1

    at_the_desk(play, tmp_path)
