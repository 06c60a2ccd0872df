"""The campaign's processes: the sandbox and the workers, as children that end with us."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Process:
    """One child with its log file."""

    def __init__(
        self,
        name: str,
        arguments: list[str],
        environment: Mapping[str, str],
        log: Path,
        module: str = "streams.cli",
    ) -> None:
        self.name = name
        self.log = log
        self._module = module
        self._arguments = arguments
        self._environment = dict(environment)
        self._child = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as out:
            return subprocess.Popen(
                [sys.executable, "-m", self._module, *self._arguments],
                env={**os.environ, **self._environment},
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._child.pid

    def code(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._child.poll()

    def signal(self, number: int) -> None:
        if self._child.poll() is None:
            self._child.send_signal(number)

    def wait(self) -> int:
        """Until it has ended; its exit code."""
        return self._child.wait()

    def restart(self) -> None:
        """Start it again after it ended."""
        self._child.wait()
        self._child = self._start()

    def stop(self, timeout: float = 60.0) -> int:
        """SIGTERM, then SIGKILL when it takes too long; its exit code."""
        self.signal(signal.SIGTERM)
        try:
            return self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            return self._child.wait()

    def tail(self, lines: int = 8) -> str:
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])


class ProcessEnded(Exception):
    """A process that should run has ended; carries the end of its log."""


def wait_until_ready(process: Process, url: str, timeout: float = 60.0) -> None:
    """Wait for a 200 of the process's endpoint."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if process.code() is not None:
            raise ProcessEnded(f"{process.name} ended with {process.code()}:\n{process.tail()}")
        try:
            if httpx.get(url, timeout=2.0).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise ProcessEnded(f"{process.name} is not ready after {timeout:.0f} s:\n{process.tail()}")
