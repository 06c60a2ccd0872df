"""Processes we started: known by id *and* start, so that a reused id is never taken for ours."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

LEASH = Path(__file__).with_name("leash.py")


class Identity(NamedTuple):
    """One run of one process."""

    pid: int
    started: str
    """What the kernel says about its start; two runs with one id differ here."""


def identity(pid: int) -> Identity | None:
    """Who runs under this id now; None when nobody does, or only a corpse."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except ProcessLookupError:
        return None
    except FileNotFoundError:
        return None if Path("/proc/self").exists() else _identity_without_proc(pid)
    return None if fields[0] in ("Z", "X") else Identity(pid, f"{boot}/{fields[19]}")


def _identity_without_proc(pid: int) -> Identity | None:
    run = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    started = run.stdout.strip()
    return Identity(pid, started) if run.returncode == 0 and started else None


def spawned(command: Sequence[str], log: Path) -> int:
    """Starts a process in a session of its own, its output at the end of the log; its id.

    No object of ours stands for it, since it may outlive us.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    redirections = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), flags, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    return os.posix_spawnp(command[0], list(command), os.environ, file_actions=redirections, setsid=True)


def runs(process: Identity) -> bool:
    """The very process, not a later one under its id."""
    return identity(process.pid) == process


def send(process: Identity, number: signal.Signals) -> None:
    """A signal to the very process; nothing when it has ended."""
    if runs(process):
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            return


def ended(process: Identity, within: float) -> bool:
    """Waits until it has ended, at most that many seconds."""
    until = time.monotonic() + within
    while runs(process):
        if time.monotonic() >= until:
            return False
        time.sleep(0.02)
    bury(process.pid)
    return True


def stop(process: Identity, patience: float) -> None:
    """Asks it to end, and ends it when it does not."""
    send(process, signal.SIGTERM)
    if not ended(process, patience):
        kill(process)


def kill(process: Identity) -> None:
    """Ends it at once."""
    send(process, signal.SIGKILL)
    ended(process, 10)


def bury(pid: int) -> None:
    """A dead child stays in the table until somebody asks for its exit code; others' children are not ours to ask."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def tied_to_us(process: Identity) -> subprocess.Popen[bytes]:
    """A companion that ends the process as soon as we are gone, however we went.

    It holds the other end of a pipe of ours; the kernel closes ours when we die, also by SIGKILL.
    """
    command = [sys.executable, "-S", "-E", str(LEASH), str(process.pid), process.started]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)
