"""The relay on a real broker: re-keyed, in order, poison aside, counts that add up."""

from __future__ import annotations

from pathlib import Path

from tests.cluster import Cluster
from tests.relay.site import SIMPLE, Site, until


def stock(sku: str, number: int, site: str = "A", **more: object) -> dict[str, object]:
    return {"sku": sku, "n": number, "site": site, "qty": number, **more}


def test_records_of_a_foreign_topic_become_stock_changes_by_sku(
    kafka: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    site = Site(kafka, topic_prefix, tmp_path, {"wms": 3})
    site.adapter("wms", SIMPLE)
    site.send("wms", [(number % 3, stock(f"S{number % 5}", number)) for number in range(60)])
    site.send("wms", [(0, b"{no json"), (1, stock("S1", 1, "Z")), (2, stock("S1", 1, kind="noise")), (0, None)])
    relay = site.loop()
    until(lambda: sum(relay.loop.measures.outcomes.values()) == 64)
    until(lambda: sum(site.counted().values()) == 64)
    relay.stop()
    changes = site.changes()
    assert len(changes) == 60
    for sku in {sku for sku, _ in changes}:
        for partition in range(3):
            numbers = [
                one.version for key, one in changes if key == sku and one.version and one.version % 3 == partition
            ]
            assert numbers == sorted(numbers)
    topic = site.catalog["stock-changes"]
    for one in kafka.read(topic.full_name):
        assert one.partition() == topic.partition_of(one.key())
    dead = {dict(one.headers())["tts.field"]: one for one in site.dead()}
    assert set(dead) == {b"value", b"site"} and len(site.dead()) == 3
    assert site.counted() == {"applied": 60, "dead": 3, "wms: filter-1": 1}
