"""Which Java and which Maven this machine has, and whether they are new enough for the broker."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from typing import NamedTuple

OLDEST = 17
"""Kafka 4 brokers need it."""


class Java(NamedTuple):
    command: str
    version: int


def major_version(text: str) -> int | None:
    """The major version in what ``java -version`` prints: 17 of "17.0.15", 8 of "1.8.0_392"."""
    found = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(found.group(1)) if found else None


def find_java(environment: Mapping[str, str] = os.environ) -> Java | None:
    """JAVA_HOME's Java, or the one on the path; None when there is none that answers."""
    home = environment.get("JAVA_HOME")
    candidates = [os.path.join(home, "bin", "java")] if home else []
    candidates.append("java")
    for candidate in candidates:
        command = shutil.which(candidate, path=environment.get("PATH"))
        if command is None:
            continue
        run = subprocess.run([command, "-version"], capture_output=True, text=True, timeout=30, check=False)
        version = major_version(run.stderr + run.stdout)
        if run.returncode == 0 and version is not None:
            return Java(command, version)
    return None


def find_maven(environment: Mapping[str, str] = os.environ) -> str | None:
    return shutil.which("mvn", path=environment.get("PATH"))
