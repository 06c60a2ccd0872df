"""What a person should know about an order that could not be held as it should; told once each.

Nothing here stops a hold: a finding is a result with code, field, value and remedy, and no personal data.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple, assert_never

from streams.order.kinds import HOLDING
from streams.order.policy import HoldPolicy
from streams.order.progress import BY_ORDER_STATUS
from streams.outcome import Delivered, Outcome, Rejected, RetryLater, ShopStopped, Unknown
from streams.records.order_ledger import LineKind, OrderLedger
from streams.records.sync_result import SyncResult


class Finding(NamedTuple):
    """One thing to look at."""

    code: str
    field: str
    value: str
    remedy: str


SKU: Final = "line_items.seller_sku"
LINE_FINDINGS: Final[dict[LineKind, tuple[str, str, str]]] = {  # code, remedy
    "UNLINKED": ("sku-missing", SKU, "give the listing a seller SKU; the units of this order are not held"),
    "UNUSABLE_SKU": ("sku-unusable", SKU, "a SKU must not contain '|'; the units of this order are not held"),
    "UNLISTED": ("order-type-unlisted", "order_type", "the units are held like any other; report this order type"),
}


def findings(
    key: str, before: OrderLedger | None, ledger: OrderLedger, policy: HoldPolicy, now: int
) -> tuple[SyncResult, ...]:
    """Results for what is new to look at since the last reading."""
    known = set() if before is None else set(_findings(before, policy))
    return tuple(
        SyncResult(
            entity=key,
            kind="order",
            status="REJECTED",
            finished_at=now,
            market=key.partition(":")[0],
            code=finding.code,
            field=finding.field,
            value=finding.value,
            remedy=finding.remedy,
            changed_at=ledger.updated_at,
        )
        for finding in dict.fromkeys(_findings(ledger, policy))
        if finding not in known
    )


def trouble(key: str, outcome: Outcome, now: int) -> SyncResult:
    """What kept an order, or a whole shop (then the key is the market), from being read."""
    result = SyncResult(entity=key, kind="order", status="WAITING", finished_at=now, market=key.partition(":")[0])
    match outcome:
        case Rejected(code, reason, field, value, remedy):
            rejected = result._replace(status="REJECTED", code=code, explanation=reason)
            return rejected._replace(field=field, value=value, remedy=remedy)
        case ShopStopped(code, reason, remedy):
            return result._replace(code=code, explanation=reason, remedy=remedy)
        case RetryLater(code, reason) | Unknown(code, reason):
            return result._replace(code=code, explanation=reason)
        case Delivered():
            return result._replace(status="UNCHANGED")
        case _:
            assert_never(outcome)


def _findings(ledger: OrderLedger, policy: HoldPolicy) -> Iterator[Finding]:
    for line in ledger.lines:
        if line.kind in LINE_FINDINGS:
            code, field, remedy = LINE_FINDINGS[line.kind]
            yield Finding(code, field, line.sku or line.id, remedy)
    if ledger.status not in BY_ORDER_STATUS:
        yield Finding("status-unlisted", "status", ledger.status, "the lines' own statuses are used; report this one")
    held = any(HOLDING[line.kind] == "units" for line in ledger.lines)
    if held and policy.channels and ledger.warehouse not in policy.channels:
        yield Finding(
            "warehouse-unmapped",
            "warehouse_id",
            ledger.warehouse,
            f"map the warehouse to a supply channel in the market file; held in {policy.channel or 'general stock'}",
        )
