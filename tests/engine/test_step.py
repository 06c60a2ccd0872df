"""One step: events by entity in log order, one changelog record and one output each, bad records left out whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from streams.codec.poison import RegistryUnavailable
from streams.engine.decided import Loss
from streams.engine.errors import BrokenRule
from streams.engine.flow import Call, Completion, Context, Due, Emit, Flow, Inherited, Input, Step, Swept, Turn
from tests.engine.flows import ALARMS, LEDGER, SEEN, alarm_flow, errand_flow, ledger_flow
from tests.engine.partitions import FLOWS, NAMES, Bench
from tests.engine.topics import catalog_of

LEDGER_FLOW, ALARM_FLOW, ERRAND_FLOW = FLOWS


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    found = Bench(tmp_path)
    yield found
    found.close()


def items(bench: Bench, *numbers: int, key: bytes = b"k") -> Any:
    return bench.batch("items", *((key, {"n": number}) for number in numbers))


def codes(bench: Bench) -> list[str]:
    return [(letter.headers["tts.code"] or b"").decode() for letter in bench.on("sync-dead-letters")]


def test_one_output_and_one_row_per_key_and_step(bench: Bench) -> None:
    decided = bench.step(items(bench, 1, 2), items(bench, 3))
    [total] = bench.on("totals")
    assert total.json["from"] == 1 and total.json["count"] == 3
    assert [row.key for row in bench.on("changelog")] == [b"ledger\0k", b"seen\0k"]
    assert decided.positions == {"items": 3} and decided.records == 3


def test_a_step_decided_again_gives_the_same(bench: Bench) -> None:
    """An aborted transaction leaves nothing behind in memory."""
    bench.step(items(bench, 1))
    batch = items(bench, 2)
    first = (bench.decide(batch).positions, bench.published)
    assert (bench.decide(batch).positions, bench.published) == first


def test_rows_outlive_the_memory(tmp_path: Path) -> None:
    bench = Bench(tmp_path, cache_rows=2)
    for number in range(1, 4):
        bench.step(*(items(bench, number, key=b"k%d" % key) for key in range(10)))
    assert [bench.row(LEDGER_FLOW, b"k%d" % key)["count"] for key in range(10)] == [3] * 10
    bench.close()


def test_a_deleted_row_is_a_tombstone_and_its_timer_goes(tmp_path: Path) -> None:
    def forgetful(entity: str, state: Any, events: Sequence[Any], context: Context) -> Step:
        return Step(None) if state else Step({"at": 5}, (), 5)

    bench = Bench(tmp_path, (replace(alarm_flow(), step=forgetful),))
    bench.step(bench.batch("alarm-requests", (b"a", {})))
    assert bench.timers() == [(5, b"alarms\0a")]
    bench.step(bench.batch("alarm-requests", (b"a", {})))
    assert [row.value for row in bench.on("changelog")] == [None]
    assert bench.timers() == [] and bench.row(ALARM_FLOW, b"a") is None
    bench.close()


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ((None, {"n": 1}), "key-missing"),
        ((b"", {"n": 1}), "key-missing"),
        ((b"k", None), "contract-violated"),
        ((b"k", b"\xff"), "undecodable"),
        ((b"k\xff", {"n": 1}), "undecodable"),
        ((b"k", {"n": -1}), "rule-failed"),
        ((b"k", {"n": 1, "event": "broken"}), "rule-failed"),
        ((b"k", {}), "rule-failed"),
        ((b"k", {"n": 2, "pad": 20_000}), "oversize"),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_poison_is_left_out_wherever_it_stands(bench: Bench, record: Any, code: str, place: int) -> None:
    good: list[tuple[bytes | None, Any]] = [(b"k", {"n": 1}), (b"k", {"n": 2})]
    batch = bench.batch("items", *good[:place], record, *good[place:])
    bench.step(batch)
    assert codes(bench) == [code]
    [letter] = bench.on("sync-dead-letters")
    source = batch.records[place]
    assert (letter.key, letter.value, letter.headers["own"]) == (source[2], source[3], b"1")
    assert letter.headers["tts.offset"] == str(place).encode() and letter.headers["tts.topic"] == b"items"
    assert ("tts.trace" in letter.headers) == (code == "rule-failed")
    [total] = bench.on("totals")
    assert total.json["count"] == 2
    assert [row.key for row in bench.on("changelog")] == [b"ledger\0k", b"seen\0k"]
    counts = bench.stepper.counts
    assert counts["ledger:received"] == 3 and counts["ledger:dead"] == 1
    assert sum(number for name, number in counts.items() if name != "ledger:received") == 3


def test_a_row_that_grows_too_large_is_its_records_fault(tmp_path: Path) -> None:
    def hoard(entity: str, state: Any, events: Sequence[Any], context: Context) -> Step:
        return Step((state or "") + "".join("x" * event["n"] for event in events))

    bench = Bench(tmp_path, (replace(ledger_flow(), step=hoard),), most=5_000)
    bench.step(items(bench, 2_000, 4_000, 2_000))
    assert codes(bench) == ["oversize"]
    assert len(bench.row(LEDGER_FLOW, b"k")) == 4_000
    bench.close()


def test_an_output_that_cannot_be_written_is_a_failed_rule(tmp_path: Path) -> None:
    def odd(entity: str, state: Any, events: Sequence[Any], context: Context) -> Step:
        values = {1: {"n": 1}, 2: object()}
        return Step(
            state, [Emit("totals" if event["n"] < 3 else "nowhere", entity, values.get(event["n"])) for event in events]
        )

    bench = Bench(tmp_path, (replace(ledger_flow(), step=odd),))
    bench.step(items(bench, 1, 2, 3, 1))
    assert codes(bench) == ["rule-failed", "rule-failed"]
    assert len(bench.on("totals")) == 2
    bench.close()


def test_a_record_two_flows_read_is_refused_whole(tmp_path: Path) -> None:
    """When one of them cannot make its event, the other one is not given a part of the record."""

    def picky(key: str, value: Any, when: int) -> Any:
        return value["needed"]

    second = replace(alarm_flow(), inputs=(Input("items", picky),), outputs=())
    bench = Bench(tmp_path, (ledger_flow(), second))
    bench.step(items(bench, 1))
    assert codes(bench) == ["rule-failed"] and bench.on("totals") == []
    assert bench.stepper.counts["ledger:dead"] == bench.stepper.counts["alarms:dead"] == 1
    bench.close()


def test_a_rule_that_fails_in_one_flow_only(tmp_path: Path) -> None:
    def fails(entity: str, state: Any, events: Sequence[Any], context: Context) -> Step:
        raise ValueError("always")

    second = replace(alarm_flow(), inputs=(Input("items", lambda key, value, when: value),), step=fails)
    bench = Bench(tmp_path, (ledger_flow(), second))
    bench.step(items(bench, 1))
    assert codes(bench) == ["rule-failed"] and len(bench.on("totals")) == 1
    assert "ledger:dead" not in bench.stepper.counts and bench.stepper.counts["alarms:dead"] == 1
    bench.close()


def test_a_rule_that_fails_upon_no_record_stops(tmp_path: Path) -> None:
    """A bug of ours that no record can be blamed for must not be committed."""

    def unswept(entity: str, state: Any, events: Sequence[Any], context: Context) -> Step:
        if Swept() in events:
            raise ValueError("cannot be swept")
        return Step({"n": len(events)})

    bench = Bench(tmp_path, (replace(ledger_flow(), step=unswept),))
    with pytest.raises(BrokenRule, match=r"ledger.*cannot be swept.*upon Swept"):
        bench.decide(items(bench, 1), events=[("ledger", b"k", Swept())])
    bench.close()


def test_an_outage_of_the_registry_is_no_poison(tmp_path: Path) -> None:
    def away(key: str, value: Any, when: int) -> Any:
        raise RegistryUnavailable("schema registry answers 503")

    bench = Bench(tmp_path, (replace(ledger_flow(), inputs=(Input("items", away),)),))
    with pytest.raises(RegistryUnavailable):
        bench.decide(items(bench, 1))
    bench.close()


def test_offsets_without_records_belong_to_the_position(bench: Bench) -> None:
    decided = bench.decide(items(bench, 1), ahead={"items": 9, "alarm-requests": 4})
    assert decided.positions == {"items": 9, "alarm-requests": 4}


def test_a_loss_leaves_a_trace(bench: Bench) -> None:
    decided = bench.decide(losses=[Loss("items", 10, 25)])
    [letter] = bench.on("sync-dead-letters")
    assert letter.headers["tts.code"] == b"lost-to-retention" and letter.headers["tts.value"] == b"15"
    assert decided.positions == {"items": 25}


# -- timers -------------------------------------------------------------------------------------


def ask(bench: Bench, at: int) -> Any:
    return bench.batch("alarm-requests", (b"a", {"at": at}))


def test_a_timer_rings_once(bench: Bench) -> None:
    assert bench.step(ask(bench, 100)).next_due == 100
    bench.step(timers=[(100, b"alarms\0a")], now=100)
    assert [ring.json["rung"] for ring in bench.on("alarms-rung")] == [1]
    assert bench.timers() == []


def test_a_moved_timer_leaves_no_entry_behind(bench: Bench) -> None:
    for at in range(100, 200, 10):
        bench.step(ask(bench, at))
    assert bench.timers() == [(190, b"alarms\0a")]


def test_an_entry_that_is_no_longer_true_does_not_ring(bench: Bench) -> None:
    """Restoring cannot know former times; such an entry is dropped when it comes up."""
    bench.step(ask(bench, 100))
    bench.step(timers=[(50, b"alarms\0a"), (60, b"gone\0x")], now=60)
    assert bench.on("alarms-rung") == [] and bench.timers() == [(100, b"alarms\0a")]


def test_a_due_timer_behind_records_of_the_same_step(bench: Bench) -> None:
    bench.step(ask(bench, 100))
    bench.step(ask(bench, 500), timers=[(100, b"alarms\0a")], now=100)
    assert bench.on("alarms-rung") == [] and bench.timers() == [(500, b"alarms\0a")]


# -- rows beside the own one --------------------------------------------------------------------


def test_other_tables_are_read_as_committed_and_not_written(tmp_path: Path) -> None:
    seen: list[Any] = []

    def nosy(entity: str, state: Any, events: Sequence[Any], context: Context) -> Step:
        rows = context.rows(LEDGER)
        seen.append((rows.get("k"), [key for key, _ in rows.scan("k")]))
        if events[0].get("write"):
            rows.put("k", {})
        return Step(state)

    bench = Bench(tmp_path, (ledger_flow(), replace(alarm_flow(), step=nosy)))
    bench.step(items(bench, 1), bench.batch("alarm-requests", (b"a", {})))
    bench.step(bench.batch("alarm-requests", (b"a", {})))
    assert seen[0] == (None, []) and seen[1][0]["count"] == 1 and seen[1][1] == ["k"]
    bench.step(bench.batch("alarm-requests", (b"a", {"write": 1})))
    assert codes(bench) == ["rule-failed"]
    bench.close()


def test_side_rows_of_a_failed_rule_are_not_written(bench: Bench) -> None:
    bench.step(items(bench, -1, key=b"bad"), items(bench, 1, key=b"good"))
    assert [row.key for row in bench.on("changelog")] == [b"ledger\0good", b"seen\0good"]
    assert bench.store.get(b"seen\0bad") is None


def test_a_table_two_flows_share_is_published_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path, (ledger_flow(), replace(alarm_flow(), side=(SEEN, ALARMS))))
    bench.step(items(bench, 1))
    assert [row.key for row in bench.on("changelog")] == [b"ledger\0k", b"seen\0k"]
    bench.close()


# -- calls --------------------------------------------------------------------------------------


def test_a_call_needs_a_turn(tmp_path: Path) -> None:
    def eager(entity: str, state: Any, events: Sequence[Any], context: Context) -> Step:
        return Step({"wanted": 1}, call=Call("t", None, 10))

    flow: Flow = replace(errand_flow(), step=eager)
    bench = Bench(tmp_path, (flow,))
    with pytest.raises(BrokenRule, match="without a turn"):
        bench.decide(bench.batch("errand-requests", (b"e", {})))
    with pytest.raises(BrokenRule, match="without a turn"):
        bench.decide(events=[("errands", b"e", Inherited())])
    decided = bench.decide(events=[("errands", b"e", Turn())])
    assert [call.token for _, _, call in decided.calls] == ["t"]
    bench.close()


def test_an_old_token_is_ignored(bench: Bench) -> None:
    bench.step(bench.batch("errand-requests", (b"e", {})))
    [(_, _, call)] = bench.step(events=[("errands", b"e", Turn())], now=5).calls
    bench.step(events=[("errands", b"e", Completion("another", 1))])
    assert bench.on("errand-results") == []
    bench.step(events=[("errands", b"e", Completion(call.token, 1)), ("errands", b"e", Completion(call.token, 1))])
    assert len(bench.on("errand-results")) == 1


def test_events_from_outside_the_log_are_not_counted_as_received(bench: Bench) -> None:
    bench.step(items(bench, 1), events=[("ledger", b"k", Swept()), ("ledger", b"other", Swept())])
    assert bench.stepper.counts["ledger:received"] == 1
    assert bench.stepper.counts["ledger:changed"] == 1
    assert bench.timers() == [] and Due() == ()


def test_a_record_in_a_partition_it_does_not_belong_to_is_refused(tmp_path: Path) -> None:
    """It would found a second state of its entity, which never meets the first."""
    bench = Bench(tmp_path, of=2)
    belongs = catalog_of("", 2, NAMES)["items"].partition_of
    here = next(b"k%d" % n for n in range(100) if belongs(b"k%d" % n) == 0)
    elsewhere = next(b"k%d" % n for n in range(100) if belongs(b"k%d" % n) == 1)
    for _ in range(2):
        bench.step(bench.batch("items", (here, {"n": 1}), (elsewhere, {"n": 1}), (here, {"n": 2})))
        [letter] = bench.on("sync-dead-letters")
        assert (letter.key, letter.headers["tts.code"], letter.headers["tts.field"]) == (
            elsewhere,
            b"contract-violated",
            b"partition",
        )
        assert [total.key for total in bench.on("totals")] == [here]
    bench.close()
