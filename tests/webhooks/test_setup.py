"""Who we are to TikTok Shop, from settings and market files."""

from pathlib import Path

import pytest

from streams.market.files import load_markets
from streams.market.markets import Markets
from streams.market.model import Channel, Market, Shop, Warehouse
from streams.sandbox import config, control_state
from streams.sandbox.simulator import Simulator
from streams.settings import Settings, SettingsProblem
from streams.shipped import shipped
from streams.webhooks.receive import Shops
from streams.webhooks.setup import receiver_of, shops_of

FOLDER = Path("places")


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
    assert shops_of(markets(uk="1", de=None), FOLDER) == Shops({"1": "uk"}, "de")


def test_two_markets_without_a_shop_cannot_be_told_apart() -> None:
    with pytest.raises(SettingsProblem, match=r"shop\.shop_id is missing in places/de\.toml, places/uk\.toml.*Remedy"):
        shops_of(markets(uk=None, de=None), FOLDER)


def test_two_markets_of_one_shop_are_refused() -> None:
    with pytest.raises(SettingsProblem, match=r"places/de\.toml and places/uk\.toml have the same shop\.shop_id = '1'"):
        shops_of(markets(uk="1", de="1"), FOLDER)


def test_an_app_key_is_needed() -> None:
    with pytest.raises(SettingsProblem, match="TTS_TIKTOK_APP_KEY"):
        receiver_of(Settings(tiktok_app_key=None))


def test_the_example_markets_are_the_example_shops_of_the_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Webhooks of the sandbox find their markets without a change to a file."""
    monkeypatch.setenv("TTS_TIKTOK_APP_SECRET", "secret")
    receiver = receiver_of(Settings(tiktok_app_key="key", markets_dir=shipped("markets")))
    contents = config.read(Path(__file__).parents[2] / "docs/deploy/sandbox.toml")
    simulator = Simulator(tmp_path / "sandbox.sqlite", seed=0)
    config.fill(simulator, contents)
    made = {str(row["id"]): row["region"] for row in control_state.shops(simulator.world, {})["shops"]}
    simulator.close()
    regions = {market.name: market.shop.region for market in load_markets(shipped("markets"))}
    assert {number: regions[market] for number, market in receiver.shops.by_id.items()} == made
    assert receiver.shops.other is None
