"""Invented people and places: names of nobody, streets of nowhere, telephone numbers kept free for fiction.

Who buys follows from the order's number, so that the same history always shows the same people.
"""

from dataclasses import dataclass

from streams.sandbox.wire import Json

FIRST_NAMES = ("Robin", "Kim", "Alex", "Noor", "Sam", "Jo", "Charlie", "Mika", "Toni", "Sascha", "Lou")
LAST_NAMES = ("Example", "Sample", "Placeholder", "Specimen", "Fiction", "Muster", "Imaginary")


@dataclass(frozen=True, slots=True)
class Place:
    """A town per region; `number` has room for the last three digits."""

    country: str
    town: str
    postal_code: str
    street: str
    phone: str


PLACES: dict[str, Place] = {
    "GB": Place("United Kingdom", "Sampleton", "ZZ9 9ZZ", "Sample Street", "(+44)7700900{:03d}"),
    "DE": Place("Deutschland", "Musterstadt", "00000", "Musterweg", "(+49)3023125{:03d}"),
    "FR": Place("France", "Exempleville", "00000", "Rue de l'Exemple", "(+33)199000{:03d}"),
    "IT": Place("Italia", "Esempio", "00000", "Via Esempio", "(+39)0000000{:03d}"),
    "ES": Place("España", "Ejemplo", "00000", "Calle Ejemplo", "(+34)000000{:03d}"),
    "IE": Place("Ireland", "Samplebridge", "A00 A000", "Sample Road", "(+353)2091{:03d}"),
    "US": Place("United States", "Sampleville", "00000", "Example Avenue", "(+1)2025550{:03d}"),
}
NOWHERE = Place("Nowhere", "Sampleton", "00000", "Sample Street", "(+00)0000000{:03d}")
EMPTY = (
    "name",
    "first_name",
    "last_name",
    "phone_number",
    "region_code",
    "postal_code",
    "post_town",
    "address_detail",
    "address_line1",
    "address_line2",
    "address_line3",
    "address_line4",
    "full_address",
)


def no_address() -> Json:
    """Before an order may be fulfilled its recipient is not told."""
    return {**dict.fromkeys(EMPTY, ""), "district_info": [], "delivery_preferences": {}}


def address(region: str, number: int) -> Json:
    """The recipient of the order with this number."""
    place = PLACES.get(region, NOWHERE)
    first, last = FIRST_NAMES[number % len(FIRST_NAMES)], LAST_NAMES[number % len(LAST_NAMES)]
    flat, street = f"Flat {number % 40 + 1}", f"{number % 180 + 1} {place.street}"
    return {
        "name": f"{first} {last}",
        "first_name": first,
        "last_name": last,
        "phone_number": place.phone.format(100 + number % 100),
        "region_code": region,
        "postal_code": place.postal_code,
        "post_town": place.town,
        "address_detail": f"{flat}, {street}",
        "address_line1": flat,
        "address_line2": street,
        "address_line3": "",
        "address_line4": "",
        "full_address": f"{flat}, {street}, {place.town}, {place.postal_code}, {place.country}",
        "district_info": [
            {"address_level": "L0", "address_level_name": "Country", "address_name": place.country, "iso_code": region},
            {"address_level": "L1", "address_level_name": "Town", "address_name": place.town, "iso_code": ""},
        ],
        "delivery_preferences": {"drop_off_location": ""},
    }


def masked(given: Json) -> Json:
    """As platform-shipped orders show it: region and town readable, the person not."""
    hidden = ("name", "first_name", "last_name", "address_detail", "address_line1", "address_line2", "full_address")
    phone = given["phone_number"]
    return {
        **given,
        **{name: _stars(given[name]) for name in hidden},
        "phone_number": phone[: phone.index(")") + 1] + "*" * 7 + phone[-2:],
    }


def warehouse_address(region: str) -> Json:
    """Where a shop keeps its goods; `distict` is the platform's own spelling."""
    place = PLACES.get(region, NOWHERE)
    return {
        "region": place.country,
        "region_code": region,
        "state": "",
        "city": place.town,
        "distict": "",
        "town": "",
        "contact_person": "Dana Fiction",
        "postal_code": place.postal_code,
        "full_address": f"1 {place.street}, {place.town}, {place.postal_code}",
        "phone_number": place.phone.format(0),
        "address_line1": f"1 {place.street}",
        "address_line2": "",
        "geolocation": {"latitude": "0", "longitude": "0"},
    }


def _stars(text: str) -> str:
    return text[:1] + "*" * 5 if text else ""
