"""Running totals of a partition since it was opened, read when metrics are asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

from streams.engine.decided import Decided


@dataclass(slots=True)
class Measures:
    """One per partition."""

    records: int = 0
    outputs: int = 0
    dead: int = 0
    steps: int = 0
    decide_seconds: float = 0.0
    commit_seconds: float = 0.0
    last_step_at: float = 0.0
    last_decide_seconds: float = 0.0
    last_commit_seconds: float = 0.0
    restored: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    """``flow:why`` to the number of records that steps left out."""
    ends: dict[str, int] = field(default_factory=dict)
    """Topic to the end of its log when last asked."""

    def stepped(self, decided: Decided, decide_seconds: float, commit_seconds: float, now: float) -> None:
        """A step was committed."""
        self.steps += 1
        self.records += decided.records
        self.outputs += decided.outputs
        self.dead += decided.dead
        for name, number in decided.left_out.items():
            self.left_out[name] = self.left_out.get(name, 0) + number
        self.last_decide_seconds = decide_seconds
        self.last_commit_seconds = commit_seconds
        self.decide_seconds += decide_seconds
        self.commit_seconds += commit_seconds
        self.last_step_at = now
