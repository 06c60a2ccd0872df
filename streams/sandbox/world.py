"""What every rule of the sandbox works on: the store, the clock, chance and the switches."""

import random
import sqlite3
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import orjson

from streams.sandbox.clock import Clock, Pace
from streams.sandbox.switches import Switches


@dataclass(frozen=True, slots=True)
class Target:
    """An address that wants a type of event of a shop."""

    app_key: str
    address: str


@dataclass(slots=True)
class World:
    """The one object passed around; `targets` and `limits` are read once and forgotten when they change."""

    db: sqlite3.Connection
    clock: Clock
    chance: random.Random
    switches: Switches = field(default_factory=Switches)
    targets: dict[tuple[int, int], tuple[Target, ...]] = field(default_factory=dict)
    limits: dict[tuple[str, int, str], tuple[float, float]] = field(default_factory=dict)
    faults: Literal["none", "some", "unread"] = "unread"

    def now(self) -> int:
        return self.clock.seconds()


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop, as far as every call needs it."""

    id: int
    open_id: str
    region: str
    seller_type: str
    currency: str
    cipher: str
    remorse: str
    shipping_type: str


SHOP_COLUMNS = "id, open_id, region, seller_type, currency, cipher, remorse, shipping_type"


@dataclass(frozen=True, slots=True)
class Call:
    """A request that passed every check, ready for its operation."""

    operation: str
    app_key: str
    open_id: str
    shop: Shop
    query: dict[str, str]
    body: Any
    ids: dict[str, str]
    request_id: str


def load(world: World) -> None:
    """Switches and clock as they were when the sandbox last ran."""
    kept = {row["name"]: orjson.loads(row["value"]) for row in world.db.execute("SELECT name, value FROM setting")}
    if "switches" in kept:
        world.switches = Switches().changed(kept["switches"])
    if "clock" in kept:
        world.clock.pace = Pace(**kept["clock"])


def keep_switches(world: World, switches: Switches) -> None:
    world.switches = switches
    _keep(world, "switches", asdict(switches))


def keep_clock(world: World) -> None:
    _keep(world, "clock", asdict(world.clock.pace))


def _keep(world: World, name: str, value: Any) -> None:
    world.db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, orjson.dumps(value).decode()))
