"""The control API's hand on the weather: faults, subscriptions' health, the clock and the switches."""

from dataclasses import asdict

from streams.sandbox.commercetools import control_requests as wanted
from streams.sandbox.commercetools import faults, subscriptions_kept
from streams.sandbox.commercetools.operations import NAMES
from streams.sandbox.commercetools.world import World, keep_clock, keep_switches
from streams.sandbox.unusable import Unusable
from streams.sandbox.wire import Json


def add_faults(world: World, given: wanted.Faults) -> Json:
    for fault in given.faults:
        if fault.operation != faults.ANY and fault.operation not in NAMES:
            raise Unusable(f"unknown operation {fault.operation!r}; known: {', '.join(NAMES)}")
    return {"ids": [faults.add(world, **fault.model_dump()) for fault in given.faults]}


def clear_faults(world: World, given: wanted.Wanted) -> Json:
    faults.clear(world)
    return {}


def put_health(world: World, given: wanted.Health) -> Json:
    if not world.db.execute("SELECT 1 FROM subscription WHERE id = ?", (given.subscription_id,)).fetchone():
        raise Unusable(f"no subscription {given.subscription_id!r}")
    subscriptions_kept.hold(world, given.subscription_id, given.status)
    return {}


def change_clock(world: World, given: wanted.ClockChange) -> Json:
    if given.speed is not None:
        world.clock.run_at(given.speed)
    if given.step is not None:
        world.clock.step(given.step)
    keep_clock(world)
    return clock(world)


def clock(world: World) -> Json:
    return {"now": world.clock.exact(), "real": world.clock.real(), "speed": world.clock.pace.speed}


def switch(world: World, given: wanted.Switched) -> Json:
    try:
        keep_switches(world, world.switches.changed(given.switches))
    except (TypeError, ValueError) as problem:
        raise Unusable(str(problem)) from problem
    return asdict(world.switches)
