"""What is demanded of the records that went through the relay."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.foreign import ADAPTER, PARTITIONS, SKUS, Seen, records, told, wrong
from streams.adapter.adapt import Adapting
from streams.adapter.files import load_adapter
from streams.adapter.outcome import Adapted
from streams.records.stock_change import StockChange, StockLevel
from streams.topics.catalog import load

TOPIC = load(partitions={"sku": 8})["stock-changes"]
SENT = records(2 * SKUS)


def seen(some: Sequence[int]) -> list[Seen]:
    """These of the records, as the relay would write them."""
    found = []
    for one in (SENT[place] for place in some):
        key = one.sku.encode()
        value = TOPIC.encode(StockChange("wms", 1, (StockLevel("leeds", 1),), one.sequence))
        found.append(Seen(TOPIC.partition_of(key), key, value))
    return found


def test_each_record_once_and_in_order_is_right() -> None:
    assert wrong(SENT, seen(range(len(SENT))), TOPIC) is None
    assert len({one.partition for one in SENT}) == PARTITIONS
    assert len({(one.partition, one.sku) for one in SENT}) == SKUS


@pytest.mark.parametrize(
    "places",
    [
        [*range(1, len(SENT))],
        [*range(len(SENT)), 0],
        [SKUS, *range(1, SKUS), 0, *range(SKUS + 1, len(SENT))],
    ],
)
def test_a_record_lost_doubled_or_out_of_order_is_told(places: list[int]) -> None:
    assert "SKU-00000" in (wrong(SENT, seen(places), TOPIC) or "")


def test_a_record_in_another_partition_is_told() -> None:
    (one,) = seen([0])
    assert "lies in partition" in (wrong(SENT[:1], [one._replace(partition=9)], TOPIC) or "")


def test_the_adapter_maps_what_is_sent(tmp_path: Path) -> None:
    file = tmp_path / "wms.toml"
    file.write_text(ADAPTER.format(topic="wms.stock"))
    found = Adapting(load_adapter(file))(None, SENT[5].value, [], 1)
    assert isinstance(found, Adapted)
    assert [(sku, change.version) for sku, change in found.changes] == [(SENT[5].sku, 5)]


def test_the_line_for_people() -> None:
    found = {"records": 20_000, "foreign_partitions": 64, "partitions": 8, "seconds": 2.5, "records_per_second": 8_000}
    assert "8,000 records/s" in told({**found, "mb": 90})
