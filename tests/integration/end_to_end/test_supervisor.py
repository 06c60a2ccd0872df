"""`streams worker all`: a group that dies is started again; SIGTERM ends them all in peace, and so does its death."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.demo.processes import Process, wait_until_ready
from tests.cluster import Cluster
from tests.integration.end_to_end.conftest import begun, ended
from tests.integration.end_to_end.places import DE
from tests.integration.end_to_end.running import WORKERS, Running

pytestmark = pytest.mark.chaos


@pytest.fixture
def supervised(kafka: Cluster, tmp_path: Path) -> Iterator[Running]:
    one = begun(kafka, tmp_path, places=(DE,))
    try:
        base = _free_ports(len(WORKERS))
        one.ports |= {name: base + place for place, name in enumerate(WORKERS)}
        environment = {
            **one.environment,
            "TTS_HEALTH_PORT": str(base),
            "TTS_STATE_DIR": str(tmp_path / "state"),
        }
        one.processes["all"] = process = Process("all", ["worker", "all"], environment, tmp_path / "all.log")
        for name in WORKERS:
            wait_until_ready(process, f"http://127.0.0.1:{one.ports[name]}/ready")
        yield one
    finally:
        ended(one)


def test_a_dead_group_is_started_again_and_all_end_together(supervised: Running) -> None:
    supervised.on_sale("WATCHED", "de", bremen=20)
    first = _child(supervised, "decide")
    assert first is not None
    os.kill(first, signal.SIGKILL)
    supervised.until(lambda: _child(supervised, "decide") not in (None, first), "another decide worker")
    supervised.change("WATCHED", {"bremen": 9})
    supervised.until_shown("de", "WATCHED", 8)
    children = [_child(supervised, name) for name in WORKERS]
    assert supervised.processes["all"].stop() == 0
    assert not [pid for pid in children if pid is not None and Path(f"/proc/{pid}").exists()]
    assert "worker decide ended with -9; starting it again" in supervised.processes["all"].tail(1000)


def test_no_group_outlives_a_killed_supervisor(supervised: Running) -> None:
    children = [_child(supervised, name) for name in WORKERS]
    assert None not in children
    killed = supervised.processes.pop("all")
    killed.signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    supervised.until(lambda: not [pid for pid in children if _runs(pid)], "the end of every group")


def _runs(pid: int | None) -> bool:
    """Dead ones stay in the table where nobody asks for their exit code."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except FileNotFoundError:
        return False


def _child(running: Running, name: str) -> int | None:
    pid = running.processes["all"].pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        if Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")[-2:-1] == [name.encode()]:
            return int(child)
    return None


def _free_ports(count: int) -> int:
    """The first of so many ports in a row that nobody listens on."""
    for base in range(20_000, 30_000, count):
        sockets = [socket.socket() for _ in range(count)]
        try:
            for place, one in enumerate(sockets):
                one.bind(("127.0.0.1", base + place))
        except OSError:
            continue
        finally:
            for one in sockets:
                one.close()
        return base
    raise AssertionError("no free ports")
