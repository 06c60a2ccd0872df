"""The Faust app of a group: one agent per topic, each handing its batches to the engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faust.types.auth import CredentialsT

from streams.engine.flow import Group
from streams.engine.link import EngineLink
from streams.engine.transport import BatchTopic, EngineApp, Tables

if TYPE_CHECKING:
    from streams.topics.catalog import Catalog


@dataclass(frozen=True, slots=True)
class FaustSettings:
    """Connection and membership of one worker, in Faust's terms."""

    bootstrap: tuple[str, ...]
    group_id: str
    instance_id: str | None
    """Static membership: a quick restart keeps its partitions.  Unique per worker of the group."""
    data_dir: Path
    session_timeout_s: float = 10.0
    """A killed worker's partitions move after this plus about two seconds."""
    credentials: CredentialsT | None = None
    """SASL or TLS; None: plaintext."""
    poll_records: int = 8000
    fetch_bytes: int = 4 * 1024 * 1024


def create_faust_app(
    group: Group, catalog: Catalog, settings: FaustSettings, link: Callable[[], EngineLink]
) -> EngineApp:
    """Build app and agents; nothing is connected yet."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    app = EngineApp(
        settings.group_id,
        broker=[f"kafka://{address}" for address in settings.bootstrap],
        broker_credentials=settings.credentials,
        autodiscover=False,
        datadir=str(settings.data_dir),
        store="memory://",
        TableManager=Tables,
        processing_guarantee="at_least_once",
        stream_wait_empty=True,
        table_standby_replicas=1,
        broker_session_timeout=settings.session_timeout_s,
        broker_heartbeat_interval=min(3.0, settings.session_timeout_s / 4),
        broker_rebalance_timeout=60.0,
        broker_request_timeout=90.0,
        broker_max_poll_interval=7 * 86_400.0,
        broker_max_poll_records=settings.poll_records,
        broker_commit_interval=5.0,
        consumer_max_fetch_size=settings.fetch_bytes,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=settings.instance_id,
        stream_buffer_maxsize=4,
        stream_recovery_delay=0.0,
        stream_publish_on_commit=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        reply_create_topic=False,
        web_enabled=False,
        web_tables_enabled=False,
        worker_redirect_stdouts=False,
    )
    for name in sorted({read.topic for flow in group.flows for read in flow.inputs}):
        _add_agent(app, group, name, catalog[name].full_name, link)
    return app


def _add_agent(app: EngineApp, group: Group, name: str, full_name: str, link: Callable[[], EngineLink]) -> None:
    topic = BatchTopic(
        app, topics=[full_name], value_type=bytes, key_type=bytes, value_serializer="raw", key_serializer="raw"
    )

    async def consume(stream: Any) -> None:
        deliver = link().deliver
        async for batch in stream:
            deliver(batch)

    app.agent(topic, name=f"{group.name}-{name}", concurrency=1)(consume)
