"""The same decision for the most frequent shape, on packed records, in a fraction of the time.

Readings of one channel, for a SKU sold in one market from one warehouse that has the channel to itself, with no hold
that could leave.  Everything else, and every doubt, is left to ``decide.py``; a property test holds the two against
each other.  Row and readings stay packed (``codec/narrow.py``): no record is built on the way.
"""

from collections.abc import Sequence
from typing import Any, Final

from mypy_extensions import i64

from streams.market.markets import Markets
from streams.records import sku_stock, stock_change, stock_update
from streams.records.stock_update import StockLane
from streams.stock.buffer import held_back
from streams.stock.inputs import AHEAD_MS
from streams.stock.plan import FOREVER, grounds_of
from streams.stock.sellable import LIMIT
from streams.stock.source import QUIET_MS
from streams.stock.terms import Terms, TermsBook

Quick = tuple[bytes | None, bytes, bytes | None]
"""The row (None: it stays as it is), and the key and value of the update (None: there is none)."""
_Read = tuple[bool, i64, i64, int | None, int | None, i64, bytes | None]
"""Whether the readings are plain ones; quantity, time of reading, version and watermark of the channel behind them;
Kafka's time of the first reading that changed the quantity, else of the first that changed anything (-1: none did);
its trace."""
_Known = tuple[bool, i64, i64, int | None, int | None]
"""Whether the channel was read before; quantity, time of reading, version and watermark."""
_Held = tuple[bool, i64, i64, int | None]
"""Whether orders are known; units held, since when, and the time a reading lets one leave."""
_UNCHANGED: Final[Quick] = (None, b"", None)
_NOT_READ: Final[_Read] = (False, 0, 0, None, None, -1, None)
_MOST: Final[i64] = LIMIT
_EVER: Final[i64] = FOREVER
_QUIET: Final[i64] = QUIET_MS
_AHEAD: Final[i64] = AHEAD_MS


def book_of(markets: Markets) -> TermsBook:
    """Made once per set of market files."""
    found = markets.cache.get("quick")
    if found is None:
        found = markets.cache["quick"] = TermsBook(grounds_of(markets))
    assert isinstance(found, TermsBook)
    return found


def quick(
    sku: bytes,
    row: bytes,
    start: int,
    wake: int | None,
    readings: Sequence[Any],
    skip: int,
    head: bytes,
    now: i64,
    markets_hash: i64,
    book: TermsBook,
) -> Quick | None:
    """The decision on some records of stock-changes: (offset, Kafka's time, key, value, headers) each.

    The state begins at ``start`` in the row, a change behind ``skip`` bytes of its value, an update behind ``head``.
    None: ask the general rule.  The row's wish to be woken is the same afterwards.
    """
    try:
        (
            product,
            claimed_at,
            category,
            claimed,
            market,
            known,
            source,
            channel,
            quantity,
            read_at,
            version,
            until,
            ordered,
            held_market,
            held_warehouse,
            held_channel,
            net,
            committed,
            holds,
            oldest_hold_at,
            due,
            sold,
            _,
            _,
            _,
            offered,
            offered_market,
            offered_warehouse,
            offered_gross,
            sequence,
            forget_at,
            decided_with,
        ) = sku_stock.decode_narrow(row, start)
    except (IndexError, ValueError):
        return None
    if (
        decided_with != markets_hash
        or product is None
        or not claimed
        or sold
        or offered != known
        or (ordered and not known)
        or (forget_at is not None and forget_at <= now)
        or not -_MOST <= net <= _MOST
        or not -_MOST <= holds <= _MOST
    ):
        return None
    terms = book.terms(category, market, sku, now)
    if terms is None:
        return None
    if ordered and not (
        held_market == terms.market and held_warehouse == terms.warehouse and held_channel == terms.channel
    ):
        return None
    if known and not (source == terms.authority and channel == terms.channel):
        return None
    if offered and not (offered_market == terms.market and offered_warehouse == terms.warehouse):
        return None
    wakes = terms.until
    if forget_at is not None and forget_at < wakes:
        wakes = forget_at
    if wakes != (_EVER if wake is None else wake):
        return None
    before = (known, quantity, read_at, version, until)
    oldest: i64 = 0 if oldest_hold_at is None else oldest_hold_at
    plain, quantity, read_at, version, until, changed_at, trace = _read(
        readings, skip, before, (ordered, holds, oldest, due), terms
    )
    if not plain:
        return None
    if changed_at < 0:
        return _UNCHANGED

    # the formula (sellable.py)
    back, term = _held_back(quantity, terms)
    units = quantity - back
    if units > terms.cap:
        units = terms.cap
    units -= holds
    if units < 0:
        units = 0
    gross = units + net

    # the update (gross.py)
    update: bytes | None = None
    step = gross - offered_gross
    band = terms.band
    if not offered or (
        step != 0 and not (-band <= step <= band and units > terms.above and units - step > terms.above)
    ):
        sequence = now if now > sequence else sequence + 1
        lane: StockLane = "FIRST" if units <= terms.low_water else "STOCK"
        update = stock_update.encode_narrow(
            head,
            sku=sku,
            sequence=sequence,
            changed_at=changed_at,
            lane=lane,
            levels=True,
            levels_warehouse=terms.warehouse,
            levels_gross=gross,
            levels_net=net,
            levels_committed=committed,
            levels_sellable=units,
            levels_source=quantity,
            levels_holds=holds,
            levels_buffer=back,
            levels_buffer_term=term,
            low_water=terms.low_water,
            released=False,
            trace=trace,
        )
        offered_gross = gross
    elif (True, quantity, read_at, version, until) == before:
        return _UNCHANGED
    written = sku_stock.encode_narrow(
        row[:start],
        product=product,
        claimed_at=claimed_at,
        category=category,
        markets=True,
        markets_item=market,
        levels=True,
        levels_source=terms.authority,
        levels_channel=terms.channel,
        levels_quantity=quantity,
        levels_read_at=read_at,
        levels_version=version,
        levels_orders_until=until,
        tallies=ordered,
        tallies_market=held_market,
        tallies_warehouse=held_warehouse,
        tallies_channel=held_channel,
        tallies_net=net,
        tallies_committed=committed,
        tallies_holds=holds,
        tallies_oldest_hold_at=oldest_hold_at,
        tallies_due_read_at=due,
        offered=True,
        offered_market=terms.market,
        offered_warehouse=terms.warehouse,
        offered_gross=offered_gross,
        sequence=sequence,
        forget_at=forget_at,
        markets_hash=markets_hash,
    )
    return written, terms.listing + product, update


def _held_back(quantity: i64, terms: Terms) -> tuple[i64, bytes]:
    """Units held back of the quantity, and the deciding term (buffer.py)."""
    percentage, back = terms.percentage, terms.absolute
    if percentage < 0:
        most, name = held_back(terms.buffer, quantity, 0)
        return most, name.encode()
    if percentage and quantity > 0:
        part = -(-quantity * percentage // 10_000)
        if part > back:
            return part, b"percentage"
    return back, b"absolute" if back else b"none"


def _read(readings: Sequence[Any], skip: int, before: _Known, held: _Held, terms: Terms) -> _Read:
    """The readings, in log order (source.py)."""
    known, quantity, read_at, version, until = before
    ordered, holds, oldest, due = held
    first: i64 = -1
    weak: i64 = -1
    trace: bytes | None = None
    weak_trace: bytes | None = None
    for one in readings:
        if type(one) is not tuple:
            return _NOT_READ
        _, when, _, value, _ = one
        appended_at: i64 = when
        try:
            source, began, said, channel, units, new_version, complete, new_until, acknowledged, _, new_trace = (
                stock_change.decode_narrow(value, skip)
            )
        except (IndexError, ValueError):
            return _NOT_READ
        if (
            acknowledged
            or not said
            or source != terms.authority
            or channel != terms.channel
            or (complete and not terms.alone)
            or not -_MOST <= units <= _MOST
            or began > appended_at + _AHEAD
            or (new_until is not None and new_until > appended_at + _AHEAD)
            or (new_trace is not None and not new_trace.isascii())
        ):
            return _NOT_READ
        if known:
            if new_version is None:
                new_version = version
            elif version is not None and new_version < version:
                return _NOT_READ  # counted there
            if new_until is None:
                new_until = until
            if ordered:
                if (
                    began < read_at
                    or (until is not None and new_until is not None and new_until < until)
                    or (
                        holds
                        and ((due is not None and began >= due) or (new_until is not None and new_until >= oldest))
                    )
                ):
                    return _NOT_READ
            elif units == quantity and new_version == version and new_until == until and 0 <= began - read_at < _QUIET:
                continue
            if units == quantity and began == read_at and new_version == version and new_until == until:
                continue
        if first < 0 and (not known or units != quantity):
            first, trace = appended_at, new_trace
        if weak < 0:
            weak, weak_trace = appended_at, new_trace
        known = True
        quantity, read_at, version, until = units, began, new_version, new_until
    if first < 0:
        return True, quantity, read_at, version, until, weak, weak_trace
    return True, quantity, read_at, version, until, first, trace
