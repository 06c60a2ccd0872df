"""A quantity explains itself in one line."""

from streams.records.stock_update import OfferedLevel
from streams.stock.explain import explain, explained

from .builders import World, claim, hold, market, markets, reading, sold_in, warehouse


def line(world: World, name: str = "uk", place: str = "w1") -> str:
    assert world.state is not None
    return explain(world.sku, world.state, world.now, world.markets)[name][place]


def test_source_holds_buffer_and_what_is_sent() -> None:
    world = sold_in(market(buffer={"absolute": 2, "percentage": 10}), quantity=47)
    world.step(hold(3))
    assert line(world) == "available 47, holds 3, buffer max(2, 10 %) = 5, sent 39"


def test_physical_stock_is_called_so() -> None:
    world = sold_in(market(warehouses=[warehouse(logic="on_stock")], buffer={"absolute": 5}), quantity=50)
    world.step(hold(3))
    assert line(world) == "on stock 50, holds 3, buffer 5, sent 42"


def test_sums_shares_and_thresholds_are_told() -> None:
    buffer = {"absolute": 1, "percentage": "2.5", "threshold": 20, "combine": "sum"}
    world = sold_in(market(warehouses=[warehouse(share=40)], buffer=buffer), quantity=100)
    assert line(world) == "available 100 (share 40 %), holds 0, buffer 1 + 2.5 % = 2, sent 38"
    world.step(reading(40, at=1))
    assert line(world) == "available 40 (share 40 %), holds 0, buffer threshold = 16, sent 0"


def test_all_terms_are_named() -> None:
    buffer = {
        "velocity": {"minutes": 10, "factor": "0.5"},
        "campaigns": [
            {
                "name": "x",
                "starts": "2026-01-01T00:00:00Z",
                "ends": "2036-01-01T00:00:00Z",
                "absolute": 4,
                "percentage": 20,
            }
        ],
    }
    world = sold_in(market(buffer=buffer))
    assert (
        line(world)
        == "available 50, holds 0, buffer max(0.5 x sold in 10 min, campaign 4, campaign 20 %) = 10, sent 40"
    )


def test_without_terms_there_is_no_buffer() -> None:
    assert line(sold_in(quantity=3)) == "available 3, holds 0, no buffer, sent 3"


def test_an_update_explains_itself_without_the_market_file() -> None:
    level = OfferedLevel("w1", 45, 3, 3, 39, 47, 3, 5, "percentage")
    assert explained(level) == "available 47, holds 3, buffer percentage = 5, sent 39"


def test_a_sku_nobody_sells_has_nothing_to_explain() -> None:
    world = World()
    world.step(claim(), reading(3))
    assert world.state is not None
    assert explain(world.sku, world.state, world.now, markets()) == {}
