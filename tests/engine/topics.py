"""A small catalog for the engine's own tests: JSON values, keys routed as in production."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import orjson

from streams.codec.poison import Poison
from streams.records import sync_job
from streams.topics.catalog import Catalog
from streams.topics.murmur2 import Partitions

DEAD_LETTERS = "sync-dead-letters"
JOBS = "sync-jobs"


def decode_json(value: bytes) -> Any:
    """A topic's value."""
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError as problem:
        raise Poison("undecodable", None, repr(value)[:40], f"not JSON: {problem}") from problem


def _row(data: bytes, at: int = 0) -> Any:
    return orjson.loads(data[at:])


def _packed(state: Any, head: bytes = b"") -> bytes:
    return head + orjson.dumps(state)


json_record = cast(ModuleType, SimpleNamespace(encode=_packed, decode=_row, FINGERPRINT=b"jsonjson"))
"""Stands in for a generated record module."""


def topic(name: str, prefix: str, partitions: int, before: bytes | None) -> Any:
    """A topic; ``before`` ends the part of the key that routes."""
    places = Partitions(partitions)
    encode: Callable[[Any], bytes] = {
        DEAD_LETTERS: bytes,
        JOBS: sync_job.encode,
    }.get(name, orjson.dumps)

    def partition_of(key: bytes) -> int:
        return cast(int, places[key if before is None else key.split(before, 1)[0]])

    return SimpleNamespace(
        full_name=prefix + name,
        codec=SimpleNamespace(decode=decode_json),
        encode=encode,
        partition_of=partition_of,
        entity_of=lambda key: key,
        entity_is_key=True,
        partitions=partitions,
    )


def catalog_of(prefix: str, partitions: int, names: Iterable[str]) -> Catalog:
    """Topics by short name, dead letters and jobs included."""
    return cast(
        Catalog,
        {name: topic(name, prefix, partitions, b":") for name in {*names, DEAD_LETTERS, JOBS}},
    )
