"""The position record: where a partition stands in its inputs, its running counts and its sweeps.

It is the last record of every transaction on the changelog, under one fixed key, so outputs, rows and
positions become visible together, and reading the changelog to its end gives all three.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    topic_ids: dict[str, str] = field(default_factory=dict)
    """Full topic name to the id of the topic ``inputs`` speaks of; one created anew under its name has another."""
    counts: dict[str, int] = field(default_factory=dict)
    """Outcomes counted since ``counted_from``."""
    counted_from: int = 0
    sweeps: dict[str, Sweep] = field(default_factory=dict)

    def encode(self) -> bytes:
        return orjson.dumps(
            {
                "inputs": self.inputs,
                "ids": self.topic_ids,
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
            topic_ids=found.get("ids", {}),
            counts=found["counts"],
            counted_from=found["from"],
            sweeps={name: Sweep(*values) for name, values in found["sweeps"].items()},
        )

    def belong_to(self, topic_ids: Mapping[str, str]) -> list[str]:
        """Forget positions in topics that exist no more; returns those created anew under the same name."""
        anew = [name for name in self.inputs if self.topic_ids.get(name, topic_ids.get(name)) != topic_ids.get(name)]
        for name in anew:
            del self.inputs[name]
        self.topic_ids = dict(topic_ids)
        return anew
