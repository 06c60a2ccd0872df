"""The worker processes, and whoever starts them again: a post is one worker, its ports and its state folder.

A post that ended is revived, at once or when its fault is over; every end is noted.  What no fault explains (an exit
code that asks for a person, a crash of the interpreter, an end that takes for ever) is a failure of the run.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from streams.demo.processes import Process, free_port
from tests.chaos.worker import write_offset

REVIVED_AFTER_S = 0.5
"""As a supervisor would."""
EXPLAINED = (0, 1, -signal.SIGKILL, -signal.SIGTERM)
"""Ended as asked; stopped to be started again; killed; asked to end before it had begun to listen."""
LONGEST_END_S = 70.0
"""A worker promises to end within a minute of SIGTERM."""


class Post:
    """One worker process and what is meant to become of it."""

    def __init__(self, name: str, group: str, folder: Path, environment: Mapping[str, str]) -> None:
        self.name = name
        self.group = group
        self.port = free_port()
        self.wanted = False
        """To be revived when it ends."""
        self.revive_at = 0.0
        self.frozen = False
        self.asked_to_end: float | None = None
        self.ends: list[int] = []
        self.failures: list[str] = []
        self._clock = folder / f"{name}.clock"
        write_offset(self._clock, 0)
        self._environment = {
            **environment,
            "TTS_WORKER_ID": name,
            "TTS_HEALTH_PORT": str(self.port),
            "TTS_STATE_DIR": str(folder / "state" / name),
            "CHAOS_CLOCK": str(self._clock),
        }
        self.log = folder / f"{name}.log"
        self._process: Process | None = None
        self._noted = True
        """Its last end was noted."""

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.code() is None

    def start(self) -> None:
        """Start it, and again whenever it ends."""
        self.wanted, self.frozen, self.asked_to_end, self._noted = True, False, None, False
        if self._process is None:
            self._process = Process(self.name, [self.group], self._environment, self.log, "tests.chaos.worker")
        else:
            self._process.restart()

    def kill(self, revive_at: float | None) -> None:
        self._end(signal.SIGKILL, revive_at)

    def terminate(self, revive_at: float | None) -> None:
        if self.asked_to_end is None:
            self.asked_to_end = time.monotonic()
        self._end(signal.SIGTERM, revive_at)

    def _end(self, number: signal.Signals, revive_at: float | None) -> None:
        self.wanted, self.revive_at = revive_at is not None, revive_at or 0.0
        if self._process is not None:
            self._process.signal(number)

    def freeze(self) -> None:
        self.frozen = True
        if self._process is not None:
            self._process.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.frozen = False
        if self._process is not None:
            self._process.signal(signal.SIGCONT)

    def tell_where(self) -> None:
        """Have it write to its log what its threads are doing."""
        if self._process is not None and not self.frozen:
            self._process.signal(signal.SIGUSR1)

    def set_clock(self, milliseconds: int) -> None:
        write_offset(self._clock, milliseconds)

    def tend(self, now: float) -> None:
        """Note an end, revive."""
        if self._process is None:
            return
        code = self._process.code()
        if code is None:
            if self.asked_to_end is not None and not self.frozen and now > self.asked_to_end + LONGEST_END_S:
                self.failures.append(f"{self.name} did not end within {LONGEST_END_S:.0f} s of SIGTERM")
                self.asked_to_end = None
                self._process.signal(signal.SIGKILL)
            return
        if not self._noted:
            self._noted = True
            self.ends.append(code)
            self.revive_at = max(self.revive_at, now + REVIVED_AFTER_S)
            if code not in EXPLAINED:
                self.failures.append(f"{self.name} ended with {code}:\n{self._process.tail(12)}")
        if self.wanted and now >= self.revive_at:
            self.start()

    def is_ready(self) -> bool:
        if not self.runs:
            return False
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/ready", timeout=2.0).status_code == 200
        except httpx.HTTPError:
            return False

    def last_words(self) -> str:
        return "" if self._process is None else self._process.tail(12)


class Crew:
    """All posts by name: one per group, and a second one that joins and leaves."""

    def __init__(
        self, workers: tuple[str, ...], groups: tuple[str, ...], folder: Path, environment: Mapping[str, str]
    ) -> None:
        self.posts = {name: Post(name, name, folder, environment) for name in workers}
        self.seconds = {name: Post(f"{name}-two", name, folder, environment) for name in groups}

    @property
    def every(self) -> tuple[Post, ...]:
        return (*self.posts.values(), *self.seconds.values())

    def tend(self) -> None:
        now = time.monotonic()
        for post in self.every:
            post.tend(now)

    def failures(self) -> list[str]:
        return [failure for post in self.every for failure in post.failures]

    def stop(self, seconds: float = LONGEST_END_S, only: str | None = None) -> None:
        """SIGTERM to all, or to those of one name; what does not end in peace is a failure."""
        running = [post for post in self.every if post.runs and only in (None, post.name)]
        for post in running:
            post.thaw()
            post.terminate(None)
        deadline = time.monotonic() + seconds
        while any(post.runs for post in running) and time.monotonic() < deadline:
            time.sleep(0.05)
        for post in running:
            post.tend(time.monotonic())
            if post.runs:
                post.failures.append(f"{post.name} did not end within {seconds:.0f} s of SIGTERM")
                post.kill(None)
            elif post.ends[-1] != 0:
                post.failures.append(f"{post.name} ended with {post.ends[-1]} at the end:\n{post.last_words()}")
