"""No framework: consume, decide, produce, write, commit.  At least once.

The strongest thing a careful programmer writes by hand in a page: big batches, one read and one write of RocksDB per
batch, librdkafka with lz4, offsets committed after everything of the batch is delivered.  What comes back after a crash
is processed again, and said out again.  Avro goes through fastavro, as everybody's would; ``generated`` as a last
argument lets it borrow this project's own codecs.
"""

from __future__ import annotations

import signal
import sys
import time

from confluent_kafka import Consumer, Producer
from rocksdict import Options, Rdict, WriteBatch

from bench.job import MARKET, STATE, product_of, sellable
from bench.peers import general_avro
from bench.peers.spoken import say_first, told

BATCH = 10_000
NOTHING = (0, 0, -1, 0)


def main() -> None:
    ours = told()
    consumer = Consumer(
        {
            "bootstrap.servers": ours.bootstrap,
            "group.id": ours.name,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "enable.auto.offset.store": True,
            "queued.min.messages": 100_000,
            "fetch.wait.max.ms": 50,
        }
    )
    producer = Producer(
        {
            "bootstrap.servers": ours.bootstrap,
            "enable.idempotence": True,  # keeps the order when it has to send again
            "compression.type": "lz4",
            "linger.ms": 5,
            "batch.size": 1_000_000,
            "batch.num.messages": 10_000,
            "queue.buffering.max.messages": 1_000_000,
        }
    )
    db = Rdict(str(ours.folder / "db"), options=Options(raw_mode=True))
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    consumer.subscribe([ours.source])
    target, changelog = ours.target, f"{ours.name}-changelog"
    produce = producer.produce
    unpack, pack = STATE.unpack, STATE.pack
    quantity_and_time, write_update = general_avro.quantity_and_time, general_avro.write_update
    if sys.argv[-1] == "generated":
        from bench.peers import generated_avro

        quantity_and_time, write_update = generated_avro.quantity_and_time, generated_avro.write_update
    started = False
    while not stopping:
        messages = consumer.consume(BATCH, 0.05)
        if not messages:
            continue
        if not started:
            say_first()
            started = True
        now = time.time_ns() // 1_000_000
        records = [
            (message.key(), message.value(), message.timestamp()[1], message.partition())
            for message in messages
            if message.error() is None
        ]
        keys = list({key for key, _, _, _ in records})
        rows = {key: unpack(row) if row else NOTHING for key, row in zip(keys, db.get(keys), strict=True)}
        written: dict[bytes, int] = {}
        for key, value, appended_at, partition in records:
            quantity, read_at = quantity_and_time(value)
            known, _, offered, sequence = rows[key]
            if quantity == known and offered >= 0:
                continue
            gross = sellable(quantity)
            if gross != offered:
                sequence = now if now > sequence else sequence + 1
                sku = key.decode()
                update = write_update(sku, sequence, appended_at, quantity, gross)
                produce(target, update, f"{MARKET}:{product_of(sku)}".encode(), 0)
            rows[key] = (quantity, read_at, gross, sequence)
            written[key] = partition
        batch = WriteBatch(raw_mode=True)
        for key, partition in written.items():
            row = pack(*rows[key])
            produce(changelog, row, key, partition)
            batch.put(key, row)
        producer.flush()
        db.write(batch)
        consumer.commit(asynchronous=False)
    consumer.close()
    db.close()


if __name__ == "__main__":
    main()
