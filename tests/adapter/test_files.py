"""Adapter files: the examples are right, and a mistake names file, setting, value and remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streams.adapter.errors import AdapterError
from streams.adapter.files import load_adapter, load_adapters
from streams.adapter.trial import tried
from streams.shipped import shipped

GOOD = """
topic = "wms.stock"
format = "json"
complete = false
sku = { path = "sku" }
[[levels]]
channel = { path = "site" }
quantity = { path = "qty" }
"""

MISTAKES = {
    # what is wrong: what is replaced, by what, what the error must say
    "no TOML": ("topic =", "topic", ("file", "not TOML", "line named")),
    "a name": ("topic =", 'name = "x"\ntopic =', ("name", "remove it")),
    "a misspelt key": ("complete", "complet", ("complet", "did you mean complete")),
    "a misspelt key within": (
        '{ path = "site" }',
        '{ path = "site", value = {} }',
        ("levels.0.channel.value", "values"),
    ),
    "nothing about completeness": ("complete = false\n", "", ("complete", "add the setting")),
    "an unknown format": ('"json"', '"xml"', ("format", "'xml'", "use one of the words named")),
    "a path that is none": ('"qty"', '"qty["', ("levels.0.quantity.path", "is no path", "[n] or [*]")),
    "a star where one value is wanted": ('"qty"', '"qty[*]"', ("leads to many values", "put the part with the star")),
    "no star where many are wanted": (
        "[[levels]]",
        '[[levels]]\neach = "stock"',
        ("levels.0.each", "[*] for an array"),
    ),
    "stars of both kinds": ("[[levels]]", '[[levels]]\neach = "a[*].*"', ("levels.0.each", "stars of both kinds")),
    "two places": (
        '{ path = "sku" }',
        '{ path = "sku", key = true }',
        ("sku", "path and key say where it stands", "exactly one of"),
    ),
    "no place": ('{ path = "sku" }', "{}", ("sku", "nothing says where it stands", "exactly one of")),
    "a pattern that is none": ('"sku" }', '"sku", pattern = "(" }', ("sku.pattern", "no regular expression")),
    "a pattern without a group": ('"sku" }', '"sku", pattern = "a" }', ("sku.pattern", "0 groups")),
    "an unknown time zone": (
        "[[levels]]",
        'read_at = { path = "at", zone = "Mars" }\n[[levels]]',
        ("read_at.zone", "Europe/Berlin"),
    ),
    "a version by a wall clock": (
        "[[levels]]",
        'version = { path = "at", zone = "Europe/Berlin" }\n[[levels]]',
        ("version", "'Europe/Berlin'", "comes twice", "take a sequence number, or a time with its offset"),
    ),
    "a member in a filter": (
        "[[levels]]",
        "filters = [{ member = true, only = [1] }]\n[[levels]]",
        ("filters.0.member", "remove it"),
    ),
    "a member as a version": ("[[levels]]", "version = { member = true }\n[[levels]]", ("version.member", "remove it")),
    "commercetools as a source": (
        "topic =",
        'source = "commercetools"\ntopic =',
        ("no foreign source", "name of its own"),
    ),
    "a filter without values": ("[[levels]]", 'filters = [{ path = "x" }]\n[[levels]]', ("filters.0", "only or but")),
    "a factor of nothing": ('"qty" }', '"qty", factor = 0 }', ("levels.0.quantity.factor", "greater than 0")),
    "a skipped figure of a complete set": (
        'complete = false\nsku = { path = "sku" }\n[[levels]]\nchannel = { path = "site" }\n'
        'quantity = { path = "qty" }',
        'complete = true\nsku = { path = "sku" }\n[[levels]]\nchannel = { path = "site" }\n'
        'quantity = { path = "qty", missing = "skip" }',
        ("cannot be skipped", "zero or reject"),
    ),
    "a tombstone without a SKU": (
        "[[levels]]",
        'deletion = { tombstone = "zero" }\n[[levels]]',
        ("find the SKU in", "key or a header"),
    ),
    "a tombstone without a channel": (
        'sku = { path = "sku" }',
        'sku = { key = true }\ndeletion = { tombstone = "zero" }',
        ("find the channel in", "empty (no channel"),
    ),
    "a member without a star": ('{ path = "site" }', "{ member = true }", ("channel.member", "end with a star")),
}


@pytest.mark.parametrize(("old", "new", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_names_file_setting_and_remedy(tmp_path: Path, old: str, new: str, said: tuple[str, ...]) -> None:
    file = tmp_path / "wms.toml"
    assert old in GOOD
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(AdapterError) as problem:
        load_adapter(file)
    for text in (str(file), "Remedy: ", *said):
        assert text in str(problem.value), str(problem.value)


def test_files_and_folders_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match="no such folder"):
        load_adapters(tmp_path / "nowhere")
    with pytest.raises(AdapterError, match="cannot be read"):
        load_adapter(tmp_path / "nothing.toml")
    assert load_adapters(tmp_path) == ()


def test_adapters_of_one_source_agree_on_what_a_version_is(tmp_path: Path) -> None:
    def write(name: str, version: str, source: str = "wms") -> None:
        lines = f'source = "{source}"\nversion = {{ path = "v", form = "{version}" }}\n'
        (tmp_path / f"{name}.toml").write_text(lines + GOOD)

    write("counts", "number")
    write("moves", "iso")
    with pytest.raises(AdapterError) as problem:
        load_adapters(tmp_path)
    for text in ("moves.toml: version = 'a time'", "adapter counts", "'wms'", "a number", "Remedy: "):
        assert text in str(problem.value)
    write("counts", "epoch_ms")
    assert len(load_adapters(tmp_path)) == 2
    write("counts", "number", source="wms-2")
    assert len(load_adapters(tmp_path)) == 2


@pytest.mark.parametrize("name", ["wms", "erp"])
def test_the_examples_map_the_records_in_their_comments(name: str) -> None:
    file = shipped("adapters") / f"{name}.toml"
    comment = "".join(line.removeprefix("#") for line in file.read_text().splitlines() if line.startswith("#"))
    (value,) = re.findall(r"value\s+(\{.*\})\s+All settings", comment)
    ((told),) = tried(value.encode(), load_adapter(file))
    assert told["key"] == {"wms": "MUG-BLUE", "erp": "MUG-6"}[name]
    assert told["value"]["levels"] == [{"channel": "uk-main", "quantity": {"wms": 46, "erp": 33}[name]}]


def test_the_source_is_the_name_unless_it_is_given(tmp_path: Path) -> None:
    file = tmp_path / "wms.toml"
    file.write_text(GOOD)
    assert load_adapter(file).authority == "wms"
    file.write_text('source = "SAP.1"\n' + GOOD)
    assert load_adapter(file).authority == "SAP.1"
