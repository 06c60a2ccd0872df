"""The Kafka release we start, fetched once as Maven artifacts and kept in the user's cache.

Maven knows where to fetch from; no address stands here.  The jars lie outside every data folder, so that a second
start, a test run and a benchmark share them.  They are fetched into a folder beside it and renamed: the cache is
complete or absent, also when two starts race.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

KAFKA = "4.1.1"
SCALA = "2.13"
LOG4J = "2.24.3"
"""The version Kafka's own distribution carries."""

ARTIFACTS = (
    ("org.apache.kafka", f"kafka_{SCALA}", KAFKA),
    ("org.apache.kafka", "kafka-tools", KAFKA),
    ("org.apache.logging.log4j", "log4j-slf4j-impl", LOG4J),
)
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
FETCH_SECONDS = 600


class FetchFailed(RuntimeError):
    """Maven could not bring the jars; says what it printed."""


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the jars of this release are kept."""
    home = environment.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(home) / "tiktok-shop-streams" / f"kafka-{KAFKA}-log4j-{LOG4J}"


def pom() -> str:
    """A project whose only content is what the broker needs at run time."""
    dependencies = "\n".join(
        f"    <dependency><groupId>{group}</groupId><artifactId>{name}</artifactId>"
        f"<version>{version}</version></dependency>"
        for group, name, version in ARTIFACTS
    )
    return (
        "<project>\n  <modelVersion>4.0.0</modelVersion>\n"
        "  <groupId>local</groupId><artifactId>local-kafka</artifactId><version>1</version><packaging>pom</packaging>\n"
        f"  <dependencies>\n{dependencies}\n  </dependencies>\n</project>\n"
    )


def is_fetched(cache: Path) -> bool:
    return (cache / f"kafka_{SCALA}-{KAFKA}.jar").exists()


def fetched(cache: Path, maven: str | None) -> Path:
    """The folder of jars, fetched now if it is not there yet; ``maven`` is the command."""
    if is_fetched(cache):
        return cache
    if maven is None:
        raise FetchFailed("the jars of Kafka are not in the cache and Maven (mvn) is not installed")
    cache.parent.mkdir(parents=True, exist_ok=True)
    with open(cache.with_name(f"{cache.name}.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_fetched(cache):
            _fetch(cache, maven)
    return cache


def _fetch(cache: Path, maven: str) -> None:
    stage = cache.with_name(f"{cache.name}.incoming")
    shutil.rmtree(stage, ignore_errors=True)
    shutil.rmtree(cache, ignore_errors=True)
    stage.mkdir()
    (stage / "pom.xml").write_text(pom())
    command = [maven, "-B", "-q", "-C", "-f", "pom.xml", COPY, "-DincludeScope=runtime", "-DoutputDirectory=jars"]
    run = subprocess.run(command, cwd=stage, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
    if run.returncode != 0:
        raise FetchFailed(f"mvn ended with {run.returncode}:\n{(run.stdout + run.stderr)[-2000:]}")
    (stage / "jars").rename(cache)
    shutil.rmtree(stage)
