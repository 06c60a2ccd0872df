"""The topic files themselves: complete, consistent, each with examples that are used here."""

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from streams.codec import plain
from streams.codec.schema_files import SCHEMAS, kind_of, parsed, present, text_of
from streams.engine.flow import Flow
from streams.flows.fetch import fetch_flow
from streams.flows.source_health import health_flow
from streams.flows.stock import stock_flow
from streams.flows.sweep import sweep_flow
from streams.market.markets import Markets
from streams.topics.catalog import Topic, TopicProblem, definitions, load, read_definition

CATALOG = load()
TYPED = [topic for topic in CATALOG.values() if topic.definition.schema_name]
EXAMPLES = sorted((SCHEMAS / "examples").glob("*/*.json"))


def example(path: Path) -> tuple[Topic, bytes, Any]:
    found = json.loads(
        path.read_text(), object_hook=lambda one: base64.b64decode(one["base64"]) if "base64" in one else one
    )
    return CATALOG[path.parent.name], found["key"].encode(), found["value"]


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_every_topic_has_owner_schema_and_example(name: str) -> None:
    definition = CATALOG[name].definition
    assert definition.owner and definition.writers and definition.readers and definition.doc
    assert definition.schema_name or definition.changelog or name in ("sync-dead-letters", "ct-notifications")
    assert [path for path in EXAMPLES if path.parent.name == name]


def test_every_topic_schema_has_a_topic() -> None:
    used = {topic.definition.schema_name for topic in TYPED}
    assert used == {name for name in present() if kind_of(name) == "topic"}


def test_every_example_belongs_to_a_topic() -> None:
    assert {path.parent.name for path in EXAMPLES} <= set(CATALOG)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_example_parses_and_round_trips(path: Path) -> None:
    topic, key, value = example(path)
    assert topic.partition_of(key) in range(topic.partitions)
    assert topic.entity_of(key)
    if topic.definition.schema_name is None:
        assert topic.decode(topic.encode(value)) == value
        return
    schema = parsed(text_of(topic.definition.schema_name))
    record = plain.reader(schema, vars(records_of(topic))["RECORDS"])(value, "")
    assert topic.decode(topic.encode(record)) == record
    assert {**plain.to_plain(schema, record), **value} == plain.to_plain(schema, record)
    if "json" in topic.definition.formats:
        assert topic.decode(path_value(path)) == record


def records_of(topic: Topic) -> Any:
    import importlib

    return importlib.import_module(f"streams.records.{topic.definition.schema_name}")


def path_value(path: Path) -> bytes:
    return json.dumps(json.loads(path.read_text())["value"]).encode()


def test_json_topics_have_no_bytes() -> None:
    """JSON has no form for them that every producer would guess."""
    for topic in TYPED:
        if "json" in topic.definition.formats or topic.definition.result:
            assert '"bytes"' not in text_of(topic.definition.schema_name or "")


def test_topics_of_a_group_lie_in_the_same_class() -> None:
    for group in ("intake", "decide", "deliver", "orders"):
        read = [one for one in definitions().values() if group in one.readers]
        assert len({one.partitions for one in read}) == 1, group


def test_a_group_may_write_what_its_flows_write_and_nothing_else() -> None:
    """``streams topics acls`` prints rights by these files."""
    always = {"sync-dead-letters", "sync-jobs"}
    written = {
        "intake": {"intake-state", *(name for flow in intake_flows() for name in flow.outputs)},
        "decide": {"decide-state", *stock_flow(Markets(())).outputs},
    }
    for group, outputs in written.items():
        allowed = {name for name, one in definitions().items() if group in one.writers}
        assert allowed == outputs | always, group
    assert [group for group in definitions()["sync-retries"].writers] == ["deliver"]


def intake_flows() -> Sequence[Flow]:
    return (
        fetch_flow(1, ""),
        sweep_flow(CATALOG["fetch-hints"], 0, 1),
        health_flow(CATALOG["source-sweeps"], None, 1, 1),
    )


GOOD = """
name: sample-topic
doc: A sample.
key: sku
entity: whole
routing: whole
owner: decide
writers: [decide]
readers: [deliver]
partitions: sku
cleanup: delete
retention: 7d
schema: stock_change
formats: [avro]
"""


def written(folder: Path, text: str, name: str = "sample-topic") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(text)
    return path


def test_a_definition_is_read(tmp_path: Path) -> None:
    found = read_definition(written(tmp_path, GOOD))
    assert found.broker_config() == {"cleanup.policy": "delete", "retention.ms": "604800000"}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("retention: 7d", "retension: 7d", "retension"),
        ("retention: 7d", "retention: a week", "a week"),
        ("retention: 7d", "", "retention goes with cleanup delete"),
        ("formats: [avro]", "", "formats go with a schema"),
        ("formats: [avro]", "formats: [json]", "accepts avro"),
        ("partitions: sku", "partitions: 0", "partitions"),
        ("owner: decide", "owner: nobody", "owner"),
        ("cleanup: delete", "cleanup: delete\ntombstones: true", "tombstones"),
        ("name: sample-topic", "name: other", "is not the file's name"),
        ("doc: A sample.", "doc: [", "not valid YAML"),
    ],
)
def test_a_wrong_definition_names_file_and_key(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = written(tmp_path, GOOD.replace(old, new))
    with pytest.raises(TopicProblem) as caught:
        read_definition(path)
    assert told in str(caught.value) and str(path) in str(caught.value)
