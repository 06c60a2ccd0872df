"""Which changes of a schema are allowed, and that ours are."""

import json
from typing import Any

import pytest

from streams.codec.compatibility import Kind, breaks, changed
from streams.codec.schema_files import Release, kind_of, present, releases, text_of


def schema(*fields: dict[str, Any], doc: str = "") -> str:
    return json.dumps({"type": "record", "name": "Sample", "doc": doc, "fields": list(fields)})


SKU = {"name": "sku", "type": "string"}
UNITS = {"name": "units", "type": "long"}
LANE = {"name": "lane", "type": {"type": "enum", "name": "Lane", "symbols": ["A", "B"]}}
MORE_LANES = {"name": "lane", "type": {"type": "enum", "name": "Lane", "symbols": ["A", "B", "C"]}}
WITH_DEFAULT = {**UNITS, "default": 0}
FIRST = Release(1, schema(SKU, LANE))


@pytest.mark.parametrize(
    ("text", "kind", "directions"),
    [
        (schema(SKU, LANE), "topic", []),
        (schema(SKU, LANE, WITH_DEFAULT), "topic", []),
        (schema(SKU, LANE, UNITS), "topic", ["backward"]),
        (schema(SKU), "topic", ["forward"]),
        (schema(SKU), "state", []),
        (schema(SKU, MORE_LANES), "topic", ["forward"]),
        (schema(SKU, MORE_LANES), "state", []),
        (schema({"name": "sku", "type": "long"}, LANE), "topic", ["backward", "forward"]),
        (schema({"name": "sku", "type": "long"}, LANE), "state", ["backward"]),
    ],
)
def test_which_changes_break(text: str, kind: Kind, directions: list[str]) -> None:
    found = breaks(text, [FIRST], kind)
    assert [one.direction for one in found] == directions
    assert all("Remedy" in one.text() for one in found)


def test_every_release_counts_not_only_the_last() -> None:
    released = [Release(1, schema(SKU, UNITS)), Release(2, schema(SKU, WITH_DEFAULT))]
    assert [one.release for one in breaks(schema(SKU), released, "topic")] == [1]


def test_words_for_people_are_no_change_and_defaults_are() -> None:
    released = [Release(1, schema(SKU, doc="old"))]
    assert not changed(schema({**SKU, "repeats": True}, doc="new"), released)
    assert changed(schema({**SKU, "default": ""}), released)


@pytest.mark.parametrize("name", sorted(present()))
def test_our_schemas_go_together_with_all_they_were(name: str) -> None:
    assert breaks(text_of(name), releases(name), kind_of(name)) == []


def test_releases_belong_to_schemas_and_are_numbered_without_gaps() -> None:
    for name in present():
        numbers = [one.number for one in releases(name)]
        assert numbers == list(range(1, len(numbers) + 1))
