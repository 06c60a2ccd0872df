"""What every rule of the fake works on: the store, the clock, chance and the switches."""

import random
import sqlite3
import uuid
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from time import gmtime, strftime
from typing import Any, Literal

import orjson

from streams.sandbox.clock import Clock, Pace
from streams.sandbox.commercetools.switches import Switches
from streams.sandbox.wire import Json


@dataclass(frozen=True, slots=True)
class Project:
    """A project, as far as every call needs it."""

    id: int
    key: str
    messages_enabled: bool


@dataclass(frozen=True, slots=True)
class Watch:
    """A subscription, as far as a notification needs it; `types` None means every type of that resource."""

    id: str
    cloud_events: bool
    messages: dict[str, frozenset[str] | None]
    changes: frozenset[str]
    effective_at: int
    listening: bool
    """False while notifications are neither kept nor sent later."""
    held: bool
    """True while notifications are kept until somebody lets them go."""


@dataclass(slots=True)
class World:
    """The one object passed around; projects, watches and faults are read once and forgotten when they change."""

    db: sqlite3.Connection
    clock: Clock
    chance: random.Random
    switches: Switches = field(default_factory=Switches)
    projects: dict[str, Project] = field(default_factory=dict)
    watches: dict[int, tuple[Watch, ...]] = field(default_factory=dict)
    faults: Literal["none", "some", "unread"] = "unread"

    def now(self) -> int:
        """Milliseconds."""
        return self.clock.milliseconds()

    def new_id(self) -> str:
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def next_version(self, version: int) -> int:
        """Usually one more, at times a few."""
        jumps = self.switches.version_jumps
        return version + 1 + (self.chance.randint(1, 3) if jumps and self.chance.random() < jumps else 0)


@dataclass(frozen=True, slots=True)
class Call:
    """A request that passed every check at the door, ready for its operation."""

    operation: str
    project: Project
    author: str
    """JSON of `createdBy` and `lastModifiedBy`."""
    ids: dict[str, str]
    query: tuple[tuple[str, str], ...]
    body: Any


def author(client_id: str, external_user: str | None = None) -> str:
    who: Json = {"clientId": client_id, "isPlatformClient": False}
    return orjson.dumps(who | ({"externalUserId": external_user} if external_user else {})).decode()


def date(milliseconds: int) -> str:
    """A moment as the API writes it."""
    return f"{_second(milliseconds // 1000)}.{milliseconds % 1000:03d}Z"


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(seconds))


def load(world: World, seed: int) -> None:
    """Switches and clock as they were when the sandbox last ran; what was under way is sent again.

    Every start draws from a chance of its own, or ids would come again.
    """
    kept = {row["name"]: orjson.loads(row["value"]) for row in world.db.execute("SELECT name, value FROM setting")}
    if "switches" in kept:
        world.switches = Switches().changed(kept["switches"])
    if "clock" in kept:
        world.clock.pace = Pace(**kept["clock"])
    starts = kept.get("starts", 0) + 1
    world.chance.seed(f"{seed} {starts}")
    _keep(world, "starts", starts)
    world.db.execute("UPDATE notification SET state = 'waiting', due_at = ? WHERE state = 'sent'", (world.now(),))


def keep_switches(world: World, switches: Switches) -> None:
    world.switches = switches
    _keep(world, "switches", asdict(switches))


def keep_clock(world: World) -> None:
    _keep(world, "clock", asdict(world.clock.pace))


def _keep(world: World, name: str, value: Any) -> None:
    world.db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, orjson.dumps(value).decode()))
