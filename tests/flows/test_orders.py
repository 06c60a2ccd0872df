"""The order watcher's step: a turn uses only what has room, and nothing it does is unbounded."""

from __future__ import annotations

from typing import Any

import pytest

from streams.engine.flow import Completion, Due, Step, Swept, Table, Turn
from streams.flows import orders
from streams.flows.orders import DETAILS, ORDER_LEDGER, SEARCH, SHOP_ACCESS, WatchPolicy, watch_flow
from streams.order.calls import OrdersRead, ReadOrders, SearchOrders
from streams.order.ledger import observed
from streams.order.policy import PollPolicy
from streams.outcome import Delivered, ShopStopped
from streams.records.order_ledger import OrderLedger
from streams.records.order_poll import OrderPoll
from streams.records.shop_token import ShopToken
from tests.order.builders import HOLDS, START, event, line, order

NOW = START + 60_000

POLICY = WatchPolicy(HOLDS, PollPolicy(START))
FLOW = watch_flow({"uk": POLICY}, lambda _: ("uk",), 1_000, "same", 0)


class Rows(dict[str, Any]):
    """Rows of one table, in memory."""

    def put(self, key: str, row: Any) -> None:
        self[key] = row

    def drop(self, key: str) -> None:
        del self[key]

    def scan(self, prefix: str, after: str = "") -> Any:
        return iter(sorted((key, row) for key, row in self.items() if key.startswith(prefix) and key > after))


class Shop:
    """A context with a shop whose tokens are known."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now
        self.partition = 0
        token = ShopToken(b"sealed", NOW * 2, NOW * 2, b"sealed", 1)
        self.tables = {ORDER_LEDGER.name: Rows(), SHOP_ACCESS.name: Rows(uk=token)}

    def rows(self, table: Table) -> Rows:
        return self.tables[table.name]


def step(shop: Shop, state: OrderPoll | None, *events: Any) -> Step:
    return FLOW.step("uk", state, events, shop)


def ledger(order_id: str, **changes: Any) -> OrderLedger:
    found = observed(f"uk:{order_id}", None, order(line("1"), **changes), HOLDS, NOW).ledger
    assert found is not None
    return found


def test_a_turn_calls_only_what_has_room() -> None:
    shop = Shop()
    hinted = step(shop, None, event("77")).state
    details = step(shop, hinted, Turn((DETAILS,))).call
    search = step(shop, hinted, Turn((SEARCH,))).call
    assert details is not None and isinstance(details.request.call, ReadOrders)
    assert search is not None and isinstance(search.request.call, SearchOrders)
    assert step(shop, None, Turn((DETAILS,))).call is None


def test_an_answer_is_observed_even_when_nobody_waits_for_it() -> None:
    done = step(Shop(), None, Completion("long ago", OrdersRead(Delivered(), (order(line("1")),), NOW, NOW)))
    assert [emit.topic for emit in done.emits].count("order-holds") == 1


def test_a_shop_that_refuses_is_told_as_waiting_with_its_remedy() -> None:
    shop = Shop()
    reading = step(shop, step(shop, None, event("77")).state, Turn((DETAILS,)))
    assert reading.call is not None
    refused = OrdersRead(ShopStopped("105002", "consent ended", "authorize again"))
    told = step(shop, reading.state, Completion(reading.call.token, refused)).emits[-1]
    assert (told.topic, told.value.status, told.value.remedy) == ("sync-results", "WAITING", "authorize again")


def test_ledgers_are_decided_again_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "_PORTION", 2)
    shop = Shop()
    shop.rows(ORDER_LEDGER).update({f"uk:{number}": ledger(str(number))._replace(told=()) for number in range(5)})
    now = step(shop, None, Swept())
    told, steps = len(now.emits), 1
    while now.wake is not None:
        assert now.wake == shop.now
        now = step(shop, now.state, Due())
        told, steps = told + len(now.emits), steps + 1
    assert steps == 3 and told == 2 * 5, "a hold and a result each"


def test_finished_orders_are_forgotten_at_last() -> None:
    later = Shop(NOW + HOLDS.keep + 86_400_000)
    later.rows(ORDER_LEDGER)["uk:1"] = ledger("1", status="CANCELLED")
    later.rows(ORDER_LEDGER)["uk:2"] = ledger("2")
    step(later, None, Swept())
    assert set(later.rows(ORDER_LEDGER)) == {"uk:2"}


def test_the_poller_and_the_readings_may_be_under_way_together() -> None:
    """The readings are wanted all the time during a rush, and name themselves first."""
    assert FLOW.calls_at_once == 2
