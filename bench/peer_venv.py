"""A virtual environment for peers that are no part of the product, with pinned versions and hashes."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("peers") / "requirements.txt"


def python(build: Path) -> Path:
    return build / "venv" / "bin" / "python"


def build(build: Path) -> None:
    """Makes it once, and again when the requirements change."""
    stamp = build / "venv" / "requirements.sha256"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(build / "venv")], check=True)
    command = [str(python(build)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, "--require-hashes", "-r", str(REQUIREMENTS)], check=True)
    stamp.write_text(wanted)


def versions() -> dict[str, str]:
    pinned = (line.split()[0].partition("==") for line in REQUIREMENTS.read_text().splitlines() if "==" in line)
    return {name: version for name, _, version in pinned if name == "quixstreams"}
