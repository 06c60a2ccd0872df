"""Gathers what topics, state and simulator say when all is quiet; nothing is judged here."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from streams.demo.expected import expected_quantities
from streams.engine.positions import Positions
from streams.engine.row_codec import RowCodec
from streams.engine.store import POSITIONS
from streams.flows.stock import SKU_STOCK
from streams.market.files import load_markets
from streams.records import sku_stock
from streams.records.sku_stock import SkuStock
from streams.records.stock_change import StockChange
from tests.chaos.judge import OUTCOMES, Evidence, Headers, Place, Position, Raw, Write
from tests.chaos.merchant import AUTHORITY, ERP, is_bought, is_moved, sources_of
from tests.chaos.spoilt import MARK
from tests.chaos.system import FOREIGN, FOREIGN_PARTITIONS, NOTIFICATIONS, PLACES, System
from tests.integration.end_to_end.running import now_ms

FLOWS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "stock": ("decide", ("stock-changes", "sku-links", "order-holds")),
    "orders": ("orders", ("order-events",)),
    "listing": ("deliver", ("stock-updates",)),
    "fetch": ("intake", ("fetch-hints",)),
}
"""Flow to its group and the topics whose records it counts, poison included."""
NO_END: Final = frozenset({"received", "waiting", "retrying"})
LONGEST_READ_S: Final = 120.0
WRITTEN: Final = ("sync-results", "sync-jobs", "sync-dead-letters")


class Logs:
    """All records of the topics, as a reader of committed records sees them."""

    def __init__(self, system: System) -> None:
        self._catalog = catalog = system.catalog
        names = {topic for _, topics in FLOWS.values() for topic in topics} | set(WRITTEN)
        names |= {f"{group}-state" for group, _ in FLOWS.values()}
        sizes = {name: (catalog[name].full_name, catalog[name].partitions) for name in sorted(names | {NOTIFICATIONS})}
        sizes[FOREIGN] = (FOREIGN, FOREIGN_PARTITIONS)
        self.messages = read_all(system.running.cluster.client, sizes)
        self.poison: dict[Position, Raw] = {
            (message.topic(), message.partition(), message.offset()): raw_of(message)
            for name, messages in self.messages.items()
            for message in messages
            if is_poison(message) and name != "sync-dead-letters"
        }

    def good(self, name: str) -> list[tuple[str, Any]]:
        """Key and decoded value of what can be read, by partition and offset."""
        decode = self._catalog[name].codec.decode
        return [
            (message.key().decode(), None if message.value() is None else decode(message.value()))
            for message in self.messages[name]
            if not is_poison(message)
        ]

    def last(self, name: str) -> list[tuple[bytes, bytes]]:
        """The last value of every key of a changelog; partitions keep their own position records."""
        found: dict[tuple[int, bytes], bytes | None] = {}
        for message in self.messages[name]:
            found[message.partition(), message.key()] = message.value()
        return [(key, value) for (_, key), value in found.items() if value is not None]


def read_all(client: Mapping[str, Any], topics: Mapping[str, tuple[str, int]]) -> dict[str, list[Any]]:
    """Every committed record up to the ends, by name, then partition and offset; ``topics``: full name and size."""
    consumer = Consumer(
        {
            **client,
            "group.id": "evidence",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 10,
        }
    )
    short = {full_name: name for name, (full_name, _) in topics.items()}
    places = {(full_name, number) for full_name, size in topics.values() for number in range(size)}
    found: dict[str, list[Any]] = {name: [] for name in topics}
    deadline = time.monotonic() + LONGEST_READ_S
    try:
        consumer.assign([TopicPartition(name, number, OFFSET_BEGINNING) for name, number in places])
        while places:
            for message in consumer.consume(5_000, 0.1):
                problem = message.error()
                if problem is None:
                    found[short[message.topic() or ""]].append(message)
                elif problem.name() == "_PARTITION_EOF":
                    places.discard((message.topic() or "", message.partition() or 0))
            if time.monotonic() > deadline:
                raise TimeoutError(f"not read to the end within {LONGEST_READ_S:.0f} s: {sorted(places)}")
    finally:
        consumer.close()
    return {name: sorted(rows, key=lambda row: (row.partition(), row.offset())) for name, rows in found.items()}


def is_poison(message: Any) -> bool:
    return any(name == MARK for name, _ in message.headers() or ())


def raw_of(message: Any) -> Raw:
    headers: Headers = tuple(message.headers() or ())
    return Raw(message.key(), message.value(), headers)


def gathered(system: System) -> Evidence:
    """Everything the judge looks at; the workers have ended, the simulator has not."""
    logs = Logs(system)
    changes = logs.good("stock-changes")
    records = {flow: sum(len(logs.messages[name]) for name in topics) for flow, (_, topics) in FLOWS.items()}
    return Evidence(
        changes=changes,
        records={**records, "relay": sum(not is_poison(message) for message in logs.messages[FOREIGN])},
        counted={**counted(logs), "relay": sum(change.source == ERP for _, change in changes)},
        truth={
            (sku, change.source, level.channel): level.quantity
            for sku, readings in truth(system)
            for change in readings
            for level in change.levels
        },
        rows=rows(logs),
        updates=logs.good("stock-updates"),
        results=[result for _, result in logs.good("sync-results")],
        holds=logs.good("order-holds"),
        letters=[raw_of(message) for message in logs.messages["sync-dead-letters"]],
        poison=logs.poison,
        expected=expected(system),
        shown=shown(system),
        writes=writes(system),
        oversold=oversold(system),
        never_bought=frozenset(filter(is_moved, system.merchant.skus)),
        authorities=AUTHORITY,
        channels={
            (place.market, warehouse): channel
            for place in PLACES
            for warehouse, channel in zip(system.running.warehouses[place.market], place.channels, strict=True)
        },
    )


def truth(system: System) -> list[tuple[str, tuple[StockChange, ...]]]:
    """What the merchant really has, per SKU, as each of its systems would say it."""
    merchant, now = system.merchant, now_ms()
    return [(sku, tuple(merchant.truth(sku, source, now) for source in sources_of(sku))) for sku in merchant.skus]


def expected(system: System) -> dict[Place, int]:
    """What the rule gives for it."""
    markets = load_markets(system.folder / "markets")
    return expected_quantities(truth(system), [place.market for place in PLACES], markets, now_ms())


def shown(system: System) -> dict[Place, int]:
    """What buyers can buy."""
    return {(market, row["seller_sku"], row["warehouse_id"]): row["available"] for market, row in _stock(system)}


def _stock(system: System) -> Iterable[tuple[str, Any]]:
    market_of = {shop: market for market, shop in system.running.shops.items()}
    for row in system.control.every("stock"):
        yield market_of[row["shop_id"]], row


def writes(system: System) -> list[Write]:
    market_of = {shop: market for market, shop in system.running.shops.items()}
    return [
        Write(
            (market_of[row["shop_id"]], row["seller_sku"], row["warehouse_id"]),
            row["new_quantity"],
            row["request_id"][:22],
        )
        for row in system.control.every("writes")
    ]


def oversold(system: System) -> dict[tuple[str, str], int]:
    """Of SKUs whose units leave through TikTok Shop alone."""
    return {
        (row["seller_sku"], row["supply_channel"]): row["oversold_units"]
        for row in system.control.see("physical")["physical"]
        if is_bought(row["seller_sku"])
    }


def counted(logs: Logs) -> dict[str, int]:
    """Records taken, or ended, by flow: from the jobs, and from the counts not published yet."""
    found: Counter[str] = Counter()
    for _, job in logs.good("sync-jobs"):
        flow = job.job.split("/")[1]
        if flow in FLOWS:
            found[flow] += _taken(flow, job.counts, job.received)
    for flow, (group, _) in FLOWS.items():
        for key, value in logs.last(f"{group}-state"):
            if key == POSITIONS:
                counts = Positions.decode(value).counts
                own = {name.removeprefix(f"{flow}:"): n for name, n in counts.items() if name.startswith(f"{flow}:")}
                found[flow] += _taken(flow, own, own.get("received", 0))
    return dict(found)


def _taken(flow: str, counts: Mapping[str, int], received: int) -> int:
    if flow not in OUTCOMES:
        return received
    return sum(number for what, number in counts.items() if what not in NO_END)


def rows(logs: Logs) -> dict[str, SkuStock]:
    """What decide knows of every SKU, from its changelog."""
    stem = SKU_STOCK.name.encode() + b"\x00"
    codec = RowCodec(sku_stock)
    return {
        key.removeprefix(stem).decode(): codec.state(value)
        for key, value in logs.last("decide-state")
        if key.startswith(stem)
    }
