"""`kafka up`, `status` and `down`: one broker per checkout, and nobody else's."""

from __future__ import annotations

import os
import random
import socket
import sys
from pathlib import Path
from subprocess import Popen

import pytest

from streams.local_kafka import compose, development, ports, process
from streams.local_kafka.note import Note
from streams.local_kafka.ports import PortTaken
from streams.local_kafka.ways import Surroundings
from tests.cluster import Cluster


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Surroundings:
    """This machine without Docker and without a cluster that was named."""
    monkeypatch.delenv("KAFKA_BOOTSTRAP", raising=False)
    found = development.surroundings()
    return Surroundings(java=found.java, maven=found.maven, jars=found.jars)


@pytest.mark.kafka
def test_up_twice_is_up_once_and_down_ends_it(tmp_path: Path, here: Surroundings) -> None:
    folder = tmp_path / "kafka"
    (port,) = ports.free_ports(1, random.SystemRandom())
    first = development.up(folder, here, port)
    try:
        note = Note.read(folder / "note.json")
        assert note is not None
        assert ports.listening_pid(port) == note.pid
        assert development.up(folder, here, port).bootstrap == first.bootstrap == f"127.0.0.1:{port}"
        assert Note.read(folder / "note.json") == note
        assert development.status(folder, here).answers
    finally:
        told = development.down(folder, here)
    assert "stopped" in told
    assert not process.runs(note.process)
    assert not development.status(folder, here).answers
    assert "nothing to stop" in development.down(folder, here)


@pytest.mark.kafka
def test_a_cluster_that_was_named_is_used_and_left_alone(tmp_path: Path, kafka: Cluster) -> None:
    named = Surroundings(bootstrap=kafka.bootstrap)
    assert development.up(tmp_path / "kafka", named, None).bootstrap == kafka.bootstrap
    assert "not ours" in development.down(tmp_path / "kafka", named)
    assert development.status(tmp_path / "kafka", named).answers
    assert not (tmp_path / "kafka").exists()


def test_a_named_cluster_that_does_not_answer_is_an_error(tmp_path: Path) -> None:
    (port,) = ports.free_ports(1, random.SystemRandom())
    with pytest.raises(development.Unreachable, match="no broker answers"):
        development.up(tmp_path, Surroundings(bootstrap=f"127.0.0.1:{port}"), None)


def test_a_taken_port_is_named_with_its_owner(tmp_path: Path, here: Surroundings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"port {port} is taken by pid {os.getpid()} "):
            development.up(tmp_path / "kafka", here, port)
    assert not (tmp_path / "kafka" / "broker").exists()


def test_down_spares_a_process_that_only_has_the_same_id(tmp_path: Path, here: Surroundings) -> None:
    folder = tmp_path / "kafka"
    folder.mkdir()
    with Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        Note("maven", "127.0.0.1:1", "x", pid=stranger.pid, started="another boot/1").write(folder / "note.json")
        development.down(folder, here)
        assert stranger.poll() is None
        stranger.kill()


def test_docker_counts_only_when_its_engine_answers(tmp_path: Path) -> None:
    assert compose.why_not(path=str(tmp_path)) == "Docker is not installed"
    client = tmp_path / "docker"
    client.write_text('#!/bin/sh\n[ "$1" = info ] && echo "cannot connect" >&2 && exit 1\necho 2.0\n')
    client.chmod(0o755)
    assert compose.why_not(path=str(tmp_path)) == "the Docker engine does not answer"
    client.write_text('#!/bin/sh\n[ "$1" = compose ] && exit 1\necho 28.0\n')
    assert compose.why_not(path=str(tmp_path)) == "Docker has no compose plugin"
    client.write_text("#!/bin/sh\necho 28.0\n")
    assert compose.why_not(path=str(tmp_path)) == ""
