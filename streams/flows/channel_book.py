"""Which supply channel an id means: read once, again when an id appears that is not in it, and with every pass."""

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


class ChannelBook:
    """One per worker."""

    def __init__(self, client: Client, supply: Supply) -> None:
        self._client = client
        self._supply = supply
        self._channels: Channels | None = None
        self._read_at = 0
        self._old = False
        self._reading = asyncio.Lock()

    @property
    def unknown(self) -> Sequence[str]:
        """Configured channels that commercetools does not know; empty before the first reading."""
        return () if self._channels is None else self._channels.unknown

    def expire(self) -> None:
        """Read again before it is used next: a channel may have got another key."""
        self._old = True

    async def channels(self, entries: Sequence[InventoryEntry] = ()) -> Channels | Answer:
        """What is known, of these entries' channels too if it can be; or why nothing is."""
        known = self._channels
        if known is not None and not self._stale(known, entries):
            return known
        async with self._reading:
            if self._channels is not None and not self._stale(self._channels, entries):
                return self._channels
            found = await self._client.all("channels", None)
            if not found.first.delivered:
                return found.first if self._channels is None else self._channels
            self._read_at, self._old = self._client.clock(), False
            self._channels = Channels(channel_keys(found.resources), self._supply)
            for channel in self._channels.unknown:
                log.error(
                    "market files name channel %r, but commercetools project %s has no channel with this key: its "
                    "stock is left as it is; correct the market file or the channel's key",
                    channel,
                    self._client.access.project,
                )
            return self._channels

    def _stale(self, known: Channels, entries: Sequence[InventoryEntry]) -> bool:
        """It is to be read again, or something is missing and was not looked for lately."""
        if self._old:
            return True
        now = self._client.clock()
        lately = self._read_at <= now < self._read_at + AGAIN_MS
        return not lately and (bool(known.unknown) or not known.has_all(entries))
