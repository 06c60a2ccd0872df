"""The position record: what is read back is what was written, also from a record of an earlier version."""

from __future__ import annotations

import orjson

from streams.engine.positions import Positions, Sweep


def test_is_read_back_whole() -> None:
    written = Positions(
        {"items": 7}, {"items": "id-1"}, {"ledger:received": 3}, 1_000, {"ledger": Sweep("hash", "0aff", True, 5)}
    )
    assert Positions.decode(written.encode()) == written


def test_nothing_written_yet() -> None:
    assert Positions.decode(None) == Positions()


def test_a_record_without_topic_ids() -> None:
    old = orjson.dumps({"inputs": {"items": 7}, "counts": {}, "from": 0, "sweeps": {}})
    positions = Positions.decode(old)
    assert positions.belong_to({"items": "id-1"}) == []
    assert positions.inputs == {"items": 7}
    assert positions.topic_ids == {"items": "id-1"}


def test_a_topic_created_anew_is_read_from_its_beginning() -> None:
    positions = Positions({"items": 7, "links": 2}, {"items": "id-1", "links": "id-2"})
    assert positions.belong_to({"items": "id-9", "links": "id-2"}) == ["items"]
    assert positions.inputs == {"links": 2}


def test_a_topic_no_longer_read_is_forgotten() -> None:
    positions = Positions({"gone": 7}, {"gone": "id-1"})
    assert positions.belong_to({"items": "id-2"}) == ["gone"]
