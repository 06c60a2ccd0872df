"""What may go wrong, drawn from a seed: pure, so the same seed always gives the same faults and pauses.

Kinds come from a shuffled deck, so that a short run meets most of them and a long one meets all of them often.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from typing import Final, Literal, NamedTuple

Kind = Literal[
    "kill",
    "terminate",
    "freeze",
    "broker-killed",
    "broker-restarted",
    "second-worker",
    "answer-lost",
    "request-late",
    "refusals",
    "storm",
    "webhooks-lost",
    "shop-clock",
    "worker-clock",
    "duplicates",
    "old-readings",
    "poison",
    "source-refuses",
    "source-clock",
    "notifications-lost",
]

DECK: Final[dict[Kind, int]] = {
    "kill": 4,
    "terminate": 2,
    "freeze": 2,
    "broker-killed": 1,
    "broker-restarted": 1,
    "second-worker": 2,
    "answer-lost": 3,
    "request-late": 2,
    "refusals": 2,
    "storm": 1,
    "webhooks-lost": 1,
    "shop-clock": 1,
    "worker-clock": 2,
    "duplicates": 1,
    "old-readings": 2,
    "poison": 3,
    "source-refuses": 3,
    "source-clock": 1,
    "notifications-lost": 2,
}
"""Cards per kind in one deck."""

PAUSE_S: Final = (1.0, 3.0)
"""Between a fault and the one before it: a random moment, whatever state the system is in."""

LATE_S: Final = (1.0, 3.2)
"""How late a request is applied: often after the call's deadline of 1.5 s, always before the 2 s after it in which
nothing may be sent again."""

OPERATIONS: Final = (
    "update_inventory",
    "update_inventory",
    "update_inventory",
    "search_inventory",
    "search_orders",
    "get_orders",
    "*",
)
SOURCE_REFUSALS: Final = (
    "invalid_token",
    "rate_limited",
    "internal_error",
    "bad_gateway",
    "over_capacity",
    "gateway_timeout",
    "lost_request",
    "lost_answer",
    "slow",
)
"""What commercetools may answer, or not."""
REFUSALS: Final = ("internal_error", "bad_gateway", "unavailable", "gateway_timeout", "timeout_before")


class Fault(NamedTuple):
    """One fault, before it happens; which of the values count depends on its kind."""

    number: int
    kind: Kind
    pause_s: float
    """After the fault before it."""
    on: str = ""
    """A worker group, a topic, an operation of the shop or a kind of refusal."""
    lasts_s: float = 0.0
    """Until the victim is revived, or the weather changes back."""
    times: int = 1
    """Answers, records or milliseconds."""
    hard: bool = False
    """It ends by a kill, or with another worker taking over meanwhile."""

    def __str__(self) -> str:
        words = [self.kind, self.on, f"x{self.times}" if self.times != 1 else "", "hard" if self.hard else ""]
        words.append(f"for {self.lasts_s:.1f} s" if self.lasts_s else "")
        return " ".join(word for word in words if word)


class Stage(NamedTuple):
    """What faults can strike."""

    workers: tuple[str, ...]
    groups: tuple[str, ...]
    """Workers that share partitions, so that a second one may join."""
    poisoned: tuple[str, ...]
    """Topics that get records nobody can read."""
    session_s: float


def drawn(seed: int, count: int, stage: Stage, only: Collection[str] = ()) -> list[Fault]:
    """The faults of a run, in order; ``only`` leaves out all other kinds."""
    chance = random.Random(seed)
    deck: list[Kind] = []
    faults: list[Fault] = []
    while len(faults) < count:
        if not deck:
            deck = [kind for kind, cards in DECK.items() for _ in range(cards) if kind in only or not only]
            chance.shuffle(deck)
        faults.append(_fault(chance, len(faults) + 1, deck.pop(), stage))
    return faults


def _fault(chance: random.Random, number: int, kind: Kind, stage: Stage) -> Fault:
    plain = Fault(number, kind, round(chance.uniform(*PAUSE_S), 2))

    def with_values(on: str = "", lasts: tuple[float, float] = (0, 0), times: int = 1, hard: bool = False) -> Fault:
        return plain._replace(on=on, lasts_s=round(chance.uniform(*lasts), 2), times=times, hard=hard)

    match kind:
        case "kill" | "terminate":
            return with_values(chance.choice(stage.workers), (0.0, 3.0))
        case "freeze":
            longer = (stage.session_s + 0.5, stage.session_s + 4.0)
            return with_values(chance.choice(stage.groups), longer, hard=chance.random() < 0.5)
        case "broker-killed" | "broker-restarted":
            return with_values(lasts=(0.2, 3.0))
        case "second-worker":
            return with_values(chance.choice(stage.groups), (3.0, 12.0), hard=chance.random() < 0.5)
        case "answer-lost":
            return with_values(chance.choice(OPERATIONS), (0.3, 3.0), times=chance.randint(1, 4))
        case "request-late":
            return with_values(chance.choice(OPERATIONS), LATE_S, times=chance.randint(1, 4))
        case "refusals":
            return with_values(chance.choice(REFUSALS), (0.3, 2.0), times=chance.randint(2, 8))
        case "storm":
            return with_values(times=chance.randint(5, 40))
        case "source-refuses":
            return with_values(chance.choice(SOURCE_REFUSALS), (0.3, 2.0), times=chance.randint(1, 8))
        case "webhooks-lost" | "notifications-lost":
            return with_values(lasts=(2.0, 8.0))
        case "shop-clock" | "source-clock":
            return with_values(lasts=(1.0, 6.0))
        case "worker-clock":
            return with_values(chance.choice(stage.workers), (2.0, 8.0), times=chance.randint(-20_000, 20_000))
        case "duplicates":
            return with_values("stock-changes", times=chance.randint(1, 60))
        case "old-readings":
            return with_values("stock-changes", times=chance.randint(1, 20))
        case "poison":
            return with_values(chance.choice(stage.poisoned), times=chance.randint(1, 6))
