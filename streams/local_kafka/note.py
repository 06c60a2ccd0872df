"""What `kafka up` writes down, so that `kafka down` stops that broker and no other."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Self

from streams.local_kafka.process import Identity


@dataclass(frozen=True)
class Note:
    way: Literal["compose", "maven"]
    bootstrap: str
    cluster_id: str
    compose_file: str = ""
    pid: int = 0
    started: str = ""

    @property
    def process(self) -> Identity:
        return Identity(self.pid, self.started)

    def write(self, path: Path) -> None:
        stage = path.with_suffix(".incoming")
        stage.write_text(json.dumps(asdict(self), indent=2) + "\n")
        stage.replace(path)

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """The note of the last start; None when there is none."""
        try:
            return cls(**json.loads(path.read_text()))
        except FileNotFoundError:
            return None
