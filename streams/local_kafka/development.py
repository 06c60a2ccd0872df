"""The one Kafka of a checkout: `kafka up`, `down` and `status`.

Its folder holds data, log and the note of what was started.  Starting twice is starting once; stopping never touches
a process that this folder's note does not name, or whose id has gone to somebody else since.
"""

from __future__ import annotations

import fcntl
import os
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from streams.local_kafka import compose, ports, process, reach, release
from streams.local_kafka.broker import STOP_SECONDS, LocalKafka
from streams.local_kafka.java import find_java, find_maven
from streams.local_kafka.note import Note
from streams.local_kafka.ways import Surroundings, Way, choose

USUAL_PORT = 9092
FOLDER = Path("build/kafka")


class Unreachable(RuntimeError):
    """A cluster that was named does not answer."""


@dataclass(frozen=True)
class Status:
    bootstrap: str
    text: str
    """One sentence for the person who asked."""
    answers: bool


def surroundings(environment: Mapping[str, str] = os.environ, folder: Path | None = None) -> Surroundings:
    """Looks around, no further than needed."""
    bootstrap = environment.get("KAFKA_BOOTSTRAP")
    if bootstrap:
        return Surroundings(bootstrap=bootstrap)
    file = (folder or Path.cwd()) / compose.FILE
    return Surroundings(
        compose=compose.why_not(),
        compose_file=file if file.exists() else None,
        java=find_java(environment),
        maven=find_maven(environment),
        jars=release.is_fetched(release.cache_folder(environment)),
    )


def up(folder: Path, here: Surroundings, asked_port: int | None) -> Status:
    """A Kafka that answers; starts one unless it runs already."""
    way = choose(here)
    if here.bootstrap:
        return _given(here.bootstrap)
    with _alone(folder):
        running = _still_up(folder)
        if running:
            return Status(running.bootstrap, f"Kafka runs already on {running.bootstrap}", answers=True)
        note = _started(folder, way, here, asked_port)
        note.write(folder / "note.json")
    return Status(note.bootstrap, f"Kafka runs on {note.bootstrap} ({way.because})", answers=True)


def down(folder: Path, here: Surroundings) -> str:
    """Stops what ``up`` started here, and says what it did."""
    if here.bootstrap:
        return f"KAFKA_BOOTSTRAP={here.bootstrap} is not ours to stop"
    if not folder.exists():
        return "nothing to stop: no Kafka was started from here"
    with _alone(folder):
        note = Note.read(folder / "note.json")
        if note is None:
            return "nothing to stop: no Kafka was started from here"
        if note.way == "compose":
            compose.down(Path(note.compose_file), _port(note))
        elif process.runs(note.process):
            process.stop(note.process, STOP_SECONDS)
        (folder / "note.json").unlink()
    return f"Kafka on {note.bootstrap} stopped; its data stays in {_place(folder, note)}"


def status(folder: Path, here: Surroundings) -> Status:
    """Where the Kafka of this checkout is, and whether it answers."""
    if here.bootstrap:
        answers = reach.cluster_id({"bootstrap.servers": here.bootstrap}, seconds=5) is not None
        return Status(here.bootstrap, f"KAFKA_BOOTSTRAP={here.bootstrap} {_says(answers)}", answers)
    note = Note.read(folder / "note.json")
    if note is None:
        return Status("", "no Kafka was started from here", answers=False)
    answers = reach.cluster_id({"bootstrap.servers": note.bootstrap}, seconds=5) == note.cluster_id
    who = f"pid {note.pid}" if note.way == "maven" else "Docker Compose"
    return Status(note.bootstrap, f"Kafka on {note.bootstrap} ({who}) {_says(answers)}", answers)


def _given(bootstrap: str) -> Status:
    if not all(map(reach.is_address, bootstrap.split(","))):
        raise Unreachable(f"KAFKA_BOOTSTRAP={bootstrap}: not host:port, comma separated; correct it or unset it")
    if reach.cluster_id({"bootstrap.servers": bootstrap}, seconds=10) is None:
        raise Unreachable(f"KAFKA_BOOTSTRAP={bootstrap}: no broker answers there; correct it or unset it")
    return Status(bootstrap, f"Kafka at {bootstrap} answers (KAFKA_BOOTSTRAP)", answers=True)


def _still_up(folder: Path) -> Note | None:
    note = Note.read(folder / "note.json")
    if note is None or (note.way == "maven" and not process.runs(note.process)):
        return None
    found = reach.cluster_id({"bootstrap.servers": note.bootstrap}, seconds=5)
    return note if found == note.cluster_id else None


def _started(folder: Path, way: Way, here: Surroundings, asked_port: int | None) -> Note:
    chance = random.SystemRandom()
    if asked_port is not None:
        ports.require_free(asked_port)
    port = asked_port or (USUAL_PORT if ports.is_free(USUAL_PORT) else ports.free_ports(1, chance)[0])
    if way.word == "compose" and here.compose_file:
        compose.up(here.compose_file, port)
        bootstrap = f"localhost:{port}"
        cluster = reach.cluster_id({"bootstrap.servers": bootstrap}, seconds=30)
        if cluster is None:
            raise Unreachable(f"the broker of {here.compose_file} does not answer on {bootstrap}")
        return Note("compose", bootstrap, cluster, compose_file=str(here.compose_file.absolute()))
    left_over = Note.read(folder / "note.json")
    if left_over and left_over.way == "maven":
        process.stop(left_over.process, STOP_SECONDS)  # alive, but deaf
    controller = ports.free_ports(1, chance)
    broker = LocalKafka.start(folder / "broker", at=(port, *controller), life="on_its_own")
    assert broker.process is not None
    return Note("maven", broker.bootstrap, broker.cluster_id, pid=broker.pid, started=broker.process.started)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One start or stop at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _port(note: Note) -> int:
    return int(note.bootstrap.rpartition(":")[2])


def _place(folder: Path, note: Note) -> str:
    return str(folder / "broker") if note.way == "maven" else "the volume of the compose file"


def _says(answers: bool) -> str:
    return "answers" if answers else "does not answer"
