"""Which way is taken on which machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.local_kafka.java import Java, major_version
from streams.local_kafka.ways import NoKafka, Surroundings, choose

FILE = Path("docker-compose.yml")
JAVA = Java("java", 17)


@pytest.mark.parametrize(
    ("here", "word"),
    [
        (Surroundings(bootstrap="kafka:9092", compose="", compose_file=FILE, java=JAVA, maven="mvn"), "given"),
        (Surroundings(compose="", compose_file=FILE, java=JAVA, maven="mvn"), "compose"),
        (Surroundings(compose="", compose_file=None, java=JAVA, maven="mvn"), "maven"),
        (Surroundings(compose="the Docker engine does not answer", compose_file=FILE, java=JAVA, maven="mvn"), "maven"),
        (Surroundings(java=JAVA, jars=True), "maven"),
    ],
)
def test_the_first_way_that_works_is_taken(here: Surroundings, word: str) -> None:
    assert choose(here).word == word


@pytest.mark.parametrize(
    ("here", "lacking"),
    [
        (Surroundings(), "java is not installed, mvn is not installed"),
        (Surroundings(java=Java("java", 11), maven="mvn"), "java is 11"),
        (Surroundings(java=JAVA), "mvn is not installed"),
        (Surroundings(compose="", java=None, jars=True), "docker-compose.yml is not in this folder"),
    ],
)
def test_without_any_way_the_error_names_all_three(here: Surroundings, lacking: str) -> None:
    with pytest.raises(NoKafka) as caught:
        choose(here)
    text = str(caught.value)
    assert all(word in text for word in ("KAFKA_BOOTSTRAP", "Docker", "Maven", lacking))


@pytest.mark.parametrize(
    ("printed", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('openjdk version "25" 2025-09-16', 25),
        ('java version "1.8.0_392"', 8),
        ("no java here", None),
    ],
)
def test_reads_what_java_says_of_its_version(printed: str, version: int | None) -> None:
    assert major_version(printed) == version
