"""What a step has to tell: results, waits and counts, collected while the rules run.

A received update ends in exactly one count; until then it is open, and shows as waiting or retrying.
"""

from typing import Literal

from streams.outcome import Rejected
from streams.records.listing import ListingSku
from streams.records.sync_result import SyncResult, SyncStatus
from streams.records.sync_retry import SyncRetry

KIND = "stock"
Count = Literal["applied", "unchanged", "planned", "superseded", "rejected", "dead"]


class Report:
    """Lives for one step."""

    def __init__(self, key: str, now: int) -> None:
        self.key = key
        self.now = now
        self.market, _, self.product = key.partition(":")
        self.results: list[SyncResult] = []
        self.retries: dict[str, SyncRetry] = {}
        self.counted: dict[str, int] = {}

    def count(self, end: Count) -> None:
        """One received update has ended."""
        self.counted[end] = self.counted.get(end, 0) + 1

    def closed(self, sku: ListingSku, end: Count) -> ListingSku:
        """The SKU with its newest update ended, counted if it was not before."""
        if sku.open:
            self.count(end)
        return sku._replace(open=False)

    def tell(
        self,
        status: SyncStatus,
        sku: ListingSku,
        explanation: str,
        *,
        why: Rejected | None = None,
        sequence: int | None = None,
    ) -> None:
        """Publish what became of a SKU."""
        self.results.append(
            SyncResult(
                entity=self.key,
                kind=KIND,
                status=status,
                finished_at=self.now,
                market=self.market,
                product=self.product,
                sku=sku.sku,
                code=why.code if why else None,
                field=why.field if why else None,
                value=why.value if why else None,
                remedy=why.remedy if why else None,
                sequence=sku.sequence if sequence is None else sequence,
                attempts=sku.attempts,
                changed_at=sku.changed_at,
                explanation=explanation or None,
                trace=sku.trace,
            )
        )

    def wait(self, code: str, reason: str, sku: ListingSku) -> None:
        """Publish that the listing waits: one record per reason, for the SKU that waits longest."""
        since, next_at = sku.failed_since or self.now, max(sku.not_before, sku.closed_until)
        former = self.retries.get(code)
        if former is not None:
            since, next_at = min(since, former.since), min(next_at, former.next_at)
        attempts = max(sku.attempts, former.attempts if former else 0)
        self.retries[code] = SyncRetry(
            entity=self.key,
            kind=KIND,
            code=code,
            reason=reason,
            attempts=attempts,
            since=since,
            next_at=next_at,
            market=self.market,
            trace=sku.trace,
        )
