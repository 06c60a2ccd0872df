"""From the bytes of a foreign record to the value an adapter looks into.

JSON, Avro behind a registry's schema id, JSON behind one.  A registry that does not answer is ``RegistryUnavailable``:
none of the record's fault.
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any, Final

import fastavro
import orjson

from streams.adapter.model import Format
from streams.codec.poison import Poison, shown
from streams.codec.registered import Registered

Decode = Callable[[bytes], Any]
FRAME: Final = 5
"""A zero byte and the schema's id."""


Schemas = Callable[[int], Registered | None]
"""The schema of an id; None: the registry does not know it."""


def decoder(form: Format, schemas: Schemas | None, what: str = "value") -> Decode:
    """A function that reads values (or keys, as ``what`` says) of a format, or raises ``Poison``."""
    if form == "json":
        return lambda data: _json(data, data, what)
    if form == "json-schema":
        return lambda data: _json(data[FRAME:] if _number(data, what) >= 0 else b"", data, what)
    return _Avro(schemas, what).decode


def _json(text: bytes, data: bytes, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Poison("undecodable", what, shown(data), f"not valid JSON ({error}): correct the producer") from None


def _number(data: bytes, what: str) -> int:
    """The schema's id of a framed value."""
    if data[:1] != b"\x00" or len(data) < FRAME:
        remedy = "it does not begin with a zero byte and a schema id: does format say what is written?"
        raise Poison("undecodable", what, shown(data), remedy)
    return int.from_bytes(data[1:FRAME], "big")


class _Avro:
    """Reads Avro by the schema it was written with."""

    def __init__(self, schemas: Schemas | None, what: str) -> None:
        self._schemas = schemas
        self._what = what
        self._parsed: dict[int, Any] = {}

    def decode(self, data: bytes) -> Any:
        number = _number(data, self._what)
        schema = self._parsed.get(number)
        if schema is None:
            schema = self._parsed[number] = self._schema(number)
        stream = BytesIO(data)
        stream.seek(FRAME)
        try:
            found = fastavro.schemaless_reader(stream, schema, None)
        except Exception as error:
            problem = f"{type(error).__name__}: {shown(str(error))}"
            remedy = f"does not read as its schema {number} says ({problem}): correct the producer"
            raise Poison("undecodable", self._what, shown(data), remedy) from None
        if stream.tell() != len(data):
            remedy = f"{len(data) - stream.tell()} bytes follow the record: correct the producer"
            raise Poison("undecodable", self._what, shown(data), remedy)
        return found

    def _schema(self, number: int) -> Any:
        if self._schemas is None:
            remedy = "written through a schema registry, and none is configured: set TTS_REGISTRY_URL"
            raise Poison("schema-unknown", self._what, str(number), remedy)
        found = self._schemas(number)
        if found is None:
            remedy = "the registry does not know this id: is TTS_REGISTRY_URL the registry the producer uses?"
            raise Poison("schema-unknown", self._what, str(number), remedy)
        if found.kind != "AVRO":
            remedy = f"the id is of a {found.kind} schema: does format say what is written?"
            raise Poison("schema-unknown", self._what, str(number), remedy)
        try:
            return parsed(found)
        except Exception as error:
            remedy = f"not a valid Avro schema ({shown(str(error))}): correct it in the registry"
            raise Poison("schema-unknown", self._what, str(number), remedy) from None


def parsed(schema: Registered) -> Any:
    """The schema for fastavro, with those it refers to."""
    known: dict[str, dict[Any, Any]] = {}
    for text in schema.needs:
        fastavro.parse_schema(orjson.loads(text), known)
    return fastavro.parse_schema(orjson.loads(schema.text), known)
