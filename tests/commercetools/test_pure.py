"""What answers, entries, queries and Subscriptions mean: tables and small functions."""

from __future__ import annotations

from typing import Any

import pytest

from streams.commercetools import query
from streams.commercetools.answer import answered, lost
from streams.commercetools.back_off import FIRST_MS, LONGEST_MS, BackOff, failed, succeeded
from streams.commercetools.errors import CODES, STATUSES, verdict
from streams.commercetools.inventory_page import inventory_page
from streams.commercetools.reading import Channels, levels_of, read_at
from streams.commercetools.resources import InventoryEntry, inventory_entries, inventory_entry
from streams.commercetools.subscription import ConfluentCloud, draft, health_of, shown
from streams.commercetools.token import token_of
from streams.outcome import Delivered, Rejected, RetryLater, ShopStopped

KEYS = {"id-main": "main", "id-other": "other"}


def entry(
    number: str = "1", sku: str = "MUG", channel: str | None = "id-main", stock: int = 5, **more: Any
) -> InventoryEntry:
    fields = {"version": 1, "on_stock": stock, "available": stock, **more}
    return InventoryEntry(number, fields["version"], sku, channel, fields["on_stock"], fields["available"])


def resource(**fields: Any) -> dict[str, Any]:
    given = {"id": "1", "version": 3, "sku": "MUG", "quantityOnStock": 5, "availableQuantity": 4, "later": {}}
    return {name: value for name, value in {**given, **fields}.items() if value is not None}


def levels(*entries: InventoryEntry, **supply: str) -> dict[str, int]:
    return dict(levels_of(entries, Channels(KEYS, supply or {"main": "available"})).levels)


# answers


def test_every_reaction_has_an_outcome_and_what_stops_has_a_remedy() -> None:
    for table in (CODES, {str(status): row for status, row in STATUSES.items()}):
        for code, row in table.items():
            outcome = verdict(400, code if code in CODES else None, "").outcome
            assert not isinstance(outcome, Delivered)
            assert row.meaning and (row.reaction != "stop" or row.remedy), code


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (200, None, Delivered),
        (201, None, Delivered),
        (400, "SomethingNew", Rejected),
        (400, None, Rejected),
        (404, None, Rejected),
        (409, "ConcurrentModification", RetryLater),
        (500, "General", RetryLater),
        (599, None, RetryLater),
        (302, None, Rejected),
        (403, None, ShopStopped),
    ],
)
def test_an_answer_is_judged_by_code_then_status(status: int, code: str | None, kind: type) -> None:
    assert isinstance(verdict(status, code, "").outcome, kind)


def test_waiting_costs_no_attempt() -> None:
    for status in (429, 502, 503, 504):
        outcome = verdict(status, None, "").outcome
        assert isinstance(outcome, RetryLater) and not outcome.costs_attempt


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "3"}, 3_000),
        ({"retry-after": "99999999999"}, 300_000),
        ({"retry-after": "soon"}, 0),
        ({"date": "Mon, 05 Jan 2026 08:40:03 GMT", "retry-after": "Mon, 05 Jan 2026 08:40:08 GMT"}, 5_000),
        ({"retry-after": "Mon, 05 Jan 2026 08:40:08 GMT"}, 0),
        ({}, 0),
    ],
)
def test_retry_after_in_seconds_or_as_a_time(headers: dict[str, str], wait: int) -> None:
    assert answered(429, headers, b"", 0, 1).retry_after_ms == wait


def test_a_reading_began_no_later_than_their_clock_less_what_it_took() -> None:
    came = answered(200, {"date": "Mon, 05 Jan 2026 08:40:03 GMT"}, b"{}", 1_767_602_409_000, 250)
    assert read_at(came) == 1_767_602_403_000 - 250
    assert read_at(answered(200, {}, b"{}", 1_767_602_409_000, 250)) == 1_767_602_409_000
    assert read_at(lost("gone", 7, 250)) == 7


def test_pauses_double_to_a_bound_and_end_with_a_success() -> None:
    state, now, waits = BackOff(), 1_000, []
    for _ in range(12):
        state = failed(state, now, now, 0, 1.0)
        waits.append(state.until - now)
        now = state.until
    assert waits[:3] == [FIRST_MS, 2 * FIRST_MS, 4 * FIRST_MS] and waits[-1] == LONGEST_MS
    assert succeeded(state, now) == BackOff()


def test_requests_that_were_under_way_say_nothing_new() -> None:
    state = failed(BackOff(), 1_000, 1_010, 0, 0.0)
    assert failed(state, 1_000, 1_020, 0, 0.0) == state
    assert succeeded(state, 1_000) == state


@pytest.mark.parametrize("body", [None, {}, {"access_token": "x"}, {"access_token": "", "expires_in": 5}, []])
def test_no_token_is_no_token(body: Any) -> None:
    assert token_of(body, 0) is None
    found = token_of({"access_token": "secret", "expires_in": 100}, 1_000)
    assert found is not None and found.renew_at == 81_000 and "secret" not in repr(found)


# queries


def test_as_many_values_as_fit() -> None:
    skus = [f"SKU-{number:04}" for number in range(600)]
    assert query.fitting(skus, 500, 100_000) == 500
    fits = query.fitting(skus, 500, 2_000)
    assert sum(query.size(sku) for sku in skus[:fits]) <= 2_000 < sum(query.size(sku) for sku in skus[: fits + 1])
    assert query.fitting(["x" * 9_000], 500, 100) == 1


def test_size_is_what_it_takes_in_the_address() -> None:
    for sku in ("MUG", 'A"B', "ä&ö", "a b", "1\\2"):
        assert len(query.encoded(query.among("sku", [sku, sku]))) - len(query.encoded(query.among("sku", [sku]))) == (
            query.size(sku)
        )


# entries and levels


def test_every_kind_of_entry_has_its_figure() -> None:
    assert levels(entry(available=-3)) == {"main": -3}
    assert levels() == {"main": 0}
    assert levels(entry(channel="id-other"), entry(number="2", channel=None)) == {"main": 0}
    assert levels(entry(channel=None, stock=9), **{"": "available"}) == {"": 9}
    assert levels(entry(on_stock=10, available=7), main="on_stock") == {"main": 10}
    assert levels(entry(on_stock=10, available=7), main="salable") == {"main": 7}


def test_of_two_entries_of_a_channel_the_lower_counts_and_it_is_told() -> None:
    found = levels_of([entry(stock=9), entry(number="2", stock=4)], Channels(KEYS, {"main": "available"}))
    assert (found.levels, found.twice) == ((("main", 4),), ("main",))


def test_the_same_entry_twice_is_one_in_its_newest_version() -> None:
    found = levels_of([entry(version=3, stock=9), entry(version=2, stock=4)], Channels(KEYS, {"main": "available"}))
    assert (found.levels, found.twice, found.entries) == ((("main", 9),), (), 1)


def test_a_channel_commercetools_does_not_know_has_no_figure() -> None:
    found = levels_of([entry()], Channels(KEYS, {"main": "available", "mian": "available"}))
    assert (found.levels, found.complete) == ((("main", 5),), False)


def test_the_digest_is_of_levels_only() -> None:
    supply = {"main": "available", "other": "available"}
    one = levels_of([entry("1", stock=5)], Channels(KEYS, supply))
    same = levels_of([entry("9", version=7, stock=5)], Channels(KEYS, supply))
    moved = levels_of([entry("1", channel="id-other", stock=5)], Channels(KEYS, supply))
    fewer = levels_of([entry("1", stock=5)], Channels(KEYS, {"main": "available"}))
    assert one.digest == same.digest
    assert len({one.digest, moved.digest, fewer.digest}) == 3


@pytest.mark.parametrize(
    "fields",
    [
        {"id": None},
        {"version": "3"},
        {"quantityOnStock": None},
        {"availableQuantity": 1.5},
        {"availableQuantity": 2**70},
        {"supplyChannel": {"typeId": "channel"}},
        {"supplyChannel": "x"},
    ],
)
def test_an_entry_without_what_it_must_have_spoils_its_sku_only(fields: dict[str, Any]) -> None:
    assert inventory_entry(resource(**fields)) is None
    found = inventory_entries([resource(**fields), resource(sku="BOWL")])
    assert found is not None
    assert [one.sku for one in found.good] == ["BOWL"] and found.bad == {"MUG"}
    assert inventory_entries([resource(sku=None, **fields)]) is None


# pages of everything


def page_of(*skus: str, limit: int = 4, bad: tuple[str, ...] = ()) -> Any:
    rows = [
        resource(id=str(number), sku=sku, version=None if sku in bad else 1, supplyChannel={"id": "id-main"})
        for number, sku in enumerate(skus)
    ]
    found = inventory_entries(rows)
    assert found is not None
    return inventory_page(rows, found, Channels(KEYS, {"main": "available"}), limit)


def test_the_last_sku_of_a_full_page_is_left_to_the_next() -> None:
    page = page_of("A", "A", "B", "C")
    assert ([sku for sku, _ in page.skus], page.last, page.more, page.entries) == (["A", "B"], "B", True, 3)


def test_a_page_that_is_not_full_is_the_last() -> None:
    page = page_of("A", "B", "C")
    assert ([sku for sku, _ in page.skus], page.last, page.more) == (["A", "B", "C"], "C", False)
    assert page_of().last is None


def test_a_sku_that_fills_a_page_is_read_by_itself() -> None:
    assert page_of("A", "A", "A", "A").skus == (("A", None),)


def test_a_bad_entry_has_its_sku_read_by_itself() -> None:
    assert page_of("A", "B", "C", bad=("B",)).skus[1] == ("B", None)


# Subscriptions


WHERE = ConfluentCloud("pkc-1.eu.confluent.cloud:9092", "the-key", "the-secret", "tts.ct-notifications", "pottery")


def test_the_draft_asks_for_what_hints_are_made_of_and_shows_no_secret() -> None:
    wanted = draft("ours", WHERE, "CloudEvents")
    assert {one["resourceTypeId"] for one in wanted["messages"]} == {"inventory-entry", "order"}
    assert wanted["destination"]["key"] == "pottery" and wanted["destination"]["acks"] == "all"
    assert "the-secret" not in str(shown(wanted)) and "the-key" not in str(shown(wanted))
    assert "the-secret" not in repr(WHERE)
    assert "key" not in draft("ours", WHERE._replace(key=None), "Platform")["destination"]


@pytest.mark.parametrize(
    ("status", "health"),
    [(200, "healthy"), (400, "stopped"), (404, "stopped"), (503, "temporary"), (500, "unknown"), (0, "unknown")],
)
def test_health_is_known_by_status(status: int, health: str) -> None:
    came = answered(status, {}, b"", 0, 1) if status else lost("gone", 0, 1)
    assert health_of(came).status == health
