"""The schema registry, as far as framing needs it: schemas by id, ids by schema.

Ids never change their meaning, so what was found is kept for ever; what was not found is asked again only after a
while, or a topic full of records of an unknown schema would ask at every record.  An outage is no answer at all and is
never kept: ``RegistryUnavailable``.
"""

import ssl
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import httpx
import orjson

from streams.codec.poison import RegistryUnavailable

UNKNOWN_FOR: Final = 60.0
"""Seconds until an id nobody knew is asked for again."""
CONTENT_TYPE: Final = "application/vnd.schemaregistry.v1+json"
KNOWN_IDS: Final = 1000
"""Ids remembered as unknown at most: the number comes from the records."""


class RegistryRefused(Exception):
    """The registry answered, and the answer is no: rights, compatibility, an invalid schema."""


class Registered(NamedTuple):
    """A schema as the registry has it."""

    kind: str
    """AVRO, JSON or PROTOBUF."""
    text: str
    references: bool
    """It names other schemas, which we do not fetch."""


class Registry:
    """One registry; blocking, and used only when a schema is met for the first time."""

    def __init__(self, client: httpx.Client, now: Callable[[], float]) -> None:
        self._client = client
        self._now = now
        self._known: dict[int, Registered] = {}
        self._unknown: dict[int, float] = {}

    def schema(self, number: int) -> Registered | None:
        """The schema of an id; None: the registry does not know it."""
        if number in self._known:
            return self._known[number]
        if self._unknown.get(number, float("-inf")) > self._now():
            return None
        answer = self._ask("GET", f"/schemas/ids/{number}")
        if answer is None:
            if len(self._unknown) >= KNOWN_IDS:
                self._unknown.clear()
            self._unknown[number] = self._now() + UNKNOWN_FOR
            return None
        kind = answer.get("schemaType", "AVRO")
        self._known[number] = Registered(kind, answer["schema"], bool(answer.get("references")))
        return self._known[number]

    def id_of(self, subject: str, schema: str) -> int | None:
        """The id under which a schema is registered; None: it is not."""
        answer = self._ask("POST", f"/subjects/{subject}", {"schema": schema})
        return None if answer is None else int(answer["id"])

    def register(self, subject: str, schema: str) -> int:
        """Register a schema, which changes nothing when it is there; its id."""
        answer = self._ask("POST", f"/subjects/{subject}/versions", {"schema": schema})
        if answer is None:
            raise RegistryRefused(f"the registry has no place for {subject}: is the address that of a registry?")
        return int(answer["id"])

    def _ask(self, method: str, path: str, body: Mapping[str, str] | None = None) -> dict[str, Any] | None:
        try:
            content = None if body is None else orjson.dumps(body)
            answer = self._client.request(method, path, content=content, headers={"Content-Type": CONTENT_TYPE})
        except httpx.HTTPError as error:
            raise RegistryUnavailable(f"schema registry: {type(error).__name__}: {error}") from error
        if answer.status_code == 404:
            return None
        if answer.status_code >= 500 or answer.status_code == 429:
            raise RegistryUnavailable(f"schema registry answers {answer.status_code}")
        try:
            found = orjson.loads(answer.content)
        except orjson.JSONDecodeError as error:
            raise RegistryUnavailable(f"schema registry answers {answer.status_code} without JSON") from error
        if answer.status_code >= 400 or not isinstance(found, dict):
            message = found.get("message", "") if isinstance(found, dict) else ""
            raise RegistryRefused(f"schema registry answers {answer.status_code}: {message}")
        return found


def open_registry(
    url: str,
    now: Callable[[], float],
    *,
    user: str = "",
    password: str = "",
    ca_file: str = "",
    timeout: float = 3.0,
) -> Registry:
    """A registry behind HTTP; user empty: none asked for; ca_file empty: the system's authorities.

    The time-out is short: an unknown schema is fetched while the worker waits.
    """
    trust = ssl.create_default_context(cafile=ca_file or None)
    auth = (user, password) if user else None
    return Registry(httpx.Client(base_url=url, auth=auth, verify=trust, timeout=timeout), now)
