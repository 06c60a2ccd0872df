"""From a value of somebody else's record to text, units or a time.  Each says what it would have taken instead."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Any, Final

from streams.adapter.outcome import Form

LONGEST_TEXT: Final = 1000
"""Characters of a SKU, a channel or an order id."""
MOST: Final = 2**63 - 1
MOST_UNITS: Final = 1_000_000_000_000
"""What ``stock-changes`` takes, negative or not: nobody has so many."""
AHEAD_MS: Final = 24 * 3_600_000
"""And no time further ahead of Kafka's than this."""
NO_UNITS: Final = f"no number of units: between -{MOST_UNITS} and {MOST_UNITS} is wanted"
_EXACT: Final = Context(prec=100)
_DIGITS: Final = re.compile(r"\s*([+-]?)([0-9]{1,30})(?:\.([0-9]{0,30}))?(-?)\s*")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Unfit(ValueError):
    """The value is not what is wanted; the text says what would be."""


def text_of(value: Any) -> str:
    """Text, or a whole number as text."""
    if isinstance(value, str):
        if not value:
            raise Unfit("it is empty: send a text")
        if len(value) > LONGEST_TEXT:
            raise Unfit(f"it is longer than {LONGEST_TEXT} characters: does the path lead to the right value?")
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) <= MOST else _no_text(value)
    return _no_text(value)


def _no_text(value: Any) -> str:
    raise Unfit(f"it is {kind_of(value)}: a text or a whole number is wanted")


def decimal_of(value: Any, comma: bool = False) -> Decimal:
    """A number, or a text of digits such as "12.000" (with ``comma``: "12,000"); a minus may stand at the end."""
    if isinstance(value, bool):
        raise Unfit(f"it is {kind_of(value)}: a number is wanted")
    if isinstance(value, int):
        found = Decimal(value)
    elif isinstance(value, float):
        found = Decimal(repr(value))
    elif isinstance(value, Decimal):
        found = value
    elif isinstance(value, str):
        found = _digits(value, comma)
    else:
        raise Unfit(f"it is {kind_of(value)}: a number, or digits as text, is wanted")
    if not found.is_finite() or (found and not -40 <= found.adjusted() <= 18):
        raise Unfit(NO_UNITS)
    return found


def _digits(value: str, comma: bool) -> Decimal:
    mark, other, setting = (",", ".", "point") if comma else (".", ",", "comma")
    if other in value:
        raise Unfit(
            f"no number: it holds {other!r}, and decimal says that {mark!r} stands before the fraction: send such as "
            f"12{mark}5 without thousands marks, or let decimal be {setting}"
        )
    found = _DIGITS.fullmatch(value.replace(",", "."))
    if found is None or (found[1] and found[4]):
        raise Unfit(f"no number: digits such as 12 or 12{mark}5 are wanted, without thousands marks and exponents")
    sign = "-" if "-" in (found[1], found[4]) else ""
    return Decimal(f"{sign}{found[2]}.{found[3] or '0'}")


def whole(value: Decimal) -> int:
    """Rounded down."""
    return int(value.to_integral_value(ROUND_FLOOR, _EXACT))


def units_of(value: Any, factor: Decimal, comma: bool) -> int:
    """Units: the figure times the units of a pack, rounded down, so that half a pack is never sold."""
    if type(value) is int and factor == 1:
        return in_range(value)
    return in_range(whole(_EXACT.multiply(decimal_of(value, comma), factor)))


def difference(first: Decimal, taken: Sequence[Decimal]) -> Decimal:
    """A figure less others, exactly."""
    for one in taken:
        first = _EXACT.subtract(first, one)
    return first


def in_range(value: int) -> int:
    if not -MOST_UNITS <= value <= MOST_UNITS:
        raise Unfit(NO_UNITS)
    return value


def time_of(value: Any, form: Form, zone: tzinfo | None) -> int:
    """Milliseconds since 1970 UTC; with ``number``, a number that only orders."""
    if isinstance(value, datetime):  # what Avro's logical types are read as
        if form == "number":
            raise Unfit("it is a time: let form be epoch_ms, or take a whole number")
        return _milliseconds(value, zone)
    if form == "iso":
        if not isinstance(value, str):
            raise Unfit(f"it is {kind_of(value)}: a time such as 2026-11-27T08:00:00Z is wanted")
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            raise Unfit("no time: one such as 2026-11-27T08:00:00Z is wanted") from None
        return _milliseconds(moment, zone)
    try:
        number = decimal_of(value)
    except Unfit:
        raise Unfit("no number of this size: does form say what the value is?") from None
    if form == "number" and number != number.to_integral_value(ROUND_FLOOR, _EXACT):
        raise Unfit("a whole number is wanted")
    found = whole(_EXACT.multiply(number, Decimal(1000)) if form == "epoch_s" else number)
    if not -MOST - 1 <= found <= MOST:
        raise Unfit("no number of this size: does form say what the value is?")
    return found


def _milliseconds(found: datetime, zone: tzinfo | None) -> int:
    if found.tzinfo is None:
        if zone is None:
            raise Unfit("the time has no offset: send one, or (not for version) set zone to where it is from")
        found = _local(found, zone)
    try:
        since = found - _EPOCH
    except OverflowError:
        raise Unfit("a time of no calendar") from None
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def _local(found: datetime, zone: tzinfo) -> datetime:
    """A wall clock's time.  One that comes twice is the first: a time taken too late would release holds."""
    there = found.replace(tzinfo=zone, fold=0)
    try:
        shown = there.astimezone(UTC).astimezone(zone)
    except OverflowError:
        raise Unfit("a time of no calendar") from None
    if shown.replace(tzinfo=None, fold=0) != found.replace(fold=0):
        raise Unfit(f"no clock of {zone} shows this time, it is in the hour that spring leaves out: send the offset")
    return there


def kind_of(value: Any) -> str:
    """What a value is, in the words of JSON."""
    match value:
        case bool():
            return "true or false"
        case int() | float() | Decimal():
            return "a number"
        case str():
            return "a text"
        case dict():
            return "an object"
        case list() | tuple():
            return "an array"
        case bytes():
            return "bytes"
        case datetime():
            return "a time"
        case None:
            return "null"
    return f"a {type(value).__name__}"
