"""What one resource makes of hints and readings: stock changes, further hints, results.

Keys: ``sku:X`` is read and published; ``inventory-entry:ID`` and ``order:ID`` only lead to SKUs, which are read in
their turn, so that a SKU has one reader.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from streams.codec.poison import Poison, shown
from streams.outcome import Delivered, Rejected, RetryLater
from streams.records.fetch import Fetch
from streams.records.fetch_hint import FetchHint
from streams.records.stock_change import StockChange, StockLevel
from streams.records.sync_result import SyncResult
from streams.sku import REMEDY, UNUSABLE, is_usable
from streams.source.answers import SOURCE, EntryRead, FetchRequest, Operation, OrderRead, StockRead
from streams.source.entries import changed_entries, remembered
from streams.source.sweep import KEY as SWEEP_KEY
from streams.source.wishes import begun, failed, hinted, owes, restored, wish

__all__ = ["Fetched", "begin", "hint", "inherited", "kind_of", "looked_again", "read", "request", "wish"]

Kind = Literal["sku", "inventory-entry", "order", "product", "sweep"]
OPERATIONS: Final[dict[str, Operation]] = {"sku": "inventory", "inventory-entry": "entries", "order": "orders"}
KINDS: Final[tuple[Kind, ...]] = ("sku", "inventory-entry", "order", "product", "sweep")
NEW: Final = Fetch()
AMBIGUOUS_MS: Final = 15_000
"""commercetools' clock is known to the second, and less what a request took: of two readings so close to each other
nobody can say which was later."""
_LOOK_TWICE_MS: Final = 3_000
"""A query may not show a resource made just now: what is not found is looked for once more, so long after."""


class Fetched(NamedTuple):
    """What follows; ``counts`` are outcomes of hints, and ``swept`` what became of a pass's finding."""

    state: Fetch | None
    changes: tuple[StockChange, ...] = ()
    hints: tuple[tuple[str, FetchHint], ...] = ()
    results: tuple[SyncResult, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    swept: tuple[tuple[int, str], ...] = ()
    """Pass, and what to count for it: seen, asked, pending, unchanged, first, repaired, rejected."""


def kind_of(key: str) -> tuple[Kind, str]:
    """Kind and id of a key; ``Poison`` when it has none."""
    name, _, number = key.partition(":")
    for kind in KINDS:
        if name == kind and number:
            return kind, number
    remedy = f"a key is one of {', '.join(f'{kind}:…' for kind in KINDS[:4])} or sweep:stock"
    raise Poison("contract-violated", "key", shown(key), remedy)


def request(key: str, lane: int, sweep: int = 0) -> FetchRequest:
    """The reading of a key; ``sweep``: the pass that wants it."""
    kind, number = kind_of(key)
    return FetchRequest(OPERATIONS[kind], number, lane, sweep)


def hint(key: str, state: Fetch | None, hint: FetchHint, now: int) -> Fetched:
    """A hint came."""
    kind, number = kind_of(key)
    if kind not in OPERATIONS:
        return Fetched(state, counts=(("unchanged", 1),))
    if kind == "sku" and not is_usable(number):
        return _unusable(key, hint, now)
    row = state or NEW
    if hint.reason == "SWEEP" and kind == "inventory-entry":
        return Fetched(remembered(state, hint, now), counts=(("unchanged", 1),))
    if hint.reason == "SWEEP":
        return _swept(row, hint, now)
    if kind == "inventory-entry" and (row.sku or hint.sku):
        row = row._replace(sku=hint.sku or row.sku)
        return Fetched(row, hints=((f"sku:{row.sku}", hint._replace(sku=None)),), counts=(("applied", 1),))
    row, new = hinted(row, hint, now)
    return Fetched(row, counts=() if new else (("collapsed", 1),))


def _swept(row: Fetch, hint: FetchHint, now: int) -> Fetched:
    """A pass saw the SKU, or did not see it.  Equal levels, or a later reading of ours: nothing was lost."""
    number, read_at = hint.noticed_at, hint.read_at or 0
    told = "seen" if hint.digest is not None or hint.read_at is not None else "asked"
    if told == "seen":
        row = row._replace(swept_at=max(row.swept_at, read_at))
        known = row.digest is not None and (row.digest == hint.digest or row.read_at > read_at + AMBIGUOUS_MS)
        coming = row.asked or row.due or (row.call is not None and row.call.urgent)
        if known or (row.digest is not None and coming):
            return Fetched(row, counts=(("unchanged", 1),), swept=((number, "seen"), (number, "unchanged")))
    if row.sweep or (row.call is not None and row.call.sweep):
        return Fetched(row, counts=(("collapsed", 1),), swept=((number, told), (number, "unchanged")))
    return Fetched(row._replace(sweep=number), swept=((number, told), (number, "pending")))


def looked_again(key: str, state: Fetch | None) -> Fetched:
    """The configured channels changed: what was read is to be read again."""
    if state is None or kind_of(key)[0] != "sku" or state.digest is None:
        return Fetched(state)
    return Fetched(state._replace(look=True))


def begin(state: Fetch | None, token: str, now: int, deadline_ms: int) -> Fetched | None:
    """A turn; None: nothing is wanted any more."""
    if state is None or (state.call is not None and now < state.call.deadline):
        return None
    saved = 0
    if state.call is not None:
        state, saved = restored(state, state.call, now)
    counts = (("collapsed", saved),) if saved else ()
    return Fetched(begun(state, token, now, deadline_ms), counts=counts) if owes(state) else None


def inherited(state: Fetch | None, now: int) -> Fetched:
    """A reading of a former owner does no harm and its answer finds nobody: read again."""
    if state is None or state.call is None:
        return Fetched(state)
    row, saved = restored(state, state.call, now)
    return Fetched(row, counts=(("collapsed", saved),) if saved else ())


def read(key: str, state: Fetch | None, token: str, answer: StockRead | EntryRead | OrderRead, now: int) -> Fetched:
    """An answer came."""
    if state is None or state.call is None or state.call.token != token:
        return Fetched(state)
    call, outcome = state.call, answer.outcome
    if isinstance(outcome, Rejected):
        return _rejected(key, state, outcome, now)
    if not isinstance(outcome, Delivered):
        wait = outcome.not_before_ms if isinstance(outcome, RetryLater) else 0
        row, merged = failed(state, call, now, wait)
        return Fetched(row, counts=(("collapsed", merged),) if merged else ())
    done = state._replace(call=None, failures=0, next_at=0)
    match answer:
        case StockRead():
            return _stock(key, state, done, answer, now)
        case EntryRead():
            return _leads_on(state, done, None if answer.sku is None else (answer.sku,), now, key)
        case OrderRead():
            return _leads_on(state, done, answer.skus, now, key)


def _stock(key: str, state: Fetch, done: Fetch, answer: StockRead, now: int) -> Fetched:
    call = state.call
    assert call is not None
    same = state.digest == answer.digest
    read_at = max(answer.read_at, state.read_at)
    told = "twice:" + ",".join(answer.twice) if answer.twice else ""
    row = done._replace(
        read_at=read_at,
        digest=answer.digest,
        entries=answer.entries,
        ids=answer.ids,
        told=told,
        trace=done.trace if owes(done) else None,
    )
    results = (_twice(key, answer, now),) if told and told != state.told else ()
    hints = changed_entries(kind_of(key)[1], state.ids, answer.ids, read_at, now)
    swept: tuple[tuple[int, str], ...] = ()
    if call.sweep:
        found = "unchanged" if same else "first" if state.digest is None else "repaired"
        swept = ((call.sweep, found), (call.sweep, "done"))
    if (same and not call.urgent) or not answer.levels:
        return Fetched(row, hints=hints, results=results, counts=_counted("unchanged", call.answers), swept=swept)
    change = StockChange(
        SOURCE, read_at, tuple(StockLevel(*level) for level in answer.levels), None, answer.complete, trace=state.trace
    )
    return Fetched(row, (change,), hints, results, _counted("applied", call.answers), swept)


def _leads_on(state: Fetch, done: Fetch, skus: tuple[str, ...] | None, now: int, key: str) -> Fetched:
    """The SKUs of an entry or order; a resource that is not there is looked for once more, then it is gone.

    Of an entry that is gone nobody knows the SKU, and only a pass finds what is left of it.
    """
    call = state.call
    assert call is not None
    kind, _ = kind_of(key)
    if skus is None and state.sku:
        skus = (state.sku,)
    if skus is None and state.failures == 0:
        row, merged = failed(state, call, now, _LOOK_TWICE_MS)
        return Fetched(row, counts=_counted("collapsed", merged))
    rest = done if owes(done) else None
    if skus is None:
        counts = _counted("unchanged", call.answers)
        if kind != "inventory-entry":
            return Fetched(rest, counts=counts)
        asked = ((SWEEP_KEY, FetchHint("NOTIFICATION", now)),)
        return Fetched(rest, hints=asked, results=(_gone(key, now),), counts=counts)
    reason: Literal["ORDER", "NOTIFICATION"] = "ORDER" if kind == "order" else "NOTIFICATION"
    hints = tuple((f"sku:{sku}", FetchHint(reason, now, trace=state.trace)) for sku in skus)
    if kind == "inventory-entry":
        rest = done._replace(sku=skus[0], trace=None)
    return Fetched(rest, hints=hints, counts=_counted("applied", call.answers))


def _rejected(key: str, state: Fetch, outcome: Rejected, now: int) -> Fetched:
    """This resource cannot be read: told, and left until its next hint or pass."""
    call = state.call
    assert call is not None
    row = state._replace(call=None, failures=0, next_at=0)
    swept = ((call.sweep, "rejected"), (call.sweep, "done")) if call.sweep else ()
    result = _result(
        key, now, "REJECTED", outcome.code, f"commercetools refuses to have it read: {outcome.reason}", outcome.remedy
    )
    return Fetched(row, results=(result,), counts=_counted("rejected", call.answers), swept=swept)


def _counted(outcome: str, number: int) -> tuple[tuple[str, int], ...]:
    return ((outcome, number),) if number else ()


def _twice(key: str, answer: StockRead, now: int) -> SyncResult:
    channels = ", ".join(channel or "(general)" for channel in answer.twice)
    reason = f"channel {channels} has more than one inventory entry; the lower figure was taken"
    return _result(key, now, "APPLIED", "inventory-entry-twice", reason, "delete all but one of them in commercetools")


def _unusable(key: str, hint: FetchHint, now: int) -> Fetched:
    """A SKU that is not published: told, and neither read nor kept."""
    found = _result(key, now, "REJECTED", UNUSABLE, "the SKU contains '|': its stock is not published", REMEDY)
    told = "asked" if hint.digest is None and hint.read_at is None else "seen"
    swept = ((hint.noticed_at, told), (hint.noticed_at, "rejected")) if hint.reason == "SWEEP" else ()
    return Fetched(None, results=(found,), counts=(("rejected", 1),), swept=swept)


def _gone(key: str, now: int) -> SyncResult:
    reason = "deleted before we knew which SKU it belonged to"
    remedy = "nothing: a pass over the source is asked for, and finds what is left"
    return _result(key, now, "UNCHANGED", "inventory-entry-gone", reason, remedy)


def _result(
    key: str, now: int, status: Literal["APPLIED", "UNCHANGED", "REJECTED"], code: str, reason: str, remedy: str | None
) -> SyncResult:
    kind, number = kind_of(key)
    sku = number if kind == "sku" else None
    return SyncResult(
        entity=sku or key,
        kind="stock",
        status=status,
        finished_at=now,
        sku=sku,
        code=code,
        remedy=remedy,
        explanation=reason,
    )
