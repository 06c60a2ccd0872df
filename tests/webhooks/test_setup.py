"""Who we are to TikTok Shop, from settings and market files."""

import pytest

from streams.market.markets import Markets
from streams.market.model import Channel, Market, Shop, Warehouse
from streams.settings import Settings, SettingsProblem
from streams.webhooks.receive import Shops
from streams.webhooks.setup import receiver_of, shops_of


def markets(**shop_ids: str | None) -> Markets:
    return Markets(
        Market(
            name=name,
            shop=Shop(region="GB", currency="GBP", shop_id=shop_id),
            warehouses=(Warehouse(warehouse=f"70{at}", channels=(Channel(channel=name),)),),
        )
        for at, (name, shop_id) in enumerate(shop_ids.items())
    )


def test_shops_are_known_by_their_ids_and_one_may_be_left_out() -> None:
    assert shops_of(markets(uk="1", de=None)) == Shops({"1": "uk"}, "de")


def test_two_markets_without_a_shop_cannot_be_told_apart() -> None:
    with pytest.raises(SettingsProblem, match="de, uk"):
        shops_of(markets(uk=None, de=None))


def test_two_markets_of_one_shop_are_refused() -> None:
    with pytest.raises(SettingsProblem, match="same"):
        shops_of(markets(uk="1", de="1"))


def test_an_app_key_is_needed() -> None:
    with pytest.raises(SettingsProblem, match="TTS_TIKTOK_APP_KEY"):
        receiver_of(Settings(tiktok_app_key=None))
