"""Which supply channel an id means: read again after some minutes, when an id appears that is not in it, and once for
every pass, in each worker: a channel may have got another key.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from streams.commercetools.answer import Answer
from streams.commercetools.client import Client
from streams.commercetools.reading import Channels, Supply
from streams.commercetools.resources import InventoryEntry, channel_keys

log = logging.getLogger(__name__)
AGAIN_MS = 60_000
"""Not read more often, however many ids are unknown: channels without a key are never in it."""
OLD_MS = 600_000
"""Not believed for longer."""


class ChannelBook:
    """One per worker."""

    def __init__(self, client: Client, supply: Supply) -> None:
        self._client = client
        self._supply = supply
        self._channels: Channels | None = None
        self._read_at = 0
        self._tried_at: int | None = None
        self._expired = self._answered = 0
        """Times that it was to be read again, and how many of them the last reading began after."""
        self._passed = 0
        self._reading = asyncio.Lock()

    @property
    def unknown(self) -> Sequence[str]:
        """Configured channels that commercetools does not know; empty before the first reading."""
        return () if self._channels is None else self._channels.unknown

    def expire(self) -> None:
        """Read again before it is used next: a pass begins."""
        self._expired += 1

    def passes(self, began: int) -> None:
        """A reading for a pass begins; the first one expires what was known before the pass."""
        if began > self._passed:
            self._passed = began
            self.expire()

    async def channels(self, entries: Sequence[InventoryEntry] = ()) -> Channels | Answer:
        """What is known, of these entries' channels too if it can be; or why nothing is."""
        known = self._channels
        if known is not None and not self._stale(known, entries):
            return known
        async with self._reading:
            if self._channels is not None and not self._stale(self._channels, entries):
                return self._channels
            expired, self._tried_at = self._expired, self._client.clock()
            found = await self._client.all("channels", None)
            if not found.first.delivered:
                return found.first if self._channels is None or self._old else self._channels
            self._read_at, self._answered = self._tried_at, expired
            self._channels = Channels(channel_keys(found.resources), self._supply)
            for channel in self._channels.unknown:
                log.error(
                    "market files name channel %r, but commercetools project %s has no channel with this key: its "
                    "stock is left as it is; correct the market file or the channel's key",
                    channel,
                    self._client.access.project,
                )
            return self._channels

    @property
    def _old(self) -> bool:
        return self._answered < self._expired

    def _stale(self, known: Channels, entries: Sequence[InventoryEntry]) -> bool:
        """It is to be read again, or something is missing and was not looked for lately."""
        if self._old:
            return True
        now = self._client.clock()
        if self._tried_at is not None and self._tried_at <= now < self._tried_at + AGAIN_MS:
            return False
        aged = not self._read_at <= now < self._read_at + OLD_MS
        return aged or bool(known.unknown) or not known.has_all(entries)
