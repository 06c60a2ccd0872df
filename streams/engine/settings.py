"""Settings of the engine, each with its unit and reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How one worker of one group runs."""

    group_id: str
    """Consumer group; also the stem of the changelog's and transactional names."""
    changelog: str
    """Full name of the compacted topic that holds rows and positions."""
    transactional_prefix: str
    """Transactional id of partition n: this and ``-n``."""
    state_dir: Path
    """Folder of the local copies; one per worker process."""
    kafka: Mapping[str, Any] = field(default_factory=dict)
    """librdkafka settings of the connection (bootstrap.servers, security)."""
    client_id: str = "tts"
    """Name of this worker in the brokers' logs."""
    batch_records: int = 8000
    """Most records of one step: large batches are the speed under backlog, 100 to 150 ms each."""
    batch_bytes: int = 16 * 1024 * 1024
    """Most bytes of values in one step."""
    small_batch: int = 500
    """Steps with fewer records are followed by a pause: the transaction rate is the cost at low load."""
    pacing_ms: int = 25
    """That pause, half of the step's own time included.  At 2 000 changes a second 10 costs a third more CPU in the
    worker and in the broker, and no change is faster for it; beyond, half of what is added is added to every change.
    """
    queue_records: int = 16000
    """Records waiting per partition before its topics are no longer fetched."""
    queue_bytes: int = 32 * 1024 * 1024
    """Bytes of values waiting per partition, likewise."""
    max_record_bytes: int = 1_000_000
    """Most bytes of a record or row we write; the brokers' ``max.message.bytes`` is 1 048 588 by default."""
    cache_rows: int = 25_000
    """Rows kept in memory per flow and partition, packed, about 300 bytes each of a SKU."""
    block_cache_mb: int = 32
    """RocksDB's block cache, shared by the partitions of the worker."""
    open_timeout_s: float = 300.0
    """Fence and restore of one partition; beyond it the worker stops."""
    drain_timeout_s: float = 40.0
    """Finishing the steps in hand at a revocation or stop; above the transaction time-out."""
    delete_retention_ms: int = 24 * 3600 * 1000
    """delete.retention.ms of the changelog: an older local copy may have missed deletions and is thrown away."""
    job_ms: int = 60_000
    """Span of the counts published on sync-jobs."""
    sweep_portion: int = 500
    """Rows decided per step of a sweep, so that records are never kept waiting long."""
    calls_per_queue: int = 64
    """Calls of one queue (shop) under way at once; how many a second is the caller's limit to say."""
    fetch_max_wait_ms: int = 250
    fetch_max_bytes: int = 16 * 1024 * 1024
    restore_threads: int = 4
    """Partitions opened side by side."""
