"""Rules that a story seldom meets: keys that are none, refusals, passes that end badly, partitions that look again."""

from __future__ import annotations

import pytest

from streams.codec.poison import Poison
from streams.outcome import Delivered, Rejected, RetryLater, ShopStopped
from streams.records.fetch import Fetch
from streams.records.fetch_hint import FetchHint
from streams.records.source_sweep import SourceSweep
from streams.records.sweep import Sweep
from streams.records.sweep_count import SweepCount
from streams.source import fetch, partition, sweep
from streams.source.answers import PageRead, StockRead
from streams.source.wishes import Wish

NOW = 1_000_000
ASKED = Fetch(asked=True, since=NOW)


def begun(row: Fetch = ASKED) -> Fetch:
    found = fetch.begin(row, "t", NOW, 70_000)
    assert found is not None and found.state is not None
    return found.state


@pytest.mark.parametrize("key", ["MUG", "sku:", ":MUG", "Sku:MUG", "customer:7"])
def test_a_key_of_no_kind_is_refused_by_name(key: str) -> None:
    with pytest.raises(Poison, match="sku:") as caught:
        fetch.kind_of(key)
    assert caught.value.field == "key"


def test_a_sku_may_hold_anything() -> None:
    assert fetch.kind_of("sku:a:b|c d") == ("sku", "a:b|c d")


def test_a_refused_resource_is_told_and_left_until_its_next_hint() -> None:
    refused = Rejected("InvalidInput", "no", remedy="rename it")
    found = fetch.read("sku:MUG", begun(), "t", StockRead(refused), NOW)
    (result,) = found.results
    assert (result.status, result.code, result.sku, result.remedy) == ("REJECTED", "InvalidInput", "MUG", "rename it")
    assert found.state is not None and fetch.wish(found.state, NOW) is None
    assert found.counts == (("rejected", 1),)


def test_an_answer_nobody_waits_for_changes_nothing() -> None:
    row = begun()
    assert fetch.read("sku:MUG", row, "other", StockRead(Delivered(), levels=(("main", 1),)), NOW).state is row
    assert fetch.read("sku:MUG", None, "t", StockRead(Delivered()), NOW).state is None


def test_an_answer_that_does_not_come_is_given_up_at_its_deadline() -> None:
    row = begun()
    assert fetch.wish(row, NOW) == NOW + 70_000
    assert isinstance(fetch.wish(row, NOW + 70_000), Wish)
    again = fetch.begin(row, "u", NOW + 70_000, 70_000)
    assert again is not None and again.state is not None and again.state.call is not None
    assert again.state.call.token == "u" and again.state.call.answers == 1


def test_two_entries_of_a_channel_are_told_once() -> None:
    read = StockRead(Delivered(), NOW, (("main", 4),), True, 9, 2, ("main", ""))
    first = fetch.read("sku:MUG", begun(), "t", read, NOW)
    assert [one.code for one in first.results] == ["inventory-entry-twice"]
    assert "(general)" in (first.results[0].explanation or "")
    assert first.state is not None
    second = fetch.read("sku:MUG", begun(first.state._replace(asked=True)), "t", read, NOW)
    assert second.results == () and len(second.changes) == 1


def test_nothing_is_published_where_no_channel_is_configured() -> None:
    assert fetch.read("sku:MUG", begun(), "t", StockRead(Delivered(), NOW), NOW).changes == ()


def paging(**fields: object) -> Sweep:
    return Sweep(running=True, token="t", started_at=NOW)._replace(**fields)  # type: ignore[arg-type]


def test_a_pass_that_does_not_get_on_ends_and_takes_nothing_for_deleted() -> None:
    page = PageRead(Delivered(), NOW, (("A", 1),), 500, None, "A", True)
    found = sweep.page(paging(cursor="A", began=NOW), "t", page, NOW, ("sweep:stock:0:0",))
    assert found.result is not None and found.result.code == "sweep-stands-still"
    assert not found.state.running and found.hints == ()


def test_a_refused_page_ends_the_pass() -> None:
    found = sweep.page(paging(), "t", PageRead(Rejected("InvalidInput", "no", remedy="look")), NOW, ())
    assert found.result is not None
    assert (found.result.status, found.result.code, found.result.remedy) == ("REJECTED", "InvalidInput", "look")
    assert sweep.starts_at(found.state, 60_000) == NOW + 60_000


def test_a_stopped_source_is_told_at_once_and_an_accident_is_not() -> None:
    stopped = sweep.page(paging(), "t", PageRead(ShopStopped("invalid_client", "no", "mend it")), NOW, ())
    assert stopped.result is not None and stopped.result.remedy == "mend it" and stopped.state.running
    assert sweep.page(paging(), "t", PageRead(RetryLater("http-503", "busy")), NOW, ()).result is None


def test_pages_and_reports_of_another_pass_are_ignored() -> None:
    row = paging(read=True, began=7)
    assert sweep.page(row, "other", PageRead(Delivered()), NOW, ()).state is row
    for report in (SourceSweep("REPORT", NOW, 6, 0), SourceSweep("REPORT", NOW, 7, 0)):
        row = sweep.reported(row, report, NOW, 2).state
    assert sweep.reported(row, SourceSweep("REPORT", NOW, 7, 0, seen=9), NOW, 2).state is row
    done = sweep.reported(row, SourceSweep("REPORT", NOW, 7, 1, seen=3, unchanged=3), NOW, 2)
    assert done.result is not None and not done.state.running and sweep.total(done.state)["seen"] == 3


def test_a_pass_without_reports_is_replaced_after_hours() -> None:
    row = paging(read=True, token="", began=7)
    assert sweep.begin(row, NOW, 1_000, 0) is None
    fresh = sweep.begin(row, NOW + sweep.STALE_MS, 1_000, 0)
    assert fresh is not None and fresh.began == 0 and fresh.last == 7


def test_a_partition_looks_in_portions_and_reports_when_all_is_read() -> None:
    known = Fetch(digest=1, entries=1, read_at=5)
    rows = [(f"sku:{number:04}", known) for number in range(partition.PORTION + 1)]
    row = partition.opened(SourceSweep("SEEN", NOW, 100_000), NOW)
    first = partition.looked(row, iter(rows), None, 0, NOW)
    assert first.state is not None and not first.state.read and first.wake == NOW
    assert len(first.hints) == partition.PORTION
    second = partition.looked(first.state, iter(rows[partition.PORTION :]), None, 0, NOW)
    assert second.state is not None and second.state.read and second.wake == NOW + partition.LOOK_AGAIN_MS
    asked = partition.PORTION + 1
    waiting = partition.looked(second.state, iter(()), SweepCount(asked=asked, pending=1), 0, NOW)
    assert waiting.report is None and waiting.state is not None
    done = partition.looked(waiting.state, iter(()), SweepCount(asked=asked, repaired=asked), 0, NOW)
    assert done.state is None and done.report is not None and done.report.missing == asked


def test_rows_seen_read_or_gone_are_not_asked_again() -> None:
    began = 100_000
    rows = {
        "sku:seen": Fetch(digest=1, entries=1, swept_at=began),
        "sku:read": Fetch(digest=1, entries=1, read_at=began + fetch.AMBIGUOUS_MS),
        "sku:gone": Fetch(digest=1, entries=0),
        "sku:never-read": Fetch(asked=True),
        "sku:deleted": Fetch(digest=1, entries=1, read_at=began),
    }
    assert list(partition.unseen(rows.items(), began)) == ["sku:deleted"]


def test_two_passes_never_have_the_same_name() -> None:
    first = sweep.page(paging(last=NOW), "t", PageRead(Delivered(), NOW), NOW, ()).state
    assert first.began == NOW + 1


def test_hints_of_a_pass_say_which() -> None:
    page = PageRead(Delivered(), NOW + 3, (("A", 1), ("B", None)), 2, 2, "B", False)
    found = sweep.page(paging(began=NOW), "t", page, NOW, ("sweep:stock:0:0",))
    assert found.hints == (
        ("sku:A", FetchHint("SWEEP", NOW, digest=1, read_at=NOW + 3)),
        ("sku:B", FetchHint("SWEEP", NOW, digest=None, read_at=NOW + 3)),
        ("sweep:stock:0:0", FetchHint("SWEEP", NOW, read_at=NOW)),
    )
