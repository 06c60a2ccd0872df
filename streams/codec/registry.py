"""The schema registry, as far as framing needs it: schemas by id, ids by schema.  Confluent's own client asks.

Reading never waits for it: a schema not met before is fetched by a thread, and whoever reads is told to try again
(``SchemaOnItsWay``).  Ids never change their meaning, so what was found is kept for ever; what was not found is asked
again only after a while, or a topic full of records of an unknown schema would ask at every record.  An outage is no
answer at all and is never kept: ``RegistryUnavailable``.
"""

import ssl
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, Final, Protocol

from streams.codec.poison import RegistryUnavailable
from streams.codec.registered import Registered

UNKNOWN_FOR: Final = 60.0
"""Seconds until an id nobody knew is asked for again."""
KNOWN_IDS: Final = 1000
"""Ids remembered as unknown at most: the number comes from the records."""
NOT_FOUND: Final = frozenset({40401, 40402, 40403})
"""The registry's own words for: no such subject, version, schema.  A 404 without them is not a registry's."""
MOST_REFERENCES: Final = 100


class RegistryRefused(Exception):
    """The registry answered, and the answer is no: rights, compatibility, an invalid schema."""


class SchemaOnItsWay(RegistryUnavailable):
    """The schema is being fetched: try again in a moment."""


class Client(Protocol):
    """What is used of ``confluent_kafka.schema_registry.SchemaRegistryClient``."""

    def get_schema(self, schema_id: int, /) -> Any: ...

    def get_version(self, subject_name: str, version: int, /) -> Any: ...

    def lookup_schema(self, subject_name: str, schema: Any, /) -> Any: ...

    def register_schema(self, subject_name: str, schema: Any, /) -> int: ...


class Registry:
    """One registry.  ``schema`` never waits; the other questions are asked at the start only, and block."""

    def __init__(self, client: Client, now: Callable[[], float], executor: Executor | None = None) -> None:
        self._client = client
        self._now = now
        self._executor = executor
        self._known: dict[int, Registered] = {}
        self._unknown: dict[int, float] = {}
        self._asked: dict[int, Future[Registered | None]] = {}

    def schema(self, number: int) -> Registered | None:
        """The schema of an id; None: the registry does not know it."""
        if number in self._known:
            return self._known[number]
        if self._unknown.get(number, float("-inf")) > self._now():
            return None
        asked = self._asked.get(number)
        if asked is None:
            if self._executor is None:
                self._executor = ThreadPoolExecutor(1, thread_name_prefix="schema-registry")
            asked = self._asked[number] = self._executor.submit(self._fetch, number)
        if not asked.done():
            raise SchemaOnItsWay(f"schema {number} is being fetched from the registry")
        del self._asked[number]
        found = asked.result()
        if found is None:
            if len(self._unknown) >= KNOWN_IDS:
                self._unknown.clear()
            self._unknown[number] = self._now() + UNKNOWN_FOR
        else:
            self._known[number] = found
        return found

    def _fetch(self, number: int) -> Registered | None:
        """In the thread.  A refusal is not the record's fault: it waits until somebody grants the right."""
        try:
            schema = self._ask(lambda: self._client.get_schema(number))
            if schema is None:
                return None
            needs: dict[tuple[str, int], str] = {}
            self._collect(schema, needs)
        except RegistryRefused as refused:
            raise RegistryUnavailable(f"{refused}: grant the right to read schemas") from refused
        return Registered(schema.schema_type or "AVRO", schema.schema_str, tuple(needs.values()))

    def _collect(self, schema: Any, needs: dict[tuple[str, int], str]) -> None:
        """Texts of all that a schema refers to, those first that others need."""
        for one in schema.references or ():
            place = (one.subject, one.version)
            if place in needs or len(needs) >= MOST_REFERENCES:
                continue
            found = self._ask(lambda place=place: self._client.get_version(*place))  # type: ignore[misc]
            if found is None:
                raise RegistryUnavailable(f"schema registry: {one.subject} version {one.version}, referred to, is gone")
            self._collect(found.schema, needs)
            needs[place] = found.schema.schema_str

    def id_of(self, subject: str, schema: str) -> int | None:
        """The id under which a schema is registered; None: it is not."""
        found = self._ask(lambda: self._client.lookup_schema(subject, avro(schema)))
        return None if found is None else int(found.schema_id)

    def register(self, subject: str, schema: str) -> int:
        """Register a schema, which changes nothing when it is there; its id."""
        found = self._ask(lambda: self._client.register_schema(subject, avro(schema)))
        if found is None:
            raise RegistryRefused(f"the registry has no place for {subject}: is the address that of a registry?")
        return int(found)

    def _ask(self, question: Callable[[], Any]) -> Any:
        from confluent_kafka.schema_registry.error import SchemaRegistryError

        try:
            return question()
        except SchemaRegistryError as error:
            status, code = error.http_status_code, error.error_code
            if status == 404 and code in NOT_FOUND:
                return None
            if status >= 500 or status == 429:
                raise RegistryUnavailable(f"schema registry answers {status}") from error
            if status == 404 or code == SchemaRegistryError.UNKNOWN:
                remedy = "is the address that of a registry?"
                raise RegistryUnavailable(f"schema registry answers {status} as none does: {remedy}") from error
            raise RegistryRefused(f"schema registry answers {status}: {error.error_message}") from error
        except Exception as error:  # its HTTP client's, or an answer without JSON
            raise RegistryUnavailable(f"schema registry: {type(error).__name__}: {error}") from error


def avro(text: str) -> Any:
    """An Avro schema, for the client."""
    from confluent_kafka.schema_registry import Schema

    return Schema(text, "AVRO")


def open_registry(
    url: str,
    now: Callable[[], float],
    *,
    user: str = "",
    password: str = "",
    ca_file: str = "",
    certificate: tuple[str, str] | None = None,
    timeout: float = 3.0,
) -> Registry:
    """A registry behind HTTP; user empty: none asked for; ca_file empty: the system's authorities.

    ``url`` may be several, comma separated.  ``certificate``: PEM files of ours and of its key.
    """
    from confluent_kafka.schema_registry import SchemaRegistryClient

    config: dict[str, Any] = {"url": url, "timeout": timeout, "max.retries": 0}
    if user:
        config["basic.auth.user.info"] = f"{user}:{password}"
    trust = ca_file or ssl.get_default_verify_paths().cafile or ""
    if trust:
        config["ssl.ca.location"] = trust
    if certificate is not None:
        config["ssl.certificate.location"], config["ssl.key.location"] = certificate
    return Registry(SchemaRegistryClient(config), now)
