"""From settings and market files to who we are to TikTok Shop."""

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
    return Receiver((app,), shops_of(load_markets(settings.markets_dir)))


def shops_of(markets: Markets) -> Shops:
    """Which shop is which market; one market at most may leave its shop to be guessed."""
    by_id: dict[str, str] = {}
    unnamed: list[str] = []
    for market in markets:
        shop_id = market.shop.shop_id
        if shop_id is None:
            unnamed.append(market.name)
        elif shop_id in by_id:
            raise SettingsProblem(f"markets {by_id[shop_id]} and {market.name} have the same shop.shop_id {shop_id}")
        else:
            by_id[shop_id] = market.name
    if len(unnamed) > 1:
        raise SettingsProblem(
            f"markets {', '.join(unnamed)} name no shop.shop_id: webhooks cannot tell them apart; name all but one"
        )
    return Shops(by_id, unnamed[0] if unnamed else None)
