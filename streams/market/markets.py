"""All markets together: what their files must agree on, and a fingerprint to notice changes by."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple

from streams.market.errors import MarketError
from streams.market.model import Channel, Market


class Supply(NamedTuple):
    """What all markets agree on about one supply channel."""

    authority: str
    logic: str


class Markets:
    """The markets by name.  A value: never changed after it was made, only replaced by another."""

    def __init__(self, markets: Iterable[Market]) -> None:
        self.by_name: Mapping[str, Market] = {market.name: market for market in sorted(markets, key=lambda m: m.name)}
        self.supply: Mapping[str, Supply] = _supply(self.by_name)
        self.fingerprint: str = _fingerprint(self.by_name.values())
        """Changes whenever a setting of any market changes."""
        self.hash: int = (1 << 40) + int(self.fingerprint[:10], 16)
        """The same for a row of state: as long as a time in milliseconds, which the codec writes fastest."""
        self.cache: dict[str, object] = {}
        """For rules that compile what they need of a market; keyed by rule, derived only from this value."""

    def __iter__(self) -> Iterator[Market]:
        return iter(self.by_name.values())

    def __len__(self) -> int:
        return len(self.by_name)

    def __contains__(self, name: object) -> bool:
        return name in self.by_name

    def __getitem__(self, name: str) -> Market:
        return self.by_name[name]

    def get(self, name: str) -> Market | None:
        return self.by_name.get(name)


def _fingerprint(markets: Iterable[Market]) -> str:
    return sha256("\n".join(market.model_dump_json() for market in markets).encode()).hexdigest()


def _supply(markets: Mapping[str, Market]) -> dict[str, Supply]:
    """Authority and logic per channel; an error where two files disagree or share more than there is."""
    supply: dict[str, Supply] = {}
    said_by: dict[str, str] = {}
    shared: dict[str, Decimal] = {}
    for market in markets.values():
        for place, channel in _channels(market):
            known = supply.setdefault(channel.channel, Supply(channel.authority, channel.logic))
            first = said_by.setdefault(channel.channel, market.name)
            for setting, value, agreed in zip(
                ("authority", "logic"), (channel.authority, channel.logic), known, strict=True
            ):
                if value != agreed:
                    reason = f"{first} says {agreed!r} for channel {channel.channel!r}, but a channel has one {setting}"
                    remedy = f"give channel {channel.channel!r} the same {setting} in every market file"
                    raise MarketError(market.name, f"{place}.{setting}", value, reason, remedy)
            shared[channel.channel] = shared.get(channel.channel, Decimal(0)) + channel.share
            if shared[channel.channel] > 100:
                reason = f"the markets together sell {shared[channel.channel]} % of channel {channel.channel!r}"
                remedy = "lower the shares of the channel until they add up to at most 100"
                raise MarketError(market.name, f"{place}.share", str(channel.share), reason, remedy)
    return supply


def _channels(market: Market) -> Iterator[tuple[str, Channel]]:
    for row, warehouse in enumerate(market.warehouses):
        for column, channel in enumerate(warehouse.channels):
            yield f"warehouses.{row}.channels.{column}", channel
