"""Framing: the expected form, earlier releases, the registry, JSON; everything else is poison with a stable code."""

import io
import json
from typing import Any

import fastavro
import pytest

from streams.codec.poison import Poison, RegistryUnavailable
from streams.codec.registered import Registered
from streams.codec.schema_files import Release, fingerprint, text_of
from streams.codec.wire import CONFLUENT, SINGLE_OBJECT, Contract, RawCodec, TopicCodec
from streams.records import stock_change, sync_job
from streams.records.stock_change import StockChange, StockLevel

CHANGE = StockChange("wms", 1767602400000, (StockLevel("leeds", 40),), version=7)
PLAIN = {"source": "wms", "read_at": 1767602400000, "levels": [{"channel": "leeds", "quantity": 40}], "version": 7}
SINGLE = SINGLE_OBJECT + stock_change.FINGERPRINT
TEXT = text_of("stock_change")


def older() -> str:
    """As if an earlier release had no version and one field more, that we no longer know."""
    schema = json.loads(TEXT)
    fields = [field for field in schema["fields"] if field["name"] != "version"]
    schema["fields"] = [*fields, {"name": "operator", "type": "string", "default": ""}]
    return json.dumps(schema)


def written(text: str, datum: Any) -> bytes:
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, fastavro.parse_schema(json.loads(text), {}), datum)
    return stream.getvalue()


class FakeRegistry:
    """Schemas by id; an id of None is an outage."""

    def __init__(self, known: dict[int, Registered | None]) -> None:
        self.known = known

    def schema(self, number: int) -> Registered | None:
        found = self.known.get(number)
        if found is None and number in self.known:
            raise RegistryUnavailable("down")
        return found


def codec(released: tuple[Release, ...] = (), *, accepts_json: bool = False, registry: Any = None) -> TopicCodec:
    prefix = SINGLE if registry is None else CONFLUENT + (41).to_bytes(4, "big")
    return TopicCodec(Contract(stock_change, TEXT, released, accepts_json), registry, prefix)


def poison(read: TopicCodec, value: Any) -> Poison:
    with pytest.raises(Poison) as caught:
        read.decode(value)
    assert caught.value.remedy
    return caught.value


def test_single_object_encoding_without_a_registry() -> None:
    value = codec().encode(CHANGE)
    assert value[:2].hex() == "c301" and value[2:10] == stock_change.FINGERPRINT
    assert codec().decode(value) == CHANGE


def test_confluent_framing_with_a_registry() -> None:
    value = codec(registry=FakeRegistry({})).encode(CHANGE)
    assert value[:5].hex() == "0000000029"
    assert codec(registry=FakeRegistry({})).decode(value) == CHANGE


def test_records_of_an_earlier_release_are_resolved() -> None:
    value = SINGLE_OBJECT + fingerprint(older()) + written(older(), PLAIN | {"operator": "x"})
    assert codec((Release(1, older()),)).decode(value) == CHANGE._replace(version=None)


def test_records_of_another_schema_of_the_registry_are_resolved() -> None:
    registry = FakeRegistry({7: Registered("AVRO", older())})
    value = CONFLUENT + (7).to_bytes(4, "big") + written(older(), PLAIN | {"operator": "x"})
    assert codec(registry=registry).decode(value) == CHANGE._replace(version=None)


def test_our_schema_under_another_id_is_read() -> None:
    registry = FakeRegistry({7: Registered("AVRO", stock_change.SCHEMA)})
    assert codec(registry=registry).decode(CONFLUENT + (7).to_bytes(4, "big") + stock_change.encode(CHANGE)) == CHANGE


def test_single_object_records_are_still_read_once_there_is_a_registry() -> None:
    assert codec(registry=FakeRegistry({})).decode(codec().encode(CHANGE)) == CHANGE


def test_json_is_read_where_the_topic_allows_it() -> None:
    assert codec(accepts_json=True).decode(json.dumps(PLAIN).encode()) == CHANGE
    assert codec(accepts_json=True).decode(b"\n " + json.dumps(PLAIN).encode()) == CHANGE


def test_json_is_refused_where_the_topic_does_not_allow_it() -> None:
    found = poison(codec(), json.dumps(PLAIN).encode())
    assert (found.code, "Avro" in found.remedy) == ("undecodable", True)


def test_json_is_written_for_plain_consumers() -> None:
    job = sync_job.SyncJob("decide/3", "decide", 3, 1, 2, 3, {"dead": 1, "applied": 2})
    contract = Contract(sync_job, text_of("sync_job"), (), True)
    jobs = TopicCodec(contract, None, SINGLE_OBJECT + sync_job.FINGERPRINT).writing_json()
    assert json.loads(jobs.encode(job))["from"] == 1
    assert jobs.decode(jobs.encode(job)) == job


def test_an_unknown_fingerprint_is_schema_unknown() -> None:
    found = poison(codec(), SINGLE_OBJECT + bytes(8) + b"rest")
    assert (found.code, found.value) == ("schema-unknown", "0" * 16)


def test_an_unknown_id_is_schema_unknown() -> None:
    found = poison(codec(registry=FakeRegistry({})), CONFLUENT + (9).to_bytes(4, "big") + b"rest")
    assert (found.code, found.value) == ("schema-unknown", "9")


def test_confluent_framing_without_a_registry_says_what_to_configure() -> None:
    found = poison(codec(), CONFLUENT + (9).to_bytes(4, "big") + b"rest")
    assert found.code == "schema-unknown" and "TTS_REGISTRY_URL" in found.remedy


def test_a_schema_that_is_not_avro_is_schema_unknown() -> None:
    registry = FakeRegistry({7: Registered("JSON", "{}"), 8: Registered("AVRO", "{")})
    for number in (7, 8):
        assert poison(codec(registry=registry), CONFLUENT + number.to_bytes(4, "big")).code == "schema-unknown"


def test_an_outage_of_the_registry_is_not_poison() -> None:
    with pytest.raises(RegistryUnavailable):
        codec(registry=FakeRegistry({7: None})).decode(CONFLUENT + (7).to_bytes(4, "big") + b"rest")


@pytest.mark.parametrize(
    "value",
    [b"", b"garbage", b"\xc3", SINGLE[:6], SINGLE, CONFLUENT, b"\x00\x00", SINGLE + b"\xff" * 40, b"{", b"[1]"],
)
def test_bytes_that_are_no_record_are_undecodable(value: bytes) -> None:
    assert poison(codec(accepts_json=True, registry=FakeRegistry({})), value).code == "undecodable"


def test_undecodable_names_the_field_and_never_shows_the_payload() -> None:
    value = codec().encode(CHANGE._replace(source="s" * 500))
    assert poison(codec(), value[:-3]).field == "orders_until"
    assert len(poison(codec(), b"x" * 5000).value or "") < 100


def test_a_null_value_breaks_the_contract() -> None:
    assert poison(codec(), None).code == "contract-violated"


def test_damaged_records_of_an_earlier_release_are_undecodable() -> None:
    read = codec((Release(1, older()),))
    start = SINGLE_OBJECT + fingerprint(older())
    whole = written(older(), PLAIN | {"operator": "x"})
    for body in (b"", whole[:-2], whole + b"x", b"\xff" * 30):
        assert poison(read, start + body).code == "undecodable"


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"levels": [{"channel": "leeds", "quantity": "40"}]}, "levels[0].quantity", "40"),
        ({"levels": [{"channel": "leeds", "quantity": 4.5}]}, "levels[0].quantity", "4.5"),
        ({"levels": [{"channel": "leeds", "quantity": True}]}, "levels[0].quantity", "True"),
        ({"levels": [{"channel": "leeds", "quantity": 2**63}]}, "levels[0].quantity", str(2**63)),
        ({"levels": [{"channel": "leeds"}]}, "levels[0].quantity", None),
        ({"levels": [7]}, "levels[0]", "7"),
        ({"levels": {}}, "levels", "{}"),
        ({"source": None}, "source", None),
        ({"source": 5}, "source", "5"),
        ({"complete": "yes"}, "complete", "yes"),
        ({"quantity": 5}, "quantity", "5"),
        ({"version": "y" * 500}, "version", "y" * 79 + "…"),
    ],
)
def test_json_that_breaks_the_contract_names_field_value_and_remedy(
    change: dict[str, Any], field: str, value: str | None
) -> None:
    found = poison(codec(accepts_json=True), json.dumps(PLAIN | change).encode())
    assert (found.code, found.field, found.value) == ("contract-violated", field, value)


def test_raw_values_pass_untouched() -> None:
    assert RawCodec().decode(RawCodec().encode(b"\x00anything")) == b"\x00anything"
