"""Orders that events ask to read: which of them to read next, and when a hint is answered.

An event is a hint and never truth. Events of one order collapse; duplicates and late ones are dropped by what the
ledger says was answered. A call that is refused is halved until the order that spoils it stands alone. What cannot
be followed here is left to polling, which reads every changed order anyway.
"""

from typing import Final, Literal, NamedTuple

from streams.order.calls import DETAIL_LIMIT, OrderSeen, OrdersRead, ReadOrders
from streams.order.policy import HintPolicy, back_off
from streams.order.polling import read_again_from
from streams.outcome import Delivered, Outcome, Rejected, RetryLater, ShopStopped
from streams.records.order_event import OrderEvent
from streams.records.order_ledger import OrderLedger
from streams.records.order_poll import Hint, OrderPoll

FOLLOWED: Final[dict[str, Literal["order", "units", "nothing"]]] = {
    # order: its update_time is the order's, so an older reading does not answer it; units: any later reading does
    "ORDER_STATUS_CHANGE": "order",
    "PACKAGE_UPDATE": "units",
    "CANCELLATION_STATUS_CHANGE": "units",
    "REVERSE_STATUS_UPDATE": "units",
    "RETURN_STATUS_CHANGE": "nothing",  # a return takes and gives back no unit here
    "RECIPIENT_ADDRESS_UPDATE": "nothing",
}


class Reading(NamedTuple):
    """What is to be read next."""

    state: OrderPoll
    call: ReadOrders | None = None
    """To be made after the commit, named ``state.reading_token``."""
    wake: int | None = None
    """Milliseconds, our clock: when to look again at the latest; None: no hint waits."""


class Answered(NamedTuple):
    """What an answer settled."""

    state: OrderPoll
    answered: tuple[tuple[OrderSeen, Hint], ...] = ()
    """Readings that answer their hint; ``ledger.event_answered`` remembers it."""
    given_up: tuple[tuple[str, Outcome], ...] = ()
    """Orders left to polling, and why."""
    trouble: Outcome | None = None
    """The shop as a whole refuses."""


def heard(state: OrderPoll, event: OrderEvent, ledger: OrderLedger | None, now: int, policy: HintPolicy) -> OrderPoll:
    """Take in an event of an order of which ``ledger`` is known."""
    follow = FOLLOWED.get(event.kind, "nothing")
    if follow == "nothing" or (ledger is not None and _is_known(event, ledger)):
        return state
    notification = event.notification_id or ""
    floor = event.updated_at if follow == "order" else 0
    for at, hint in enumerate(state.hints):
        if hint.order_id == event.order_id:
            if notification and notification == hint.notification_id:
                return state
            newer = hint._replace(heard_at=now, floor=max(hint.floor, floor), tries=0, not_before=0)
            if event.updated_at >= hint.updated_at:
                newer = newer._replace(updated_at=event.updated_at, notification_id=notification)
            return state._replace(hints=(*state.hints[:at], newer, *state.hints[at + 1 :]))
    if len(state.hints) >= policy.most:
        return read_again_from(state, event.updated_at)
    hint = Hint(event.order_id, event.updated_at, now, now, notification, floor)
    return state._replace(hints=(*state.hints, hint))


def reading_wanted_at(state: OrderPoll) -> int | None:
    """Milliseconds, our clock: when a detail call is wanted; None: never, or one is under way."""
    if state.reading_token or not state.hints:
        return None
    return max(state.reading_next_at, min(hint.not_before for hint in state.hints))


def read_hints(state: OrderPoll, now: int, policy: HintPolicy) -> Reading:
    """The next detail call: the oldest hints that are due, as many as may go together."""
    if state.reading_token:
        if now < state.reading_deadline:
            return Reading(state, wake=state.reading_deadline)
        state = _called_back(state, policy.retry, now, policy)
    wanted = reading_wanted_at(state)
    if wanted is None or now < wanted:
        return Reading(state, wake=wanted)
    due = [hint for hint in state.hints if hint.not_before <= now]
    together = due[0].together
    chosen = tuple(hint.order_id for hint in due if hint.together == together)[: min(together, DETAIL_LIMIT)]
    calls = state.calls + 1
    state = state._replace(
        calls=calls,
        reading=chosen,
        reading_token=f"read-{calls}-{now}",
        reading_at=now,
        reading_deadline=now + policy.call,
    )
    return Reading(state, ReadOrders(chosen), state.reading_deadline)


def hints_answered(state: OrderPoll, token: str, answer: OrdersRead, now: int, policy: HintPolicy) -> Answered:
    """The answer of a detail call; that of an abandoned one settles nothing."""
    if not state.reading_token or token != state.reading_token:
        return Answered(state)
    match answer.outcome:
        case Delivered():
            return _read(state, answer, now, policy)
        case Rejected() if len(state.reading) > 1:
            return Answered(_halved(state))
        case Rejected() as refused:
            return Answered(_without(_idle(state), set(state.reading)), (), ((state.reading[0], refused),))
        case RetryLater(not_before_ms=wait):
            return Answered(_called_back(state, max(policy.retry, wait), now, policy))
        case ShopStopped() as stopped:
            return Answered(_called_back(state, policy.stopped, now, policy), trouble=stopped)
    return Answered(_called_back(state, policy.retry, now, policy))


def settled_by_search(state: OrderPoll, orders: tuple[OrderSeen, ...], sent_at: int) -> OrderPoll:
    """A search that began after the event, and shows the order as new as the event, answers the hint as well."""
    shown = {order.id: order.updated_at for order in orders}
    settled = {
        hint.order_id
        for hint in state.hints
        if hint.order_id not in state.reading
        and hint.heard_at <= sent_at
        and shown.get(hint.order_id, -1) >= hint.updated_at
    }
    return _without(state, settled) if settled else state


def reading_inherited(state: OrderPoll) -> OrderPoll:
    """After a change of owner nothing is under way; the hints are read again."""
    return _idle(state) if state.reading_token else state


def _is_known(event: OrderEvent, ledger: OrderLedger) -> bool:
    if event.updated_at < ledger.heard_at:
        return True
    if event.updated_at == ledger.heard_at and event.notification_id and event.notification_id == ledger.heard_id:
        return True
    if event.kind != "ORDER_STATUS_CHANGE":
        return False
    return (event.updated_at, event.status) == (
        ledger.updated_at,
        ledger.status,
    ) or event.updated_at < ledger.updated_at


def _read(state: OrderPoll, answer: OrdersRead, now: int, policy: HintPolicy) -> Answered:
    shown = {order.id: order for order in answer.orders}
    kept: list[Hint] = []
    answered: list[tuple[OrderSeen, Hint]] = []
    given_up: list[tuple[str, Outcome]] = []
    for hint in state.hints:
        order = shown.get(hint.order_id)
        if hint.order_id not in state.reading or hint.heard_at > state.reading_at:
            kept.append(hint)
        elif order is not None and order.updated_at >= hint.floor:
            answered.append((order, hint))
        elif hint.tries + 1 < policy.tries:
            wait = policy.stale << hint.tries
            kept.append(hint._replace(tries=hint.tries + 1, not_before=now + wait))
        else:
            given_up.append((hint.order_id, _not_shown(hint) if order is None else _older(hint)))
    state = _idle(state)._replace(hints=tuple(kept), reading_failures=0, reading_next_at=0)
    return Answered(state, tuple(answered), tuple(given_up))


def _not_shown(hint: Hint) -> Outcome:
    reason = "TikTok Shop does not show this order to this shop"
    return Rejected("order-unknown", reason, "order_id", hint.order_id, "none needed if it belongs to another shop")


def _older(hint: Hint) -> Outcome:
    return RetryLater("order-not-fresh", f"readings of order {hint.order_id} stay older than its event", False)


def _halved(state: OrderPoll) -> OrderPoll:
    together = max(1, len(state.reading) // 2)
    hints = (hint._replace(together=together) if hint.order_id in state.reading else hint for hint in state.hints)
    return _idle(state)._replace(hints=tuple(hints), reading_failures=0, reading_next_at=0)


def _called_back(state: OrderPoll, shortest: int, now: int, policy: HintPolicy) -> OrderPoll:
    failures = min(state.reading_failures + 1, 30)
    wait = max(shortest, back_off(policy.retry, policy.retry_longest, failures))
    return _idle(state)._replace(reading_failures=failures, reading_next_at=now + wait)


def _idle(state: OrderPoll) -> OrderPoll:
    return state._replace(reading=(), reading_token="", reading_at=0, reading_deadline=0)


def _without(state: OrderPoll, order_ids: set[str]) -> OrderPoll:
    return state._replace(hints=tuple(hint for hint in state.hints if hint.order_id not in order_ids))
