"""What a file of changes would make the markets hear, without Kafka and without network.

The file holds one JSON object per line, or one JSON array of them, in log order:

    {"topic": "stock-changes", "key": "SHOE-42", "value": {"source": "commercetools", ...}, "timestamp": 1800000000000}

``timestamp`` is Kafka's time in milliseconds; without it the clock advances by one second per change.  A SKU the
file never links is taken to be sold in the market asked for, by a product named like the SKU.
"""

from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

from streams.codec import plain
from streams.codec.poison import Poison
from streams.codec.schema_files import parsed, text_of
from streams.json_lines import NoRecords, is_time, records_of
from streams.market.heard import deaf_to_level, deaf_to_source
from streams.market.markets import Markets
from streams.records import order_hold, sku_link, stock_change
from streams.records.order_fact import OrderFact
from streams.records.sku_link import SkuLink
from streams.records.sku_stock import SkuStock
from streams.sku import REMEDY as SKU_REMEDY
from streams.sku import is_usable
from streams.stock.decide import Claim, Decision, HoldSeen, Input, Reading, decide
from streams.stock.explain import explain
from streams.stock.inputs import hold_seen, reading

START = 1_767_225_600_000
"""2026-01-01, the clock of files that name no time."""
ANY_DAY_MS = 100 * 365 * 24 * 3_600_000
"""Times of changes that name no Kafka time may lie so far ahead of our clock; one in another unit lies further."""
FIELDS = frozenset(("topic", "key", "value", "timestamp"))


class TrialError(ValueError):
    """A line of the file cannot be used: line, field, value, remedy."""

    def __init__(self, line: int, field: str, value: object, reason: str, remedy: str) -> None:
        held = "" if value is None else f" = {value!r}"
        super().__init__(f"change {line}: {field}{held}: {reason}. Remedy: {remedy}.")
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


def unheard(text: str, markets: Markets) -> Iterator[str]:
    """Sources and channels of the readings that matter to no market, each told once: change, field, value, remedy."""
    told: set[tuple[str, str | None]] = set()
    for number, (_, one) in enumerate(_changes(text), 1):
        if not isinstance(one, Reading):
            continue
        source = one.change.source
        found: list[tuple[str | None, str | None]] = [(None, deaf_to_source(markets, "source", source))]
        if found[0][1] is None:
            found = [
                (level.channel, deaf_to_level(markets, f"levels[{place}].channel", level.channel, source))
                for place, level in enumerate(one.change.levels)
            ]
        for channel, warning in found:
            if warning is not None and (source, channel) not in told:
                told.add((source, channel))
                yield f"change {number}: {warning}"


def _told(sku: str, decision: Decision, market: str, now: int, markets: Markets) -> Iterator[dict[str, Any]]:
    lines = explain(sku, decision.state, now, markets).get(market, {})
    for name, product, update in decision.updates:
        if name == market:
            yield {"market": name, "product": product, "update": _plain(update), "explanation": lines}
    for result in decision.results:
        yield {"result": _plain(result)}


def _changes(text: str) -> Iterator[Seen]:
    try:
        records = records_of(text)
    except NoRecords as problem:
        raise TrialError(problem.line, "line", problem.shown, problem.reason, problem.remedy) from None
    for number, record in enumerate(records, 1):
        try:
            yield _seen(number, record)
        except RecursionError:
            raise TrialError(number, "value", None, "it is nested too deeply", "send what the contract names") from None


def _seen(number: int, record: Any) -> Seen:
    if not isinstance(record, dict) or not FIELDS >= record.keys() >= {"topic", "key", "value"}:
        remedy = "write an object with topic, key, value and perhaps timestamp"
        raise TrialError(number, "change", record, "it is not a record of a topic", remedy)
    key, value, at = record["key"], record["value"], record.get("timestamp", START + number * 1000)
    if not isinstance(key, str) or not key:
        raise TrialError(number, "key", key, "it is not text", "write the SKU, or sku|market|order for a hold")
    if record["topic"] in ("stock-changes", "sku-links") and not is_usable(key):
        raise TrialError(number, "key", key, "it is no SKU that can be sold", SKU_REMEDY)
    if not is_time(at):
        raise TrialError(number, "timestamp", at, "it is no time", "write milliseconds since 1970, a whole number")
    judged_at = at if "timestamp" in record else START + ANY_DAY_MS
    try:
        return Seen(*_entity_and_input(number, record["topic"], key, value, at, judged_at))
    except Poison as poison:
        fault, _, remedy = poison.remedy.partition(": ")
        field = "value" if poison.field is None else poison.field
        field = field if field.startswith("value") else f"value.{field}"
        reason = f"it {fault}" if fault.startswith(("is ", "are ")) else fault
        raise TrialError(number, field, poison.value, reason, remedy) from None


def _entity_and_input(number: int, topic: Any, key: str, value: Any, at: int, judged_at: int) -> tuple[str, Input]:
    """``judged_at``: Kafka's time that the record's own times are held against."""
    match topic:
        case "stock-changes":
            change = _record("stock_change", stock_change, value)
            reading(change, judged_at)
            return key, Reading(change, at)
        case "sku-links":
            return key, Claim(_record("sku_link", sku_link, value), at)
        case "order-holds":
            parts = key.split("|")
            if len(parts) != 3:
                raise TrialError(number, "key", key, "it does not name an order", "write sku|market|order")
            hold = None if value is None else _record("order_hold", order_hold, value)
            hold_seen(parts[1], parts[2], hold, judged_at)
            return parts[0], HoldSeen(parts[1], parts[2], hold, at)
        case other:
            raise TrialError(
                number, "topic", other, "the stock rules do not read it", "use stock-changes, sku-links or order-holds"
            )


def _record(schema: str, records: ModuleType, value: Any) -> Any:
    """The value as the topic's record, checked as a JSON record on the topic would be."""
    return plain.reader(parsed(text_of(schema)), records.RECORDS)(value, "value")


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
