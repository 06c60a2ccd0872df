"""The markets of the stories, as values, and their files."""

from __future__ import annotations

from typing import NamedTuple

WMS = "wms"
"""The merchant's warehouse system: authority of every channel here."""


class Place(NamedTuple):
    """One market."""

    market: str
    region: str
    currency: str
    channels: tuple[str, ...]
    """One warehouse per channel."""
    buffer: int = 0
    mode: str = "live"
    low_water: int = 0
    max_attempts: int = 6
    authorities: tuple[str, ...] = ()
    """Whose word counts, by channel; empty: the warehouse system's."""


UK = Place("uk", "GB", "GBP", ("leeds", "dover"), buffer=2, low_water=5)
DE = Place("de", "DE", "EUR", ("bremen",), buffer=1)
IT = Place("it", "IT", "EUR", ("turin",), mode="shadow")
FR = Place("fr", "FR", "EUR", ("lyon",))
PLACES = (UK, DE, IT, FR)


def market_file(place: Place, shop_id: str, warehouses: list[str]) -> str:
    """Impatient where a market can be: tests wait for what happens, not for schedules."""
    rows = "".join(
        f'\n[[warehouses]]\nwarehouse = "{warehouse}"\n'
        f'\n[[warehouses.channels]]\nchannel = "{channel}"\nauthority = "{source}"\nlogic = "available"\n'
        for warehouse, channel, source in zip(
            warehouses, place.channels, place.authorities or (WMS,) * len(place.channels), strict=True
        )
    )
    return f"""[shop]
region = "{place.region}"
currency = "{place.currency}"
shop_id = "{shop_id}"

[modes]
stock = "{place.mode}"

[stock]
low_water = {place.low_water}
look_again_seconds = 1

[listing]
max_attempts = {place.max_attempts}

[orders]
poll_seconds = 1
margin_seconds = 1
overlap_seconds = 10
watermark_max_age_seconds = 10

[buffer]
absolute = {place.buffer}
{rows}"""
