"""One worker, one state folder: held by a lock that the operating system drops when the process ends."""

from __future__ import annotations

import fcntl
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from streams.engine.errors import SetupError, StateLocked


class StateFolder:
    """Keeps other workers out while it is entered."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: IO[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            self._held = (self._path / "in-use").open("ab")
        except OSError as problem:
            raise SetupError(
                f"TTS_STATE_DIR={str(self._path.parent)!r}: {self._path} cannot be written to: {problem.strerror}. "
                "Remedy: name a folder this user may write to"
            ) from None
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            self._held.close()
            raise StateLocked(self._path) from problem
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._held is not None:
            self._held.close()
