"""Which SKU an inventory entry belongs to, remembered by id: the notification of a deleted entry need not name it.

Who reads a SKU sees the ids of its entries, and tells the keeper of each id when that changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from streams.records.fetch import Fetch
from streams.records.fetch_hint import FetchHint
from streams.source.wishes import owes

FORGET_MS: Final = 86_400_000
"""An entry that is gone is remembered for so long: its notifications may come late."""


def changed_entries(
    sku: str, before: Sequence[str], after: Sequence[str], read_at: int, now: int
) -> tuple[tuple[str, FetchHint], ...]:
    """Hints for entries that a reading saw first, and for those that it does not see any more."""
    if tuple(before) == tuple(after):
        return ()
    old, new = frozenset(before), frozenset(after)
    seen = FetchHint("SWEEP", now, read_at=read_at, sku=sku)
    gone = FetchHint("SWEEP", now, sku=sku)
    return (
        *((f"inventory-entry:{one}", seen) for one in after if one not in old),
        *((f"inventory-entry:{one}", gone) for one in before if one not in new),
    )


def remembered(row: Fetch | None, hint: FetchHint, now: int) -> Fetch | None:
    """The SKU's reader saw the entry, or does not see it any more."""
    if hint.read_at is not None:
        return (row or Fetch())._replace(sku=hint.sku or "", gone_at=0)
    if row is None or row.sku != hint.sku:
        return row
    return row._replace(gone_at=now)


def forgets_at(row: Fetch | None) -> int | None:
    """When an entry that is gone is forgotten; None: it is not gone."""
    return row.gone_at + FORGET_MS if row is not None and row.gone_at else None


def forgotten(row: Fetch | None, now: int) -> Fetch | None:
    """The row when its time may have come; None: it is forgotten."""
    at = forgets_at(row)
    return None if row is not None and at is not None and now >= at and not owes(row) else row
