"""From the settings of an adapter to functions, once; what they get is a ``Scope`` and what they return is plain.

Every function raises ``Unmappable`` with the place of the value, or ``Leave`` where the adapter says so.
"""

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from streams.adapter.model import Condition, Filter, Ids, MetPlace, Moment, Place, Quantity, Text, Timed, Version
from streams.adapter.outcome import ITEM, MISSING, RECORD, Leave, Unmappable, Where
from streams.adapter.paths import found_by, getter, parse, written
from streams.adapter.values import AHEAD_MS, MOST_UNITS, Unfit, decimal_of, difference, text_of, time_of, units_of

Scope = tuple[Any, Any, Any, str | None, Any, Any, int]
"""0 the record's value, 1 the part a SKU is about, 2 the part a level is about, 3 the member met, 4 key, 5 headers,
6 Kafka's time; by number, because type checkers know tuples so."""

Look = Callable[[Scope], Any]


class Source(NamedTuple):
    """Where a value is looked for."""

    look: Look
    where: Where


def source(place: Place, inner: int) -> Source:
    """``inner`` is the part that plain paths begin in: ITEM or LEVEL."""
    if place.path is not None:
        return in_value(place.path, inner)
    if place.key_path is not None:
        steps = parse(place.key_path).steps
        get = getter(steps)
        return Source(lambda scope: get(scope[4]), Where(f"key: {written(steps)}", RECORD))
    if place.key:
        return Source(lambda scope: MISSING if scope[4] is None else scope[4], Where("key", RECORD))
    if place.header is not None:
        return _header(place.header)
    if isinstance(place, MetPlace) and place.member:
        return Source(lambda scope: MISSING if scope[3] is None else scope[3], Where("", inner))
    constant = getattr(place, "constant", None)
    return Source(lambda scope: constant, Where("constant", RECORD))


def in_value(path: str, inner: int) -> Source:
    """A path into the value."""
    base, steps = parse(path)
    get = getter(steps)
    part = {"here": inner, "record": RECORD, "outer": max(RECORD, inner - 1)}[base]
    where = Where(written(steps), part)
    if part == RECORD:
        return Source(lambda scope: get(scope[0]), where)
    if part == ITEM:
        return Source(lambda scope: get(scope[1]), where)
    return Source(lambda scope: get(scope[2]), where)


def _header(name: str) -> Source:
    def look(scope: Scope) -> Any:
        for header, value in reversed(scope[5] or ()):
            if header == name and value is not None:
                return value.decode("utf-8", "replace")
        return MISSING

    return Source(look, Where(f"header {name}", RECORD))


def text(setting: Text, inner: int, what: str) -> Callable[[Scope], str]:
    """A SKU or a channel."""
    if setting.constant is not None and setting.pattern is None and setting.values is None:
        constant = setting.constant
        return lambda scope: constant
    look, where = source(setting, inner)
    match = None if setting.pattern is None else re.compile(setting.pattern).search
    values = setting.values
    quick = values if match is None and values is not None else {}

    def unlisted(value: str, remedy: str) -> Exception:
        return Leave(f"{what}-unlisted") if setting.unlisted == "skip" else Unmappable(where, value, remedy)

    def find(scope: Scope) -> str:
        value = look(scope)
        if type(value) is str and (known := quick.get(value)) is not None:
            return known
        if value is MISSING:
            if setting.missing == "skip":
                raise Leave(f"{what}-missing")
            raise Unmappable(where, MISSING, f"no {what}: send one, or let {what}.missing be skip")
        try:
            found = text_of(value)
        except Unfit as problem:
            raise Unmappable(where, value, str(problem)) from None
        if match is not None:
            part = match(found)
            if part is None or not part[1]:
                raise unlisted(found, f"{what}.pattern does not match it: correct the pattern or the value")
            found = part[1]
        if values is not None:
            if found not in values:
                raise unlisted(found, f"not in {what}.values: add it, or let {what}.unlisted be skip")
            found = values[found]
        return found

    return find


def quantity(setting: Quantity, inner: int) -> Callable[[Scope], int]:
    """Units of a level."""
    look, where = source(setting, inner)
    factor, comma, missing = setting.factor, setting.decimal == "comma", setting.missing
    minus = [in_value(one, inner) for one in setting.minus]
    plain = factor == 1 and not minus

    def absent(place: Where) -> int:
        if missing == "zero":
            return 0
        if missing == "skip":
            raise Leave("quantity-missing")
        raise Unmappable(place, MISSING, "no quantity: send one, or let quantity.missing be zero or skip")

    def find(scope: Scope) -> int:
        value = look(scope)
        if plain and type(value) is int and -MOST_UNITS <= value <= MOST_UNITS:
            return value
        place = where
        try:
            if value is MISSING:
                value = absent(where)
            if not minus:
                return units_of(value, factor, comma)
            first = decimal_of(value, comma)
            taken = []
            for one, place in minus:
                value = one(scope)
                taken.append(decimal_of(absent(place) if value is MISSING else value, comma))
            return units_of(difference(first, taken), factor, comma)
        except Unfit as problem:
            raise Unmappable(place, value, str(problem)) from None

    return find


def moment(setting: Timed | None) -> Callable[[Scope], int | None]:
    """A time or a version; None: the record has none."""
    if setting is None:
        return lambda scope: None
    if setting.timestamp:
        return kafka_time
    look, where = source(setting, ITEM)
    zone = ZoneInfo(setting.zone) if isinstance(setting, Moment) and setting.zone is not None else None
    form = setting.form

    def find(scope: Scope) -> int | None:
        value = look(scope)
        if value is MISSING:
            if setting.missing == "none":
                return None
            raise Unmappable(where, MISSING, "no value: send one, or let missing be none")
        try:
            return time_of(value, form, zone)
        except Unfit as problem:
            raise Unmappable(where, value, str(problem)) from None

    return find


def past(setting: Timed | None, ahead_ms: int = AHEAD_MS) -> Callable[[Scope], int | None]:
    """A time that cannot lie further ahead of Kafka's than ``ahead_ms``: one that does is in another unit, or wrong."""
    find = moment(setting)
    if setting is None or setting.timestamp:
        return find
    look, where = source(setting, ITEM)

    def judged(scope: Scope) -> int | None:
        found = find(scope)
        if found is not None and 0 <= scope[6] < found - ahead_ms:
            remedy = (
                f"{found} ms is too far ahead of Kafka's time of the record: does form say what the value is? "
                "If it does, correct the sender's clock"
            )
            raise Unmappable(where, look(scope), remedy)
        return found

    return judged


def version(setting: Version | None, ahead_ms: int = AHEAD_MS) -> Callable[[Scope], int | None]:
    """A version: one that is a time cannot lie ahead either, else all that comes later would count as older."""
    return moment(setting) if setting is None or not setting.is_time else past(setting, ahead_ms)


def kafka_time(scope: Scope) -> int:
    """When Kafka got the record."""
    if scope[6] < 0:
        raise Unmappable(Where("timestamp", RECORD), MISSING, "the record has no time: let read_at name a value")
    return scope[6]


def ids(setting: Ids | None) -> Callable[[Scope], tuple[str, ...]]:
    """Order ids; none where there is no such array."""
    if setting is None:
        return lambda scope: ()
    base, steps = parse(setting.each)
    part = ITEM if base == "here" else RECORD
    match = None if setting.pattern is None else re.compile(setting.pattern).search

    def find(scope: Scope) -> tuple[str, ...]:
        found = []
        for place, _, value in found_by(steps, scope[part]) or ():
            if value is None or value is MISSING:
                continue
            try:
                one = text_of(value)
            except Unfit as problem:
                raise Unmappable(Where(place, part), value, str(problem)) from None
            matched = None if match is None else match(one)
            if match is None:
                found.append(one)
            elif matched is not None and matched[1]:
                found.append(matched[1])
        return tuple(found)

    return find


_NEVER: Final = (True, MISSING)


def _comparable(value: Any) -> tuple[bool, Any]:
    """True is not 1, and "1" is not 1; what has parts is like nothing."""
    try:
        hash(value)
    except TypeError:
        return _NEVER
    return isinstance(value, bool), value


def condition(setting: Condition | None) -> Callable[[Scope], bool] | None:
    """Whether a marker is set."""
    if setting is None:
        return None
    look, _ = source(setting, ITEM)
    wanted = frozenset(_comparable(value) for value in setting.values)
    return lambda scope: (value := look(scope)) is not MISSING and _comparable(value) in wanted


def passes(setting: Filter, number: int) -> Callable[[Scope], str | None]:
    """None: the record stays; else why it is left out."""
    look, where = source(setting, ITEM)
    wanted = frozenset(_comparable(value) for value in setting.only or setting.but or ())
    stays = setting.only is not None
    missing = setting.missing or ("skip" if stays else "keep")
    reason = f"filter-{number}"

    def judge(scope: Scope) -> str | None:
        value = look(scope)
        if value is MISSING:
            if missing == "reject":
                raise Unmappable(where, MISSING, "no value to filter by: send one, or let missing be keep or skip")
            return reason if missing == "skip" else None
        return None if (_comparable(value) in wanted) is stays else reason

    return judge
