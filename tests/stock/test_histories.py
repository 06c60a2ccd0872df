"""Laws of the stock rules over random histories, drawn from few values so that things meet."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.records.order_hold import OrderHold
from streams.records.sku_stock import SkuStock
from streams.stock.decide import Claim, HoldSeen, Input, Reading, decide
from streams.stock.draft import Draft
from streams.stock.fact import due_read_at
from streams.stock.holds import cover_of

from .builders import SECOND, SKU, T0, Rows, claim, hold, market, markets, quickly, reading, tombstone, warehouse

UK = market(
    "uk", [warehouse("w1", "main", share=60), warehouse("w2", "north", authority="wms")], buffer={"absolute": 1}
)
DE = market(
    "de",
    [warehouse("w3", "main", share=40)],
    buffer={"percentage": 10, "velocity": {"minutes": 1, "factor": 1}},
    holds={"unpaid": False},
)
WORLD = markets(UK, DE)
PLACES = {"uk": (("w1", "main"), ("w2", "north"), ("", "north")), "de": (("w3", "main"), ("w9", "main"))}

quantities = st.sampled_from((0, 1, 4, 10))
moments = st.integers(0, 6).map(lambda step: step * 20)


@st.composite
def readings(draw: Any) -> Reading:
    source = draw(st.sampled_from(("commercetools", "wms")))
    channels = draw(st.sampled_from((("main",), ("north",), ("main", "north"), ())))
    foreign: dict[str, Any] = {}
    if source == "wms":
        foreign = {
            "orders_until": draw(st.none() | moments.map(lambda at: T0 + at * SECOND)),
            "acknowledged_orders": draw(st.sampled_from(((), ("A",), ("B",)))),
            "version": draw(st.none() | st.integers(0, 3)),
        }
    return reading(
        {channel: draw(quantities) for channel in channels},
        source=source,
        complete=draw(st.booleans()),
        read_at=T0 + draw(moments) * SECOND,
        **foreign,
    )


@st.composite
def facts(draw: Any) -> HoldSeen:
    name = draw(st.sampled_from(("uk", "de", "fr")))
    at_warehouse, channel = draw(st.sampled_from(PLACES.get(name, (("w8", "main"),))))
    units = draw(st.integers(0, 3))
    ended = draw(st.integers(0, units))
    return hold(
        units,
        draw(st.sampled_from(("OPEN", "IMPORTING", "IMPORTED", "ABSENT", "CLOSED"))),
        draw(st.sampled_from(("A", "B"))),
        draw(moments),
        placed=draw(moments),
        cancelled=draw(st.integers(0, ended)),
        shipped=draw(st.integers(0, ended)),
        imported=draw(st.none() | moments),
        warehouse=at_warehouse,
        channel=channel,
        market=name,
        unpaid=draw(st.booleans()),
    )


claims = st.builds(
    lambda names, product, claimed_at: claim(*names, product=product, claimed_at=claimed_at),
    st.sampled_from((("uk", "de"), ("uk",), (), ("uk", "fr"))),
    st.sampled_from(("P1", "P2")),
    st.integers(0, 3),
)
tombstones = st.builds(tombstone, st.sampled_from(("A", "B")), st.sampled_from(("uk", "de")))
histories = st.lists(readings() | facts() | claims | tombstones, max_size=14)

Shown = dict[tuple[str, str], Any]


def played(batches: Sequence[Sequence[Input]], shown: Shown | None = None) -> tuple[SkuStock | None, Rows, Shown]:
    state: SkuStock | None = None
    rows = Rows()
    last: Shown = {} if shown is None else shown
    for batch in batches:
        decision = decide(SKU, state, rows, batch, T0, WORLD)
        state = decision.state
        keys = [(name, product) for name, product, _ in decision.updates]
        assert len(set(keys)) == len(keys)
        for name, product, update in decision.updates:
            assert update.sequence > max((one.sequence for one in last.values()), default=0)
            last[name, product] = update
    return state, rows, last


def settled(state: SkuStock | None) -> Any:
    """What does not depend on how often something was said; a bound that is only kept too low is left out."""
    assert state is not None
    tallies = {tally[:3]: tally._replace(due_read_at=None) for tally in state.tallies}
    levels = {level[:2]: level for level in state.levels}
    return state._replace(sequence=0, tallies=tuple(sorted(tallies.items())), levels=tuple(sorted(levels.items())))


def figures(shown: Shown, state: SkuStock | None) -> Any:
    """What the listings in force were last told, without the explanation, which is told only with a change."""
    return {
        key: [level[:4] for level in update.levels]
        for key, update in shown.items()
        if state is not None and key[1] == state.product and key[0] in state.markets
    }


@settings(max_examples=300, deadline=None)
@given(histories, st.data())
def test_batching_makes_no_difference(history: list[Input], data: st.DataObject) -> None:
    history = [claim("uk", "de", claimed_at=0), *history]
    one_by_one = played([[one] for one in history])
    cut = data.draw(st.integers(0, len(history)))
    for batches in ([history], [history[:cut], history[cut:]]):
        state, rows, shown = played(batches)
        assert settled(state) == settled(one_by_one[0])
        assert rows.rows == one_by_one[1].rows
        assert figures(shown, state) == figures(one_by_one[2], state)


@settings(max_examples=200, deadline=None)
@given(histories)
def test_the_same_history_gives_the_same(history: list[Input]) -> None:
    assert played([history])[0] == played([history])[0]


@settings(max_examples=300, deadline=None)
@given(histories)
def test_what_was_last_said_is_what_the_rule_says(history: list[Input]) -> None:
    state, rows, shown = played([[claim("uk", "de", claimed_at=0)], *([one] for one in history)])
    fresh = decide(SKU, state._replace(offered=()), rows, (), T0, WORLD) if state else None
    assert fresh is not None
    for name, product, update in fresh.updates:
        assert [level[:4] for level in shown[name, product].levels] == [level[:4] for level in update.levels]


@settings(max_examples=300, deadline=None)
@given(histories)
def test_sums_are_those_of_the_rows(history: list[Input]) -> None:
    state, rows, _ = played([[one] for one in history] or [[]])
    assert state is not None
    held: dict[tuple[str, str, str], list[Any]] = {}
    for key, row in rows.rows.items():
        assert (row.held > 0) == (not key.startswith("|"))
        if row.held:
            held.setdefault((key.split("|")[1], row.warehouse, row.channel), []).append(row)
    for tally in state.tallies:
        mine = held.pop(tally[:3], [])
        assert tally.holds == sum(row.held for row in mine)
        assert tally.oldest_hold_at == min((row.placed_at for row in mine), default=None)
        cover = cover_of(Draft(state), tally.market, tally.channel, WORLD)
        dues = [due for row in mine if (due := due_read_at(row, cover)) is not None]
        assert not dues or (tally.due_read_at is not None and tally.due_read_at <= min(dues))
    assert held == {}


@settings(max_examples=300, deadline=None)
@given(histories)
def test_the_markets_never_get_more_than_the_source_less_all_holds(history: list[Input]) -> None:
    state, _, _ = played([[claim("uk", "de", claimed_at=0)], *([one] for one in history)])
    assert state is not None
    decision = decide(SKU, state._replace(offered=()), Rows(), (), T0, WORLD)
    offered = {
        (name, level.warehouse): level.sellable
        for name, _, update in decision.updates
        for level in update.levels
        if not update.released
    }
    for channel, authority, sellers in (
        ("main", "commercetools", (("uk", "w1"), ("de", "w3"))),
        ("north", "wms", (("uk", "w2"),)),
    ):
        source = sum(level.quantity for level in state.levels if level[:2] == (authority, channel))
        holds = sum(tally.holds for tally in state.tallies if tally.channel == channel)
        assert sum(offered.get(seller, 0) for seller in sellers) <= max(0, source - holds)


shops = st.builds(
    lambda buffer, stock, logic, authority: market(
        warehouses=[warehouse(logic=logic, authority=authority)], buffer=buffer, stock=stock
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "absolute": st.integers(0, 3),
            "percentage": st.sampled_from((0, 10, 50)),
            "threshold": st.integers(0, 4),
            "combine": st.sampled_from(("max", "sum")),
            "campaigns": st.just(
                [{"name": "x", "starts": "2027-01-15T08:00:20Z", "ends": "2027-01-15T08:01:00Z", "absolute": 4}]
            ),
        },
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "cap": st.sampled_from((5, 99)),
            "low_water": st.integers(0, 5),
            "dead_band": st.sampled_from(({"units": 2, "above": 5}, {"units": 1, "above": 1})),
        },
    ),
    st.sampled_from(("available", "on_stock", "salable")),
    st.sampled_from(("commercetools", "wms")),
)
simple_facts = st.builds(
    lambda stage, at, cancelled, imported: hold(2, stage, "A", at, placed=1, cancelled=cancelled, imported=imported),
    st.sampled_from(("OPEN", "IMPORTED", "ABSENT", "CLOSED")),
    moments,
    st.integers(0, 2),
    st.none() | moments,
)
plain_readings = st.builds(
    lambda quantity, at, complete, source, version, until: reading(
        quantity,
        source=source,
        complete=complete,
        read_at=T0 + at * SECOND,
        version=version,
        orders_until=None if until is None else T0 + until * SECOND,
        trace="00-aa-bb-01",
    ),
    st.sampled_from((-3, 0, 1, 4, 6, 10, 11, 60)),
    moments,
    st.booleans(),
    st.sampled_from(("commercetools", "wms")),
    st.none() | st.integers(0, 2),
    st.none() | moments,
)
later = st.tuples(
    st.integers(0, 40),
    st.lists(plain_readings, min_size=1, max_size=4)
    | st.lists(plain_readings | simple_facts | readings(), min_size=1, max_size=3),
)


@settings(max_examples=600, deadline=None)
@given(shops, st.booleans(), st.lists(later, max_size=12))
def test_the_quick_path_gives_what_the_rule_gives(
    shop: Any, one_source: bool, steps: list[tuple[int, list[Input]]]
) -> None:
    world = markets(shop)
    authority = shop.warehouses[0].channels[0].authority
    rows = Rows()
    state, _, _, wake, _ = decide(SKU, None, rows, (claim("uk"),), T0, world)
    now = T0
    for pause, drawn in steps:
        now += pause * SECOND
        batch = [
            one._replace(
                change=one.change._replace(source=authority if one_source else one.change.source),
                appended_at=one.appended_at + place,
            )
            if isinstance(one, Reading)
            else one
            for place, one in enumerate(drawn)
        ]
        quick = quickly(SKU, state, wake, batch, now, world)
        before = dict(rows.rows)
        slow = decide(SKU, state, rows, batch, now, world)
        if quick is not None:
            assert quick == slow
            assert (quick.state is state) == (slow.state is state)
            assert rows.rows == before
        state, wake = slow.state, slow.wake


def alone(stage: str, units: int, order: str, at: int) -> OrderHold:
    seen = hold(units, stage, order, at)  # type: ignore[arg-type]
    assert seen.hold is not None
    return seen.hold


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(
        ({}, {"absolute": 3}, {"percentage": 30}, {"threshold": 6}, {"absolute": 1, "percentage": 10, "combine": "sum"})
    ),
    st.integers(5, 40),
    st.sampled_from((8, 99)),
    st.lists(st.integers(1, 3), max_size=8),
)
def test_a_hold_alone_never_changes_gross(buffer: dict[str, Any], quantity: int, cap: int, orders: list[int]) -> None:
    """As long as TikTok Shop sells only what it was offered."""
    world = markets(market(buffer=buffer, stock={"cap": cap}))
    rows = Rows()
    decision = decide(SKU, None, rows, (claim("uk"), reading(quantity)), T0, world)
    ((_, _, update),) = decision.updates
    gross, left = update.levels[0].gross, update.levels[0].sellable
    for number, units in enumerate(orders):
        if units > left:
            continue
        left -= units
        decision = decide(SKU, decision.state, rows, (hold(units, order=f"O{number}", at=number),), T0, world)
        ((_, _, update),) = decision.updates
        assert (update.levels[0].gross, update.levels[0].sellable) == (gross, left)


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, 12),
    st.lists(st.sampled_from(("buy", "cancel", "import", "read", "deliver", "cancel after import")), max_size=30),
)
def test_nothing_is_oversold_where_every_step_is_seen_at_once(stock: int, acts: list[str]) -> None:
    """Physical units, units promised to buyers, and the figure TikTok Shop shows, in a world without delays."""
    world = markets(market())
    rows = Rows()
    second = 0
    source = physical = stock
    orders: list[tuple[str, str]] = []
    decision = decide(SKU, None, rows, (claim("uk"), reading(stock)), T0, world)
    promised = 0

    def figure() -> int:
        ((level,),) = [[one for one in shown.levels] for shown in (last,)]
        return int(level.sellable)

    last = decision.updates[0][2]
    for act in acts:
        second += 100
        inputs: list[Input] = []
        if act == "buy" and figure() > 0:
            order = f"O{second}"
            orders.append((order, "open"))
            promised += 1
            inputs = [hold(order=order, at=second)]
        elif act == "cancel" and ("open" in [stage for _, stage in orders]):
            place = [stage for _, stage in orders].index("open")
            order, _ = orders.pop(place)
            promised -= 1
            inputs = [hold(order=order, stage="ABSENT", cancelled=1, at=second)]
        elif act == "import" and ("open" in [stage for _, stage in orders]):
            place = [stage for _, stage in orders].index("open")
            order, _ = orders[place]
            orders[place] = (order, "imported")
            source -= 1
            inputs = [hold(order=order, stage="IMPORTED", at=second, imported=second)]
        elif act == "cancel after import" and ("imported" in [stage for _, stage in orders]):
            place = [stage for _, stage in orders].index("imported")
            order, _ = orders.pop(place)
            promised -= 1
            inputs = [hold(order=order, stage="IMPORTED", cancelled=1, at=second, imported=second - 1)]
        elif act == "deliver":
            source += 2
            physical += 2
        elif act == "read":
            inputs = [reading(source, at=second)]
        decision = decide(SKU, decision.state, rows, inputs, T0 + second * SECOND, world)
        for _, _, update in decision.updates:
            last = update
        assert promised + figure() <= physical


def test_histories_reach_every_kind_of_input() -> None:
    assert {Reading, Claim, HoldSeen} == set(Input.__args__)
