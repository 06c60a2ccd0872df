"""A system under test as a process: pinned to the worker's core, watched through /proc, ended with it all.

CPU is user and system time of the process and its children; memory is what they have resident together.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from streams.local_kafka import process

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
EVERY_S = 0.05


class Sample(NamedTuple):
    """What the process had used at one moment."""

    at: float
    cpu_seconds: float
    resident_mb: float


def _family(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        try:
            for task in os.listdir(f"/proc/{each}/task"):
                found += map(int, Path(f"/proc/{each}/task/{task}/children").read_text().split())
        except OSError:
            continue
    return found


def used(pid: int) -> Sample:
    """Now, of the process and its children, also of those that have ended."""
    cpu = resident = 0
    for each in _family(pid):
        try:
            stat = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            resident += int(Path(f"/proc/{each}/statm").read_text().split()[1])
        except OSError:
            continue
        cpu += int(stat[11]) + int(stat[12]) + int(stat[13]) + int(stat[14])
    return Sample(time.time(), cpu / TICKS, resident * PAGE / 1e6)


class Watched:
    """A running system; ``samples`` grow while it runs."""

    def __init__(self, command: Sequence[str], core: int, environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        self.samples: list[Sample] = []
        self.started_at = time.time()
        with open(log, "ab") as out:
            self._process = subprocess.Popen(
                ["taskset", "-c", str(core), *command],
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        found = process.identity(self._process.pid)
        self._leash = process.tied_to_us(found) if found is not None else None
        self._ended = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._sampler.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _sample(self) -> None:
        while not self._ended.wait(EVERY_S):
            self.samples.append(used(self.pid))

    def must_run(self) -> None:
        """An error, with the end of the log, when it has ended by itself."""
        if self._process.poll() is not None:
            raise RuntimeError(f"ended with {self._process.returncode}:\n{self._last_words()}")

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-25:])

    def first_record_at(self) -> float | None:
        """When the system said that it has the first record; seconds since 1970."""
        for line in self.log.read_text(errors="replace").splitlines():
            if line.startswith("first "):
                return int(line.split()[1]) / 1e9
        return None

    def stop(self, patience: float = 60.0) -> None:
        """An orderly end, or the other one after a while."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(patience)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._end()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._end()

    def _end(self) -> None:
        self._ended.set()
        self._sampler.join()
        if self._leash is not None and self._leash.stdin is not None:
            self._leash.stdin.close()
            self._leash.wait()


def cpu_at(samples: Sequence[Sample], moment: float) -> float:
    """CPU seconds used until a moment, between the two samples around it."""
    before = samples[0]
    for after in samples:
        if after.at >= moment:
            span = after.at - before.at
            share = (moment - before.at) / span if span > 0 else 1.0
            return before.cpu_seconds + max(0.0, share) * (after.cpu_seconds - before.cpu_seconds)
        before = after
    return before.cpu_seconds
