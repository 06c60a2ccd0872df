"""Quix Streams: a streaming data frame with state in RocksDB and its changelog.  At least once.

Tuned as its documentation offers: bytes in and out, bytes in the state, checkpoints by number of messages instead of by
time, librdkafka with lz4 and large batches, no fsync of the local copy.
"""

from __future__ import annotations

import time
from typing import Any

from quixstreams import Application
from quixstreams.models import SerializationContext, Serializer
from quixstreams.state.rocksdb import RocksDBOptions

from bench.job import MARKET, STATE, product_of, sellable
from bench.peers.general_avro import read_change, write_update
from bench.peers.spoken import say_first, told

CHECKPOINT = 50_000
ROW = b"stock"


class Said(Serializer):
    """What the step says is key and value; this is the value."""

    def __call__(self, value: tuple[bytes, bytes], ctx: SerializationContext) -> bytes:
        return value[1]


def main() -> None:
    ours = told()
    app = Application(
        broker_address=ours.bootstrap,
        consumer_group=ours.name,
        auto_offset_reset="earliest",
        commit_interval=30.0,
        commit_every=CHECKPOINT,
        state_dir=ours.folder / "quix",
        rocksdb_options=RocksDBOptions(use_fsync=False),
        consumer_extra_config={"queued.min.messages": 100_000, "fetch.wait.max.ms": 50},
        producer_extra_config={
            "compression.type": "lz4",
            "linger.ms": 20,
            "batch.size": 1_000_000,
            "queue.buffering.max.messages": 1_000_000,
        },
        loglevel="WARNING",
    )
    source = app.topic(ours.source, key_deserializer="bytes", value_deserializer="bytes")
    target = app.topic(ours.target, key_serializer="bytes", value_serializer=Said())
    unpack, pack = STATE.unpack, STATE.pack
    clock = time.time_ns
    started: list[int] = []

    def keep(value: bytes, key: bytes, timestamp: int, headers: Any, state: Any) -> tuple[bytes, bytes] | None:
        if not started:
            say_first()
            started.append(1)
        row = state.get_bytes(ROW)
        known, _, offered, sequence = unpack(row) if row is not None else (0, 0, -1, 0)
        change = read_change(value)
        quantity = change["levels"][0]["quantity"]
        if quantity == known and offered >= 0:
            return None
        gross = sellable(quantity)
        said = None
        if gross != offered:
            now = clock() // 1_000_000
            sequence = now if now > sequence else sequence + 1
            sku = key.decode()
            said = (f"{MARKET}:{product_of(sku)}".encode(), write_update(sku, sequence, timestamp, quantity, gross))
        state.set_bytes(ROW, pack(quantity, change["read_at"], gross, sequence))
        return said

    frame = app.dataframe(source)
    frame = frame.apply(keep, stateful=True, metadata=True)
    frame = frame.filter(lambda said: said is not None)
    frame.to_topic(target, key=lambda said: said[0])
    app.run()


if __name__ == "__main__":
    main()
