"""Builds the Kafka Streams peer with Maven into ``build/bench``, and knows how to start it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("kafka_streams")
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
OPTIONS = (
    "-Xms256m",
    "-Xmx512m",
    "-XX:+UseSerialGC",  # one core: a parallel collector has nothing to gain
    "-XX:-UsePerfData",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
)


def _folder(build: Path) -> Path:
    return build / "kafka_streams"


def build(build: Path) -> None:
    """Compiles when the sources are newer than the last build."""
    folder = _folder(build)
    jar = folder / "target" / "kafka-streams-peer-1.jar"
    sources = [path for path in SOURCE.rglob("*") if path.is_file()]
    if jar.exists() and all(path.stat().st_mtime < jar.stat().st_mtime for path in sources):
        return
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SOURCE, folder)
    goals = ["package", COPY, "-DincludeScope=runtime", "-DoutputDirectory=target/libs"]
    run = subprocess.run(
        ["mvn", "-B", "-q", "-C", *goals], cwd=folder, capture_output=True, text=True, timeout=600, check=False
    )
    if run.returncode != 0:
        raise RuntimeError(f"the Kafka Streams peer was not built:\n{(run.stdout + run.stderr)[-2000:]}")


def command(build: Path) -> list[str]:
    target = _folder(build) / "target"
    return ["java", *OPTIONS, "-cp", f"{target / 'kafka-streams-peer-1.jar'}:{target / 'libs'}/*", "bench.StockApp"]


def versions() -> dict[str, str]:
    pom = (SOURCE / "pom.xml").read_text()
    found = re.findall(r"<artifactId>(kafka-streams|avro)</artifactId>\s*<version>([^<]+)</version>", pom)
    java = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr.splitlines()
    return {**dict(found), "java": java[0] if java else ""}
