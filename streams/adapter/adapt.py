"""One record of a foreign topic: its stock changes, why it is left out, or what is wrong with it.

An ``Adapting`` is made once of an adapter; calling it raises nothing but ``RegistryUnavailable``.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from streams.adapter.compile import Scope, condition, ids, kafka_time, passes, past, quantity, source, text, version
from streams.adapter.decoding import Decode, Schemas, decoder
from streams.adapter.model import Adapter, Level
from streams.adapter.outcome import ITEM, LEVEL, MISSING, RECORD, Adapted, Leave, Skipped, Unmappable, Where
from streams.adapter.paths import found_by, parse, written
from streams.adapter.values import AHEAD_MS, MOST_UNITS, NO_UNITS
from streams.codec.poison import Poison
from streams.records.stock_change import StockChange, StockLevel
from streams.sku import REMEDY, SEPARATOR

Headers = Sequence[tuple[str, bytes | None]]
TRACE = "traceparent"
_LONGEST_TRACE = 128


class Rule(NamedTuple):
    """Compiled levels of a record."""

    each: tuple[int, tuple[Any, ...]] | None
    """Part and steps of the array; None: the level is the SKU's part itself."""
    level: Level
    channel: Callable[[Scope], str]
    quantity: Callable[[Scope], int]


class Adapting:
    """An adapter, ready for records."""

    def __init__(self, adapter: Adapter, schemas: Schemas | None = None, ahead_ms: int = AHEAD_MS) -> None:
        self.adapter = adapter
        self._decode = decoder(adapter.format, schemas)
        self._decode_key = _key_decoder(adapter, schemas)
        self._each = None if adapter.each is None else parse(adapter.each).steps
        self._filters = [passes(one, number) for number, one in enumerate(adapter.filters, 1)]
        self._any_sku = text(adapter.sku, ITEM, "sku")
        self._sku_from = source(adapter.sku, ITEM).where
        self._rules = [_rule(level) for level in adapter.levels]
        self._read_at = past(adapter.read_at, ahead_ms)
        self._version = version(adapter.version, ahead_ms)
        self._until = past(adapter.orders_until, ahead_ms)
        self._ids = ids(adapter.acknowledged_orders)
        self._deleted = condition(adapter.deletion.marker)
        self._source = adapter.authority

    def __call__(
        self, key: bytes | None, value: bytes | None, headers: Headers | None, timestamp: int
    ) -> Adapted | Skipped | Poison:
        """What a record says; ``timestamp`` is Kafka's, milliseconds, negative: it has none."""
        try:
            if value is None:
                return self._tombstone((None, None, None, None, self._decode_key(key), headers, timestamp))
            found = self._decode(value)
        except Poison as poison:
            return poison
        except Unmappable as problem:
            return problem.poison(self.adapter.name)
        except Leave as left:
            return Skipped(left.reason)
        return self.from_value(key, found, headers, timestamp)

    def from_value(
        self, key: bytes | None, value: Any, headers: Headers | None, timestamp: int
    ) -> Adapted | Skipped | Poison:
        """The same for a value that is read already."""
        try:
            scope: Scope = (value, value, value, None, self._decode_key(key), headers, timestamp)
            if self._each is None:
                return Adapted((self._change(scope),))
            return self._changes(scope, self._each)
        except Poison as poison:
            return poison
        except Unmappable as problem:
            return problem.poison(self.adapter.name)
        except Leave as left:
            return Skipped(left.reason)

    def _changes(self, scope: Scope, each: tuple[Any, ...]) -> Adapted | Skipped:
        """Many SKUs: what one of them lacks does not stop the others."""
        items = found_by(each, scope[RECORD])
        if items is None:
            raise Unmappable(Where(written(each), RECORD), MISSING, "no such array or object: correct each")
        changes: list[tuple[str, StockChange]] = []
        problems: list[Unmappable] = []
        reason, number = "empty", 0
        for place, member, value in items:
            number += 1
            try:
                changes.append(self._change((scope[0], value, value, member, scope[4], scope[5], scope[6])))
            except Leave as left:
                reason = left.reason
            except Unmappable as problem:
                problem.place = problem.place.seen_from_outside(ITEM, place)
                problems.append(problem)
        if problems:
            first = problems[0]
            if number > 1:
                first.remedy += f" ({len(problems)} of the record's {number} parts are refused)"
            return Adapted(changes, first.poison(self.adapter.name))
        return Adapted(changes) if changes else Skipped(reason)

    def _change(self, scope: Scope) -> tuple[str, StockChange]:
        for judge in self._filters:
            reason = judge(scope)
            if reason is not None:
                raise Leave(reason)
        sku = self._sku(scope)
        deletion = self.adapter.deletion
        means = deletion.means if self._deleted is not None and self._deleted(scope) else None
        if means == "skip":
            raise Leave("deleted")
        read_at = self._read_at(scope)
        levels = () if means == "empty" else self._levels(scope, zero=means == "zero")
        return sku, StockChange(
            self._source,
            kafka_time(scope) if read_at is None else read_at,
            levels,
            self._version(scope),
            self.adapter.complete or means == "empty",
            self._until(scope),
            self._ids(scope),
            _trace(scope[5]),
        )

    def _sku(self, scope: Scope) -> str:
        sku = self._any_sku(scope)
        if SEPARATOR in sku:
            raise Unmappable(self._sku_from, sku, REMEDY)
        return sku

    def _tombstone(self, scope: Scope) -> Adapted | Skipped:
        """A record without value, and so without times and filters of its own."""
        means = self.adapter.deletion.tombstone
        if means == "skip":
            raise Leave("tombstone")
        if means == "reject":
            remedy = "a record without value: say with deletion.tombstone what it means"
            raise Unmappable(Where("value", RECORD), MISSING, remedy)
        sku = self._sku(scope)
        complete = self.adapter.complete or means == "empty"
        levels = () if complete else self._levels(scope, zero=True)
        change = StockChange(self._source, kafka_time(scope), levels, None, complete, trace=_trace(scope[5]))
        return Adapted(((sku, change),))

    def _levels(self, scope: Scope, zero: bool) -> tuple[StockLevel, ...]:
        if len(self._rules) == 1 and self._rules[0].each is None and not self.adapter.complete:
            rule = self._rules[0]
            return (StockLevel(rule.channel(scope), 0 if zero else rule.quantity(scope)),)
        found: list[StockLevel] = []
        taken: dict[str, int] = {}
        left = None
        for rule in self._rules:
            for place, inner in _parts(rule, scope):
                try:
                    channel = rule.channel(inner)
                    units = 0 if zero else rule.quantity(inner)
                    if channel in taken:
                        self._same_channel(found, taken[channel], channel, units, place)
                        continue
                except Leave as reason:
                    left = reason
                    continue
                except Unmappable as problem:
                    problem.place = problem.place.seen_from_outside(LEVEL, place)
                    raise
                taken[channel] = len(found)
                found.append(StockLevel(channel, units))
        if not found and not self.adapter.complete:
            raise left or Leave("no-levels")
        return tuple(found)

    def _same_channel(self, found: list[StockLevel], at: int, channel: str, units: int, place: str) -> None:
        if self.adapter.same_channel == "reject":
            remedy = "a second level of this channel: send one, or let same_channel be sum"
            raise Unmappable(Where("", LEVEL) if place else Where("value", RECORD), channel, remedy)
        total = found[at].quantity + units
        if not -MOST_UNITS <= total <= MOST_UNITS:
            raise Unmappable(Where("", LEVEL) if place else Where("value", RECORD), total, NO_UNITS)
        found[at] = StockLevel(channel, total)


def adapt(
    adapter: Adapter, key: bytes | None, value: bytes | None, headers: Headers | None = None, timestamp: int = 0
) -> Adapted | Skipped | Poison:
    """What one record says; for many records make one ``Adapting``."""
    return Adapting(adapter)(key, value, headers, timestamp)


def _rule(level: Level) -> Rule:
    if level.each is None:  # the SKU's part is the innermost one
        return Rule(None, level, text(level.channel, ITEM, "channel"), quantity(level.quantity, ITEM))
    base, steps = parse(level.each)
    each = (ITEM if base == "here" else RECORD, steps)
    return Rule(each, level, text(level.channel, LEVEL, "channel"), quantity(level.quantity, LEVEL))


def _parts(rule: Rule, scope: Scope) -> Iterator[tuple[str, Scope]]:
    """The parts of a record that have a level each, and where they stand in the SKU's part."""
    if rule.each is None:
        yield "", scope
        return
    part, steps = rule.each
    found = found_by(steps, scope[part])
    if found is None:
        if rule.level.missing == "skip":
            raise Leave("levels-missing")
        if rule.level.missing == "reject":
            remedy = "no such array or object: send one, or let levels.missing be skip or empty"
            raise Unmappable(Where(written(steps), part), MISSING, remedy)
        return
    for place, member, value in found:
        yield place, (scope[0], scope[1], value, member, scope[4], scope[5], scope[6])


def _key_decoder(adapter: Adapter, schemas: Schemas | None) -> Callable[[bytes | None], Any]:
    """Keys are read only where a setting looks into them."""
    if not _reads_key(adapter):
        return lambda key: None
    decode: Decode = _text_key if adapter.key_format == "text" else decoder(adapter.key_format, schemas, "key")
    return lambda key: None if key is None else decode(key)


def _text_key(key: bytes) -> str:
    try:
        return key.decode()
    except UnicodeDecodeError:
        raise Poison("undecodable", "key", repr(key)[:80], "the key is no UTF-8 text: set key_format") from None


def _reads_key(adapter: Adapter) -> bool:
    places: list[Any] = [adapter.sku, adapter.read_at, adapter.version, adapter.orders_until, adapter.deletion.marker]
    places += adapter.filters
    for level in adapter.levels:
        places += (level.channel, level.quantity)
    return any(one is not None and (one.key or one.key_path is not None) for one in places)


def _trace(headers: Headers | None) -> str | None:
    """W3C trace context of the record, if it has any."""
    for name, value in headers or ():
        if name == TRACE and value is not None and len(value) <= _LONGEST_TRACE and value.isascii():
            return value.decode()
    return None
