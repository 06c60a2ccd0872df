"""The merchant's warehouse system, played: it tells a topic of its own, in its own words, what lies in its halls.

A record is an article with all its sites, and the TikTok Shop orders counted since the last one.  The topic has a
partition count and a partitioner of its own; ``ADAPTER`` is all that makes stock changes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final
from zlib import crc32

import orjson

from streams.demo.scale import MARKETS, SHARED_CHANNEL, WMS
from streams.demo.shelves import Place, Shelves

CHANNELS: Final = (MARKETS[0].channel, SHARED_CHANNEL)
PARTITIONS: Final = 5
_SITES: Final = {channel: f"{channel[:3].upper()}1" for channel in CHANNELS}

Send = Callable[[bytes, bytes, int], None]
"""Key, value and partition of a record of its topic."""


def adapter_file(topic: str) -> str:
    """What a merchant writes to have this topic understood."""
    sites = ", ".join(f'{site} = "{channel}"' for channel, site in _SITES.items())
    return f"""topic = "{topic}"
format = "json"
source = "{WMS}"
complete = true
sku = {{ path = "article.no" }}
version = {{ path = "revision", form = "number" }}
read_at = {{ path = "countedAt", form = "iso" }}
acknowledged_orders = {{ each = "shopOrders[*].id" }}

[[levels]]
each = "halls[*]"
channel = {{ path = "site", values = {{ {sites} }} }}
quantity = {{ path = "onShelf", minus = ["promised"] }}
"""


class Wms(Shelves):
    """Sells elsewhere, receives goods, hears of orders late, and acknowledges them."""

    def __init__(self, stock: Mapping[Place, int], lag_ms: int, send: Send) -> None:
        super().__init__(CHANNELS, stock, lag_ms)
        self.acknowledged = 0
        self._send = send
        self._revisions: dict[str, int] = {}

    def take(self, places: Iterable[Place], now: int) -> None:
        """Units moved there."""
        for sku in dict.fromkeys(sku for sku, _ in places):
            self.tell(sku, now, ())

    def hear(self, now: int, at_once: bool = False) -> int:
        """Count what orders have come through; returns how many are still on their way."""
        heard: dict[str, list[str]] = {}
        for row in self.due(now, at_once):
            place = (row["seller_sku"], row["supply_channel"])
            orders = heard.setdefault(place[0], [])
            if row["kind"] == "bought":
                self.opened(place, row["units"])
                orders.append(str(row["order_id"]))
                self.acknowledged += 1
            else:
                self.opened(place, -row["units"])
                if row["kind"] == "shipped":
                    self.physical[place] -= row["units"]
        for sku, orders in heard.items():
            self.tell(sku, now, orders)
        return self.coming

    def tell(self, sku: str, now: int, orders: Iterable[str]) -> None:
        """One record: all sites of the article."""
        self.changes += 1
        revision = self._revisions[sku] = self._revisions.get(sku, 0) + 1
        key = sku.encode()
        self._send(key, self._record(sku, revision, now, orders), crc32(key) % PARTITIONS)

    def _record(self, sku: str, revision: int, now: int, orders: Iterable[str]) -> bytes:
        halls = [
            {"site": site, "onShelf": self.physical[sku, channel], "promised": self.open.get((sku, channel), 0)}
            for channel, site in _SITES.items()
        ]
        counted_at = datetime.fromtimestamp(now / 1000, UTC).isoformat(timespec="milliseconds")
        shop_orders = [{"id": order} for order in orders]
        return orjson.dumps(
            {
                "article": {"no": sku},
                "revision": revision,
                "countedAt": counted_at,
                "halls": halls,
                "shopOrders": shop_orders,
            }
        )
