"""What the answer of each kind of call changes in the row."""

from streams.listing.adopt import adopted
from streams.listing.answers import InventoryShown, InventoryUpdated, ProductsFound
from streams.listing.backoff import slowly
from streams.listing.confirmed import read, written
from streams.listing.failed import Lapse, delayed, failed, forgotten, waiting
from streams.listing.isolate import alone, halved
from streams.listing.refusal import PRODUCT_GONE, STATE_FORBIDS
from streams.listing.report import Report
from streams.listing.row import sku_named, with_skus
from streams.outcome import Delivered, Outcome, Rejected, RetryLater, ShopStopped, Unknown
from streams.records.listing import Listing, ListingSku, OpenCall, Sent

NOT_SHOWN = "sku-not-shown"


def found(state: Listing, call: OpenCall, answer: ProductsFound, lapse: Lapse, report: Report) -> Listing:
    """After a product search."""
    if isinstance(answer.outcome, Delivered):
        return adopted(state, call, answer, lapse, report)
    return spoiled(state, call.sent, _of_a_read(answer.outcome), lapse, report)


def shown(state: Listing, call: OpenCall, answer: InventoryShown, lapse: Lapse, report: Report) -> Listing:
    """After an inventory search."""
    if not isinstance(answer.outcome, Delivered):
        return spoiled(state, call.sent, _of_a_read(answer.outcome), lapse, report)
    rows = {row.sku_id: row for row in answer.rows}
    for sent in call.sent:
        sku, row = sku_named(state, sent.sku), rows.get(sent.sku_id)
        assert sku is not None
        if row is None:
            sku = waiting(forgotten(sku), NOT_SHOWN, "TikTok Shop does not show the SKU any more", lapse, report)
        else:
            sku = read(sku, sent, row, answer, report)
        state = with_skus(state, [sku])
    return state


def updated(state: Listing, call: OpenCall, answer: InventoryUpdated, lapse: Lapse, report: Report) -> Listing:
    """After a write: what is named failed, the others are proven; a refused call is sent again without it."""
    named = {error.sku_id: error.outcome for error in answer.errors}
    for sent in call.sent:
        sku = sku_named(state, sent.sku)
        assert sku is not None
        if sent.sku_id in named:
            apart = failed(sku, sent, named[sent.sku_id], lapse, report)
            if apart.blocked is None and not apart.refused and apart.group == 0:
                state, apart = alone(state, apart)
            state = with_skus(state, [apart])
        elif isinstance(answer.outcome, Delivered):
            proven = written(sku, sent, answer.answered_at, report)
            if proven.refused:
                proven = proven._replace(not_before=report.now + slowly(lapse.policy, proven.misses, lapse.token))
            state = with_skus(state, [proven])
    if isinstance(answer.outcome, Delivered):
        return state
    others = tuple(sent for sent in call.sent if sent.sku_id not in named)
    if named and not isinstance(answer.outcome, Unknown):
        for sent in others:
            if sent.open:
                report.count("superseded")
        return state
    return spoiled(state, others, answer.outcome, lapse, report)


def spoiled(state: Listing, sent: tuple[Sent, ...], outcome: Outcome, lapse: Lapse, report: Report) -> Listing:
    """After a call that failed as a whole, without naming a SKU."""
    skus = [sku for row in sent if (sku := sku_named(state, row.sku)) is not None]
    match outcome:
        case Rejected() if len(skus) > 1 and outcome.code not in PRODUCT_GONE | STATE_FORBIDS:
            _overtaken(sent, report)
            state, skus = halved(state, skus)
        case RetryLater() if len(skus) > 1 and outcome.code not in STATE_FORBIDS:
            _overtaken(sent, report)
            state, skus = _again_together(state, skus, outcome, lapse, report)
        case ShopStopped():
            _overtaken(sent, report)
        case _:
            skus = [failed(sku, row, outcome, lapse, report) for sku, row in zip(skus, sent, strict=True)]
    return with_skus(state, skus)


def _again_together(
    state: Listing, skus: list[ListingSku], outcome: RetryLater, lapse: Lapse, report: Report
) -> tuple[Listing, list[ListingSku]]:
    """A SKU can be given up only alone, so after half of the attempts the call is halved with each failure."""
    last = lapse.policy.max_attempts - 1
    skus = [delayed(sku, outcome, lapse, report) for sku in skus]
    skus = [sku._replace(attempts=min(sku.attempts, last)) for sku in skus]
    for sku in skus:
        report.wait(outcome.code, outcome.reason, sku)
    if max(sku.attempts for sku in skus) > last // 2:
        return halved(state, skus)
    return state, skus


def _overtaken(sent: tuple[Sent, ...], report: Report) -> None:
    for row in sent:
        if row.open:
            report.count("superseded")


def _of_a_read(outcome: Outcome) -> Outcome:
    """A lost reading has changed nothing."""
    if isinstance(outcome, Unknown):
        return RetryLater(outcome.code, outcome.reason, costs_attempt=False)
    return outcome
