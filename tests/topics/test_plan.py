"""In what a cluster differs from the catalog, and what may be done about it."""

from streams.supervisor import GROUPS
from streams.topics.catalog import Catalog, load
from streams.topics.commands import SYNC, access_list, commands
from streams.topics.plan import Configure, Create, FoundTopic, Grow, Refused, Unreadable, differences

CATALOG = load(prefix="t.")


def as_wanted(catalog: Catalog = CATALOG) -> dict[str, FoundTopic]:
    return {
        topic.full_name: FoundTopic(topic.partitions, topic.definition.broker_config() | {"segment.ms": "1"})
        for topic in catalog.values()
    }


def test_nothing_differs_when_everything_is_as_wanted() -> None:
    assert differences(CATALOG, as_wanted()) == []


def test_missing_topics_are_created() -> None:
    assert differences(CATALOG, {}) == [Create(topic) for topic in CATALOG.values()]


def test_settings_that_differ_are_named_with_both_values() -> None:
    found = as_wanted() | {"t.stock-changes": FoundTopic(8, {"cleanup.policy": "delete", "retention.ms": "5"})}
    assert differences(CATALOG, found) == [Configure(CATALOG["stock-changes"], {"retention.ms": ("5", "604800000")})]


def test_topics_with_state_keep_their_count() -> None:
    """More or fewer: keys would leave their state behind."""
    for count in (4, 16):
        found = as_wanted() | {"t.stock-changes": as_wanted()["t.stock-changes"]._replace(partitions=count)}
        (one,) = differences(CATALOG, found)
        assert isinstance(one, Refused)
        assert f"TTS_SKU_PARTITIONS={count}" in one.remedy and "TTS_TOPIC_PREFIX" in one.remedy


def test_topics_without_state_grow_and_never_shrink() -> None:
    few, many = (as_wanted()["t.sync-results"]._replace(partitions=count) for count in (2, 16))
    assert differences(CATALOG, as_wanted() | {"t.sync-results": few}) == [Grow(CATALOG["sync-results"], 2)]
    (one,) = differences(CATALOG, as_wanted() | {"t.sync-results": many})
    assert isinstance(one, Refused) and "cannot take partitions away" in one.reason


def test_settings_we_may_not_read_are_told() -> None:
    found = as_wanted() | {"t.sku-links": FoundTopic(8, None)}
    assert differences(CATALOG, found) == [Unreadable(CATALOG["sku-links"])]


def test_commands_for_an_administrator() -> None:
    found = [
        Create(CATALOG["stock-changes"]),
        Configure(CATALOG["sku-links"], {"cleanup.policy": ("delete", "compact")}),
        Grow(CATALOG["sync-results"], 2),
        Refused(CATALOG["order-holds"], 4, "reason", "remedy"),
    ]
    assert list(commands(found, "kafka:9092", 3)) == [
        "kafka-topics.sh --bootstrap-server kafka:9092 --create --topic t.stock-changes --partitions 8 "
        "--replication-factor 3 --config cleanup.policy=delete --config retention.ms=604800000",
        "kafka-configs.sh --bootstrap-server kafka:9092 --alter --entity-type topics --entity-name t.sku-links "
        "--add-config cleanup.policy=compact",
        "kafka-topics.sh --bootstrap-server kafka:9092 --alter --topic t.sync-results --partitions 8",
    ]


def test_the_access_list_has_changelogs_groups_and_transactional_ids() -> None:
    rows = access_list(CATALOG, "g-", "x-")
    decide = [row.command("kafka:9092").partition("User:")[2] for row in rows if row.group == "decide"]
    assert "decide --operation Read --operation Write --operation Describe --topic t.decide-state" in decide
    assert "decide --operation Read --operation Describe --topic t.stock-changes" in decide
    assert "decide --operation Write --operation Describe --topic t.stock-updates" in decide
    assert "decide --operation Read --group g-decide" in decide
    prefixed = "--transactional-id x-decide- --resource-pattern-type prefixed"
    assert f"decide --operation Write --operation Describe {prefixed}" in decide


def test_the_access_list_of_the_relay_has_the_topics_of_the_adapters() -> None:
    rows = access_list(CATALOG, "g-", "x-", ["erp.stock"])
    relay = [row.command("kafka:9092").partition("User:")[2] for row in rows if row.group == "relay"]
    assert "relay --operation Read --operation Describe --topic erp.stock" in relay
    assert "relay --operation Write --operation Describe --topic t.stock-changes" in relay
    assert "relay --operation Read --group g-relay" in relay
    assert (
        "relay --operation Write --operation Describe --transactional-id x-relay- --resource-pattern-type prefixed"
        in relay
    )


def test_the_access_list_names_workers_that_exist() -> None:
    assert {row.group for row in access_list(CATALOG, "g-", "x-")} == {*GROUPS, SYNC}


def test_a_pass_is_asked_for_with_rights_of_its_own() -> None:
    rows = access_list(CATALOG, "g-", "x-")
    assert [row.command("kafka:9092").partition("User:")[2] for row in rows if row.group == "sync"] == [
        "sync --operation Write --operation Describe --topic t.fetch-hints",
        "sync --operation Read --operation Describe --topic t.sync-jobs",
        "sync --operation Read --operation Describe --topic t.sync-results",
        "sync --operation Read --group g-sync",
    ]


def test_nobody_but_the_shops_owner_writes_tokens() -> None:
    writers = [
        row.group for row in access_list(CATALOG, "g-", "x-") if "shop-tokens" in row.name and "Write" in row.operations
    ]
    assert writers == ["deliver"]
