"""No input whatsoever raises: a record becomes changes that can be written, is left out, or is poison with a path."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from streams.adapter.adapt import Adapting
from streams.adapter.files import load_adapters
from streams.adapter.outcome import Adapted, Skipped
from streams.codec.poison import Poison
from streams.codec.registered import Registered
from streams.records import stock_change
from streams.shipped import shipped
from tests.adapter.builders import adapter

NAMES = ["sku", "site", "qty", "stock", "items", "n", "at", "op", "orders", "id", "held"]

ADAPTERS = [
    adapter(),
    adapter(
        sku={"key": True, "pattern": "^0*(.+)$"},
        quantity={"path": "qty", "minus": ["held"], "factor": "0.5", "missing": "zero", "decimal": "comma"},
        version={"path": "n", "form": "number", "missing": "none"},
        read_at={"path": "at", "form": "iso", "zone": "UTC"},
        deletion={"tombstone": "empty", "marker": {"path": "op", "values": ["D", True, 1]}},
    ),
    adapter(
        each="items[*]",
        level={"each": "stock.*", "missing": "empty"},
        channel={"member": True, "values": {"a": "A", "b": "A"}, "unlisted": "skip"},
        complete=True,
        same_channel="sum",
        orders_until={"path": "$.at", "form": "epoch_s"},
        acknowledged_orders={"each": "orders[*].id"},
        filters=[{"path": "op", "but": ["X"]}, {"path": "^.n", "only": [1, "1"], "missing": "keep"}],
    ),
    adapter(
        each="items.*",
        sku={"member": True},
        level={"each": "stock[*]"},
        channel={"header": "site", "missing": "skip"},
        key_format="json",
        filters=[{"key_path": "id", "but": [0], "missing": "reject"}],
    ),
    adapter(format="json-schema", sku={"constant": "MUG"}, channel={"constant": "a"}, quantity={"path": "."}),
    adapter(format="avro", key_format="avro", sku={"key": True}, quantity={"path": "stock[0]"}),
    *load_adapters(shipped("adapters")),
]

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        ["", "1", "12.000", "1,5", "D", "2027-01-15T08:00:00Z", "0001-01-01T00:00:00+23:59", "9" * 30, "a"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=3)), inner)
    ),
    max_leaves=25,
)
SCHEMA = Registered("AVRO", '{"type": "array", "items": ["null", "string", "long", "double", "bytes"]}')
BYTES = st.one_of(
    st.none(),
    st.binary(max_size=40),
    VALUES.map(lambda value: orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)),
    VALUES.map(lambda value: b"\x00\x00\x00\x00\x01" + orjson.dumps(value)),
    st.binary(max_size=20).map(lambda rest: b"\x00\x00\x00\x00\x01" + rest),
)
HEADERS = st.one_of(
    st.none(),
    st.lists(st.tuples(st.sampled_from(["site", "traceparent", "x"]), st.one_of(st.none(), st.binary(max_size=9)))),
)


def judged(found: Any, name: str) -> None:
    if isinstance(found, Poison):
        assert found.field and found.remedy
    elif isinstance(found, Skipped):
        assert found.reason
    else:
        assert isinstance(found, Adapted)
        assert found.changes or found.poison is not None
        for sku, change in found.changes:
            assert sku.encode()
            assert stock_change.decode(stock_change.encode(change)) == change
            assert change.source == name
            assert len({level.channel for level in change.levels}) == len(change.levels)
        if found.poison is not None:
            assert found.poison.field and found.poison.remedy


@given(st.sampled_from(ADAPTERS), BYTES, BYTES, HEADERS, st.integers(-1, 2**53))
def test_whatever_comes_has_a_defined_end(one: Any, key: Any, value: Any, headers: Any, at: int) -> None:
    judged(Adapting(one, lambda number: SCHEMA if number == 1 else None)(key, value, headers, at), one.authority)


@given(st.sampled_from(ADAPTERS), VALUES, st.binary(max_size=5), HEADERS)
def test_whatever_value_is_read_has_a_defined_end(one: Any, value: Any, key: bytes, headers: Any) -> None:
    """Avro reads to values that JSON has not, and the shapes here are closer to what adapters expect."""
    judged(Adapting(one).from_value(key, value, headers, 5), one.authority)


def test_what_is_nested_too_deeply_to_be_shown_is_refused_all_the_same() -> None:
    deep = b'{"sku": "MUG", "site": "uk-main", "qty": ' + b"[" * 1000 + b"]" * 1000 + b"}"
    found = Adapting(adapter())(b"key", deep, None, 0)
    assert isinstance(found, Poison) and found.field == "qty"
