"""One broker of our own: started, stopped, killed and restarted on the same ports and data.

Used by `streams kafka up`, tests, demo and benchmarks.  Everything of a broker lies in one folder: properties, data,
log, certificates.  The broker counts as started when it answers a client, under the cluster id given to it.
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self

from streams.local_kafka import configuration, ports, process, reach, release
from streams.local_kafka.java import OLDEST, find_java, find_maven
from streams.local_kafka.security import HOST, Plaintext, Security, TlsScram, write_private

START_SECONDS = 60.0
STOP_SECONDS = 20.0
MAIN = "kafka.Kafka"
FORMAT = "kafka.tools.StorageTool"

Life = Literal["with_us", "on_its_own"]
"""Whether the broker ends when the process that started it ends."""


class BrokerFailed(RuntimeError):
    """The broker did not come up; says why and shows the end of its log."""


@dataclass
class LocalKafka:
    """A broker in a folder.  ``start`` makes one."""

    folder: Path
    ports: tuple[int, ...]
    security: Security
    life: Life
    cpus: Sequence[int]
    java: str
    jars: Path
    process: process.Identity | None = None
    _leash: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        at: tuple[int, ...] = (),
        security: Security | None = None,
        life: Life = "with_us",
        cpus: Sequence[int] = (),
    ) -> Self:
        """A running broker with its data in the folder.

        ``at`` are its ports (picked when empty, the first is the clients'), ``cpus`` the cores it may use (empty: all).
        """
        security = security or Plaintext()
        java = find_java()
        if java is None or java.version < OLDEST:
            raise BrokerFailed(f"Java {OLDEST} or newer is needed, found {java}")
        jars = release.fetched(release.cache_folder(), find_maven())
        for port in at:
            ports.require_free(port)
        at = at or ports.free_ports(security.ports(), random.SystemRandom())
        broker = cls(folder.absolute(), at, security, life, cpus, java.command, jars)
        broker._prepare()
        broker.resume()
        return broker

    @property
    def bootstrap(self) -> str:
        return f"{HOST}:{self.ports[0]}"

    @property
    def client(self) -> dict[str, str | int | float | bool]:
        """Settings of a librdkafka client of this broker."""
        return {"bootstrap.servers": self.bootstrap, **self.security.client(self.folder)}

    def as_user(self, user: str) -> dict[str, str | int | float | bool]:
        """Client settings of one password user; only a broker with ``TlsScram`` has any."""
        assert isinstance(self.security, TlsScram)
        return {"bootstrap.servers": self.bootstrap, **self.security.as_user(self.folder, user)}

    def with_certificate(self) -> dict[str, str | int | float | bool]:
        """Client settings for the second port of a broker with ``TlsScram``: mutual TLS."""
        assert isinstance(self.security, TlsScram)
        return {
            "bootstrap.servers": f"{HOST}:{self.ports[1]}",
            **self.security.with_certificate(self.folder),
        }

    @property
    def log(self) -> Path:
        return self.folder / "broker.log"

    @property
    def cluster_id(self) -> str:
        return (self.folder / "cluster-id").read_text()

    @property
    def pid(self) -> int:
        """The broker's process id; an error when it was stopped."""
        if self.process is None:
            raise BrokerFailed("the broker is not running")
        return self.process.pid

    def is_running(self) -> bool:
        return self.process is not None and process.runs(self.process)

    def resume(self) -> None:
        """Starts the broker on what its folder holds, and waits until it answers."""
        if self.is_running():
            return
        for port in self.ports:
            ports.require_free(port)
        pid = process.spawned([*self._pinned(), self.java, f"@{self.folder / 'java.args'}"], self.log)
        self.process = process.identity(pid)
        if self.process is not None and self.life == "with_us":
            self._leash = process.tied_to_us(self.process)
        self._wait()

    def stop(self) -> None:
        """An orderly end; the folder stays."""
        if self.process is not None:
            process.stop(self.process, STOP_SECONDS)
            self._gone()

    def kill(self) -> None:
        """The end a power cut brings; the folder stays."""
        if self.process is not None:
            process.kill(self.process)
            self._gone()

    def restart(self) -> None:
        """Stops it if it runs, and starts it on the same ports and data."""
        self.stop()
        self.resume()

    def _gone(self) -> None:
        self.process = None
        if self._leash is not None:
            self._leash.communicate()  # closes our end of the pipe, and waits
            self._leash = None

    def _pinned(self) -> tuple[str, ...]:
        return ("taskset", "-c", ",".join(str(cpu) for cpu in self.cpus)) if self.cpus else ()

    def _prepare(self) -> None:
        (self.folder / "tmp").mkdir(parents=True, exist_ok=True)
        self.security.prepare(self.folder)
        properties = configuration.server_properties(
            str(self.folder / "data"), self.security.lines(self.folder, self.ports)
        )
        write_private(self.folder / "server.properties", properties.encode())
        (self.folder / "log4j2.xml").write_text(configuration.LOGGING)
        self._write_arguments("java.args", configuration.JAVA, MAIN, [str(self.folder / "server.properties")])
        if not (self.folder / "data" / "meta.properties").exists():
            self._format()

    def _format(self) -> None:
        cluster = reach.new_cluster_id(os.urandom(16))
        properties = str(self.folder / "server.properties")
        arguments = ["format", "--standalone", f"--cluster-id={cluster}", "-c", properties]
        arguments += self.security.format_arguments(self.folder)
        brief = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")
        self._write_arguments("format.args", brief, FORMAT, arguments)
        command = [self.java, f"@{self.folder / 'format.args'}"]
        run = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=60, check=False)
        (self.folder / "format.args").unlink()
        if run.returncode != 0:
            raise BrokerFailed(f"formatting {self.folder} failed:\n{(run.stdout + run.stderr)[-2000:]}")
        (self.folder / "cluster-id").write_text(cluster)

    def _write_arguments(self, name: str, options: Sequence[str], main: str, arguments: Sequence[str]) -> None:
        ours = (
            f"-Dlog4j2.configurationFile={self.folder / 'log4j2.xml'}",
            f"-Djava.io.tmpdir={self.folder / 'tmp'}",  # a killed broker leaves its unpacked libraries there
        )
        text = configuration.java_arguments([*options, *ours], str(self.jars), main, arguments)
        write_private(self.folder / name, text.encode())

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if not self.is_running():
                self.kill()
                raise BrokerFailed(f"the broker ended at once:\n{self._last_words()}")
            if reach.cluster_id(self.client, seconds=1.0) == self.cluster_id:
                return
            time.sleep(0.1)
        self.kill()
        raise BrokerFailed(f"the broker did not answer on {self.bootstrap}:\n{self._last_words()}")

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-25:])
