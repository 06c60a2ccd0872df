"""Random histories of changes, orders, lost answers, duplicates and crashes: when all is quiet, the shop is right."""

from random import Random

import pytest

from tests.listing.world import World

HISTORIES = range(400)


@pytest.mark.parametrize("warehouses", [("w1",), ("w1", "w2")])
def test_when_all_is_quiet_the_shop_shows_what_the_rule_wants(warehouses: tuple[str, ...]) -> None:
    for seed in HISTORIES:
        world = World(Random(seed), warehouses=warehouses)
        for _ in range(120):
            world.step()
        world.come_to_rest()
        for place, units in world.wanted().items():
            assert world.places[place].available == units, (seed, place)


def test_every_received_update_is_counted_once() -> None:
    for seed in HISTORIES:
        world = World(Random(seed), spoiled=frozenset(("red",)))
        for _ in range(120):
            world.step()
            assert sum(world.counts.values()) + world.pending() == world.received, seed
        world.come_to_rest()
        assert world.pending() == 0, (seed, world.state)
        assert sum(world.counts.values()) == world.received, seed


def test_a_spoiling_sku_does_not_keep_the_others_from_being_right() -> None:
    for seed in HISTORIES:
        world = World(Random(seed), spoiled=frozenset(("red",)))
        for _ in range(120):
            world.step()
        world.come_to_rest()
        for place, units in world.wanted().items():
            assert place[0] == "red" or world.places[place].available == units, (seed, place)


def test_after_a_pass_over_all_listings_the_shop_is_right_whatever_was_changed_by_hand() -> None:
    for seed in HISTORIES:
        world = World(Random(seed))
        for _ in range(120):
            world.step()
            match world.random.randrange(12):
                case 0:
                    world.meddle()
                case 1:
                    world.reconcile()
        world.come_to_rest()
        world.meddle()
        world.reconcile()
        world.come_to_rest()
        for place, units in world.wanted().items():
            assert world.places[place].available == units, (seed, place)
