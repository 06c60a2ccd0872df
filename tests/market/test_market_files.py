"""A market file is right, or its error says what to do."""

from pathlib import Path

import pytest

from streams.market.errors import MarketError
from streams.market.files import load_markets

GOOD = """
[shop]
region = "GB"
currency = "GBP"
[[warehouses]]
warehouse = "w1"
[[warehouses.channels]]
channel = "main"
"""


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text)
    return tmp_path


def refused(tmp_path: Path, **files: str) -> MarketError:
    with pytest.raises(MarketError) as caught:
        load_markets(folder(tmp_path, **files))
    return caught.value


def test_the_examples_of_the_repository_are_right() -> None:
    examples = load_markets(Path(__file__).parents[2] / "markets")
    assert list(examples.by_name) == ["de", "uk"]
    assert examples.supply["de-north"] == ("north-wms", "on_stock")


def test_a_market_is_named_after_its_file(tmp_path: Path) -> None:
    found = load_markets(folder(tmp_path, fr=GOOD))
    assert ([market.name for market in found], len(found), "fr" in found) == (["fr"], 1, True)


def test_any_changed_setting_changes_the_fingerprint(tmp_path: Path) -> None:
    before = load_markets(folder(tmp_path, uk=GOOD))
    after = load_markets(folder(tmp_path, uk=GOOD + "[buffer]\nabsolute = 1\n"))
    assert before.hash != after.hash
    assert after.hash == load_markets(tmp_path).hash


def test_an_unknown_setting_is_refused_and_the_likely_one_named(tmp_path: Path) -> None:
    error = refused(tmp_path, uk=GOOD + "[buffer]\nabsolut = 1\n")
    assert error.setting == "buffer.absolut"
    assert "= 1" in str(error)
    assert "did you mean absolute" in error.remedy


@pytest.mark.parametrize(
    ("text", "setting", "meant"),
    [
        ("shares = 3\n", "warehouses.0.channels.0.shares", "share"),
        ("[buffer.category.shoes]\nabsolut = 1\n", "buffer.category.shoes.absolut", "absolute"),
        ("[stock.dead_band]\nunit = 1\n", "stock.dead_band.unit", "units"),
        ("[bufer]\nabsolute = 1\n", "bufer", "buffer"),
    ],
)
def test_the_likely_setting_is_named_wherever_it_stands(tmp_path: Path, text: str, setting: str, meant: str) -> None:
    error = refused(tmp_path, uk=GOOD + text)
    assert (error.setting, error.remedy.rsplit(" ", 1)[1]) == (setting, meant)


def test_a_value_out_of_range_is_named_with_its_place(tmp_path: Path) -> None:
    error = refused(tmp_path, uk=GOOD + "[buffer]\npercentage = 130\n")
    assert (error.setting, error.value) == ("buffer.percentage", 130)
    assert "less than or equal to 100" in str(error)


def test_a_missing_setting_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path, uk="[shop]\nregion = 'GB'\ncurrency = 'GBP'\n").setting == "warehouses"


def test_a_campaign_needs_an_offset(tmp_path: Path) -> None:
    campaign = "[[buffer.campaigns]]\nname = 'x'\nstarts = 2026-01-01T00:00:00\nends = 2026-01-02T00:00:00Z\n"
    error = refused(tmp_path, uk=GOOD + campaign)
    assert error.setting == "buffer.campaigns.0.starts"
    assert "offset" in error.remedy


def test_a_campaign_does_not_end_before_it_starts(tmp_path: Path) -> None:
    campaign = "[[buffer.campaigns]]\nname = 'x'\nstarts = 2026-01-03T00:00:00Z\nends = 2026-01-02T00:00:00Z\n"
    assert refused(tmp_path, uk=GOOD + campaign).remedy == "let ends be later than starts"


def test_markets_share_no_more_than_there_is(tmp_path: Path) -> None:
    error = refused(tmp_path, uk=GOOD + "share = 60\n", de=GOOD + "share = 60\n")
    assert error.setting == "warehouses.0.channels.0.share"
    assert "120 %" in str(error)


@pytest.mark.parametrize(("setting", "value"), [("authority", "wms"), ("logic", "on_stock")])
def test_a_channel_has_one_authority_and_one_logic(tmp_path: Path, setting: str, value: str) -> None:
    error = refused(tmp_path, de=GOOD + "share = 50\n", uk=GOOD + f"share = 50\n{setting} = '{value}'\n")
    assert error.setting == f"warehouses.0.channels.0.{setting}"
    assert "the same" in error.remedy


def test_salable_channels_do_not_share_a_warehouse_with_others(tmp_path: Path) -> None:
    other = "[[warehouses.channels]]\nchannel = 'other'\nlogic = 'salable'\n"
    assert "two warehouses" in refused(tmp_path, uk=GOOD + other).remedy


def test_a_warehouse_and_a_channel_are_named_once(tmp_path: Path) -> None:
    again = "[[warehouses]]\nwarehouse = 'w1'\n[[warehouses.channels]]\nchannel = 'other'\n"
    assert "once" in refused(tmp_path, uk=GOOD + again).remedy
    assert "once" in refused(tmp_path, uk=GOOD + "[[warehouses.channels]]\nchannel = 'main'\n").remedy


def test_a_dead_band_does_not_reach_below_zero(tmp_path: Path) -> None:
    band = "[stock]\ndead_band = { units = 5, above = 4 }\n"
    assert refused(tmp_path, uk=GOOD + band).remedy == "let above be at least units"


def test_the_file_does_not_repeat_its_name(tmp_path: Path) -> None:
    assert refused(tmp_path, uk="name = 'de'\n" + GOOD).setting == "name"


def test_what_is_not_toml_is_refused(tmp_path: Path) -> None:
    assert "not TOML" in str(refused(tmp_path, uk="[shop"))


def test_an_empty_or_missing_folder_is_refused(tmp_path: Path) -> None:
    assert "no market file" in str(refused(tmp_path))
    with pytest.raises(MarketError, match="no such folder"):
        load_markets(tmp_path / "nowhere")


def test_the_nearest_term_counts(tmp_path: Path) -> None:
    buffer = """
[buffer]
absolute = 3
percentage = 10
[buffer.category.shoes]
absolute = 5
[buffer.sku.A]
percentage = 0
"""
    terms = load_markets(folder(tmp_path, uk=GOOD + buffer))["uk"].buffer.terms
    assert (terms(None, "B").absolute, terms(None, "B").percentage) == (3, 10)
    assert (terms("shoes", "B").absolute, terms("shoes", "A").percentage) == (5, 0)


def test_the_united_kingdom_is_called_as_tiktok_shop_calls_it(tmp_path: Path) -> None:
    found = refused(tmp_path, uk=GOOD.replace('"GB"', '"UK"'))
    assert (found.setting, found.value, found.remedy) == ("shop.region", "UK", "write GB")
