"""Which listing a SKU belongs to, and what the former one hears."""

from streams.market.markets import Markets

from .builders import World, claim, hold, market, reading, sold_in, warehouse


def keys(world: World, *inputs: object) -> list[tuple[str, str, bool]]:
    decision = world.step(*inputs)  # type: ignore[arg-type]
    return [(name, product, update.released) for name, product, update in decision.updates]


def test_a_sku_without_claim_says_nothing_and_remembers() -> None:
    world = World()
    assert keys(world, reading(5), hold(2)) == []
    assert keys(world, claim("uk")) == [("uk", "P1", False)]
    assert (world.level().sellable, world.level().net, world.last["uk", "P1"].facts) == (3, 2, ())


def test_a_release_brings_the_listing_to_zero() -> None:
    world = sold_in(quantity=5)
    world.step(hold(2))
    assert keys(world, claim(claimed_at=2)) == [("uk", "P1", True)]
    update = world.last["uk", "P1"]
    assert (update.lane, update.levels[0].sellable, update.levels[0].gross) == ("FIRST", 0, 2)
    assert keys(world, reading(9, at=1)) == []


def test_a_release_by_a_product_that_does_not_own_the_sku_is_ignored() -> None:
    world = sold_in(quantity=5)
    assert keys(world, claim(product="P2", claimed_at=9)) == []
    assert keys(world, reading(4)) == [("uk", "P1", False)]


def test_an_older_claim_or_release_is_ignored() -> None:
    world = World()
    world.step(claim("uk", claimed_at=5), reading(5))
    assert keys(world, claim("uk", product="P2", claimed_at=4)) == []
    assert keys(world, claim(claimed_at=4)) == []


def test_an_older_claim_does_not_undo_a_release() -> None:
    world = sold_in(quantity=5)
    world.step(claim(claimed_at=9))
    assert keys(world, claim("uk", claimed_at=8)) == []
    assert keys(world, claim("uk", claimed_at=9)) == [("uk", "P1", False)]


def test_a_moved_sku_leaves_one_listing_and_joins_the_other() -> None:
    world = sold_in(quantity=5)
    assert keys(world, claim("uk", product="P2", claimed_at=2)) == [("uk", "P1", True), ("uk", "P2", False)]
    assert world.last["uk", "P2"].sequence > world.last["uk", "P1"].sequence
    assert world.level(product="P2").sellable == 5


def test_there_and_back_in_one_batch_says_nothing() -> None:
    world = sold_in(quantity=5)
    assert keys(world, claim("uk", product="P2", claimed_at=2), claim("uk", claimed_at=3)) == []


def test_a_lost_market_is_brought_to_zero() -> None:
    world = sold_in(market("uk", [warehouse(share=50)]), market("de", [warehouse("w2", share=50)]))
    assert keys(world, claim("uk", claimed_at=2)) == [("de", "P1", True)]
    assert world.level("de").sellable == 0
    assert keys(world, claim("uk", "de", claimed_at=3)) == [("de", "P1", False)]


def test_a_market_without_file_hears_nothing_but_its_orders_count() -> None:
    world = sold_in(market("uk"), quantity=5)
    world.step(claim("uk", "fr", claimed_at=2))
    assert list(world.last) == [("uk", "P1")]
    world.markets = Markets([market("de", [warehouse("w2")])])
    assert keys(world, hold(2, at=1)) == []
    world.markets = Markets([market("uk")])
    assert keys(world) == [("uk", "P1", False)]
    assert (world.level().sellable, world.level().net) == (3, 2)


def test_a_market_switched_off_hears_nothing_and_everything_when_it_returns() -> None:
    world = sold_in(quantity=5)
    world.markets = Markets([market(modes={"stock": "off"})])
    assert keys(world, reading(3, at=1)) == []
    world.markets = Markets([market()])
    assert keys(world) == [("uk", "P1", False)]
    assert world.level().sellable == 3


def test_a_changed_market_file_decides_again() -> None:
    world = sold_in(quantity=5)
    before = world.state
    world.markets = Markets([market(buffer={"absolute": 2})])
    assert keys(world) == [("uk", "P1", False)]
    assert world.level().sellable == 3
    assert before is not None
    assert world.state is not None
    assert world.state.markets_hash == world.markets.hash != before.markets_hash


def test_a_warehouse_added_to_the_market_file_is_listed() -> None:
    world = sold_in(quantity={"main": 5, "north": 2})
    world.markets = Markets([market(warehouses=[warehouse(), warehouse("w2", "north")])])
    assert keys(world) == [("uk", "P1", False)]
    assert [level.sellable for level in world.last["uk", "P1"].levels] == [5, 2]
