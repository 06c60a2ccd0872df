"""What an adapter names that no market hears: its source, and the channels it writes down."""

from collections.abc import Iterable, Iterator

from streams.adapter.model import Adapter, Text
from streams.market.heard import deaf_to_channel, deaf_to_source
from streams.market.markets import Markets


def unheard(adapter: Adapter, markets: Markets) -> list[str]:
    """One warning per name: adapter, field, value, remedy."""
    field = "source" if adapter.source is not None else "source (the file's name)"
    found = [deaf_to_source(markets, field, adapter.authority)]
    for number, level in enumerate(adapter.levels):
        found += [
            deaf_to_channel(markets, f"levels.{number}.channel.{place}", channel)
            for place, channel in _named(level.channel)
        ]
    return [f"adapter {adapter.name}: {one}" for one in dict.fromkeys(found) if one is not None]


def all_unheard(adapters: Iterable[Adapter], markets: Markets) -> Iterator[str]:
    for adapter in adapters:
        yield from unheard(adapter, markets)


def _named(channel: Text) -> Iterator[tuple[str, str]]:
    """Channels the file itself names; others are known when records come."""
    if channel.values is not None:
        for theirs, ours in channel.values.items():
            yield f"values.{theirs}", ours
    elif channel.constant is not None and channel.pattern is None:
        yield "constant", channel.constant
