"""What an adapter makes of the records in a file, without Kafka and without network.

The file holds one JSON object per line, or one JSON array of them.  Each is a record,

    {"key": "4006381333931", "headers": {"site": "LEJ1"}, "timestamp": 1800000000000, "value": {...}}

or a value alone.  ``value`` is what the format's bytes would be read as; ``value_base64`` gives the bytes themselves,
which are decoded as they would be (Avro needs its schema for that).  A value of null is a tombstone.  Each record is
told by itself: a line that is no JSON is a dead letter here as there, and hides none of the others.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from streams.adapter.adapt import Adapting
from streams.adapter.model import Adapter
from streams.adapter.outcome import Adapted, Skipped
from streams.codec.poison import Poison, shown
from streams.codec.registered import Registered
from streams.json_lines import is_time

TOPIC = "stock-changes"
START = 1_767_225_600_000
"""2026-01-01: Kafka's time of records that name none."""
ANY_DAY_MS = 100 * 365 * 24 * 3_600_000
"""Times of such records may lie so far ahead of it; one in another unit lies further."""
FIELDS = frozenset(("key", "headers", "timestamp", "value", "value_base64"))


class AdapterTrialError(ValueError):
    """A record of the file is none as this command wants it: number, field, value, remedy."""

    def __init__(self, number: int, field: str, value: object, reason: str, remedy: str) -> None:
        super().__init__(f"record {number}: {field} = {value!r}: {reason}. Remedy: {remedy}.")


def tried(data: bytes, adapter: Adapter, schema: str | None = None) -> Iterator[dict[str, Any] | AdapterTrialError]:
    """What becomes of each record, in order; ``schema``: Avro's, for values given as bytes."""
    known = None if schema is None else Registered("AVRO", schema)
    timed = Adapting(adapter, lambda number: known)
    timeless = Adapting(adapter, lambda number: known, ANY_DAY_MS)
    records = _records(data)
    if not records:
        yield AdapterTrialError(1, "file", "", "it holds no record", "write one JSON object per line")
    for number, one in enumerate(records, 1):
        if isinstance(one, Poison):
            yield from _told(number, one)
            continue
        adapt = timed if is_record(one) and "timestamp" in one else timeless
        try:
            found = _adapted(number, adapt, one, known is not None)
        except AdapterTrialError as problem:
            yield problem
        else:
            yield from _told(number, found)


def _adapted(number: int, adapt: Adapting, one: Any, has_schema: bool) -> Adapted | Skipped | Poison:
    record = one if is_record(one) else {"value": one}
    key = _key(number, record.get("key"))
    headers = _headers(number, record.get("headers"))
    timestamp = record.get("timestamp", START + number * 1000)
    if not is_time(timestamp, least=-1):
        raise AdapterTrialError(
            number, "timestamp", timestamp, "no time", "write milliseconds since 1970, or -1 for a record without time"
        )
    if "value_base64" in record:
        if adapt.adapter.format == "avro" and not has_schema:
            raise AdapterTrialError(
                number, "value_base64", "…", "Avro cannot be read without its schema", "name it with --schema"
            )
        return adapt(key, _bytes(number, record["value_base64"]), headers, timestamp)
    if record["value"] is None:
        return adapt(key, None, headers, timestamp)
    return adapt.from_value(key, record["value"], headers, timestamp)


def is_record(one: Any) -> bool:
    """A record, and not a value alone."""
    return isinstance(one, Mapping) and one.keys() <= FIELDS and ("value" in one) != ("value_base64" in one)


def _told(number: int, found: Adapted | Skipped | Poison) -> Iterator[dict[str, Any]]:
    if isinstance(found, Skipped):
        yield {"record": number, "skipped": found.reason}
        return
    if isinstance(found, Adapted):
        for sku, change in found.changes:
            levels = [level._asdict() for level in change.levels]
            yield {"record": number, "topic": TOPIC, "key": sku, "value": {**change._asdict(), "levels": levels}}
    poison = found if isinstance(found, Poison) else found.poison
    if poison is not None:
        letter = {"code": poison.code, "field": poison.field, "value": poison.value, "remedy": poison.remedy}
        yield {"record": number, "dead_letter": letter}


def _records(data: bytes) -> list[Any]:
    """The file as a whole, or its lines: values, and ``Poison`` for what is no JSON."""
    data = data.removeprefix(b"\xef\xbb\xbf")  # a byte order mark
    try:
        whole = orjson.loads(data)
    except orjson.JSONDecodeError:
        return [_parsed(line) for line in data.splitlines() if line.strip()]
    return whole if isinstance(whole, list) else [whole]


def _parsed(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        remedy = f"not valid JSON ({error}): correct the producer, or write one JSON object per line"
        return Poison("undecodable", "value", shown(line), remedy)


def _key(number: int, given: Any) -> bytes | None:
    """Text as it is, anything else as JSON."""
    if given is None or isinstance(given, str):
        return None if given is None else given.encode()
    return orjson.dumps(given)


def _headers(number: int, given: Any) -> list[tuple[str, bytes | None]]:
    if given is None:
        return []
    if not isinstance(given, Mapping) or not all(isinstance(value, str) for value in given.values()):
        raise AdapterTrialError(number, "headers", given, "no object of texts", 'write {"name": "text"}')
    return [(str(name), value.encode()) for name, value in given.items()]


def _bytes(number: int, given: Any) -> bytes:
    try:
        return base64.b64decode(given, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise AdapterTrialError(number, "value_base64", given, "no base64", "encode the record's bytes") from None
