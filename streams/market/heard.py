"""Whether a source's word on a channel matters to any market; a misspelt name is no error, and yet nobody hears it."""

from collections.abc import Iterable
from difflib import get_close_matches

from streams.market.markets import Markets


def deaf_to_source(markets: Markets, field: str, source: str) -> str | None:
    """What is wrong with a source: field, value, remedy; None: nothing."""
    authorities = {supply.authority for supply in markets.supply.values()}
    if source in authorities:
        return None
    remedy = f"correct it, or give channels authority = {source!r} in the market files{_near(source, authorities)}"
    return f"{field} = {source!r}: no channel of any market has it as authority. Remedy: {remedy}."


def deaf_to_channel(markets: Markets, field: str, channel: str) -> str | None:
    """The same for a supply channel's key."""
    if channel in markets.supply:
        return None
    remedy = f"correct it, or name the channel in a market file{_near(channel, markets.supply)}"
    return f"{field} = {channel!r}: no market file has this channel. Remedy: {remedy}."


def deaf_to_level(markets: Markets, field: str, channel: str, source: str) -> str | None:
    """The same for a source's figure of a channel."""
    if channel not in markets.supply or markets.supply[channel].authority == source:
        return deaf_to_channel(markets, field, channel)
    authority = markets.supply[channel].authority
    remedy = f"let the market files say authority = {source!r} for it, or leave it to {authority!r}"
    return (
        f"{field} = {channel!r}: its authority is {authority!r}, what {source!r} says does not count. Remedy: {remedy}."
    )


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), 1)
    return f"; did you mean {near[0]!r}?" if near else ""
