"""Plain Faust: an agent over the topic, a table in RocksDB (rocksdict), results sent per event.  At least once.

As Faust's documentation writes it, with its tuning knobs turned to throughput: raw serialisers, large polls, lz4 and
linger in the producer, uvloop, no web, no monitor of ours.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import faust
from mode.loop import use

from bench.job import MARKET, STATE, product_of, sellable
from bench.peers.general_avro import read_change, write_update
from bench.peers.spoken import say_first, told

PARTITIONS = 8
ours = told()

app = faust.App(
    ours.name,
    broker=f"kafka://{ours.bootstrap}",
    store="rocksdb://",
    datadir=str(ours.folder / "faust"),
    autodiscover=False,
    topic_allow_declare=True,
    topic_disable_leader=True,
    topic_replication_factor=1,
    consumer_auto_offset_reset="earliest",
    broker_max_poll_records=10_000,
    stream_buffer_maxsize=16_384,
    stream_recovery_delay=0.0,
    stream_wait_empty=False,
    producer_linger=0.05,
    producer_max_batch_size=262_144,
    producer_compression_type="lz4",
    producer_acks=1,
    web_enabled=False,
    worker_redirect_stdouts=False,
)
changes = app.topic(ours.source, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
updates = app.topic(ours.target, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
stock = app.Table("stock", partitions=PARTITIONS, key_type=bytes, value_type=bytes)


@app.agent(changes)
async def keep(stream: Any) -> None:
    unpack, pack = STATE.unpack, STATE.pack
    started = False
    async for event in stream.events():
        if not started:
            say_first()
            started = True
        key = event.key
        row = stock.get(key)
        known, _, offered, sequence = unpack(row) if row is not None else (0, 0, -1, 0)
        change = read_change(event.value)
        quantity = change["levels"][0]["quantity"]
        if quantity == known and offered >= 0:
            continue
        gross = sellable(quantity)
        if gross != offered:
            now = time.time_ns() // 1_000_000
            sequence = now if now > sequence else sequence + 1
            sku = key.decode()
            value = write_update(sku, sequence, int(event.message.timestamp * 1000), quantity, gross)
            await updates.send(key=f"{MARKET}:{product_of(sku)}".encode(), value=value, partition=0)
        stock[key] = pack(quantity, change["read_at"], gross, sequence)


if __name__ == "__main__":
    sys.argv[1:] = ["worker", "--loglevel", "warn", "--without-web"]
    use("uvloop")
    app.main()
