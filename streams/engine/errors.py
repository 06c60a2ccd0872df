"""What can stop a worker, each with its remedy.  None of these is ever caught to go on."""

from __future__ import annotations

from pathlib import Path


class EngineError(Exception):
    """The worker cannot start or go on; the message says what is wrong and what helps."""


class Fenced(EngineError):
    """Another worker owns the partition now: stop at once, leave RocksDB untouched."""


class StepFailed(EngineError):
    """A transaction could not be finished within its time; nothing of the step is visible."""


class BrokenRule(EngineError):
    """A rule raised and no single record is to blame: a bug that must not be committed."""


class Misassigned(EngineError):
    """Co-partitioned topics came apart: the group's assignor is not ours, or topic sizes differ."""


class Incompatible(EngineError):
    """A library differs from what the engine was proved with."""


class StateLocked(EngineError):
    def __init__(self, path: Path) -> None:
        super().__init__(
            f"state folder {path} is in use by another live process; "
            "give every worker its own state folder (TTS_STATE_DIR) or stop the other one"
        )


class SetupError(EngineError):
    """Topics, rights or broker do not fit; found at start, before any record is read."""
