"""The stock flow's quick way in the engine: the same steps with and without it."""

from __future__ import annotations

import logging
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.engine.decided import Inputs
from streams.engine.fetch import Batch
from streams.engine.flow import Flow, Step, Swept
from streams.engine.step import Stepper
from streams.engine.store import Store, block_cache
from streams.flows.stock import stock_flow
from streams.records.order_hold import OrderHold
from streams.records.sku_link import SkuLink
from streams.records.stock_change import StockChange, StockLevel
from streams.topics.catalog import load
from tests.stock.builders import T0, hold, market, markets

CATALOG = load(partitions={"sku": 2, "market": 2})
CACHE = block_cache(4)
MARKETS = markets(market("uk", buffer={"percentage": 10}))
TAGS = {name: name.encode() + b"\0" for name in ("sku_stock", "order_fact")}
SKUS = [f"SKU-{number}" for number in range(20)]
HERE = [sku for sku in SKUS if CATALOG["stock-changes"].partition_of(sku.encode()) == 0][:3]
FOREIGN = next(sku for sku in SKUS if CATALOG["stock-changes"].partition_of(sku.encode()) == 1)

AHEAD = T0 + 1000 * 24 * 3_600_000
FORMS = (
    *("json", "json ahead", "ahead", "watermark ahead", "beyond"),
    *("cut", "no text", "trace of noise", "two channels", "null", "garbage"),
)

Published = tuple[str, bytes | None, bytes | None, int]
Record = tuple[str, bytes | None, bytes | None]
"""topic, key, value"""


class Side:
    """One partition, stepped."""

    def __init__(self, folder: str, flow: Flow) -> None:
        self.store = Store(Path(folder), CACHE)
        self.stepper = Stepper("decide", (flow,), CATALOG, 0, self.store, "changelog", TAGS, 2, 1_000_000)
        self.published: list[Published] = []
        self._at: Counter[str] = Counter()

    def produce(self, topic: str, value: Any, key: Any, partition: int, headers: Any = None) -> None:
        self.published.append((topic, value, key, partition))

    def step(self, records: Sequence[Record], now: int, sweep: bool) -> Any:
        """What the step published, what it would remember, and the counts.

        A record that is refused late makes its entity's turn come sooner, so the order of entities is left out.
        """
        self.published.clear()
        batches = []
        for name in dict.fromkeys(topic for topic, _, _ in records):
            start = self._at[name]
            raw: list[Any] = [
                (start + place, now + place, key, value, [])
                for place, (_, key, value) in enumerate(one for one in records if one[0] == name)
            ]
            self._at[name] += len(raw)
            batches.append(Batch(CATALOG[name].full_name, 0, start, start + len(raw), 1, raw))
        events = [("stock", sku.encode(), Swept()) for sku in HERE if sweep]
        timers, _ = self.store.due(now, 100)
        decided = self.stepper.decide(Inputs(batches, events, timers), now, self.produce)
        self.store.write(decided.batch, "id", 1, now)
        self.stepper.remember(decided)
        dead = [one for one in self.published if one[0].endswith("dead-letters")]
        said = sorted((one for one in self.published if one not in dead), key=repr)
        rows = list(self.store.scan(b"sku_stock")) + list(self.store.scan(b"order_fact")) + list(self.store.scan(b"\1"))
        counts = dict(self.stepper.counts)
        done = sum(number for name, number in counts.items() if name != "stock:received")
        assert counts.get("stock:received", 0) == done
        return said, Counter(dead), rows, decided.outputs, decided.dead, counts, decided.left_out, decided.next_due


def avro(topic: str, value: Any) -> bytes:
    return CATALOG[topic].encode(value)


def change(key: str, quantity: int, at: int, form: str, version: int | None = None) -> Record:
    levels_ = (StockLevel("main", quantity),)
    value = StockChange("commercetools", T0 + at, levels_, version, trace="00-ä" if at == 3 else None)
    data = avro("stock-changes", value)
    match form:
        case "json" | "json ahead":
            levels = [{"channel": "main", "quantity": quantity}]
            when = T0 + at if form == "json" else AHEAD
            data = orjson.dumps({"source": "commercetools", "read_at": when, "levels": levels})
        case "ahead":
            data = avro("stock-changes", value._replace(read_at=AHEAD))
        case "watermark ahead":
            data = avro("stock-changes", value._replace(orders_until=AHEAD))
        case "beyond":
            data = avro("stock-changes", value._replace(levels=(StockLevel("main", 1 << 50),)))
        case "cut":
            data = data[:-1]
        case "no text":
            data = data.replace(b"main", b"m\xff\xffn")
        case "trace of noise":
            data = avro("stock-changes", value._replace(trace="00-ab")).replace(b"00-ab", b"00\xff\xfe\xfd")
        case "two channels":
            levels_ = (StockLevel("main", quantity), StockLevel("north", 1))
            data = avro("stock-changes", value._replace(levels=levels_))
    return "stock-changes", key.encode(), None if form == "null" else data


forms = st.sampled_from(("avro",) * 8 + FORMS)
versions = st.sampled_from((None, None, None, 1, 2, 3))
changes = st.builds(
    change, st.sampled_from((*HERE, *HERE, FOREIGN)), st.integers(-2, 40), st.integers(0, 9), forms, versions
)
links = st.builds(
    lambda key, at, names: ("sku-links", key.encode(), avro("sku-links", SkuLink(f"P-{key}", at, names))),
    st.sampled_from(HERE),
    st.integers(0, 5),
    st.sampled_from((("uk",), ("uk",), ("uk", "de"), ())),
)


def held(key: str, units: int, at: int, stage: Any) -> Record:
    seen = hold(units, stage, at=at).hold
    assert isinstance(seen, OrderHold)
    return "order-holds", f"{key}|uk|O1".encode(), avro("order-holds", seen)


holds = st.builds(
    held, st.sampled_from(HERE), st.integers(1, 3), st.integers(0, 9), st.sampled_from(("OPEN", "CLOSED"))
)
nameless = st.just(("stock-changes", None, b"x")) | st.just(("stock-changes", b"\xff", change("x", 1, 1, "avro")[2]))
steps = st.lists(
    st.tuples(
        st.lists(changes, max_size=12) | st.lists(changes | changes | links | holds | nameless, max_size=12),
        st.sampled_from((1, 20, 40 * 24 * 3_600_000)),
        st.sampled_from((False, False, True)),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(steps)
def test_the_quick_way_makes_the_same_steps(drawn: list[tuple[list[Record], int, bool]]) -> None:
    flow = stock_flow(MARKETS)
    claims: list[Record] = [
        ("sku-links", sku.encode(), avro("sku-links", SkuLink(f"P-{sku}", 1, ("uk",)))) for sku in HERE
    ]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        quick, slow = Side(one, flow), Side(other, replace(flow, quick=None))
        now = T0
        for records, pause, sweep in [(claims, 1, False), *drawn]:
            now += pause
            assert quick.step(records, now, sweep) == slow.step(records, now, sweep)
        quick.store.close()
        slow.store.close()


def test_older_readings_are_counted_as_such_on_both_ways(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("streams.engine.left_out"), "filters", [])
    for name, flow in (("quick", stock_flow(MARKETS)), ("slow", replace(stock_flow(MARKETS), quick=None))):
        side = Side(str(tmp_path / name), flow)
        side.step([("sku-links", HERE[0].encode(), avro("sku-links", SkuLink("P", 1, ("uk",))))], T0, False)
        side.step([change(HERE[0], 5, 1, "avro", version=9)], T0 + 1, False)
        before = Counter(side.stepper.counts)
        readings = [change(HERE[0], 7, 2, "avro", version) for version in (8, 9, 3, 9)]
        *_, left_out, _ = side.step(readings, T0 + 2, False)
        assert left_out == {"stock:older": 2}
        assert Counter(side.stepper.counts) - before == Counter(
            {"stock:received": 4, "stock:older": 2, "stock:changed": 1, "stock:collapsed": 1}
        )
        *_, left_out, _ = side.step([change(HERE[0], 7, 3, "avro", 1)], T0 + 3, False)
        assert left_out == {"stock:older": 1} and side.stepper.counts["stock:older"] == 3
    assert f"flow stock left out as older a record of {HERE[0]}" in caplog.text


def test_plain_readings_take_it(tmp_path: Path) -> None:
    """Else the comparison above would compare nothing."""
    flow = stock_flow(MARKETS)

    def never(*_: Any) -> Step:
        raise AssertionError("the general rule was asked")

    side = Side(str(tmp_path), replace(flow, step=never))
    other = Side(str(tmp_path / "other"), flow)
    claims = [("sku-links", sku.encode(), avro("sku-links", SkuLink(f"P-{sku}", 1, ("uk",)))) for sku in HERE]
    other.step(claims, T0, False)
    for key, value in other.store.scan(b"sku_stock"):
        side.store.db[key] = value
    said, dead, *_ = side.step(
        [change(sku, 9, 1, form) for sku, form in zip(HERE, ("avro", "json", "avro"), strict=True)], T0 + 1, False
    )
    topics = Counter(topic for topic, *_ in said)
    assert not dead and topics == {"changelog": 3, CATALOG["stock-updates"].full_name: 3}
