"""The broker of the compose file: whether Docker answers, start and stop of that one service."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

SERVICE = "kafka"
FILE = "docker-compose.yml"


class ComposeFailed(RuntimeError):
    """Docker Compose refused; says what it printed."""


def why_not(path: str | None = None) -> str:
    """Why Docker Compose cannot be used here; empty when it can.  The engine is asked, not only the client."""
    docker = shutil.which("docker", path=path)
    if docker is None:
        return "Docker is not installed"
    for arguments, remedy in (
        (("info", "--format", "{{.ServerVersion}}"), "the Docker engine does not answer"),
        (("compose", "version", "--short"), "Docker has no compose plugin"),
    ):
        try:
            run = subprocess.run([docker, *arguments], capture_output=True, text=True, timeout=10, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return remedy
        if run.returncode != 0 or not run.stdout.strip():
            return remedy
    return ""


def up(file: Path, port: int) -> None:
    """Starts the broker and waits until its health check passes."""
    _compose(file, port, "up", "--detach", "--wait", SERVICE)


def down(file: Path, port: int) -> None:
    """Stops the broker and keeps its data."""
    _compose(file, port, "rm", "--stop", "--force", SERVICE)


def _compose(file: Path, port: int, *arguments: str) -> str:
    environment = os.environ | {"KAFKA_PORT": str(port)}
    command = ["docker", "compose", "--file", str(file), *arguments]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    if run.returncode != 0:
        raise ComposeFailed(f"`{' '.join(command)}` ended with {run.returncode}:\n{run.stderr[-2000:]}")
    return run.stdout
