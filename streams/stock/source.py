"""How a reading changes what is known of a SKU's channels.

Levels are kept per source and channel, so that a source without authority over a channel never touches the
figure that counts there, and a channel that changes hands is known at once.  Strictly older versions are
dropped channel by channel, and their reading is counted as older: a partial reading says nothing about the
others.  Without versions log order decides; a reading that began earlier than the one before it is then taken
as it is, and orders the earlier reading had covered hold again (``holds.py``).
"""

from streams.market.markets import Markets
from streams.records.sku_stock import ChannelLevel
from streams.records.stock_change import StockChange
from streams.stock.draft import Draft, refusal

QUIET_MS = 30_000
"""While nothing was ever ordered of a SKU, a repeated reading is written down only after so long: its time
matters to imported orders alone, and knowing it a little too early only keeps units held longer."""


def read(draft: Draft, sku: str, change: StockChange, appended_at: int, now: int, markets: Markets) -> None:
    """Apply one reading."""
    source = change.source
    quantities: dict[str, int] = {}
    for channel, quantity in change.levels:
        if quantities.setdefault(channel, quantity) != quantity:
            remedy = "let the source say one quantity per channel; the whole reading was ignored"
            shown = f"{quantities[channel]} and {quantity} in channel {channel!r}"
            draft.results.append(refusal(sku, now, "stock-channel-twice", "levels", shown, remedy, change.trace))
            return
    if change.complete:
        for known_source, channel in draft.levels:
            if known_source == source:
                quantities.setdefault(channel, 0)
        for channel, supply in markets.supply.items():
            if supply.authority == source:
                quantities.setdefault(channel, 0)
    older = False
    for channel, quantity in quantities.items():
        if not _level(draft, channel, quantity, change, appended_at):
            older = True
    if older:
        draft.older += 1


def _level(draft: Draft, channel: str, quantity: int, change: StockChange, appended_at: int) -> bool:
    """Apply one level; False: a later version of it is known."""
    source, read_at, version, until = change.source, change.read_at, change.version, change.orders_until
    old = draft.levels.get((source, channel))
    if old is not None:
        if version is None:
            version = old.version
        elif old.version is not None and version < old.version:
            return False
        if until is None:
            until = old.orders_until
        if is_quiet(old, quantity, read_at, version, until) and not draft.tallies:
            return True
        if read_at < old.read_at or (old.orders_until is not None and until is not None and until < old.orders_until):
            draft.reopen.update(key[0] for key in draft.tallies if key[2] == channel)
    new = ChannelLevel(source, channel, quantity, read_at, version, until)
    if new == old:
        return True
    draft.levels[source, channel] = new
    draft.touched(appended_at, change.trace)
    if old is None or old.quantity != quantity:
        draft.caused(appended_at, change.trace)
    return True


def is_quiet(old: ChannelLevel, quantity: int, read_at: int, version: int | None, until: int | None) -> bool:
    """The reading repeats what is known, soon after."""
    _, _, known, known_read_at, known_version, known_until = old
    return (
        quantity == known
        and version == known_version
        and until == known_until
        and 0 <= read_at - known_read_at < QUIET_MS
    )
