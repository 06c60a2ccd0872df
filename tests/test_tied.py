"""A tied process ends with the one that started it, however that one went."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

CHILD = """
import signal, sys, time
from streams.tied import end_when_input_ends
signal.signal(signal.SIGTERM, lambda *_: (open(sys.argv[1] + '.drained', 'w').close(), sys.exit(0)))
end_when_input_ends()
open(sys.argv[1] + '.runs', 'w').close()
time.sleep(60)
"""
PARENT = """
import subprocess, sys, time
first, second = (
    subprocess.Popen([sys.executable, '-c', sys.argv[1], name], stdin=subprocess.PIPE, start_new_session=True)
    for name in sys.argv[2:]
)
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_children_drain_when_their_parent_dies(tmp_path: Path, number: signal.Signals) -> None:
    """Two of them: neither may hold the other's pipe open."""
    names = [str(tmp_path / "one"), str(tmp_path / "two")]
    parent = subprocess.Popen([sys.executable, "-c", PARENT, CHILD, *names], stderr=subprocess.DEVNULL)
    try:
        _until(lambda: all(os.path.exists(f"{name}.runs") for name in names))
        assert not [name for name in names if os.path.exists(f"{name}.drained")]
    finally:
        parent.send_signal(number)
        parent.wait()
    _until(lambda: all(os.path.exists(f"{name}.drained") for name in names))


def test_a_child_that_is_late_ends_too(tmp_path: Path) -> None:
    name = str(tmp_path / "late")
    run = subprocess.run([sys.executable, "-c", CHILD, name], stdin=subprocess.DEVNULL, timeout=30, check=False)
    assert run.returncode == 0
    assert os.path.exists(f"{name}.drained")


def _until(holds: Callable[[], bool], within: float = 30.0) -> None:
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
