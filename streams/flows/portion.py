"""How many SKUs one request asks for: as many as are allowed, fewer where their entries fill too many pages.

Every page costs time, and a reading is only one when its last page came in time.
"""

from __future__ import annotations

from typing import NamedTuple


class Portion(NamedTuple):
    """At present, and at most."""

    most: int
    """TTS_COMMERCETOOLS_SKUS_PER_REQUEST."""
    now: int

    def halved(self, asked: int) -> Portion:
        """So many were too much; other requests under way may have said so already."""
        return self._replace(now=max(1, min(self.now, asked // 2)))

    def answered(self, asked: int, took_ms: int, deadline_ms: int) -> Portion:
        """A request was answered to its last page.  A full one that left more than half of the time lets it grow."""
        if not self.now <= asked or self.now >= self.most or took_ms * 2 >= deadline_ms:
            return self
        return self._replace(now=min(self.most, self.now + max(1, self.now // 8)))
