"""Every check of the judge lets a true history pass and counts what is wrong in a false one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from streams.records.order_hold import OrderHold
from streams.records.sku_stock import ChannelLevel, OrderTally, SkuStock
from streams.records.stock_change import StockChange, StockLevel
from streams.records.stock_update import OfferedLevel, StockUpdate
from streams.records.sync_result import SyncResult
from tests.chaos.judge import CHECKS, OLD, Evidence, Finding, Raw, Write, counts, judged

MUG = ("uk", "MUG", "w1")
KEY = "uk:box"
AT = ("t.stock-changes", 0, 3)
BAD = Raw(b"MUG", b"noise", (("chaos-poison", b"1"), ("origin", b"\xff")))


def reading(main: int, version: int) -> tuple[str, StockChange]:
    return "MUG", StockChange("wms", version, (StockLevel("main", main),), version=version)


def update(sequence: int, source: int, sellable: int) -> tuple[str, StockUpdate]:
    level = OfferedLevel("w1", sellable, 0, 0, sellable, source, 0, 2, "absolute")
    return KEY, StockUpdate("MUG", sequence, 1, "STOCK", (level,))


def result(sequence: int, status: str = "APPLIED") -> SyncResult:
    return SyncResult(KEY, "stock", status, 1, market="uk", sku="MUG", sequence=sequence)  # type: ignore[arg-type]


def letter_of(record: Raw, offset: int = AT[2]) -> Raw:
    own = (("tts.code", b"undecodable"), ("tts.topic", AT[0].encode()))
    place = (("tts.partition", str(AT[1]).encode()), ("tts.offset", str(offset).encode()))
    return record._replace(headers=(*record.headers, *own, *place))


def hold(units: int = 1, event_at: int = 5) -> OrderHold:
    return OrderHold(1, event_at, "w1", "main", tuple(str(one) for one in range(units)), "OPEN")


def row(quantity: int, held: int = 0) -> SkuStock:
    tallies = (OrderTally("uk", "w1", "main", 1, 0, held),)
    return SkuStock(levels=(ChannelLevel("wms", "main", quantity, 3, 3),), tallies=tallies)


TRUE = Evidence(
    changes=[reading(10, 1), reading(8, 2), reading(20, 3)],
    records={"stock": 5, "listing": 3},
    counted={"stock": 5, "listing": 3},
    rows={"MUG": row(20)},
    updates=[update(11, 10, 8), update(12, 8, 6), update(13, 20, 18)],
    results=[result(11), result(13, "UNCHANGED")],
    holds=[("MUG|uk|1", hold()), ("MUG|uk|1", hold(2)), ("MUG|uk|2", hold())],
    letters=[letter_of(BAD)],
    poison={AT: BAD},
    expected={MUG: 18},
    shown={MUG: 18},
    writes=[Write(MUG, 8, "01"), Write(MUG, 6, "02"), Write(MUG, 18, "03")],
    oversold={("MUG", "main"): 0},
    never_bought=frozenset({"MUG"}),
    authorities={"main": "wms"},
    channels={("uk", "w1"): "main"},
)
LOST, DOUBLED, DIFFERING, STALE, OVERSOLD, HOLDS, RESULTS, LETTERS = CHECKS

FALSE: list[tuple[str, int, str, Callable[[Evidence], Evidence]]] = [
    (LOST, 2, "records never counted", lambda e: replace(e, counted={**e.counted, "stock": 3})),
    (LOST, 1, "the last reading is not in the state", lambda e: replace(e, rows={"MUG": row(8)})),
    (LOST, 1, "the SKU is not in the state at all", lambda e: replace(e, rows={})),
    (
        LOST,
        1,
        "a decision nobody's reading led to",
        lambda e: replace(e, updates=[*e.updates, update(14, 17, 15)], results=[*e.results, result(14)]),
    ),
    (LOST, 1, "a good record was given up", lambda e: replace(e, letters=[*e.letters, letter_of(BAD, 9)])),
    (DOUBLED, 1, "a record counted twice", lambda e: replace(e, counted={**e.counted, "stock": 6})),
    (DOUBLED, 1, "an update published twice", lambda e: replace(e, updates=[*e.updates, e.updates[-1]])),
    (DOUBLED, 1, "a fact told twice", lambda e: replace(e, holds=[*e.holds, ("MUG|uk|2", hold(1, 9))])),
    (DOUBLED, 1, "a record given up twice", lambda e: replace(e, letters=[*e.letters, *e.letters])),
    (DOUBLED, 2, "updates ended twice", lambda e: replace(e, counted={**e.counted, "listing": 5})),
    (DIFFERING, 1, "another figure", lambda e: replace(e, shown={MUG: 17})),
    (DIFFERING, 1, "no listing", lambda e: replace(e, shown={})),
    (
        STALE,
        1,
        "a request applied after a newer one",
        lambda e: replace(e, never_bought=frozenset(), writes=[*e.writes, Write(MUG, 6, "025")]),
    ),
    (STALE, 1, "an old decision written again", lambda e: replace(e, writes=[*e.writes, Write(MUG, 6, "04")])),
    (
        STALE,
        1,
        "a decision that goes back",
        lambda e: replace(e, updates=[*e.updates, update(14, 8, 6)], results=[*e.results, result(14)]),
    ),
    (
        STALE,
        1,
        "an old reading in the shop",
        lambda e: replace(e, never_bought=frozenset(), writes=[*e.writes, Write(MUG, OLD + 1, "04")]),
    ),
    (OVERSOLD, 3, "units sold twice", lambda e: replace(e, oversold={("MUG", "main"): 3})),
    (HOLDS, 1, "units held", lambda e: replace(e, rows={"MUG": row(20, held=2)})),
    (RESULTS, 1, "the newest update has no result", lambda e: replace(e, results=[result(11)])),
    (RESULTS, 1, "the newest update was given up", lambda e: replace(e, results=[result(11), result(13, "DEAD")])),
    (RESULTS, 2, "updates without an outcome", lambda e: replace(e, counted={**e.counted, "listing": 1})),
    (LETTERS, 1, "no dead letter", lambda e: replace(e, letters=[])),
    (LETTERS, 1, "another value", lambda e: replace(e, letters=[letter_of(BAD._replace(value=b"nois"))])),
    (LETTERS, 1, "another key", lambda e: replace(e, letters=[letter_of(BAD._replace(key=None))])),
    (
        LETTERS,
        1,
        "a header is missing",
        lambda e: replace(e, letters=[letter_of(BAD._replace(headers=BAD.headers[:1]))]),
    ),
]


def test_a_true_history_has_no_finding() -> None:
    assert judged(TRUE) == {name: [] for name in CHECKS}


@pytest.mark.parametrize(("name", "count", "what", "spoil"), FALSE, ids=[f"{row[0]}: {row[2]}" for row in FALSE])
def test_a_false_history_is_counted(name: str, count: int, what: str, spoil: Callable[[Evidence], Evidence]) -> None:
    found = counts(judged(spoil(TRUE)))
    assert found[name] == count
    assert {other: n for other, n in found.items() if n and other != name} == {}


def test_every_check_can_fail() -> None:
    assert {name for name, *_ in FALSE} == set(CHECKS)


def test_an_older_version_is_no_lost_change() -> None:
    """What a source said before is dropped when it comes late; a repeated reading is the same state."""
    late = replace(TRUE, changes=[*TRUE.changes, reading(OLD, 1), TRUE.changes[-1]])
    assert counts(judged(late)) == dict.fromkeys(CHECKS, 0)


def test_a_partial_reading_moves_its_channel_only() -> None:
    partial = StockChange("wms", 4, (StockLevel("other", 5),), version=4, complete=False)
    levels = (*row(20).levels, ChannelLevel("wms", "other", 5, 4, 4))
    seen = replace(TRUE, changes=[*TRUE.changes, ("MUG", partial)], rows={"MUG": row(20)._replace(levels=levels)})
    assert counts(judged(seen))[LOST] == 0


def test_a_collapsed_reading_needs_no_update() -> None:
    """Several readings of one step lead to one update."""
    seen = replace(TRUE, updates=[TRUE.updates[0], TRUE.updates[2]], writes=[TRUE.writes[0], TRUE.writes[2]])
    assert counts(judged(seen)) == dict.fromkeys(CHECKS, 0)


def test_findings_stand_for_what_they_count() -> None:
    assert counts({"some": [Finding("a", 3), Finding("b")]}) == {"some": 4}
