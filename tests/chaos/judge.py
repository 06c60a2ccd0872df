"""Which promises were broken: pure, from what topics, state and simulator say once all is quiet.

Each check gives findings; a finding counts as many as it stands for.  The judge knows nothing of the engine and uses
none of its rules: what a SKU's stock must be is folded here once more, in a few lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from streams.records.order_hold import OrderHold
from streams.records.sku_stock import SkuStock
from streams.records.stock_change import StockChange
from streams.records.stock_update import StockUpdate
from streams.records.sync_result import SyncResult

OLD: Final = 7_000
"""Old readings made up by the harness say so many units and more; nobody has them, so nobody may ever see them."""

Place = tuple[str, str, str]
"""Market, SKU, warehouse."""
Position = tuple[str, int, int]
"""Full topic name, partition, offset."""
Headers = tuple[tuple[str, bytes | None], ...]


class Raw(NamedTuple):
    """A record's bytes."""

    key: bytes | None
    value: bytes | None
    headers: Headers


class Write(NamedTuple):
    """One inventory write that TikTok Shop has applied."""

    place: Place
    quantity: int
    arrived: str
    """Sorts by the moment its request reached TikTok Shop."""


@dataclass(frozen=True)
class Evidence:
    """Everything that is known afterwards."""

    changes: Sequence[tuple[str, StockChange]] = ()
    """SKU and reading, as they stand on the topic, poison left out."""
    records: Mapping[str, int] = field(default_factory=dict)
    """Flow to the records on its topics that it had to take."""
    counted: Mapping[str, int] = field(default_factory=dict)
    """Flow to the records its jobs say it has taken, or ended where a flow counts outcomes."""
    rows: Mapping[str, SkuStock] = field(default_factory=dict)
    truth: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    """SKU, source and channel to what the source has in the end."""
    updates: Sequence[tuple[str, StockUpdate]] = ()
    results: Sequence[SyncResult] = ()
    holds: Sequence[tuple[str, OrderHold | None]] = ()
    letters: Sequence[Raw] = ()
    poison: Mapping[Position, Raw] = field(default_factory=dict)
    expected: Mapping[Place, int] = field(default_factory=dict)
    shown: Mapping[Place, int] = field(default_factory=dict)
    writes: Sequence[Write] = ()
    """In the order they were applied."""
    oversold: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """SKU and channel to units oversold, of SKUs that leave through TikTok Shop alone."""
    never_bought: frozenset[str] = frozenset()
    """SKUs nobody has ordered: their figure moves by our writes alone."""
    authorities: Mapping[str, str] = field(default_factory=dict)
    """Channel to the source that counts there."""
    channels: Mapping[Place | tuple[str, str], str] = field(default_factory=dict)
    """Market and warehouse to the channel that feeds it."""


class Finding(NamedTuple):
    """Something that broke a promise."""

    text: str
    count: int = 1


def changes_lost(seen: Evidence) -> list[Finding]:
    """Records not taken, readings that do not show in the state, updates without a reading, good records given up."""
    found = [
        Finding(
            f"{flow}: {given - seen.counted.get(flow, 0)} of {given} records were never counted",
            given - seen.counted.get(flow, 0),
        )
        for flow, given in seen.records.items()
        if flow not in OUTCOMES and seen.counted.get(flow, 0) < given
    ]
    for sku, states in _states(seen).items():
        row = seen.rows.get(sku)
        levels = {(level.source, level.channel): level.quantity for level in row.levels} if row else {}
        for place, quantity in states[-1].items():
            if levels.get(place) != quantity:
                found.append(Finding(f"{sku} {place}: state says {levels.get(place)}, the last reading {quantity}"))
    for (sku, source, channel), quantity in seen.truth.items():
        row = seen.rows.get(sku)
        known = {(level.source, level.channel): level.quantity for level in row.levels} if row else {}
        if known.get((source, channel)) != quantity:
            said = known.get((source, channel))
            found.append(Finding(f"{sku} {channel}: state says {said}, {source} has {quantity}"))
    found += [finding for _, finding in _unfounded(seen) if finding is not None]
    good = [where for where in map(position_of, seen.letters) if where not in seen.poison]
    return found + [Finding(f"a good record became a dead letter: {where}") for where in good]


def outputs_doubled(seen: Evidence) -> list[Finding]:
    """Sequence numbers that do not grow, facts told twice, one record given up twice, records counted twice."""
    found = [
        Finding(f"{flow}: counted {seen.counted[flow] - given} more than {given} records", seen.counted[flow] - given)
        for flow, given in seen.records.items()
        if seen.counted.get(flow, 0) > given
    ]
    last: dict[tuple[str, str], int] = {}
    for key, update in seen.updates:
        listing = (key, update.sku)
        if update.sequence <= last.get(listing, 0):
            found.append(Finding(f"{key} {update.sku}: update {update.sequence} after {last[listing]}"))
        last[listing] = max(update.sequence, last.get(listing, 0))
    told: dict[str, OrderHold | None] = {}
    for key, hold in seen.holds:
        content = None if hold is None else hold._replace(event_at=0, trace=None)
        if key in told and told[key] == content:
            found.append(Finding(f"{key}: the same fact twice in a row"))
        told[key] = content
    twice = Counter(position_of(letter) for letter in seen.letters)
    return found + [Finding(f"{where}: {n} dead letters", n - 1) for where, n in twice.items() if n > 1]


def listings_differing(seen: Evidence) -> list[Finding]:
    """What the simulator shows is not what the rule gives for the merchant's true stock."""
    return [
        Finding(f"{place}: shows {seen.shown.get(place)}, the rule gives {quantity}")
        for place, quantity in seen.expected.items()
        if seen.shown.get(place) != quantity
    ]


def stale_overwrites(seen: Evidence) -> list[Finding]:
    """A newer figure gave way to an older one: at TikTok Shop, in a decision, or by an old reading."""
    found: list[Finding] = []
    newest: dict[Place, Write] = {}
    for write in seen.writes:
        before = newest.get(write.place)
        if before is not None and write.arrived < before.arrived:
            if write.quantity != before.quantity:
                found.append(Finding(f"{write.place}: {write.quantity} was asked for before {before.quantity} was"))
        else:
            newest[write.place] = write
        if write.quantity > OLD // 2:
            found.append(Finding(f"{write.place}: {write.quantity} units come from an old reading"))
    found += [finding for finding, _ in _unfounded(seen) if finding is not None]
    return found + list(_written_backwards(seen))


def oversold_units(seen: Evidence) -> list[Finding]:
    """Units sold that are not there, of SKUs whose units leave through TikTok Shop alone."""
    return [Finding(f"{place}: {units} units", units) for place, units in seen.oversold.items() if units]


def holds_left(seen: Evidence) -> list[Finding]:
    """Units still held although the source has counted every order."""
    return [
        Finding(f"{sku} {tally.market} {tally.channel}: {tally.holds} units held")
        for sku, row in seen.rows.items()
        for tally in row.tallies
        if tally.holds
    ]


def results_missing(seen: Evidence) -> list[Finding]:
    """Updates without an end: the newest of a listing has no result, or fewer ended than were decided."""
    newest: dict[tuple[str, str], int] = {}
    for key, update in seen.updates:
        newest[key, update.sku] = max(update.sequence, newest.get((key, update.sku), 0))
    ended: dict[tuple[str, str], int] = {}
    for result in seen.results:
        if result.kind == "stock" and result.status in TERMINAL and result.sku:
            place = (result.entity, result.sku)
            ended[place] = max(result.sequence, ended.get(place, 0))
    found = [
        Finding(f"{key} {sku}: no result of update {sequence}, the newest is of {ended.get((key, sku), 0)}")
        for (key, sku), sequence in newest.items()
        if ended.get((key, sku), 0) < sequence
    ]
    for flow in OUTCOMES:
        missing = seen.records.get(flow, 0) - seen.counted.get(flow, 0)
        if missing > 0:
            found.append(Finding(f"{flow}: {missing} of {seen.records[flow]} updates have no outcome", missing))
    return found


def letters_spoilt(seen: Evidence) -> list[Finding]:
    """Poison without a dead letter of its own key, value and headers."""
    letters: dict[Position, list[Raw]] = {}
    for letter in seen.letters:
        letters.setdefault(position_of(letter), []).append(letter)
    found = []
    for where, record in seen.poison.items():
        own = letters.get(where)
        if own is None:
            found.append(Finding(f"{where}: no dead letter"))
        elif any(not _holds(letter, record) for letter in own):
            found.append(Finding(f"{where}: the dead letter is not the record"))
    return found


CHECKS: Final[dict[str, Callable[[Evidence], list[Finding]]]] = {
    "changes lost": changes_lost,
    "outputs doubled": outputs_doubled,
    "listings whose simulator quantity differs from the rule once quiet": listings_differing,
    "stale overwrites": stale_overwrites,
    "self-inflicted oversold units": oversold_units,
    "holds left for ever": holds_left,
    "results missing": results_missing,
    "dead letters without original bytes": letters_spoilt,
}
TERMINAL: Final = frozenset({"APPLIED", "UNCHANGED"})
"""Ends of an update here: every other end needs a person, and there is none."""
OUTCOMES: Final = ("listing", "fetch")
"""Flows that count what became of a record rather than that it was taken."""


def judged(seen: Evidence) -> dict[str, list[Finding]]:
    """Findings by the name of the promise."""
    return {name: check(seen) for name, check in CHECKS.items()}


def counts(findings: Mapping[str, Sequence[Finding]]) -> dict[str, int]:
    """Name to number; all 0 means that every promise was kept."""
    return {name: sum(one.count for one in rows) for name, rows in findings.items()}


def position_of(letter: Raw) -> Position:
    """Where a dead letter's record stood."""
    said = {name: (value or b"").decode() for name, value in letter.headers if name.startswith("tts.")}
    return said.get("tts.topic", ""), int(said.get("tts.partition", -1)), int(said.get("tts.offset", -1))


def _holds(letter: Raw, record: Raw) -> bool:
    """Key, value and headers of the record are the letter's, with ours behind them."""
    own = letter.headers[: len(record.headers)]
    return letter.key == record.key and letter.value == record.value and own == record.headers


Levels = dict[tuple[str, str], int]


def _states(seen: Evidence) -> dict[str, list[Levels]]:
    """What was known of each SKU after each of its readings, by source and channel; at first nothing."""
    states: dict[str, list[Levels]] = {}
    versions: dict[tuple[str, str, str], int] = {}
    for sku, change in seen.changes:
        row = states.setdefault(sku, [{}])
        said = {level.channel: level.quantity for level in change.levels}
        if change.complete:
            known = {channel for source, channel in row[-1] if source == change.source}
            ours = {channel for channel, source in seen.authorities.items() if source == change.source}
            said = {**dict.fromkeys(known | ours, 0), **said}
        levels = dict(row[-1])
        for channel, quantity in said.items():
            place = (sku, change.source, channel)
            if change.version is not None and change.version < versions.get(place, change.version):
                continue
            if change.version is not None:
                versions[place] = change.version
            levels[change.source, channel] = quantity
        row.append(levels)
    return states


def _unfounded(seen: Evidence) -> Iterable[tuple[Finding | None, Finding | None]]:
    """Updates whose source figures are older than those of the update before (stale), or of no moment at all (lost)."""
    states = _states(seen)
    reached: dict[tuple[str, str], int] = {}
    for key, update in seen.updates:
        if update.released:
            continue
        market = key.partition(":")[0]
        figures = {
            (seen.authorities[channel], channel): level.source
            for level in update.levels
            if (channel := seen.channels.get((market, level.warehouse))) is not None
        }
        history = states.get(update.sku, [{}])
        matches = [at for at, state in enumerate(history) if all(state.get(p, 0) == n for p, n in figures.items())]
        since = reached.get((market, update.sku), 0)
        later = next((at for at in matches if at >= since), None)
        if later is not None:
            reached[market, update.sku] = later
        elif matches:
            yield Finding(f"{key} {update.sku}: update {update.sequence} goes back to {figures}"), None
        else:
            yield None, Finding(f"{key} {update.sku}: update {update.sequence} has {figures}, which were never true")


def _written_backwards(seen: Evidence) -> Iterable[Finding]:
    """Writes of SKUs nobody bought say what was decided, in the order it was decided."""
    decided: dict[Place, list[int]] = {}
    for key, update in seen.updates:
        for level in update.levels:
            decided.setdefault((key.partition(":")[0], update.sku, level.warehouse), []).append(level.sellable)
    reached: dict[Place, int] = {}
    for write in seen.writes:
        if write.place[1] not in seen.never_bought:
            continue
        wanted = decided.get(write.place, [])
        since = reached.get(write.place, 0)
        later = next((at for at in range(since, len(wanted)) if wanted[at] == write.quantity), None)
        if later is None:
            yield Finding(f"{write.place}: {write.quantity} was written after a newer decision")
        else:
            reached[write.place] = later


def details(findings: Mapping[str, Sequence[Finding]], most: int = 20) -> dict[str, list[Any]]:
    """The first findings of each name, for people."""
    return {name: [one.text for one in rows[:most]] for name, rows in findings.items() if rows}
