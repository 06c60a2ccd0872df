"""The same decision for the most frequent shape, in a fraction of the time.

Readings of one channel, for a SKU sold in one market from one warehouse that has the channel to itself, with no hold
that could leave.  Everything else, and every doubt, is left to ``decide.py``; a property test holds the two against
each other.  Rows are taken apart in one go and built with ``tuple.__new__``: reading fields by name and calling
classes would cost more than the rule.
"""

from collections.abc import Sequence
from typing import Final

from streams.market.markets import Markets
from streams.records.sku_stock import ChannelLevel, OfferedGross, OrderTally, SkuStock
from streams.records.stock_update import OfferedLevel, StockUpdate
from streams.stock.buffer import held_back
from streams.stock.inputs import Input, Reading
from streams.stock.plan import FOREVER, Grounds, Single
from streams.stock.sellable import LIMIT
from streams.stock.source import QUIET_MS

_new: Final = tuple.__new__
_READING: Final = Reading
_CHANNEL_LEVEL: Final = ChannelLevel
_OFFERED_LEVEL: Final = OfferedLevel
_OFFERED_GROSS: Final = OfferedGross
_STOCK_UPDATE: Final = StockUpdate
_SKU_STOCK: Final = SkuStock

Quick = tuple[SkuStock | None, tuple[tuple[str, str, StockUpdate], ...], int | None]
"""State (None: ask the general rule), updates, wake."""
_Read = tuple[ChannelLevel | None, int, str | None]
"""The only channel after the readings (None: something else happened, or a hold could leave); Kafka's time of the first
reading that changed the quantity, else of the first that changed anything (-1: none did); its trace."""
_NOT_QUICK: Final[Quick] = (None, (), None)
_NOT_READ: Final[_Read] = (None, -1, None)


def quick(
    sku: str, state: SkuStock, inputs: Sequence[Input], now: int, markets: Markets, grounds: Grounds
) -> Quick:
    """The decision on some readings."""
    product, claimed_at, category, sold_in, levels, tallies, sold, offered, sequence, forget_at, markets_hash = state
    if (
        not inputs
        or markets_hash != markets.hash
        or product is None
        or sold
        or len(levels) > 1
        or len(offered) != len(levels)
        or len(tallies) > len(levels)
        or (forget_at is not None and forget_at <= now)
    ):
        return _NOT_QUICK
    plan = grounds.plans.get(
        (
            sold_in,
            category if category in grounds.own_categories else None,
            sku if sku in grounds.own_terms else "",
        )
    )
    if plan is None:
        return _NOT_QUICK
    since, until, _, single, alone = plan
    if single is None or not since <= now < until:
        return _NOT_QUICK
    market, warehouse, channel, _, buffer, absolute, percentage, cap, low_water, band, above = single

    net = committed = holds = 0
    if tallies:
        held_market, held_warehouse, held_channel, net, committed, holds, _, _ = tallies[0]
        if held_market != market or held_warehouse != warehouse or held_channel != channel:
            return _NOT_QUICK
    level, read_at, trace = _read(inputs, levels, tallies, single, alone)
    if level is None:
        return _NOT_QUICK
    wake = None if until == FOREVER else until
    if forget_at is not None and (wake is None or forget_at < wake):
        wake = forget_at
    if read_at < 0:
        if since == 0 and until == FOREVER:
            return state, (), wake
        read_at, trace = now, None
    quantity = level[2]

    # the formula (buffer.py, sellable.py)
    if percentage < 0:
        back, term = held_back(buffer, quantity, 0)
    else:
        back, term = absolute, "absolute"
        if percentage and quantity > 0:
            part = -(-quantity * percentage // 10_000)
            if part > back:
                back, term = part, "percentage"
        if not back:
            term = "none"
    units = quantity - back
    if units > cap:
        units = cap
    units -= holds
    if units < 0:
        units = 0
    gross = units + net

    # the update (gross.py)
    updates: tuple[tuple[str, str, StockUpdate], ...] = ()
    send = True
    if offered:
        offered_market, offered_warehouse, offered_gross = offered[0]
        if offered_market != market or offered_warehouse != warehouse:
            return _NOT_QUICK
        step = gross - offered_gross
        send = step != 0 and not (-band <= step <= band and units > above and units - step > above)
    if send:
        sequence = now if now > sequence else sequence + 1
        lane = "FIRST" if units <= low_water else "STOCK"
        said = _new(_OFFERED_LEVEL, (warehouse, gross, net, committed, units, quantity, holds, back, term))
        update = _new(_STOCK_UPDATE, (sku, sequence, read_at, lane, (said,), (), low_water, False, trace))
        updates = ((market, product, update),)
        offered = (_new(_OFFERED_GROSS, (market, warehouse, gross)),)
    elif level == levels[0]:
        return state, (), wake
    row: SkuStock = _new(
        _SKU_STOCK,
        (
            product,
            claimed_at,
            category,
            sold_in,
            (level,),
            tallies,
            sold,
            offered,
            sequence,
            forget_at,
            markets_hash,
        ),
    )
    return row, updates, wake


def _read(
    inputs: Sequence[Input],
    levels: tuple[ChannelLevel, ...],
    tallies: tuple[OrderTally, ...],
    single: Single,
    alone: bool,
) -> _Read:
    """The readings, in log order (source.py)."""
    _, _, channel, authority, _, _, _, _, _, _, _ = single
    holds = oldest = 0
    due: int | None = None
    if tallies:
        _, _, _, _, _, holds, oldest_hold, due = tallies[0]
        oldest = oldest_hold or 0
    level: ChannelLevel | None = None
    quantity = read_at = 0
    version: int | None = None
    until: int | None = None
    if levels:
        level = levels[0]
        known_source, known_channel, quantity, read_at, version, until = level
        if known_source != authority or known_channel != channel:
            return _NOT_READ
    first = weak = -1
    trace: str | None = None
    weak_trace: str | None = None
    for one in inputs:
        if type(one) is not _READING:
            return _NOT_READ
        change, appended_at = one
        source, began, said, new_version, complete, new_until, acknowledged, new_trace = change
        if acknowledged or source != authority or len(said) != 1 or (complete and not alone):
            return _NOT_READ
        said_channel, units = said[0]
        if said_channel != channel or not -LIMIT <= units <= LIMIT:
            return _NOT_READ
        if level is not None:
            if new_version is None:
                new_version = version
            elif version is not None and new_version < version:
                return _NOT_READ
            if new_until is None:
                new_until = until
            if tallies:
                if (
                    began < read_at
                    or (until is not None and new_until is not None and new_until < until)
                    or (
                        holds
                        and ((due is not None and began >= due) or (new_until is not None and new_until >= oldest))
                    )
                ):
                    return _NOT_READ
            elif (
                units == quantity and new_version == version and new_until == until and 0 <= began - read_at < QUIET_MS
            ):
                continue
            if units == quantity and began == read_at and new_version == version and new_until == until:
                continue
        if first < 0 and (level is None or units != quantity):
            first, trace = appended_at, new_trace
        if weak < 0:
            weak, weak_trace = appended_at, new_trace
        quantity, read_at, version, until = units, began, new_version, new_until
        level = _new(_CHANNEL_LEVEL, (authority, channel, units, began, new_version, new_until))
    if first < 0:
        return level, weak, weak_trace
    return level, first, trace
