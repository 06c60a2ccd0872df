"""Units of orders a source does not show yet: one row per order, and sums per market, warehouse and channel.

The sums live in the SKU's row; the rows of orders are looked at only when an order speaks, or when a
reading can let one leave (``OrderTally.due_read_at``, ``oldest_hold_at``).  Rows that hold stand apart from those
that do not, so that the search costs what is open, not what was ever sold.

What becomes of a row that holds nothing:

* its order goes on: it stays, so that the same fact again changes nothing and a cancellation is counted once;
* its order is closed: it stays ``MEMORY_MS`` longer, in case the orders worker repeats itself;
* its tombstone came: nothing will be said of the order again, it goes.

A fact older than the memory that holds nothing is not counted at all: it moves no unit, and TikTok
Shop's figure and the source have long agreed on it.
"""

from streams.market.markets import Markets
from streams.records.order_fact import OrderFact
from streams.records.sku_stock import OrderTally, SkuStock, SoldUnits
from streams.records.stock_update import CountedFact
from streams.stock.draft import Draft, TallyKey, refusal
from streams.stock.fact import Cover, committed, due_read_at, held_units, joined, net
from streams.stock.inputs import FactRows, HoldSeen
from streams.stock.plan import grounds_of, velocity_window

MEMORY_MS = 30 * 24 * 3_600_000
DEFAULT_SETTLE_MS = 30_000
"""For orders of a market whose file is gone."""
SLICES = 12
"""A velocity window is remembered in so many slices."""


def oldest_hold_at(state: SkuStock) -> int | None:
    """When the oldest order that holds was placed, TikTok Shop's clock in milliseconds; for the alarm on old holds."""
    return min((tally[6] for tally in state.tallies if tally[6] is not None), default=None)


def see(draft: Draft, sku: str, seen: HoldSeen, facts: FactRows, now: int, markets: Markets) -> None:
    """Apply one order fact, or its tombstone."""
    market, order, hold, appended_at = seen
    holding_key = f"{sku}|{market}|{order}"
    known = facts.get(holding_key)
    resting = None if known is not None else facts.get("|" + holding_key)
    if hold is None:
        _forget(draft, sku, seen, known, resting, facts, now)
        return
    old = known if known is not None else resting
    cover = cover_of(draft, market, hold.channel, markets)
    fact = joined(old, hold, cover)
    if not set(hold.cancelled).union(hold.shipped).issubset(hold.lines):
        remedy = "lines cancelled or shipped that the order does not have were ignored; read the order again"
        draft.results.append(refusal(sku, now, "hold-lines-unknown", "lines", order, remedy, hold.trace))
    if old is None:
        waiting = facts.get(f"|{sku}||{order}")
        if waiting is not None:
            fact = fact._replace(acknowledged_by=waiting.acknowledged_by)
            facts.drop(f"|{sku}||{order}")
    if fact.channel != hold.channel:
        cover = cover_of(draft, market, fact.channel, markets)
    held = held_units(fact, cover)
    if old is None and held == 0 and fact.event_at + MEMORY_MS <= now:
        return
    fact = fact._replace(held=held)
    if fact == old:
        return
    draft.touched(appended_at, hold.trace)
    if _count(draft, market, old, fact, cover):
        draft.caused(appended_at, hold.trace)
    sold = fact.units - (old.units if old is not None else 0)
    if sold > 0:
        _remember_sale(draft, sku, market, min(fact.placed_at, appended_at), sold, now, markets)
    store(draft, holding_key, known, resting, fact, facts)


def store(
    draft: Draft,
    key: str,
    known: OrderFact | None,
    resting: OrderFact | None,
    fact: OrderFact,
    facts: FactRows,
) -> None:
    """Put the row where it belongs, and take it from where it was."""
    if fact.held:
        facts.put(key, fact)
        if resting is not None:
            facts.drop("|" + key)
        return
    if known is not None:
        facts.drop(key)
    if fact.forgotten:
        return
    facts.put("|" + key, fact)
    if fact.stage == "CLOSED":
        remember_until(draft, fact.event_at + MEMORY_MS)


def remember_until(draft: Draft, end: int) -> None:
    """A row may be forgotten then."""
    draft.forget_at = end if draft.forget_at is None else min(draft.forget_at, end)


def _forget(
    draft: Draft,
    sku: str,
    seen: HoldSeen,
    known: OrderFact | None,
    resting: OrderFact | None,
    facts: FactRows,
    now: int,
) -> None:
    """A tombstone: the row goes, unless it holds; a hold never leaves this way."""
    key = f"{sku}|{seen.market}|{seen.order}"
    if resting is not None:
        facts.drop("|" + key)
    if facts.get(f"|{sku}||{seen.order}") is not None:
        facts.drop(f"|{sku}||{seen.order}")
    if known is not None and not known.forgotten:
        facts.put(key, known._replace(forgotten=True))
        remedy = "the units stay held until the source shows them; look at the order and at the stock reading"
        draft.results.append(refusal(sku, now, "hold-deleted-while-holding", "order", seen.order, remedy, None))


def cover_of(draft: Draft, market: str, channel: str, markets: Markets) -> Cover:
    """What is known now about the channel of an order."""
    grounds = grounds_of(markets)
    supply = markets.supply.get(channel)
    settle = grounds.settle.get(market, DEFAULT_SETTLE_MS)
    unpaid = grounds.unpaid.get(market, True)
    if supply is None:
        return Cover("", "available", None, settle, unpaid)
    authority, logic = supply
    return Cover(authority, logic, draft.levels.get((authority, channel)), settle, unpaid)


def _count(draft: Draft, market: str, old: OrderFact | None, new: OrderFact, cover: Cover) -> bool:
    """Move the sums; True when a figure changed."""
    key = (market, new.warehouse, new.channel)
    if old is None or (old.warehouse, old.channel) == (new.warehouse, new.channel):
        before_net = before_committed = before_held = 0
        if old is not None:
            before_net, before_committed, before_held = net(old), committed(old), old.held
        _add(draft, key, net(new) - before_net, committed(new) - before_committed, new.held - before_held)
        if old is None:
            _counted(draft, key, new.placed_at, new.units)
            _counted(draft, key, new.event_at, -new.cancelled)
        else:
            _counted(draft, key, new.event_at, net(new) - before_net)
        changed = net(new) != before_net or committed(new) != before_committed or new.held != before_held
    else:
        former = (market, old.warehouse, old.channel)
        _add(draft, former, -net(old), -committed(old), -old.held)
        _counted(draft, former, new.event_at, -net(old))
        _add(draft, key, net(new), committed(new), new.held)
        _counted(draft, key, new.event_at, net(new))
        draft.rescan.add(market)
        changed = True
    _gate(draft, key, old, new, cover)
    return changed


def _add(draft: Draft, key: TallyKey, net_units: int, committed_units: int, held: int) -> None:
    tally = draft.tallies.get(key) or OrderTally(*key, 0, 0, 0)
    draft.tallies[key] = tally._replace(
        net=tally.net + net_units, committed=tally.committed + committed_units, holds=tally.holds + held
    )
    if net_units or committed_units:
        draft.stirred.add(key)


def _counted(draft: Draft, key: TallyKey, event_at: int, units: int) -> None:
    if units:
        market, warehouse, channel = key
        draft.counted.setdefault(market, []).append((channel, CountedFact(warehouse, event_at, units)))


def _gate(draft: Draft, key: TallyKey, old: OrderFact | None, new: OrderFact, cover: Cover) -> None:
    """Keep the oldest hold and the next reading that matters; a search only when the oldest may have left."""
    tally = draft.tallies[key]
    if tally.holds <= 0:
        draft.tallies[key] = tally._replace(oldest_hold_at=None, due_read_at=None)
        return
    if new.held:
        oldest, due = tally.oldest_hold_at, due_read_at(new, cover)
        draft.tallies[key] = tally._replace(
            oldest_hold_at=new.placed_at if oldest is None else min(oldest, new.placed_at),
            due_read_at=due if tally.due_read_at is None else min(tally.due_read_at, due or tally.due_read_at),
        )
    elif old is not None and old.held and old.placed_at == tally.oldest_hold_at:
        draft.rescan.add(key[0])


def _remember_sale(draft: Draft, sku: str, market: str, at: int, units: int, now: int, markets: Markets) -> None:
    """For the velocity term, where the market has one."""
    window = velocity_window(markets, market, draft.category, sku, now)
    if not window:
        return
    slice_ms = max(1, window // SLICES)
    until = (at // slice_ms + 1) * slice_ms + window
    if until <= now:
        return
    for place, (known_market, known_until, known_units) in enumerate(draft.sold):
        if known_market == market and known_until == until:
            draft.sold[place] = SoldUnits(market, until, known_units + units)
            return
    draft.sold.append(SoldUnits(market, until, units))
