"""The position record: where a partition stands in its inputs, its running counts and its sweeps.

It is the last record of every transaction on the changelog, under one fixed key, so outputs, rows and
positions become visible together, and reading the changelog to its end gives all three.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson


@dataclass(slots=True)
class Sweep:
    """A pass over the rows of one flow."""

    fingerprint: str = ""
    """Configuration the rows were last decided with."""
    cursor: str | None = None
    """Hex of the last row key decided in a pass under way; None: no pass is under way."""
    active: bool = False
    finished_at: int = 0


@dataclass(slots=True)
class Positions:
    """Everything about a partition that is not a row."""

    inputs: dict[str, int] = field(default_factory=dict)
    """Full topic name to the offset of the next record to read."""
    counts: dict[str, int] = field(default_factory=dict)
    """Outcomes counted since ``counted_from``."""
    counted_from: int = 0
    sweeps: dict[str, Sweep] = field(default_factory=dict)

    def encode(self) -> bytes:
        return orjson.dumps(
            {
                "inputs": self.inputs,
                "counts": self.counts,
                "from": self.counted_from,
                "sweeps": {
                    name: [sweep.fingerprint, sweep.cursor, sweep.active, sweep.finished_at]
                    for name, sweep in self.sweeps.items()
                },
            }
        )

    @classmethod
    def decode(cls, data: bytes | None) -> Positions:
        if data is None:
            return cls()
        found = orjson.loads(data)
        return cls(
            inputs=found["inputs"],
            counts=found["counts"],
            counted_from=found["from"],
            sweeps={name: Sweep(*values) for name, values in found["sweeps"].items()},
        )
