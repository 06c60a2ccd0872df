"""Framing: which bytes stand before a record on a topic, and what to do with other ones.

Three forms.  With a schema registry: Confluent's (a zero byte, the schema's id).  Without: Avro's single-object
encoding (C3 01, the schema's fingerprint).  Where the topic allows it: a JSON object.

The expected form costs one comparison of the prefix.  Anything else takes the slow way: records of earlier released
schemas are resolved to ours by fastavro, JSON is checked field by field, the rest is ``Poison``.
"""

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from types import ModuleType
from typing import Any, Final, NamedTuple, Protocol

import fastavro
import orjson

from streams.codec import framing, plain
from streams.codec.poison import Poison, shown
from streams.codec.registry import Registry
from streams.codec.schema_files import Release, fingerprint, parsed
from streams.records.careful import DecodeError

SINGLE_OBJECT: Final = b"\xc3\x01"
CONFLUENT: Final = b"\x00"
SCHEMA_REMEDY: Final = "write with a released schema of this topic, or deploy a version that knows it"


class Codec(Protocol):
    """What a topic's values are read and written with."""

    decode: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]


class RawCodec:
    """Values are bytes of somebody else: dead letters, rows of state."""

    def __init__(self) -> None:
        self.decode: Callable[[bytes], Any] = bytes
        self.encode: Callable[[Any], bytes] = bytes


class Contract(NamedTuple):
    """What may stand on a topic."""

    records: ModuleType
    """Generated module of the topic's schema."""
    text: str
    """The schema with its defaults."""
    released: Sequence[Release]
    json: bool
    """JSON is accepted beside Avro."""


class TopicCodec:
    """Reads and writes the values of one topic; ``decode`` and ``encode`` are plain functions, made for speed."""

    def __init__(self, contract: Contract, registry: Registry | None, prefix: bytes) -> None:
        self.prefix: bytes | None = prefix
        """Stands before the record in every value it writes; None: it writes JSON."""
        self._contract = contract
        self._registry = registry
        self._schema = parsed(contract.text)
        self._from_plain = plain.reader(self._schema, contract.records.RECORDS)
        self._readers: dict[str, Callable[[bytes], Any]] = {}
        self._by_fingerprint = {
            fingerprint(one.text): one.text for one in (*contract.released, Release(0, contract.text))
        }
        self.decode: Callable[[bytes], Any] = framing.reader(prefix, contract.records.decode, self._decode_other)
        self.encode: Callable[[Any], bytes] = framing.writer(prefix, contract.records.encode)

    def writing_json(self) -> "TopicCodec":
        """The same, but writes JSON: for topics whose readers are plain consumers."""
        self.encode, self.prefix = self._encode_json, None
        return self

    def _encode_json(self, record: Any) -> bytes:
        return orjson.dumps(plain.to_plain(self._schema, record))

    def _decode_other(self, value: bytes) -> Any:
        """A value that does not begin as ours do, or is not what its beginning says."""
        if not isinstance(value, bytes):
            raise Poison("contract-violated", None, None, "the value is null: send a record")
        if value[:2] == SINGLE_OBJECT:
            return self._by_writer(self._text_of_fingerprint(value), value[10:])
        if value[:1] == CONFLUENT:
            return self._by_writer(self._text_of_id(value), value[5:])
        if value.lstrip()[:1] == b"{":
            return self._decode_json(value)
        remedy = "no known framing: write it in a format that the file of the topic in schemas/topics allows"
        raise Poison("undecodable", None, shown(value), remedy)

    def _text_of_fingerprint(self, value: bytes) -> str:
        if len(value) < 10:
            raise Poison(
                "undecodable", None, shown(value), "it ends within the schema's fingerprint: the producer cut it"
            )
        text = self._by_fingerprint.get(value[2:10])
        if text is None:
            raise Poison("schema-unknown", None, value[2:10].hex(), f"unknown fingerprint: {SCHEMA_REMEDY}")
        return text

    def _text_of_id(self, value: bytes) -> str:
        if len(value) < 5:
            raise Poison("undecodable", None, shown(value), "it ends within the schema's id: the producer cut it")
        number = int.from_bytes(value[1:5], "big")
        if self._registry is None:
            remedy = "written through a schema registry, and none is configured: set TTS_REGISTRY_URL"
            raise Poison("schema-unknown", None, str(number), remedy)
        found = self._registry.schema(number)
        if found is None:
            raise Poison("schema-unknown", None, str(number), f"the registry does not know this id: {SCHEMA_REMEDY}")
        if found.kind != "AVRO" or found.needs:
            remedy = f"the id is of a {found.kind} schema{' with references' if found.needs else ''}: {SCHEMA_REMEDY}"
            raise Poison("schema-unknown", None, str(number), remedy)
        return found.text

    def _by_writer(self, text: str, body: bytes) -> Any:
        read = self._readers.get(text)
        if read is None:
            read = self._readers[text] = self._reader_of(text)
        return read(body)

    def _reader_of(self, text: str) -> Callable[[bytes], Any]:
        """A function that reads what was written with another schema, built once per schema."""
        ours = self._contract.records
        try:
            written = parsed(text)
        except Exception as error:
            raise Poison(
                "schema-unknown", None, None, f"not a valid Avro schema ({shown(str(error))}): {SCHEMA_REMEDY}"
            ) from error
        if written.fingerprint("CRC-64-AVRO") == ours.FINGERPRINT:
            return lambda body: _straight(ours.decode, body)
        writer, reader = (fastavro.parse_schema(orjson.loads(one), {}) for one in (text, self._contract.text))
        return lambda body: self._from_plain(_resolved(writer, reader, body), "")

    def _decode_json(self, value: bytes) -> Any:
        if not self._contract.json:
            raise Poison("undecodable", None, shown(value), "JSON is not accepted on this topic: write it in Avro")
        try:
            found = orjson.loads(value)
        except orjson.JSONDecodeError as error:
            raise Poison("undecodable", None, shown(value), f"not valid JSON ({error}): correct the producer") from None
        return self._from_plain(found, "")


def _straight(read: Callable[[bytes], Any], body: bytes) -> Any:
    try:
        return read(body)
    except DecodeError as error:
        raise framing.undecodable(error) from None


def _resolved(writer: Any, reader: Any, body: bytes) -> Mapping[str, Any]:
    stream = BytesIO(body)
    try:
        found = fastavro.schemaless_reader(stream, writer, reader)
    except Exception as error:
        remedy = f"does not read as its schema says ({type(error).__name__}: {shown(str(error))}): correct the producer"
        raise Poison("undecodable", None, shown(body), remedy) from error
    if stream.tell() != len(body):
        raise Poison(
            "undecodable",
            None,
            shown(body),
            f"{len(body) - stream.tell()} bytes follow the record: correct the producer",
        )
    if not isinstance(found, Mapping):
        raise Poison("contract-violated", None, shown(found), f"not a record: {SCHEMA_REMEDY}")
    return found
