"""The same decision for the most frequent shape, in a fraction of the time.

One reading of one channel, for a SKU sold in one market from one warehouse that has the channel to itself, with
no hold that could leave.  Everything else, and every doubt, is left to ``decide.py``; a property test holds
the two against each other.  Rows are taken apart in one go and built with ``tuple.__new__``: reading
fields by name and calling classes would cost more than the rule.
"""

from streams.market.markets import Markets
from streams.records.sku_stock import ChannelLevel, OfferedGross, SkuStock
from streams.records.stock_change import StockChange
from streams.records.stock_update import OfferedLevel, StockUpdate
from streams.stock.buffer import held_back
from streams.stock.plan import FOREVER, Grounds, Plan
from streams.stock.sellable import LIMIT
from streams.stock.source import QUIET_MS

_new = tuple.__new__

Quick = tuple[SkuStock, tuple[tuple[str, str, StockUpdate], ...], int | None]
"""State, updates, wake."""


def quick(
    sku: str, state: SkuStock, change: StockChange, appended_at: int, now: int, markets: Markets, grounds: Grounds
) -> Quick | None:
    """The decision on one reading, or None: ask the general rule."""
    product, claimed_at, category, sold_in, levels, tallies, sold, offered, sequence, forget_at, markets_hash = state
    source, read_at, said, version, complete, until, acknowledged, trace = change
    if (
        markets_hash != markets.hash
        or product is None
        or sold
        or acknowledged
        or len(said) != 1
        or len(levels) != 1
        or len(offered) != 1
    ):
        return None
    plan: Plan | None = grounds.plans.get(
        (
            sold_in,
            category if category in grounds.own_categories else None,
            sku if sku in grounds.own_terms else "",
        )
    )
    if plan is None:
        return None
    since, plan_until, _, single, alone = plan
    if single is None or not since <= now < plan_until or (forget_at is not None and forget_at <= now):
        return None
    market, warehouse, channel, authority, buffer, absolute, percentage, cap, low_water, band, above = single
    ((said_channel, quantity),) = said
    ((known_source, known_channel, known, known_read_at, known_version, known_until),) = levels
    ((offered_market, offered_warehouse, offered_gross),) = offered
    if (
        said_channel != channel
        or known_channel != channel
        or source != authority
        or known_source != source
        or offered_market != market
        or offered_warehouse != warehouse
        or not -LIMIT <= quantity <= LIMIT
        or (complete and not alone)
    ):
        return None
    wake = None if plan_until == FOREVER else plan_until
    if forget_at is not None and (wake is None or forget_at < wake):
        wake = forget_at

    # the reading (source.py)
    if version is None:
        version = known_version
    elif known_version is not None and version < known_version:
        return None
    if until is None:
        until = known_until
    holds = net = committed = 0
    if tallies:
        if len(tallies) != 1:
            return None
        ((held_market, held_warehouse, held_channel, net, committed, holds, oldest, due),) = tallies
        if (
            held_market != market
            or held_warehouse != warehouse
            or held_channel != channel
            or read_at < known_read_at
            or (known_until is not None and until is not None and until < known_until)
            or (holds and ((due is not None and read_at >= due) or (until is not None and until >= (oldest or 0))))
        ):
            return None
    elif (
        quantity == known
        and version == known_version
        and until == known_until
        and 0 <= read_at - known_read_at < QUIET_MS
    ):
        return state, (), wake
    new_levels = (_new(ChannelLevel, (source, channel, quantity, read_at, version, until)),)

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
    step = gross - offered_gross
    if step == 0 or (-band <= step <= band and units > above and units - step > above):
        row = _new(
            SkuStock,
            (
                product,
                claimed_at,
                category,
                sold_in,
                new_levels,
                tallies,
                sold,
                offered,
                sequence,
                forget_at,
                markets_hash,
            ),
        )
        return (state if new_levels == levels else row), (), wake
    sequence = now if now > sequence else sequence + 1
    unread = quantity == known and new_levels == levels
    update = _new(
        StockUpdate,
        (
            sku,
            sequence,
            now if unread else appended_at,
            "FIRST" if units <= low_water else "STOCK",
            (_new(OfferedLevel, (warehouse, gross, net, committed, units, quantity, holds, back, term)),),
            (),
            low_water,
            False,
            None if unread else trace,
        ),
    )
    row = _new(
        SkuStock,
        (
            product,
            claimed_at,
            category,
            sold_in,
            new_levels,
            tallies,
            sold,
            (_new(OfferedGross, (market, warehouse, gross)),),
            sequence,
            forget_at,
            markets_hash,
        ),
    )
    return row, ((market, product, update),), wake
