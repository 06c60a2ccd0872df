"""How one relay runs, each setting with its unit and reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """Of one relay process."""

    group_id: str
    """Consumer group of all relays."""
    transactional_id: str
    """Of this relay alone: whoever initialises it fences its former bearer."""
    kafka: Mapping[str, Any] = field(default_factory=dict)
    """librdkafka settings of the connection."""
    client_id: str = "tts-relay"
    batch_records: int = 8000
    """Most records of one transaction."""
    wait_s: float = 0.05
    """How long a batch is gathered: the delay of a lone record."""
    session_timeout_s: float = 10.0
    """A killed relay's partitions move after this."""
    assignment: Literal["cooperative-sticky", "range"] = "cooperative-sticky"
    """How the group shares partitions; all relays of a group alike."""
    transaction_s: float = 15.0
    """The broker aborts what is open for longer: a killed relay's transaction holds up readers for so long."""
    hung_s: float = 15.0
    """A call of the producer that takes longer has hung: a new producer takes its place."""
    portion_s: float = 4.0
    """A batch that takes longer to transform is committed in portions."""
    queue_kbytes: int = 32 * 1024
    """Records fetched and waiting, of all partitions together."""
    max_record_bytes: int = 1_000_000
    """Most bytes of a record we write."""
    job_ms: int = 60_000
    """Span of the counts published on sync-jobs."""
    topics_s: float = 10.0
    """How often is asked whether a topic was created anew."""
    outage_s: float = 1.0
    """Between two tries while the schema registry or a broker is away."""
