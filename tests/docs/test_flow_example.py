"""The example of docs/flows.md runs as it stands: schema, generated codec, flow, steps over a real store."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import avro.schema
import pytest

import streams.records
from streams.codec.generate import module
from streams.engine.decided import Decided, Inputs
from streams.engine.fetch import Batch, RawRecord
from streams.engine.flow import Group
from streams.engine.opening import table_tags
from streams.engine.step import Stepper
from streams.engine.store import Store, block_cache
from streams.records import sync_result
from streams.records.stock_change import StockChange, StockLevel
from streams.topics.catalog import load

PAGE = Path(__file__).parents[2] / "docs" / "flows.md"
HOUR = 3_600_000
CATALOG = load()


def block(language: str) -> str:
    (text,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return str(text)


def made(name: str, text: str) -> ModuleType:
    found = ModuleType(name)
    exec(compile(text, name, "exec"), found.__dict__)  # noqa: S102 - our own page
    return found


class World:
    """One partition with the example's flow, stepped by hand."""

    def __init__(self, flow: Any, folder: Path) -> None:
        self.store = Store(folder / "0", block_cache(1))
        tags = table_tags(Group("decide", (flow,), 8))
        changelog = CATALOG["decide-state"].full_name
        self.partition = CATALOG["stock-changes"].partition_of(b"MUG")
        self.stepper = Stepper("decide", (flow,), CATALOG, self.partition, self.store, changelog, tags, 100, 1_000_000)
        self.offset = 0

    def step(self, now: int, *units: int) -> list[Any]:
        """Results published for readings of these units, or for timers that are due."""
        topic = CATALOG["stock-changes"]
        records: list[RawRecord] = []
        for quantity in units:
            value = topic.encode(StockChange("wms", now, (StockLevel("", quantity),)))
            records.append((self.offset, now, b"MUG", value, []))
            self.offset += 1
        batch = Batch(topic.full_name, self.partition, self.offset - len(units), self.offset, 1, records)
        timers, _ = self.store.due(now, 10)
        sent: list[tuple[Any, ...]] = []
        inputs = Inputs(batches=(batch,) if units else (), timers=timers)
        decided: Decided = self.stepper.decide(inputs, now, lambda *record, **_: sent.append(record))
        self.store.write(decided.batch, "id", self.offset, now)
        self.stepper.remember(decided)
        results = CATALOG["sync-results"]
        return [results.decode(record[1]) for record in sent if record[0] == results.full_name]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    name = "streams.records.sold_out"
    record = made(name, module(avro.schema.parse(block("json")), "docs/flows.md"))
    monkeypatch.setitem(sys.modules, name, record)
    monkeypatch.setattr(streams.records, "sold_out", record, raising=False)
    found = World(made("docs_example", block("python")).sold_out_flow(), tmp_path)
    yield found
    found.store.close()


def test_it_tells_once_after_an_hour(world: World) -> None:
    assert world.step(1_000, 5, 0) == []
    assert world.step(2_000, 0) == []
    assert world.step(HOUR) == []
    (told,) = world.step(HOUR + 1_000)
    assert isinstance(told, sync_result.SyncResult)
    assert (told.sku, told.code) == ("MUG", "sold-out-for-an-hour")
    assert world.step(3 * HOUR, 0) == []


def test_stock_in_between_begins_anew(world: World) -> None:
    assert world.step(1_000, 0) == []
    assert world.step(2_000, 7) == []
    assert world.step(2 * HOUR) == []
    assert world.step(2 * HOUR, 0) == []
    assert len(world.step(3 * HOUR)) == 1
