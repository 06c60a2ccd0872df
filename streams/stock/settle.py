"""When holds leave: rows of orders are searched in the step that applied what covers them.

A reading that began earlier than the one before it, or a changed market file, may also bring back holds that
had left: the rows that rest are searched then as well.
"""

from streams.market.markets import Markets
from streams.market.model import COMMERCETOOLS
from streams.records.order_fact import OrderFact
from streams.stock.draft import Draft, TallyKey
from streams.stock.fact import Cover, due_read_at, held_units
from streams.stock.holds import MEMORY_MS, cover_of, remember_until, store
from streams.stock.inputs import FactRows


def acknowledge(draft: Draft, sku: str, source: str, orders: tuple[str, ...], facts: FactRows, read_at: int) -> None:
    """A foreign source has counted these orders, known to us or not yet.

    Counts even in a reading too old to be applied: what it had counted, the newer one has too.
    """
    markets = dict.fromkeys(key[0] for key in draft.tallies)
    for order in dict.fromkeys(orders):
        found = False
        for market in markets:
            key = f"{sku}|{market}|{order}"
            for place in (key, "|" + key):
                row = facts.get(place)
                if row is not None:
                    found = True
                    if row.acknowledged_by != source:
                        facts.put(place, row._replace(acknowledged_by=source))
                        draft.rescan.add(market)
        if not found:
            blank = OrderFact(0, read_at, "", "", 0, 0, 0, 0, "OPEN", acknowledged_by=source)
            facts.put(f"|{sku}||{order}", blank)
            remember_until(draft, read_at + MEMORY_MS)


def settle(draft: Draft, sku: str, facts: FactRows, markets: Markets) -> None:
    """Let go what is covered by the readings now in force."""
    for key, tally in draft.tallies.items():
        if tally.holds > 0 and key[0] not in draft.rescan and _may_leave(draft, key, markets):
            draft.rescan.add(key[0])
    for market in sorted(draft.rescan | draft.reopen):
        _search(draft, sku, market, facts, markets)
    draft.rescan.clear()
    draft.reopen.clear()


def _may_leave(draft: Draft, key: TallyKey, markets: Markets) -> bool:
    cover = cover_of(draft, key[0], key[2], markets)
    tally, level = draft.tallies[key], cover.level
    if level is None:
        return False
    if tally.due_read_at is not None and level.read_at >= tally.due_read_at:
        return True
    if cover.authority == COMMERCETOOLS or level.orders_until is None or tally.oldest_hold_at is None:
        return False
    return level.orders_until >= tally.oldest_hold_at


def _search(draft: Draft, sku: str, market: str, facts: FactRows, markets: Markets) -> None:
    """Look at the market's rows again, and sum up what holds."""
    covers: dict[str, Cover] = {}
    sums: dict[TallyKey, tuple[int, int | None, int | None]] = {}
    prefix = f"{sku}|{market}|"
    rows = [(key, key, row) for key, row in facts.scan(prefix)]
    if market in draft.reopen:
        rows += [(key[1:], key, row) for key, row in facts.scan("|" + prefix)]
    for key, place, row in rows:
        cover = covers.get(row.channel)
        if cover is None:
            cover = covers[row.channel] = cover_of(draft, market, row.channel, markets)
        held = held_units(row, cover)
        if held != row.held:
            known, resting = (row, None) if key == place else (None, row)
            row = row._replace(held=held)
            store(draft, key, known, resting, row, facts)
        if held:
            tally_key = (market, row.warehouse, row.channel)
            holds, oldest, due = sums.get(tally_key, (0, None, None))
            sums[tally_key] = (holds + held, _least(oldest, row.placed_at), _least(due, due_read_at(row, cover)))
    for tally_key, tally in draft.tallies.items():
        if tally_key[0] == market:
            holds, oldest, due = sums.get(tally_key, (0, None, None))
            draft.tallies[tally_key] = tally._replace(holds=holds, oldest_hold_at=oldest, due_read_at=due)


def forget(draft: Draft, sku: str, facts: FactRows, now: int) -> None:
    """Drop what was closed, or acknowledged without an order, longer ago than anyone will ask."""
    if draft.forget_at is None or now < draft.forget_at:
        return
    draft.forget_at = None
    for key, row in list(facts.scan(f"|{sku}|")):
        if row.stage == "CLOSED" or key.startswith(f"|{sku}||"):
            if row.event_at + MEMORY_MS <= now:
                facts.drop(key)
            else:
                remember_until(draft, row.event_at + MEMORY_MS)


def _least(one: int | None, other: int | None) -> int | None:
    return one if other is None else other if one is None else min(one, other)
