"""The ledger of one order: readings come in, changed facts go out.

Readings are compared, never trusted to be the latest: a late one adds what only it knew and takes nothing back.
What is told of an order is one hold per SKU, and only when its content changed.
"""

from typing import Final, NamedTuple

from streams.order.calls import OrderSeen
from streams.order.facts import digest, order_facts
from streams.order.findings import findings
from streams.order.lines import joined, seen_lines
from streams.order.policy import HoldPolicy
from streams.order.progress import STATUS_RANK
from streams.records.order_hold import OrderHold
from streams.records.order_ledger import OrderLedger, ToldFact
from streams.records.order_poll import Hint
from streams.records.sync_result import SyncResult

KIND: Final = "order"


class Observed(NamedTuple):
    """What a reading, or a changed policy, made of an order."""

    ledger: OrderLedger | None
    """None: not ours. The very same object: nothing is new."""
    holds: tuple[tuple[str, OrderHold], ...] = ()
    """Changed facts by SKU; ``facts.hold_key`` makes their keys."""
    results: tuple[SyncResult, ...] = ()


def observed(key: str, ledger: OrderLedger | None, order: OrderSeen, policy: HoldPolicy, now: int) -> Observed:
    """Compare a reading with what is known of the order ``market:order``."""
    if ledger is None and order.created_at < policy.cut_over:
        return Observed(None)
    known = _joined(ledger, order)
    if known == ledger:
        return Observed(ledger)
    told = decided(key, known, policy, now)
    return told._replace(results=told.results + findings(key, ledger, known, policy, now))


def decided(key: str, ledger: OrderLedger, policy: HoldPolicy, now: int) -> Observed:
    """Tell what the last told facts do not say; also the answer to a changed policy."""
    before = {told.sku: told.digest for told in ledger.told}
    facts = order_facts(ledger, policy)
    told = tuple(ToldFact(sku, digest(fact)) for sku, fact in facts.items())
    holds = tuple((one.sku, facts[one.sku]) for one in told if before.get(one.sku) != one.digest)
    if not holds:
        return Observed(ledger)
    return Observed(ledger._replace(told=told), holds, (_applied(key, ledger, facts, now),))


def event_answered(ledger: OrderLedger, hint: Hint) -> OrderLedger:
    """A reading answered this event, so that its duplicates are recognised."""
    if (hint.updated_at, hint.notification_id) <= (ledger.heard_at, ledger.heard_id):
        return ledger
    return ledger._replace(heard_at=hint.updated_at, heard_id=hint.notification_id)


def is_finished(ledger: OrderLedger, policy: HoldPolicy, now: int) -> bool:
    """Nothing can change any more, and nobody asks: the row may be dropped. Told facts stay."""
    ended = all(line.progress in ("DONE", "CANCELLED") for line in ledger.lines)
    return ended and policy.imports == "none" and now - ledger.updated_at >= policy.keep


def _joined(ledger: OrderLedger | None, order: OrderSeen) -> OrderLedger:
    lines = seen_lines(order)
    if ledger is None:
        return OrderLedger(order.created_at, order.updated_at, order.status, order.warehouse_id, joined((), lines))
    if _age(order.updated_at, order.status) >= _age(ledger.updated_at, ledger.status):
        return ledger._replace(
            updated_at=order.updated_at,
            status=order.status,
            warehouse=order.warehouse_id or ledger.warehouse,
            lines=joined(ledger.lines, lines),
        )
    return ledger._replace(lines=joined(lines, ledger.lines))


def _age(updated_at: int, status: str) -> tuple[int, int]:
    """Two states within one second are told apart by the order of an order's life."""
    return updated_at, STATUS_RANK.get(status, -1)


def _applied(key: str, ledger: OrderLedger, facts: dict[str, OrderHold], now: int) -> SyncResult:
    units = sum(len(fact.lines) for fact in facts.values())
    cancelled = sum(len(fact.cancelled) for fact in facts.values())
    shipped = sum(len(fact.shipped) for fact in facts.values())
    return SyncResult(
        entity=key,
        kind=KIND,
        status="APPLIED",
        finished_at=now,
        market=key.partition(":")[0],
        changed_at=ledger.updated_at,
        explanation=f"{ledger.status or 'no status'}: {units} units of {len(facts)} SKUs taken, "
        f"{cancelled} cancelled, {shipped} shipped",
    )
