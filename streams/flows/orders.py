"""Orders seen: what TikTok Shop sold or took back becomes order holds, and the watermark says up to when.

One row per market in group ``orders``; a ledger per order in a side table.  A poller reads every changed order,
hints from webhooks make it quicker.  Rules are ``streams.order``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from streams.engine.flow import (
    Call,
    Completion,
    Context,
    Due,
    Emit,
    Flow,
    Inherited,
    Input,
    Ready,
    Rows,
    Step,
    Swept,
    Table,
    Turn,
)
from streams.flows.access import SealedAccess
from streams.order.calls import OrderSeen, OrdersFound, OrdersRead, ReadOrders, SearchOrders
from streams.order.facts import hold_key
from streams.order.findings import trouble
from streams.order.hints import (
    heard,
    hints_answered,
    read_hints,
    reading_inherited,
    reading_wanted_at,
    settled_by_search,
)
from streams.order.ledger import decided, event_answered, is_finished, observed
from streams.order.policy import HintPolicy, HoldPolicy, PollPolicy
from streams.order.polling import completed, first_state, inherited, plan, wanted_at
from streams.outcome import Outcome
from streams.records import order_ledger, order_poll, shop_token
from streams.records.order_event import OrderEvent
from streams.records.order_poll import OrderPoll
from streams.records.shop_token import ShopToken
from streams.records.shop_watermark import ShopWatermark
from streams.records.sync_result import SyncResult

ORDER_POLL = Table("order_poll", order_poll)
ORDER_LEDGER = Table("order_ledger", order_ledger)
SHOP_ACCESS = Table("shop_access", shop_token)
HINTS_LANE, POLL_LANE = 0, 1
SEARCH, DETAILS = "search_orders", "order_details"
"""Operations of TikTok Shop, as their limits are named."""
_NO_TOKEN_RETRY_MS = 500
_PORTION = 500
"""Ledgers decided again in one step."""


class WatchPolicy(NamedTuple):
    """How one market's orders are watched."""

    hold: HoldPolicy
    poll: PollPolicy
    hint: HintPolicy = HintPolicy()


class AccessRefused(NamedTuple):
    """A call came back: token or cipher are no longer taken.  Their owner hears it with the watermark."""

    expired_generation: int
    """0: the token is good, the cipher does not fit."""


class OrdersRequest(NamedTuple):
    """A call of the rules, and whose shop it is for."""

    market: str
    call: SearchOrders | ReadOrders
    access: SealedAccess


def sealed_access(token: ShopToken | None) -> SealedAccess | None:
    """What the shop's owner published last."""
    if token is None:
        return None
    return SealedAccess(
        token.generation, token.ciphertext, token.shop_cipher, token.access_expires_at, token.refresh_expires_at
    )


def keep_access(market: str, state: ShopToken | None, events: Sequence[Any], context: Context) -> Step:
    """The newest tokens of a shop, as published by their owner."""
    for event in events:
        if isinstance(event, ShopToken) and (state is None or event.generation >= state.generation):
            state = event
    return Step(state)


def access_flow() -> Flow:
    """Follows ``shop-tokens``, so that this group can call."""
    return Flow(
        name="access", inputs=(Input("shop-tokens", lambda _, value, __: value),), table=SHOP_ACCESS, step=keep_access
    )


class _Watching:
    """What one step makes of one market's orders."""

    def __init__(self, market: str, state: OrderPoll, policy: WatchPolicy, ledgers: Rows, now: int) -> None:
        self.market = market
        self.state = state
        self.policy = policy
        self.now = now
        self.emits: list[Emit] = []
        self.call: SearchOrders | ReadOrders | None = None
        self._ledgers = ledgers

    def event(self, event: OrderEvent) -> None:
        ledger = self._ledgers.get(f"{self.market}:{event.order_id}")
        self.state = heard(self.state, event, ledger, self.now, self.policy.hint)

    def turn(self, operations: Sequence[str]) -> None:
        """The next call of an operation that has room: orders that events name, or the poller's next page."""
        if DETAILS in operations:
            reading = read_hints(self.state, self.now, self.policy.hint)
            self.state, self.call = reading.state, reading.call
        elif SEARCH in operations:
            poll = plan(self.state, self.now, self.policy.poll)
            self.state, self.call = poll.state, poll.call

    def page(self, token: str, page: OrdersFound) -> None:
        known = self.state.token == token
        if known:
            for order in page.orders:
                self._observe(order)
        poll = completed(self.state, token, page, self.now, self.policy.poll)
        self.state = poll.state
        if known and page.orders:
            self.state = settled_by_search(self.state, page.orders, page.sent_at)
        if poll.watermark is not None:
            self.emits.append(Emit("shop-watermarks", self.market, poll.watermark))
        if poll.trouble is not None:
            self._trouble(self.market, poll.trouble)

    def read(self, token: str, answer: OrdersRead) -> None:
        for order in answer.orders:
            self._observe(order)
        settled = hints_answered(self.state, token, answer, self.now, self.policy.hint)
        self.state = settled.state
        for order, hint in settled.answered:
            key = f"{self.market}:{order.id}"
            ledger = self._ledgers.get(key)
            if ledger is not None:
                self._ledgers.put(key, event_answered(ledger, hint))
        for order_id, outcome in settled.given_up:
            self._trouble(f"{self.market}:{order_id}", outcome)
        if settled.trouble is not None:
            self._trouble(self.market, settled.trouble)

    def access_refused(self, expired_generation: int) -> None:
        """Tell the tokens' owner, without moving the watermark."""
        told = ShopWatermark(0, self.now, expired_generation, cipher_refused=expired_generation == 0)
        self.emits.append(Emit("shop-watermarks", self.market, told))

    def tell_again(self) -> None:
        """Decide a portion of the ledgers again: the policy may have changed.  Finished ones are dropped."""
        after = self.state.told_again
        if after is None:
            return
        portion = list(islice(self._ledgers.scan(f"{self.market}:", after), _PORTION))
        for key, ledger in portion:
            if is_finished(ledger, self.policy.hold, self.now):
                self._ledgers.drop(key)
                continue
            told = decided(key, ledger, self.policy.hold, self.now)
            if told.ledger is not ledger:
                self._ledgers.put(key, told.ledger)
            self._publish(key, told.holds, told.results)
        self.state = self.state._replace(told_again=portion[-1][0] if len(portion) == _PORTION else None)

    def _observe(self, order: OrderSeen) -> None:
        key = f"{self.market}:{order.id}"
        before = self._ledgers.get(key)
        seen = observed(key, before, order, self.policy.hold, self.now)
        if seen.ledger is not None and seen.ledger is not before:
            self._ledgers.put(key, seen.ledger)
        self._publish(key, seen.holds, seen.results)

    def _publish(self, key: str, holds: Sequence[tuple[str, Any]], results: Sequence[SyncResult]) -> None:
        self.emits += [Emit("order-holds", hold_key(key, sku), hold) for sku, hold in holds]
        self.emits += [Emit("sync-results", result.entity, result) for result in results]

    def _trouble(self, entity: str, outcome: Outcome) -> None:
        self.emits.append(Emit("sync-results", entity, trouble(entity, outcome, self.now)))


def watch_flow(
    policies: Mapping[str, WatchPolicy],
    markets_at: Callable[[int], Sequence[str]],
    call_deadline_ms: int,
    fingerprint: str,
    sweep_every_ms: int,
) -> Flow:
    """The watcher of these markets."""

    def keep(market: str, state: OrderPoll | None, events: Sequence[Any], context: Context) -> Step:
        """Events, turns and answers of one market."""
        policy = policies.get(market)
        if policy is None:
            return Step(state)
        before = state if state is not None else first_state(policy.poll)
        watching = _Watching(market, before, policy, context.rows(ORDER_LEDGER), context.now)
        request: Call | None = None
        looked_again = False
        for event in events:
            match event:
                case OrderEvent():
                    watching.event(event)
                case Turn(operations=operations):
                    watching.turn(operations)
                case Completion(token=token, answer=OrdersFound() as page):
                    watching.page(token, page)
                case Completion(token=token, answer=OrdersRead() as answer):
                    watching.read(token, answer)
                case AccessRefused(expired_generation=generation):
                    watching.access_refused(generation)
                case Inherited():
                    watching.state = reading_inherited(inherited(watching.state))
                case Swept():
                    watching.state = watching.state._replace(told_again="")
                    looked_again = True
                case Due():
                    looked_again = True
                case _:
                    raise TypeError(f"watch flow: unexpected event {event!r}")
        if looked_again:
            watching.tell_again()
        access = sealed_access(context.rows(SHOP_ACCESS).get(market))
        if watching.call is not None and access is not None:
            searching = isinstance(watching.call, SearchOrders)
            token = watching.state.token if searching else watching.state.reading_token
            request = Call(token, OrdersRequest(market, watching.call, access), call_deadline_ms)
        wake = None if watching.state.told_again is None else context.now
        return Step(watching.state, watching.emits, wake, request)

    def ready(market: str, state: OrderPoll, context: Context) -> Ready | int | None:
        """Wants a turn when a hint or a window is due."""
        now = context.now
        if market not in policies:
            return None
        reading_at = reading_wanted_at(state)
        if state.reading_token:
            reading_at = state.reading_deadline
        poll_at = wanted_at(state)
        if poll_at is None:
            poll_at = state.deadline
        times = [at for at in (reading_at, poll_at) if at is not None]
        if min(times) > now:
            return min(times)
        if context.rows(SHOP_ACCESS).get(market) is None:
            return now + _NO_TOKEN_RETRY_MS
        if reading_at is not None and reading_at <= now:
            return Ready(market, HINTS_LANE, reading_at, (DETAILS,))
        return Ready(market, POLL_LANE, poll_at, (SEARCH,))

    return Flow(
        name="orders",
        inputs=(Input("order-events", lambda _, event, __: event, entity=lambda key: key.partition(":")[0]),),
        table=ORDER_POLL,
        side=(ORDER_LEDGER,),
        outputs=("order-holds", "shop-watermarks", "sync-results"),
        step=keep,
        ready=ready,
        open_call=lambda state: bool(state.token or state.reading_token),
        calls_at_once=2,
        seeds=markets_at,
        fingerprint=fingerprint,
        sweep_every_ms=sweep_every_ms,
    )
