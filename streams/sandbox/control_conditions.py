"""The control API's hand on the weather: faults, limits, the clock and the switches."""

from dataclasses import asdict

from streams.sandbox import control_requests as wanted
from streams.sandbox import faults, limits
from streams.sandbox.limits import ANY
from streams.sandbox.operations import BY_NAME
from streams.sandbox.unusable import Unusable
from streams.sandbox.wire import Json
from streams.sandbox.world import World, keep_clock, keep_switches


def add_faults(world: World, given: wanted.Faults) -> Json:
    for fault in given.faults:
        _known(fault.operation)
        if fault.kind == "code" and fault.code is None:
            raise Unusable("a fault of kind 'code' needs the code to answer")
    return {"ids": [faults.add(world, **fault.model_dump()) for fault in given.faults]}


def clear_faults(world: World, given: wanted.Wanted) -> Json:
    faults.clear(world)
    return {}


def set_limits(world: World, given: wanted.Limits) -> Json:
    for limit in given.limits:
        _known(limit.operation)
        burst = max(1.0, limit.rate) if limit.burst is None else limit.burst
        limits.set_limit(world, limit.app_key, limit.shop_id, limit.operation, limit.rate, burst)
    return {}


def change_clock(world: World, given: wanted.ClockChange) -> Json:
    if given.speed is not None:
        if given.speed < 0:
            raise Unusable(f"clock speed {given.speed} is below 0")
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


def _known(operation: str) -> None:
    if operation != ANY and operation not in BY_NAME:
        raise Unusable(f"unknown operation {operation!r}; known: {', '.join(BY_NAME)}")
