"""From settings and market files to who we are to TikTok Shop."""

from pathlib import Path

from streams.market.files import load_markets
from streams.market.markets import Markets
from streams.secrets import required
from streams.settings import Settings, SettingsProblem
from streams.webhooks.receive import App, Receiver, Shops


def receiver_of(settings: Settings) -> Receiver:
    """Reads secret and market files; a SettingsProblem or MarketError says what is missing."""
    if not settings.tiktok_app_key:
        raise SettingsProblem("webhooks need TTS_TIKTOK_APP_KEY, the key of your app in Partner Center")
    secret = required("TIKTOK_APP_SECRET", settings.secret("TIKTOK_APP_SECRET"), "verifying webhooks")
    app = App(settings.tiktok_app_key, secret.get_secret_value())
    return Receiver((app,), shops_of(load_markets(settings.markets_dir), settings.markets_dir))


def shops_of(markets: Markets, folder: Path) -> Shops:
    """Which shop is which market; one market at most may leave its shop to be guessed.  ``folder``: of the files."""
    by_id: dict[str, str] = {}
    unnamed: list[str] = []
    for market in markets:
        shop_id = market.shop.shop_id
        if shop_id is None:
            unnamed.append(market.name)
        elif shop_id in by_id:
            raise SettingsProblem(
                f"{_file(folder, by_id[shop_id])} and {_file(folder, market.name)} have the same shop.shop_id = "
                f"{shop_id!r}: webhooks cannot tell the markets apart. Remedy: give each file the id of its own shop"
            )
        else:
            by_id[shop_id] = market.name
    if len(unnamed) > 1:
        files = ", ".join(_file(folder, name) for name in unnamed)
        raise SettingsProblem(
            f"shop.shop_id is missing in {files}: webhooks cannot tell the markets apart. Remedy: set shop.shop_id to "
            "TikTok Shop's id of the shop in all of them but one"
        )
    return Shops(by_id, unnamed[0] if unnamed else None)


def _file(folder: Path, market: str) -> str:
    return str(folder / f"{market}.toml")
