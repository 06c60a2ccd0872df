"""Which of the three ways leads to a Kafka here, in this order; pure, so that each machine can be tested on any.

1. KAFKA_BOOTSTRAP names a cluster: that one.
2. Docker Compose answers, and its file is here: the compose file.
3. Java and Maven (or the jars, already fetched): Apache Kafka's release, started by us.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from streams.local_kafka.java import OLDEST, Java

Word = Literal["given", "compose", "maven"]


class NoKafka(RuntimeError):
    """Names the three ways, and what each of them lacks here."""


@dataclass(frozen=True)
class Surroundings:
    """What this machine offers."""

    bootstrap: str | None = None
    """KAFKA_BOOTSTRAP."""
    compose: str = "Docker is not installed"
    """Why Docker Compose cannot be used; empty: it can."""
    compose_file: Path | None = None
    java: Java | None = None
    maven: str | None = None
    jars: bool = False
    """The jars lie in the cache."""


@dataclass(frozen=True)
class Way:
    word: Word
    because: str


def choose(here: Surroundings) -> Way:
    """The first way that works here; NoKafka when none does."""
    if here.bootstrap:
        return Way("given", f"KAFKA_BOOTSTRAP is {here.bootstrap}")
    if not here.compose and here.compose_file:
        return Way("compose", f"Docker Compose answers and {here.compose_file} is here")
    lacking = lacks_for_maven(here)
    if not lacking and here.java:
        return Way("maven", f"Java {here.java.version} is here")
    raise NoKafka(
        "no Kafka can be had on this machine. One of three ways is needed:\n"
        "  1. set KAFKA_BOOTSTRAP=host:port to a cluster that runs already (it is not set)\n"
        f"  2. Docker with Compose ({here.compose or 'docker-compose.yml is not in this folder'})\n"
        f"  3. Java {OLDEST} or newer and Maven ({', '.join(lacking)})"
    )


def lacks_for_maven(here: Surroundings) -> list[str]:
    """What the third way lacks here."""
    lacking = []
    if here.java is None:
        lacking.append("java is not installed")
    elif here.java.version < OLDEST:
        lacking.append(f"java is {here.java.version}")
    if here.maven is None and not here.jars:
        lacking.append("mvn is not installed")
    return lacking
