"""Is this the Faust and the aiokafka the engine was proved with?  Asked once, before anything starts.

The engine overrides internals; a version or a signature that differs means unproved ground, so the worker
refuses to start instead of losing records quietly.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import faust
from aiokafka.consumer import fetcher
from faust.tables import manager, recovery
from faust.transport import consumer as faust_consumer
from faust.transport.drivers import aiokafka as driver

from streams.engine.errors import Incompatible

VERSIONS = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0"}

OVERRIDES: tuple[tuple[Callable[..., Any], str], ...] = (
    (faust.App._new_transport, "(self)"),
    (faust.Topic.decode, "(self, message, *, propagate=False)"),
    (faust_consumer.Consumer.getmany, "(self, timeout)"),
    (faust_consumer.Consumer.perform_seek, "(self)"),
    (faust_consumer.Consumer.force_commit, "(self, topics=None, start_new_transaction=True)"),
    (faust_consumer.Consumer.wait_empty, "(self)"),
    (faust_consumer.Consumer.ack, "(self, message)"),
    (faust_consumer.Consumer.track_message, "(self, message)"),
    (faust_consumer.Consumer._add_gap, "(self, tp, offset_from, offset_to)"),
    (faust_consumer.Consumer.on_task_error, "(self, exc)"),
    (faust_consumer.Consumer._commit_livelock_detector, "(self)"),
    (faust_consumer.Consumer.verify_all_partitions_active, "(self)"),
    (driver.Consumer._new_consumer_thread, "(self)"),
    (driver.AIOKafkaConsumerThread._create_worker_consumer, "(self, transport)"),
    (
        driver.AIOKafkaConsumerThread._fetch_records,
        "(self, consumer, active_partitions, timeout=None, max_records=None)",
    ),
    (faust_consumer.Consumer._drain_messages, "(self, fetcher)"),
    (manager.TableManager.on_start, "(self)"),
    (manager.TableManager._update_channels, "(self)"),
    (recovery.Recovery._resume_streams, "(self, generation_id=0)"),
    (
        fetcher.PartitionRecords.__init__,
        "(self, tp, records, aborted_transactions, fetch_offset, key_deserializer, value_deserializer, check_crcs, "
        "isolation_level)",
    ),
    (fetcher.PartitionRecords._unpack_records, "(self)"),
    (fetcher.FetchResult.getall, "(self, max_records=None)"),
    (fetcher.FetchResult._update_position, "(self)"),
    (fetcher.Fetcher.seek_to, "(self, tp, offset)"),
    (fetcher.Fetcher.fetched_records, "(self, partitions, timeout=0, max_records=None)"),
)


def _plain(function: Any) -> Callable[..., Any]:
    """The function behind mode's task objects and decorators."""
    found: Callable[..., Any] = getattr(function, "fun", function)
    return found


def shape(function: Callable[..., Any]) -> str:
    """Parameters with their defaults, without annotations."""
    signature = inspect.signature(_plain(function))
    plain = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return str(signature.replace(parameters=plain, return_annotation=inspect.Signature.empty))


def check(
    versions: dict[str, str] = VERSIONS, overrides: tuple[tuple[Callable[..., Any], str], ...] = OVERRIDES
) -> None:
    """Raise Incompatible naming every difference."""
    found = [
        f"{name} is {version(name)}, proved with {wanted}"
        for name, wanted in versions.items()
        if version(name) != wanted
    ]
    found += [
        f"{_plain(function).__qualname__}{shape(function)} should be {wanted}"
        for function, wanted in overrides
        if shape(function) != wanted
    ]
    if found:
        raise Incompatible(
            "the engine does not start on unproved ground: " + "; ".join(found) + ". Install the pinned versions."
        )
