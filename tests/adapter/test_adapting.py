"""Records of many shapes become stock changes; what cannot, says which path holds what."""

from __future__ import annotations

from typing import Any

import pytest

from streams.adapter.model import Adapter
from streams.adapter.outcome import Adapted
from streams.adapter.values import AHEAD_MS, MOST_UNITS
from streams.codec.poison import Poison
from streams.records.stock_change import StockChange, StockLevel
from streams.stock import inputs, sellable
from tests.adapter.builders import AT, adapter, change, changes, levels, poison, skipped, told

SIMPLE = {"sku": "MUG", "site": "uk-main", "qty": 5}


def test_one_record_is_one_level() -> None:
    assert changes(adapter(), SIMPLE) == [
        ("MUG", StockChange("wms", AT, (StockLevel("uk-main", 5),), None, complete=False))
    ]


# where values stand


@pytest.mark.parametrize(
    ("sku", "options"),
    [
        ({"path": "sku"}, {}),
        ({"key": True}, {"key": b"MUG"}),
        ({"header": "article"}, {"headers": [("article", b"OLD"), ("article", b"MUG")]}),
        ({"constant": "MUG"}, {}),
        ({"key": True, "pattern": r"^[^|]*\|(.+)$"}, {"key": b"DE|MUG"}),
        ({"key": True, "values": {"400638": "MUG"}}, {"key": b"400638"}),
    ],
)
def test_a_sku_stands_in_the_value_the_key_a_header_or_nowhere(sku: Any, options: Any) -> None:
    assert changes(adapter(sku=sku), SIMPLE, **options)[0][0] == "MUG"


def test_a_sku_whose_orders_could_not_be_held_is_refused() -> None:
    found = poison(adapter(), {**SIMPLE, "sku": "MUG|BLUE"})
    assert (found.code, found.field, found.value) == ("unmappable", "sku", "MUG|BLUE") and "rename" in found.remedy
    assert poison(adapter(sku={"key": True}, deletion={"tombstone": "empty"}), None, key=b"A|B").field == "key"
    many = told(adapter(each="items[*]"), {"items": [{**SIMPLE, "sku": "A|B"}, SIMPLE]})
    assert isinstance(many, Adapted) and many.poison is not None
    assert ([sku for sku, _ in many.changes], many.poison.field) == (["MUG"], "items[0].sku")


def test_keys_may_be_objects() -> None:
    one = adapter(sku={"key_path": "item.id"}, key_format="json")
    assert changes(one, SIMPLE, key=b'{"item": {"id": 4711}}')[0][0] == "4711"
    assert poison(one, SIMPLE, key=b"{").field == "key"
    assert poison(one, SIMPLE, key=b'{"item": {}}').field == "key: item.id"
    assert poison(one, SIMPLE, key=None).field == "key: item.id"


def test_a_key_that_is_no_text_is_refused_only_where_it_matters() -> None:
    assert changes(adapter(), SIMPLE, key=b"\xff")
    assert poison(adapter(sku={"key": True}), SIMPLE, key=b"\xff").code == "undecodable"


def test_columns_are_levels() -> None:
    one = adapter(
        levels=[
            {"channel": {"constant": "uk-main"}, "quantity": {"path": "uk"}},
            {"channel": {"constant": "europe"}, "quantity": {"path": "eu"}},
        ]
    )
    assert levels(one, {"sku": "MUG", "uk": 1, "eu": 2}) == {"uk-main": 1, "europe": 2}


def test_places_of_an_array_are_levels() -> None:
    one = adapter(level={"each": "stock[*]"}, complete=True)
    found = change(one, {"sku": "MUG", "stock": [{"site": "a", "qty": 1}, {"site": "b", "qty": 2}]})
    assert found.complete and found.levels == (("a", 1), ("b", 2))


def test_members_of_an_object_are_levels() -> None:
    one = adapter(level={"each": "stock.*"}, channel={"member": True}, quantity={"path": "."})
    assert levels(one, {"sku": "MUG", "stock": {"a": 1, "b": 2}}) == {"a": 1, "b": 2}


def test_paths_reach_outwards() -> None:
    one = adapter(each="items[*]", level={"each": "stock[*]"}, channel={"path": "^.site"}, quantity={"path": "$.qty"})
    value = {"qty": 9, "items": [{"sku": "MUG", "site": "a", "stock": [{}]}]}
    assert levels(one, value) == {"a": 9}


def test_a_part_that_is_a_level_itself_reaches_the_record() -> None:
    quantity = {"path": "qty", "minus": ["^.kept"]}
    one = adapter(each="items[*]", channel={"path": "^.site"}, quantity=quantity)
    value = {"site": "a", "kept": 1, "items": [{"sku": "MUG", "site": "b", "qty": 9, "kept": 5}]}
    assert levels(one, value) == {"a": 8}
    lacking = told(one, {"site": "a", "items": [{"sku": "MUG", "qty": 9}]})
    assert isinstance(lacking, Adapted) and lacking.poison is not None and lacking.poison.field == "kept"
    bad = told(one, {"site": "a", "kept": 1, "items": [{"sku": "MUG", "qty": "?"}]})
    assert isinstance(bad, Adapted) and bad.poison is not None and bad.poison.field == "items[0].qty"


def test_many_skus_in_one_record_keep_their_order() -> None:
    one = adapter(each="items[*]")
    value = {"items": [{"sku": sku, "site": "a", "qty": qty} for sku, qty in (("A", 1), ("B", 2), ("A", 3))]}
    assert [(sku, found.levels[0].quantity) for sku, found in changes(one, value)] == [("A", 1), ("B", 2), ("A", 3)]
    by_name = adapter(each="items.*", sku={"member": True})
    assert changes(by_name, {"items": {"MUG": {"site": "a", "qty": 1}}})[0][0] == "MUG"


def test_a_bad_sku_does_not_stop_the_others_of_its_record() -> None:
    one = adapter(each="items[*]", level={"each": "stock[*]"})
    good = {"sku": "A", "stock": [{"site": "a", "qty": 1}]}
    bad = {"sku": "B", "stock": [{"site": "a", "qty": 1}, {"site": "b", "qty": "?"}]}
    found = told(one, {"items": [good, bad, {**good, "sku": "C"}]})
    assert isinstance(found, Adapted) and [sku for sku, _ in found.changes] == ["A", "C"]
    assert found.poison is not None and found.poison.field == "items[1].stock[1].qty"
    assert "1 of the record's 3 parts" in found.poison.remedy


# figures


def test_what_is_taken_is_subtracted_and_packs_are_units() -> None:
    one = adapter(quantity={"path": "free", "minus": ["held", "broken"], "factor": 12})
    assert levels(one, {"sku": "MUG", "site": "a", "free": "10.5", "held": 2, "broken": 0.25}) == {"a": 99}
    assert poison(one, {"sku": "MUG", "site": "a", "free": 10, "held": 2}).field == "broken"


@pytest.mark.parametrize("value", [{"sku": "MUG", "site": "a"}, {"sku": "MUG", "site": "a", "qty": None}])
def test_a_missing_quantity_means_what_the_adapter_says(value: Any) -> None:
    assert levels(adapter(quantity={"path": "qty", "missing": "zero"}), value) == {"a": 0}
    assert skipped(adapter(quantity={"path": "qty", "missing": "skip"}), value) == "quantity-missing"
    assert poison(adapter(), value).field == "qty"


def test_an_unlisted_warehouse_is_refused_or_left_out() -> None:
    listed = {"path": "site", "values": {"LEJ1": "uk-main"}}
    assert levels(adapter(channel=listed), {**SIMPLE, "site": "LEJ1"}) == {"uk-main": 5}
    found = poison(adapter(channel=listed), {**SIMPLE, "site": "FRA2"})
    assert (found.code, found.field, found.value) == ("unmappable", "site", "FRA2")
    assert skipped(adapter(channel={**listed, "unlisted": "skip"}), {**SIMPLE, "site": "FRA2"}) == "channel-unlisted"


def test_a_complete_set_of_which_nothing_is_ours_is_empty_and_not_left_out() -> None:
    channel = {"path": "site", "values": {"LEJ1": "uk-main"}, "unlisted": "skip"}
    one = adapter(channel=channel, level={"each": "stock[*]"}, complete=True)
    found = change(one, {"sku": "MUG", "stock": [{"site": "FRA2", "qty": 4}]})
    assert found.complete and found.levels == ()


def test_several_levels_of_a_channel_are_refused_or_added_up() -> None:
    value = {"sku": "MUG", "stock": [{"site": "a", "qty": 1.9}, {"site": "a", "qty": 2.9}, {"site": "b", "qty": 4}]}
    found = poison(adapter(level={"each": "stock[*]"}), value)
    assert (found.field, found.value) == ("stock[1]", "a")
    assert levels(adapter(level={"each": "stock[*]"}, same_channel="sum"), value) == {"a": 3, "b": 4}


def test_a_missing_array_means_what_the_adapter_says() -> None:
    def one(missing: str) -> Adapter:
        return adapter(level={"each": "stock[*]", "missing": missing}, complete=True)

    assert change(one("empty"), {"sku": "MUG"}).levels == ()
    assert skipped(one("skip"), {"sku": "MUG"}) == "levels-missing"
    assert poison(one("reject"), {"sku": "MUG", "stock": {}}).field == "stock[*]"
    assert change(one("reject"), {"sku": "MUG", "stock": []}).levels == ()


# times, versions, orders


def test_times_and_versions_are_taken_from_the_record() -> None:
    one = adapter(
        read_at={"path": "at", "form": "iso", "zone": "Europe/Berlin"},
        version={"path": "n", "form": "number"},
        orders_until={"path": "until", "form": "epoch_s"},
        acknowledged_orders={"each": "orders[*].id", "pattern": "^TT-([0-9]+)$"},
    )
    orders = [{"id": "TT-1"}, {"id": "WEB-2"}, {"id": None}, {}, {"id": "TT-3"}]
    found = change(one, {**SIMPLE, "at": "2027-01-15T09:00:00", "n": "007", "until": 1_799_999_999, "orders": orders})
    assert (found.read_at, found.version, found.orders_until) == (1_800_000_000_000, 7, 1_799_999_999_000)
    assert found.acknowledged_orders == ("1", "3")


@pytest.mark.parametrize("setting", ["read_at", "orders_until", "version"])
def test_a_time_in_another_unit_is_refused_where_it_stands(setting: str) -> None:
    one = adapter(each="items[*]", **{setting: {"path": "at", "form": "epoch_ms"}})

    def refused(at: int) -> Poison | None:
        found = told(one, {"items": [{**SIMPLE, "at": at}]})
        assert isinstance(found, Adapted)
        return found.poison

    found = refused(AT * 1000)
    assert found is not None and (found.field, found.value) == ("items[0].at", str(AT * 1000))
    assert "does form say what the value is?" in found.remedy
    assert refused(AT + AHEAD_MS) is None
    assert refused(AT + AHEAD_MS + 1) is not None


def test_a_version_of_the_last_day_of_all_is_refused_and_a_number_is_not_held_to_kafkas_time() -> None:
    """It would let every later reading of the SKU count as older."""
    time = adapter(version={"path": "t", "form": "iso"})
    found = poison(time, {**SIMPLE, "t": "9999-12-31T00:00:00Z"})
    assert (found.code, found.field, found.value) == ("unmappable", "t", "9999-12-31T00:00:00Z")
    assert change(time, {**SIMPLE, "t": "2027-01-15T08:00:00Z"}).version == AT
    assert poison(adapter(version={"path": "t", "form": "epoch_s"}), {**SIMPLE, "t": AT}).field == "t"
    assert change(adapter(version={"path": "t", "form": "number"}), {**SIMPLE, "t": AT * 1000}).version == AT * 1000


@pytest.mark.parametrize("setting", ["read_at", "orders_until"])
def test_the_hour_that_comes_twice_is_the_first(setting: str) -> None:
    """Taken too late, holds of orders would end that the source has not counted."""
    one = adapter(**{setting: {"path": "at", "zone": "Europe/Berlin"}})
    found = change(one, {**SIMPLE, "at": "2026-10-25T02:30:00"})
    assert getattr(found, setting) == 1_792_888_200_000  # 00:30 UTC
    refused = poison(one, {**SIMPLE, "at": "2026-03-29T02:30:00"})
    assert (refused.field, refused.value) == ("at", "2026-03-29T02:30:00") and "send the offset" in refused.remedy


def test_units_nobody_can_have_are_refused_where_they_stand() -> None:
    assert poison(adapter(), {**SIMPLE, "qty": 10**12 + 1}).field == "qty"
    one = adapter(same_channel="sum", level={"each": "stock[*]"})
    stock = [{"site": "uk-main", "qty": 10**12}, {"site": "uk-main", "qty": 1}]
    assert poison(one, {"sku": "MUG", "stock": stock}).value == str(10**12 + 1)


def test_adapters_and_rules_refuse_the_same() -> None:
    assert (AHEAD_MS, MOST_UNITS) == (inputs.AHEAD_MS, sellable.LIMIT)


def test_a_missing_version_is_refused_unless_the_adapter_says_otherwise() -> None:
    assert poison(adapter(version={"path": "n", "form": "number"}), SIMPLE).field == "n"
    assert change(adapter(version={"path": "n", "form": "number", "missing": "none"}), SIMPLE).version is None


def test_without_a_time_of_its_own_a_record_has_kafkas() -> None:
    assert change(adapter(), SIMPLE).read_at == AT
    assert change(adapter(read_at={"path": "at", "missing": "none"}), SIMPLE).read_at == AT
    assert poison(adapter(), SIMPLE, at=-1).field == "timestamp"


def test_the_trace_goes_on() -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    assert change(adapter(), SIMPLE, headers=[("traceparent", trace.encode())]).trace == trace
    assert change(adapter(), SIMPLE, headers=[("traceparent", b"\xff")]).trace is None


# what is left out, and what is gone


def test_filters_leave_records_out_by_value() -> None:
    only = adapter(filters=[{"path": "kind", "only": ["STOCK", 1]}])
    assert changes(only, {**SIMPLE, "kind": "STOCK"}) and changes(only, {**SIMPLE, "kind": 1})
    assert [skipped(only, {**SIMPLE, "kind": kind}) for kind in ("X", True, "1", None, [1])] == ["filter-1"] * 5
    but = adapter(filters=[{"header": "tenant", "but": ["test"]}, {"path": "kind", "but": [True], "missing": "reject"}])
    assert skipped(but, SIMPLE, headers=[("tenant", b"test")]) == "filter-1"
    assert skipped(but, {**SIMPLE, "kind": True}) == "filter-2"
    assert changes(but, {**SIMPLE, "kind": 1}) and poison(but, SIMPLE).field == "kind"


@pytest.mark.parametrize(
    ("means", "complete", "found"),
    [("zero", False, (("uk-main", 0),)), ("empty", True, ())],
)
def test_a_marker_says_that_a_sku_is_gone(means: str, complete: bool, found: Any) -> None:
    one = adapter(deletion={"marker": {"path": "op", "values": ["D"]}, "means": means}, quantity={"path": "qty"})
    gone = change(one, {"sku": "MUG", "site": "uk-main", "op": "D"})
    assert (gone.levels, gone.complete) == (found, complete)
    assert levels(one, {**SIMPLE, "op": "U"}) == {"uk-main": 5}


def test_a_marker_may_be_left_out() -> None:
    one = adapter(deletion={"marker": {"path": "op", "values": ["D"]}, "means": "skip"})
    assert skipped(one, {**SIMPLE, "op": "D"}) == "deleted"


def test_a_tombstone_means_what_the_adapter_says() -> None:
    by_key: dict[str, Any] = {"sku": {"key": True}, "channel": {"constant": "uk-main"}}
    zero = change(adapter(**by_key, deletion={"tombstone": "zero"}), None, key=b"MUG")
    assert (zero.levels, zero.complete, zero.read_at) == ((("uk-main", 0),), False, AT)
    empty = change(adapter(**by_key, deletion={"tombstone": "empty"}), None, key=b"MUG")
    assert (empty.levels, empty.complete) == ((), True)
    assert skipped(adapter(deletion={"tombstone": "skip"}), None) == "tombstone"
    assert poison(adapter(), None).field == "value"
    assert poison(adapter(**by_key, deletion={"tombstone": "empty"}), None, key=None).field == "key"


# what cannot be read


def test_bytes_that_are_no_json_are_refused() -> None:
    from streams.adapter.adapt import adapt

    found = adapt(adapter(), b"", b"{")
    assert isinstance(found, Poison) and (found.code, found.field) == ("undecodable", "value")


@pytest.mark.parametrize("value", [[], 5, "text", True, {"sku": {}}, {"sku": ""}, {"sku": True}, {"sku": 1.5}])
def test_other_shapes_are_refused_by_path(value: Any) -> None:
    assert poison(adapter(), value).field == "sku"
