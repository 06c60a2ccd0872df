"""What a failure means for one SKU: try again, wait, read back, give up, or tell that units are exposed.

A SKU is given up only when it failed alone; who decides what was alone is ``isolate``.
"""

from typing import NamedTuple, assert_never

from streams.listing.backoff import after_failure, slowly
from streams.listing.confirmed import told_exposed
from streams.listing.refusal import PRODUCT_GONE, REFUSED_DECREASE, STATE_FORBIDS, WAREHOUSES_MISSED
from streams.listing.report import Report
from streams.listing.shop import ListingPolicy
from streams.listing.value import exposed_units, least_helps
from streams.outcome import Delivered, Outcome, Rejected, RetryLater, ShopStopped, Unknown
from streams.records.listing import Blocked, ListingSku, Sent


class Lapse(NamedTuple):
    """The call that failed."""

    token: str
    until: int
    """A lost request can be applied until then."""
    policy: ListingPolicy


def failed(sku: ListingSku, sent: Sent, outcome: Outcome, lapse: Lapse, report: Report) -> ListingSku:
    """The SKU after a call about it alone, or an item of a call, that did not succeed."""
    if sent.open:
        report.count("superseded")
    match outcome:
        case Unknown():
            return lost(sku, outcome, lapse, report)
        case RetryLater() | Rejected() if outcome.code in STATE_FORBIDS:
            return waiting(forgotten(sku), outcome.code, outcome.reason, lapse, report)
        case RetryLater():
            return again(_renewed_attempts(sku, sent), outcome, lapse, report)
        case Rejected() if _moved(sku, sent):
            # the refusal is about figures nobody wants any more
            return delayed(sku, RetryLater(outcome.code, outcome.reason, costs_attempt=False), lapse, report)
        case Rejected():
            return _rejected(sku, _with_value(outcome, sent), lapse, report)
        case ShopStopped() | Delivered():
            return sku
        case _:
            assert_never(outcome)


def lost(sku: ListingSku, outcome: Unknown, lapse: Lapse, report: Report) -> ListingSku:
    """It may still be applied: nothing is sent before that has become impossible, then it is read back."""
    sku = _missed(sku, report.now)
    more = after_failure(lapse.policy, sku.misses - 1, lapse.token) if sku.misses > 1 else 0
    sku = sku._replace(known="UNKNOWN", closed_until=lapse.until, not_before=lapse.until + more)
    report.wait(outcome.code, outcome.reason, sku)
    return sku


def again(sku: ListingSku, outcome: RetryLater, lapse: Lapse, report: Report) -> ListingSku:
    """It is tried again later, until it has failed too often."""
    sku = delayed(sku, outcome, lapse, report)
    if outcome.costs_attempt and sku.attempts >= lapse.policy.max_attempts:
        why = Rejected(outcome.code, outcome.reason, "seller_sku", sku.sku, "find out why it fails, then reconcile")
        report.tell("DEAD", sku, f"given up after {sku.attempts} attempts: {outcome.reason}", why=why)
        return report.closed(sku, "dead")._replace(blocked=Blocked("DEAD", outcome.code), dirty_since=0)
    report.wait(outcome.code, outcome.reason, sku)
    return sku


def delayed(sku: ListingSku, outcome: RetryLater, lapse: Lapse, report: Report) -> ListingSku:
    """The SKU with one failure more and its next try set."""
    sku = _missed(sku, report.now)._replace(attempts=sku.attempts + outcome.costs_attempt)
    wait = max(after_failure(lapse.policy, sku.misses, lapse.token), outcome.not_before_ms)
    return sku._replace(not_before=report.now + wait)


def waiting(sku: ListingSku, code: str, reason: str, lapse: Lapse, report: Report) -> ListingSku:
    """The SKU waits for people or for TikTok Shop; that costs no attempt and is published once per reason."""
    sku = _missed(sku, report.now)
    sku = sku._replace(not_before=report.now + slowly(lapse.policy, sku.misses, lapse.token))
    if sku.waits_for != code:
        why = Rejected(code, reason, "seller_sku", sku.sku, "see the listing in Seller Center; it is looked at again")
        report.tell("WAITING", sku, reason, why=why)
    sku = sku._replace(waits_for=code)
    report.wait(code, reason, sku)
    return sku


def forgotten(sku: ListingSku) -> ListingSku:
    """The SKU as before its adoption."""
    return sku._replace(
        sku_id=None, product_id=None, known="NEVER", proof=(), warehouses=(), overwritten=False, refused="", exposed=0
    )


def refused_for_good(sku: ListingSku, outcome: Rejected, report: Report) -> ListingSku:
    """The SKU is rejected until what is wanted changes."""
    why = outcome if outcome.field else outcome._replace(field="seller_sku", value=sku.sku)
    report.tell("REJECTED", sku, outcome.reason, why=why)
    return report.closed(sku, "rejected")._replace(blocked=Blocked("REJECTED", outcome.code), dirty_since=0)


def _rejected(sku: ListingSku, outcome: Rejected, lapse: Lapse, report: Report) -> ListingSku:
    if outcome.code in PRODUCT_GONE:
        return waiting(forgotten(sku), outcome.code, outcome.reason, lapse, report)
    if outcome.code in WAREHOUSES_MISSED and not sku.misses:
        return _missed(sku, report.now)._replace(known="UNKNOWN", warehouses=())
    if outcome.code in REFUSED_DECREASE and (exposed_units(sku) or sku.known != "CONFIRMED"):
        return _refused_decrease(sku, outcome, lapse, report)
    return refused_for_good(sku, outcome, report)


def _with_value(outcome: Rejected, sent: Sent) -> Rejected:
    """What was sent in the field that is refused, where the answer does not say."""
    if outcome.value is not None or not sent.levels:
        return outcome
    match outcome.field:
        case "warehouse_id":
            return outcome._replace(value=", ".join(level.warehouse for level in sent.levels))
        case "quantity" | "inventory":
            return outcome._replace(value=", ".join(f"{level.warehouse}: {level.quantity}" for level in sent.levels))
        case "product_id" | "seller_sku" | "skus":
            return outcome._replace(value=sent.sku)
        case _:
            return outcome


def _refused_decrease(sku: ListingSku, outcome: Rejected, lapse: Lapse, report: Report) -> ListingSku:
    """Wanted stays; the fallbacks of the table come first, then slow tries."""
    first = sku.refused != outcome.code
    sku = _missed(sku, report.now)._replace(refused=outcome.code)
    helps = least_helps(sku) or sku.known != "CONFIRMED"
    wait = 0 if first and helps else slowly(lapse.policy, sku.misses, lapse.token)
    sku = sku._replace(not_before=report.now + wait)
    report.wait(outcome.code, outcome.reason, sku)
    if sku.known != "CONFIRMED":
        return sku._replace(known="UNKNOWN")
    return told_exposed(sku, REFUSED_DECREASE[outcome.code].meaning, report)


def _moved(sku: ListingSku, sent: Sent) -> bool:
    """Another gross is wanted since the call was sent."""
    former = {level.warehouse: level.gross for level in sent.levels}
    return bool(former) and not sent.partial and former != {level.warehouse: level.gross for level in sku.levels}


def _renewed_attempts(sku: ListingSku, sent: Sent) -> ListingSku:
    """A newer update has its own attempts."""
    return sku._replace(attempts=0) if sent.levels and sku.sequence != sent.sequence else sku


def _missed(sku: ListingSku, now: int) -> ListingSku:
    return sku._replace(misses=sku.misses + 1, failed_since=sku.failed_since or now)
