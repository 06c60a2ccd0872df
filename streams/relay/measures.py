"""What a relay measures of itself; read by health while the loop writes."""

from __future__ import annotations

import time
from collections.abc import Mapping


class Measures:
    """Sums since the start, and the present."""

    def __init__(self) -> None:
        self.outcomes: dict[tuple[str, str], int] = {}
        """Records by topic and outcome."""
        self.outputs = 0
        self.dead = 0
        self.transactions = 0
        self.aborted = 0
        self.seconds = 0.0
        """From begun to committed, in sum."""
        self.assigned = 0
        self.joined = False
        self.holding = 0
        """Partitions that wait for the schema registry."""
        self.looked_at = time.monotonic()
        self.alive_at = time.monotonic()
        """When a call of the Kafka library last returned, with or without success."""
        self.lag: dict[tuple[str, int], int] = {}

    def alive(self) -> None:
        """The loop moves, be it from one failure to the next."""
        self.alive_at = time.monotonic()

    def looked(self, assigned: int, joined: bool, holding: int) -> None:
        """The loop goes round."""
        self.assigned, self.joined, self.holding = assigned, joined, holding
        self.looked_at = self.alive_at = time.monotonic()

    def committed(
        self, outcomes: Mapping[tuple[str, int], Mapping[str, int]], outputs: int, dead: int, seconds: float
    ) -> None:
        """A transaction is visible."""
        for (topic, _), counted in outcomes.items():
            for outcome, number in counted.items():
                self.outcomes[topic, outcome] = self.outcomes.get((topic, outcome), 0) + number
        self.outputs += outputs
        self.dead += dead
        self.transactions += 1
        self.seconds += seconds
