"""sellable = share of (source - holds) - buffer, floored at zero, capped."""

import pytest

from streams.stock.decide import Decision

from .builders import DAY, SECOND, T0, World, claim, hold, market, reading, sold_in, warehouse


def campaign(**more: object) -> dict[str, object]:
    return {
        "name": "sale",
        "starts": "2027-01-15T08:00:10Z",  # ten seconds after T0
        "ends": "2027-01-15T08:00:20Z",
        **more,
    }


def only(decision: Decision) -> int:
    ((_, _, update),) = decision.updates
    return update.levels[0].sellable


def test_without_a_buffer_everything_is_offered() -> None:
    assert sold_in(quantity=50).level().sellable == 50


@pytest.mark.parametrize(
    ("buffer", "quantity", "offered", "term"),
    [
        ({"absolute": 2}, 50, 48, "absolute"),
        ({"percentage": 10}, 50, 45, "percentage"),
        ({"percentage": 10}, 41, 36, "percentage"),  # 4.1 is five units: half a unit cannot be shipped
        ({"percentage": "2.5"}, 40, 39, "percentage"),
        ({"absolute": 2, "percentage": 10}, 50, 45, "percentage"),
        ({"absolute": 7, "percentage": 10}, 50, 43, "absolute"),
        ({"absolute": 2, "percentage": 10, "combine": "sum"}, 50, 43, "sum"),
        ({"threshold": 5}, 5, 5, "none"),
        ({"threshold": 5}, 4, 0, "threshold"),
        ({"threshold": 5, "absolute": 9}, 4, 0, "threshold"),
        ({"threshold": 5, "combine": "sum", "absolute": 1}, 5, 4, "sum"),
        ({"combine": "sum"}, 5, 5, "none"),
        ({"absolute": 9}, 4, 0, "absolute"),
    ],
)
def test_buffer_terms(buffer: dict[str, object], quantity: int, offered: int, term: str) -> None:
    level = sold_in(market(buffer=buffer), quantity=quantity).level()
    assert (level.sellable, level.buffer_term) == (offered, term)


def test_terms_of_a_category_and_of_a_sku_come_first() -> None:
    buffer = {"absolute": 1, "category": {"shoes": {"absolute": 2}}, "sku": {"OTHER": {"absolute": 9}}}
    world = World(market(buffer=buffer))
    assert only(world.step(claim("uk"), reading(50))) == 49
    assert only(world.step(claim("uk", category="shoes", claimed_at=2))) == 48
    other = World(market(buffer=buffer), sku="OTHER")
    assert only(other.step(claim("uk", category="shoes"), reading(50))) == 41


def test_a_campaign_holds_back_while_it_runs_and_wakes_the_sku_at_both_ends() -> None:
    world = World(market(buffer={"absolute": 2, "campaigns": [campaign(absolute=10)]}))
    first = world.step(claim("uk"), reading(50))
    assert (only(first), first.wake) == (48, T0 + 10 * SECOND)
    begun = world.step(now=10)
    assert (only(begun), begun.wake) == (40, T0 + 20 * SECOND)
    assert world.last["uk", "P1"].levels[0].buffer_term == "campaign"
    assert world.last["uk", "P1"].changed_at == T0 + 10 * SECOND
    over = world.step(now=20)
    assert (only(over), over.wake) == (48, None)


def test_a_campaign_may_hold_back_a_percentage() -> None:
    world = World(market(buffer={"campaigns": [campaign(percentage=20)]}))
    world.step(claim("uk"), reading(50))
    assert only(world.step(now=10)) == 40


def test_what_sells_fast_is_held_back_more_until_the_window_has_passed() -> None:
    world = World(market(buffer={"velocity": {"minutes": 1, "factor": "0.5"}}))
    world.step(claim("uk"), reading(50))
    decision = world.step(hold(5))
    assert (only(decision), world.level().buffer_term) == (50 - 5 - 3, "velocity")
    assert decision.wake is not None
    assert 60 * SECOND <= decision.wake - T0 <= 65 * SECOND
    assert world.step(now=59).updates == ()
    assert only(world.step(now=65)) == 45
    assert world.state is not None
    assert world.state.sold == ()


def test_a_velocity_window_is_remembered_in_few_slices() -> None:
    world = World(market(buffer={"velocity": {"minutes": 1, "factor": 1}}))
    world.step(claim("uk"), reading(5000))
    for number in range(300):
        world.step(hold(order=f"O{number}", at=number // 2))
        assert world.state is not None
        assert len(world.state.sold) <= 14
    assert 120 <= world.level().buffer <= 130  # two a second for a minute, and one slice more


def test_orders_sold_before_the_window_do_not_count() -> None:
    world = World(market(buffer={"velocity": {"minutes": 1, "factor": 1}}))
    world.step(claim("uk"), reading(50))
    world.step(hold(5, placed=-100, at=0))
    assert world.level().buffer == 0


def test_never_more_than_the_cap() -> None:
    assert sold_in(market(stock={"cap": 20}), quantity=50).level().sellable == 20
    assert sold_in(quantity=200_000).level().sellable == 99_999


def test_a_negative_source_offers_nothing() -> None:
    level = sold_in(market(buffer={"percentage": 10}), quantity=-7).level()
    assert (level.source, level.sellable, level.buffer) == (-7, 0, 0)


@pytest.mark.parametrize("quantity", [10**12, -(10**12)])
def test_the_largest_figures_stay_within_64_bits(quantity: int) -> None:
    world = sold_in(market(warehouses=[warehouse()], stock={"cap": 10}), quantity=quantity)
    assert (world.level().source, world.level().sellable) == (quantity, 10 if quantity > 0 else 0)


def test_salable_figures_are_offered_as_they_are() -> None:
    level = sold_in(market(warehouses=[warehouse(logic="salable")], buffer={"absolute": 5})).level()
    assert (level.sellable, level.buffer_term) == (50, "none")


def test_several_channels_feed_a_warehouse() -> None:
    both = {"warehouse": "w1", "channels": [{"channel": "main"}, {"channel": "extra", "share": 50}]}
    level = sold_in(market(warehouses=[both]), quantity={"main": 10, "extra": 7}).level()
    assert (level.source, level.sellable) == (17, 13)


def test_an_update_lists_every_warehouse_of_the_sku() -> None:
    world = sold_in(market(warehouses=[warehouse("w1"), warehouse("w2", "north")]), quantity={"main": 10})
    assert [(level.warehouse, level.sellable) for level in world.last["uk", "P1"].levels] == [("w1", 10), ("w2", 0)]
    world.step(reading({"main": 10, "north": 4}))
    assert [(level.warehouse, level.sellable) for level in world.last["uk", "P1"].levels] == [("w1", 10), ("w2", 4)]


def test_a_channel_is_divided_between_markets() -> None:
    world = sold_in(market("uk", [warehouse(share=40)]), market("de", [warehouse("w2", share=60)]), quantity=51)
    assert (world.level("uk").sellable, world.level("de").sellable) == (20, 30)


def test_an_order_is_taken_from_the_share_of_its_own_market() -> None:
    world = sold_in(market("uk", [warehouse(share=50)]), market("de", [warehouse("w2", share=50)]), quantity=100)
    decision = world.step(hold(10))
    assert [name for name, _, _ in decision.updates] == ["uk"]
    assert (world.level("uk").sellable, world.level("de").sellable) == (40, 50)
    assert world.level("uk").gross == 50


def test_orders_beyond_a_share_are_taken_from_the_others() -> None:
    world = sold_in(market("uk", [warehouse(share=50)]), market("de", [warehouse("w2", share=50)]), quantity=10)
    world.step(hold(8))
    assert (world.level("uk").sellable, world.level("de").sellable) == (0, 2)


def test_an_order_of_a_market_without_file_still_holds() -> None:
    world = sold_in(quantity=10)
    world.step(hold(3, market="fr", order="X"))
    assert world.level("uk").sellable == 7
    assert ("fr", "P1") not in world.last


def test_an_order_without_warehouse_belongs_to_the_one_its_channel_feeds() -> None:
    world = sold_in(market(warehouses=[warehouse("w1"), warehouse("w2", "north")]), quantity={"main": 5, "north": 5})
    world.step(hold(2, warehouse="", channel="north"))
    assert [level.sellable for level in world.last["uk", "P1"].levels] == [5, 3]
    assert world.last["uk", "P1"].facts[0].warehouse == "w2"


def test_an_order_of_a_foreign_warehouse_shows_in_no_level() -> None:
    world = sold_in(quantity=5)
    assert world.step(hold(2, warehouse="tiktok", channel="tiktok")).updates == ()
    world.step(hold(1, order="O2", at=1))
    assert (world.level().net, world.level().sellable) == (1, 4)


def test_an_order_from_a_channel_nobody_knows_counts_against_the_warehouse_that_sold_it() -> None:
    world = sold_in(quantity=5)
    world.step(hold(2, channel="typo"))
    assert (world.level().sellable, world.level().gross) == (3, 5)


def test_deciding_again_without_news_says_nothing() -> None:
    world = sold_in(quantity=5)
    before = world.state
    decision = world.step(now=DAY // SECOND)
    assert decision.updates == ()
    assert decision.state is before
