"""What a file of changes would make the markets hear, without Kafka and without network.

The file holds one JSON object per line, or one JSON array of them, in log order:

    {"topic": "stock-changes", "key": "SHOE-42", "value": {"source": "commercetools", ...}, "timestamp": 1800000000000}

``timestamp`` is Kafka's time in milliseconds; without it the clock advances by one second per change.  A SKU the
file never links is taken to be sold in the market asked for, by a product named like the SKU.
"""

import json
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

from streams.codec import plain
from streams.codec.poison import Poison
from streams.codec.schema_files import parsed, text_of
from streams.market.markets import Markets
from streams.records import order_hold, sku_link, stock_change
from streams.records.order_fact import OrderFact
from streams.records.sku_link import SkuLink
from streams.records.sku_stock import SkuStock
from streams.stock.decide import Claim, Decision, HoldSeen, Input, Reading, decide
from streams.stock.explain import explain

START = 1_767_225_600_000
"""2026-01-01, the clock of files that name no time."""
SHOWN = 80
"""Characters of a broken line that are repeated in the error."""
FIELDS = frozenset(("topic", "key", "value", "timestamp"))


class TrialError(ValueError):
    """A line of the file cannot be used: line, field, value, remedy."""

    def __init__(self, line: int, field: str, value: object, reason: str, remedy: str) -> None:
        super().__init__(f"change {line}: {field} = {value!r}: {reason}. Remedy: {remedy}.")
        self.line = line
        self.field = field
        self.remedy = remedy


class Seen(NamedTuple):
    """One change of the file."""

    sku: str
    input: Input


def tried(text: str, market: str, markets: Markets) -> Iterator[dict[str, Any]]:
    """Every update the market would get and every refused change, as JSON-able dicts, in order."""
    changes = list(_changes(text))
    linked = {seen.sku for seen in changes if isinstance(seen.input, Claim)}
    states: dict[str, SkuStock] = {}
    rows = _Rows()
    now = START
    for sku, one in changes:
        now = max(now, one.appended_at) if states else one.appended_at
        inputs: tuple[Input, ...] = (one,)
        if sku not in states and sku not in linked:
            inputs = (Claim(SkuLink(sku, 0, (market,)), one.appended_at), one)
        decision = decide(sku, states.get(sku), rows, inputs, now, markets)
        states[sku] = decision.state
        yield from _told(sku, decision, market, now, markets)


def _told(sku: str, decision: Decision, market: str, now: int, markets: Markets) -> Iterator[dict[str, Any]]:
    lines = explain(sku, decision.state, now, markets).get(market, {})
    for name, product, update in decision.updates:
        if name == market:
            yield {"market": name, "product": product, "update": _plain(update), "explanation": lines}
    for result in decision.results:
        yield {"result": _plain(result)}


def _changes(text: str) -> Iterator[Seen]:
    for number, record in enumerate(_records(text), 1):
        yield _seen(number, record)


def _records(text: str) -> Iterable[Any]:
    stripped = text.strip()
    try:
        if stripped.startswith("["):
            found = json.loads(stripped)
            assert isinstance(found, list)
            return found
        return [json.loads(line) for line in stripped.splitlines() if line.strip()]
    except json.JSONDecodeError as error:
        line = error.lineno if stripped.startswith("[") else _broken_line(stripped)
        shown = stripped.splitlines()[line - 1][:SHOWN]
        reason, remedy = f"it is not JSON: {error.msg}", "write one JSON object per line"
        raise TrialError(line, "line", shown, reason, remedy) from None


def _broken_line(text: str) -> int:
    for number, line in enumerate(text.splitlines(), 1):
        try:
            json.loads(line or "0")
        except json.JSONDecodeError:
            return number
    return 1


def _seen(number: int, record: Any) -> Seen:
    if not isinstance(record, dict) or not FIELDS >= record.keys() >= {"topic", "key", "value"}:
        remedy = "write an object with topic, key, value and perhaps timestamp"
        raise TrialError(number, "change", record, "it is not a record of a topic", remedy)
    key, value, at = record["key"], record["value"], record.get("timestamp", START + number * 1000)
    if not isinstance(key, str) or not key:
        raise TrialError(number, "key", key, "it is not text", "write the SKU, or sku|market|order for a hold")
    if not isinstance(at, int):
        raise TrialError(number, "timestamp", at, "it is not a whole number", "write milliseconds since 1970")
    match record["topic"]:
        case "stock-changes":
            return Seen(key, Reading(_record(number, "stock_change", stock_change, value), at))
        case "sku-links":
            return Seen(key, Claim(_record(number, "sku_link", sku_link, value), at))
        case "order-holds":
            parts = key.split("|")
            if len(parts) != 3:
                raise TrialError(number, "key", key, "it does not name an order", "write sku|market|order")
            hold = None if value is None else _record(number, "order_hold", order_hold, value)
            return Seen(parts[0], HoldSeen(parts[1], parts[2], hold, at))
        case other:
            raise TrialError(
                number, "topic", other, "the stock rules do not read it", "use stock-changes, sku-links or order-holds"
            )


def _record(number: int, schema: str, records: ModuleType, value: Any) -> Any:
    """The value as the topic's record, checked as a JSON record on the topic would be."""
    try:
        return plain.reader(parsed(text_of(schema)), records.RECORDS)(value, "value")
    except Poison as poison:
        raise TrialError(number, poison.field or "value", poison.value, poison.code, poison.remedy) from None


def _plain(value: Any) -> Any:
    """Records as dicts, for JSON."""
    if isinstance(value, tuple):
        if hasattr(value, "_asdict"):
            return {name: _plain(part) for name, part in value._asdict().items()}
        return [_plain(part) for part in value]
    return value


class _Rows:
    """Order facts in memory."""

    def __init__(self) -> None:
        self._rows: dict[str, OrderFact] = {}

    def get(self, key: str) -> OrderFact | None:
        return self._rows.get(key)

    def put(self, key: str, row: OrderFact) -> None:
        self._rows[key] = row

    def drop(self, key: str) -> None:
        self._rows.pop(key, None)

    def scan(self, prefix: str) -> Iterable[tuple[str, OrderFact]]:
        return [(key, self._rows[key]) for key in sorted(self._rows) if key.startswith(prefix)]
