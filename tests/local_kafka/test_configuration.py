"""What the broker is told."""

from __future__ import annotations

import re
from pathlib import Path

from streams.local_kafka import configuration, release
from streams.local_kafka.security import Plaintext, TlsScram


def test_topics_are_never_made_by_the_way() -> None:
    text = configuration.server_properties("/data", Plaintext().lines(Path("/k"), (1, 2)))
    assert "auto.create.topics.enable=false\n" in text


def test_every_port_listens_on_this_machine_only() -> None:
    for security in (Plaintext(), TlsScram()):
        listening = security.lines(Path("/k"), tuple(range(1, security.ports() + 1)))["listeners"]
        assert all("://127.0.0.1:" in address for address in listening.split(","))


def test_a_secure_broker_has_no_listener_in_the_clear() -> None:
    protocols = TlsScram().lines(Path("/k"), (1, 2, 3))["listener.security.protocol.map"]
    assert "PLAINTEXT" not in protocols


def test_java_reads_words_with_quotes_and_backslashes() -> None:
    text = configuration.java_arguments(["-Da=b c"], "/jars", "Main", ['say "hi"', "back\\slash"])
    assert text.splitlines() == ['"-Da=b c"', '"-cp"', '"/jars/*"', '"Main"', r'"say \"hi\""', r'"back\\slash"']


def test_the_project_for_maven_names_artifacts_and_no_address() -> None:
    named = re.findall("<artifactId>(.*?)</artifactId>", release.pom())
    assert named[1:] == [name for _, name, _ in release.ARTIFACTS]
    assert "://" not in release.pom()


def test_the_cache_follows_the_environment() -> None:
    assert release.cache_folder({"XDG_CACHE_HOME": "/c"}).parent == Path("/c/tiktok-shop-streams")
