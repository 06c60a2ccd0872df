"""An answer and the next turn in one step: the freshest figures go out at once, and no call is lost or doubled."""

from __future__ import annotations

from typing import Any

from streams.engine.flow import Completion, Step, Turn
from streams.flows.listing import listing_flow
from streams.listing.calls import UPDATE_INVENTORY, SearchInventory, UpdateInventory
from streams.records.listing import Listing
from streams.records.shop import Shop
from tests.flows.desk import Looking
from tests.listing.builders import (
    KEY,
    NOW,
    accepted,
    confirmed,
    granted,
    level,
    quantities,
    shop,
    shown,
    update,
    wanting,
)

FLOW = listing_flow(lambda _market, _row: shop(), 3_000, 0)
SHOP = Shop(token=b"t", shop_cipher=b"c", generation=1)._replace(access_expires_at=NOW * 2, refresh_expires_at=NOW * 2)


def step(state: Listing, *events: Any) -> Step:
    return FLOW.step(KEY, state, events, Looking({"shop": {"uk": SHOP}, "listing": {}}, NOW + 10))  # type: ignore[arg-type]


def calling(sequence: int, units: int) -> Listing:
    return granted(wanting(update("blue", sequence, level(units)), state=confirmed(update()))).state


def test_what_came_meanwhile_is_sent_in_the_step_of_the_answer() -> None:
    state = wanting(update("blue", 3, level(40)), state=calling(2, 30))
    assert state.call is not None
    one = step(state, Completion(state.call.token, accepted()), Turn((UPDATE_INVENTORY,)))
    assert one.call is not None and quantities(one.call.request.call) == {"blue": {"w1": 40}}
    assert one.state.call.token == one.call.token != state.call.token
    assert {emit.value.sequence: emit.value.status for emit in one.emits} == {2: "APPLIED"}


def test_nothing_is_sent_when_the_answer_ends_everything() -> None:
    state = calling(2, 30)
    assert state.call is not None
    one = step(state, Completion(state.call.token, accepted()), Turn((UPDATE_INVENTORY,)))
    assert one.call is None and one.state.call is None


def test_the_write_a_look_was_made_for_is_not_lost() -> None:
    state = calling(2, 1)
    assert state.call is not None and state.call.kind == "SEARCH"
    one = step(state, Completion(state.call.token, shown({"blue": 10})), Turn((UPDATE_INVENTORY,)))
    assert one.call is not None and isinstance(one.call.request.call, UpdateInventory)
    assert one.state.call.token == one.call.token


def test_what_needs_a_look_waits_for_a_turn_of_its_own() -> None:
    state = wanting(update("blue", 3, level(1)), state=calling(2, 30))
    assert state.call is not None
    one = step(state, Completion(state.call.token, accepted()), Turn((UPDATE_INVENTORY,)))
    assert one.call is None and one.state.call is None
    assert isinstance(granted(one.state, NOW + 20).call, SearchInventory)
