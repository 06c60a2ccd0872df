"""What can stop a worker, each with its remedy.  None of these is ever caught to go on."""

from __future__ import annotations

from pathlib import Path

OK, FAILED, SETUP = 0, 1, 2
"""Exit codes: ended as asked, a supervisor should start it again, somebody must change something first."""


class EngineError(Exception):
    """The worker cannot start or go on; the message says what is wrong and what helps."""

    exit_code = FAILED


class Fenced(EngineError):
    """Another worker owns the partition now: stop at once, leave RocksDB untouched."""


class StepFailed(EngineError):
    """A transaction could not be finished within its time; nothing of the step is visible."""


class BrokenRule(EngineError):
    """A rule raised and no single record is to blame: a bug that must not be committed."""


class Misassigned(EngineError):
    """Co-partitioned topics came apart: the group's assignor is not ours, or topic sizes differ."""

    exit_code = SETUP


class Incompatible(EngineError):
    """A library differs from what the engine was proved with."""

    exit_code = SETUP


class StateLocked(EngineError):
    """Two workers share a state folder."""

    exit_code = SETUP

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"state folder {path} is in use by another live process; "
            "give every worker its own state folder (TTS_STATE_DIR) or stop the other one"
        )


class SetupError(EngineError):
    """Topics, rights or broker do not fit."""

    exit_code = SETUP


class BrokerAway(EngineError):
    """No broker answers at the start: an outage, as far as anybody can tell, so it is tried again."""


class TopicReplaced(EngineError):
    """An input topic was deleted and created again, or cut, under a running worker."""
